// What the Wasserstein distance looks like without drift: ∫ |F − G| over divisions of the pooled sample.
// The distance needs |F − G| where values are far apart, so the pooled sample is cut into cells that grow
// geometrically from both ends (a heavy tail has most of its area in its last few values) up to a
// hundredth of the rows; a division is then a draw of counts, one a cell (`GroupedNull`).

internal import Algebra

/// The distance's distribution under the null hypothesis.
struct WassersteinNull {
    private let null: GroupedNull
    /// The distance from a cell's last value to the next cell's last one.
    private let widths: [Double]
    /// The cell after holds one value only: |F − G| stays as it is until there.
    private let isFlat: [Bool]
    private let shares: (reference: Double, current: Double)

    // 499 draws resolve 5 % to ±1 %.
    private static let draws = 499
    /// Cells grow by a quarter: between neighbours |F − G| is as good as straight.
    private static let growth = 1.25

    /// Takes two ascending samples.
    init(_ reference: [Double], _ current: [Double]) {
        let total = reference.count + current.count
        var ends: [(rank: Int, value: Double)] = []
        for rank in Self.ranks(total) {
            // Ends of ties: inside a run of equal values |F − G| counts nowhere.
            let value = pooledValue(reference, current, rank - 1)
            let end = countNotAbove(reference, value) + countNotAbove(current, value)
            if end > ends.last?.rank ?? 0 { ends.append((end, value)) }
        }
        let starts = [0] + ends.dropLast().map(\.rank)
        null = GroupedNull(
            sizes: zip(ends, starts).map { $0.rank - $1 }, marked: reference.count)
        widths = zip(ends, ends.dropFirst()).map { $1.value - $0.value }
        isFlat = zip(ends, ends.dropFirst()).map {
            pooledValue(reference, current, $0.rank) == $1.value
        }
        shares = (1 / Double(reference.count), 1 / Double(current.count))
    }

    /// Ranks at which cells end, the last of all among them.
    private static func ranks(_ total: Int) -> [Int] {
        let widest = max(total / 100, 1)
        var left: [Int] = []
        var rank = 1
        var step = 1.0
        while rank <= total / 2 {
            left.append(rank)
            step = min(step * growth, Double(widest))
            rank += max(Int(step), 1)
        }
        return left
            + left.reversed().map { total - $0 + 1 }.filter { $0 > left.last ?? 0 }
            .filter { $0 < total } + [total]
    }

    private func area(_ counts: [Int]) -> Double {
        var gap = 0.0
        var sum = 0.0
        for index in widths.indices {
            let before = gap
            gap +=
                Double(counts[index]) * shares.reference
                - Double(null.sizes[index] - counts[index]) * shares.current
            // The stretch after the cell before belongs to both its ends.
            if index > 0 && !isFlat[index - 1] {
                sum += 0.5 * widths[index - 1] * (abs(gap) - abs(before))
            }
            sum += widths[index] * abs(gap)
        }
        if let last = isFlat.last, !last, let width = widths.last { sum -= 0.5 * width * abs(gap) }
        return sum
    }

    /// A distance in units, with its threshold and p-value.
    func effect(_ value: Double, unit: Double, seed: UInt64) -> SizedEffect {
        var generator = Generator(seed: seed)
        var counts = [Int](repeating: 0, count: null.sizes.count)
        var tally = MidTally(value)
        var drawn: [Double] = []
        for _ in 0..<Self.draws {
            null.draw(&generator, into: &counts)
            drawn.append(area(counts) / unit)
            tally.add(drawn[drawn.count - 1])
        }
        return SizedEffect(
            value: value, threshold: quantile(drawn.sorted(), 0.95),
            probability: Probability((tally.atLeast + 1) / Double(Self.draws + 1)))
    }
}

/// How many values of an ascending sample are at most `value`.
private func countNotAbove(_ sorted: [Double], _ value: Double) -> Int {
    var low = 0
    var high = sorted.count
    while low < high {
        let middle = (low + high) / 2
        if sorted[middle] <= value { low = middle + 1 } else { high = middle }
    }
    return low
}

/// The value of a rank (from 0) in two ascending samples together, by bisection.
func pooledValue(_ first: [Double], _ second: [Double], _ rank: Int) -> Double {
    // How many of the first sample lie among the `rank` smallest.
    var low = max(0, rank - second.count)
    var high = min(rank, first.count)
    while low < high {
        let taken = (low + high) / 2
        if first[taken] < second[rank - taken - 1] { low = taken + 1 } else { high = taken }
    }
    let other = rank - low
    let a = low < first.count ? first[low] : .infinity
    let b = other < second.count ? second[other] : .infinity
    return min(a, b)
}
