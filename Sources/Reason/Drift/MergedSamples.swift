// One pass over two sorted samples: everything that depends on the two step functions alone.

internal import Algebra

/// The distances that a merge of two ascending samples gives.
struct MergedSamples: Sendable {
    private(set) var kolmogorov = 0.0
    private(set) var kolmogorovPlace = 0.0
    private(set) var kolmogorovSign = 0
    /// T of Anderson (1962), ties by mid-ranks.
    private(set) var cramerVonMises = 0.0
    /// ∫ |F − G|.
    private(set) var wasserstein = 0.0
    /// ∫ (F − G)².
    private(set) var squaredArea = 0.0
    /// How many values differ in the pooled sample.
    private(set) var distinct = 0
    private let total: Int
    /// The pooled rank at which every group of equal values ends; kept only while it may be needed.
    private var groupEnds: [Int32] = []
    /// The pooled ranks of groups that hold more than a 200th of all values.
    private var atoms: [Range<Int>] = []

    // A pooled sample with more distinct values needs neither tie ends nor bridge times.
    private static let groupsMax = 200_000

    init(_ reference: [Double], _ current: [Double]) {
        let m = reference.count
        let n = current.count
        total = m + n
        var i = 0
        var j = 0
        var largest = 0
        var place = 0.0
        var sign = 0
        var area = 0.0
        var squares = 0.0
        var rankSquaresX = 0.0
        var rankSquaresY = 0.0
        var groups = 0
        var before = 0.0
        var gap = 0.0
        let shareX = 1 / Double(m)
        let shareY = 1 / Double(n)
        var atoms: [Range<Int>] = []
        var ends: [Int32] = []
        ends.reserveCapacity(min(total, Self.groupsMax))
        reference.withUnsafeBufferPointer { x in
            current.withUnsafeBufferPointer { y in
                while i < m || j < n {
                    let value: Double
                    if i == m {
                        value = y[j]
                    } else if j == n {
                        value = x[i]
                    } else {
                        value = x[i] < y[j] ? x[i] : y[j]
                    }
                    if groups > 0 {
                        let step = value - before
                        area += abs(gap) * step
                        squares += gap * gap * step
                    }
                    before = value
                    let startX = i
                    let startY = j
                    while i < m && x[i] == value { i &+= 1 }
                    while j < n && y[j] == value { j &+= 1 }
                    groups &+= 1
                    let a = i - startX
                    let b = j - startY
                    // The mid-rank less the own rank, summed in squares over the group.
                    if a > 0 {
                        let middle = Double(startY) + 0.5 * Double(b) + 0.5 * Double(a - 1)
                        rankSquaresX += Self.squares(middle, a)
                    }
                    if b > 0 {
                        let middle = Double(startX) + 0.5 * Double(a) + 0.5 * Double(b - 1)
                        rankSquaresY += Self.squares(middle, b)
                    }
                    let difference = i &* n &- j &* m
                    if abs(difference) > largest {
                        largest = abs(difference)
                        place = value
                        sign = difference > 0 ? 1 : -1
                    }
                    if 200 * (a + b) > total { atoms.append(startX + startY..<i + j) }
                    gap = Double(i) * shareX - Double(j) * shareY
                    if groups <= Self.groupsMax { ends.append(Int32(truncatingIfNeeded: i &+ j)) }
                }
            }
        }
        let product = Double(m) * Double(n)
        kolmogorov = Double(largest) / product
        kolmogorovPlace = place
        kolmogorovSign = sign
        wasserstein = area
        squaredArea = squares
        distinct = groups
        groupEnds = ends
        self.atoms = atoms
        let sum = Double(m) * rankSquaresX + Double(n) * rankSquaresY
        cramerVonMises = sum / (product * Double(total)) - (4 * product - 1) / (6 * Double(total))
    }

    /// The longest run of equal values; nil when there are too many groups to know.
    var longestTie: Int? {
        if distinct > Self.groupsMax { return nil }
        var longest = 1
        var before: Int32 = 0
        for end in groupEnds {
            longest = max(longest, Int(end - before))
            before = end
        }
        return longest
    }

    /// The sizes of the groups of equal values; empty when there are too many to keep.
    var groupSizes: [Int] {
        if distinct > Self.groupsMax { return [] }
        return zip(groupEnds, [0] + groupEnds).map { Int($0) - Int($1) }
    }

    /// T of a division of the groups: how many rows of each fall to the first sample.
    static func cramerVonMises(_ counts: [Int], sizes: [Int], _ m: Int, _ n: Int) -> Double {
        var i = 0
        var j = 0
        var first = 0.0
        var second = 0.0
        for (index, a) in counts.enumerated() {
            let b = sizes[index] - a
            if a > 0 {
                first += squares(Double(j) + 0.5 * Double(b) + 0.5 * Double(a - 1), a)
            }
            if b > 0 {
                second += squares(Double(i) + 0.5 * Double(a) + 0.5 * Double(b - 1), b)
            }
            i += a
            j += b
        }
        let product = Double(m) * Double(n)
        let total = Double(m + n)
        return (Double(m) * first + Double(n) * second) / (product * total)
            - (4 * product - 1) / (6 * total)
    }

    /// Σ (middle − k)² for k = 0 ..< count: mid-rank less own rank falls by one from value to value.
    private static func squares(_ middle: Double, _ count: Int) -> Double {
        if count == 1 { return middle * middle }
        let c = Double(count)
        return c * middle * middle - middle * c * (c - 1) + (c - 1) * c * (2 * c - 1) / 6
    }

    var hasTies: Bool { distinct < total }

    /// For every pooled rank whether a group of equal values ends there.
    var tieEnds: [Bool] {
        var flags = [Bool](repeating: false, count: total)
        for end in groupEnds { flags[Int(end) - 1] = true }
        return flags
    }

    /// The pooled sample as runs of equal values and what lies between them, taken as all different.
    ///
    /// Empty without a run that holds more than a 200th of all values.
    var stretches: [KolmogorovTwoSample.Stretch] {
        if atoms.isEmpty { return [] }
        var stretches: [KolmogorovTwoSample.Stretch] = []
        for atom in atoms {
            stretches.append(.init(end: Double(atom.lowerBound) / Double(total), isTied: false))
            stretches.append(.init(end: Double(atom.upperBound) / Double(total), isTied: true))
        }
        stretches.append(.init(end: 1, isTied: false))
        return stretches
    }

    /// The shares of the pooled sample at which groups end, without 1.
    var tieTimes: [Double] {
        groupEnds.dropLast().map { Double($0) / Double(total) }
    }
}
