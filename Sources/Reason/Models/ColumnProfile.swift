// What a window of a column comes down to: counts, and a sketch of the numbers or a table of the
// categories. Profiles of two windows, segments or hosts merge into the profile of both, so that any
// longer stretch can be looked at without its rows. Up to `exactMax` numbers a sketch is exact.

public import Algebra
internal import Basics
internal import Glibc

/// A mergeable summary of one column.
public struct ColumnProfile: Sendable {
    /// Numbers that are kept as they are; beyond, the sketch's rank error is 0.24 %.
    public static let exactMax = 2048
    /// Categories that are counted by name; the others are counted together.
    static let categoriesMax = 1000
    /// The precision of sketches that are kept for a year: a rank error of 1.6 % in five kilobytes.
    static let keptPrecision = 256

    public private(set) var count = 0
    public private(set) var missing = 0
    public private(set) var sketch: KLL?
    public private(set) var categories: [String: Int] = [:]
    /// Values of categories beyond those that are counted by name.
    public private(set) var others = 0
    /// Of the numbers that are finite.
    public private(set) var moments = RunningMoments()

    /// The profile of a column's rows.
    ///
    /// - Parameter precision: the sketch's; up to so many numbers it is exact.
    public init(_ column: DataColumn, precision: Int = exactMax, seed: UInt64 = 1) {
        count = column.count
        switch column.values {
        case .numbers(let values):
            var sketch = KLL(k: precision, seed: seed)
            for value in values where value.isFinite {
                sketch.insert(value)
                moments.take(value)
            }
            missing = count - sketch.count
            self.sketch = sketch
        case .categories(let codes):
            for (name, number) in column.categoryCounts { add(name, number) }
            missing = codes.reduce(0) { $1 < 0 ? $0 + 1 : $0 }
        case .texts(let texts): missing = texts.reduce(0) { $1 == nil ? $0 + 1 : $0 }
        case .embeddings(let vectors): missing = vectors.isPresent.reduce(0) { $1 ? $0 : $0 + 1 }
        }
    }

    init(
        count: Int, missing: Int, sketch: KLL?, categories: [String: Int], others: Int,
        moments: RunningMoments
    ) {
        (self.count, self.missing, self.sketch) = (count, missing, sketch)
        (self.categories, self.others, self.moments) = (categories, others, moments)
    }

    public var mean: Double { moments.count > 0 ? moments.mean : .nan }

    public var isNumeric: Bool { sketch != nil }

    /// The smallest and the largest number; nil without numbers.
    public var range: ClosedRange<Double>? {
        sketch.flatMap { $0.count > 0 ? $0.minimum...$0.maximum : nil }
    }

    /// The number at a share of the ranks; NaN without numbers.
    public func quantile(_ share: Double) -> Double { sketch?.quantile(share) ?? .nan }

    /// By what share of the ranks quantiles may be off, at 99 %.
    public var rankError: Double { sketch?.ownError ?? 0 }

    public var missingShare: Double { count > 0 ? Double(missing) / Double(count) : 0 }

    /// Takes the rows of another profile in.
    public mutating func merge(_ other: ColumnProfile) {
        count += other.count
        missing += other.missing
        moments.merge(other.moments)
        others += other.others
        if let theirs = other.sketch {
            if sketch == nil { sketch = theirs } else { sketch?.merge(theirs) }
        }
        // The frequent ones first: they are those whose names should outlive the limit.
        for (name, number) in other.categories.sorted(by: {
            ($1.value, $0.key) < ($0.value, $1.key)
        }) { add(name, number) }
    }

    private mutating func add(_ name: String, _ number: Int) {
        if categories[name] == nil && categories.count >= ColumnProfile.categoriesMax {
            others += number
        } else {
            categories[name, default: 0] += number
        }
    }

    /// The largest difference of the two distribution functions, less what the sketches may err.
    ///
    /// Categories are taken in the order of the reference's shares, with what it does not know at the
    /// end, so that one order holds for all looks and the distance keeps its distribution.
    public func distance(from reference: ColumnProfile) -> Double? {
        if let mine = sketch, let theirs = reference.sketch {
            if mine.count == 0 || theirs.count == 0 { return nil }
            let (distance, _) = KLL.kolmogorovDistance(mine, theirs)
            let error = [mine, theirs].reduce(0) {
                $1.count < $1.k ? $0 : $0 + $1.rankError
            }
            return max(0, distance - error)
        }
        if sketch != nil || reference.sketch != nil { return nil }
        let total = Double(categories.values.reduce(others, +))
        let referenceTotal = Double(reference.categories.values.reduce(reference.others, +))
        if total == 0 || referenceTotal == 0 { return nil }
        let order = reference.categories.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        var (mine, theirs, largest) = (0.0, 0.0, 0.0)
        for (name, number) in order {
            mine += Double(categories[name] ?? 0) / total
            theirs += Double(number) / referenceTotal
            largest = max(largest, abs(mine - theirs))
        }
        return largest
    }

    /// Shares of this profile and of the reference in the same few bins, for a tiny histogram.
    public func histogram(beside reference: ColumnProfile) -> ProfileHistogram? {
        if let mine = sketch, let theirs = reference.sketch, theirs.count > 0 {
            let edges = ColumnProfile.edges(theirs)
            return ProfileHistogram(
                bins: edges.map { numberText(rounded($0)) }, reference: shares(theirs, edges),
                current: shares(mine, edges), isNumeric: true)
        }
        let names = reference.categories.merging(categories) { max($0, $1) }
            .sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(ProfileHistogram.binsMax)
            .map(\.key)
        if names.isEmpty { return nil }
        func share(_ profile: ColumnProfile, _ name: String) -> Double {
            let total = profile.categories.values.reduce(profile.others, +)
            return total > 0 ? Double(profile.categories[name] ?? 0) / Double(total) : 0
        }
        return ProfileHistogram(
            bins: names, reference: names.map { share(reference, $0) },
            current: names.map { share(self, $0) }, isNumeric: false)
    }

    /// Upper edges of the bins for numbers like those of a reference.
    static func edges(_ reference: KLL) -> [Double] {
        // Between the outermost hundredths, so that one outlier does not flatten the picture.
        let low = reference.quantile(0.01)
        let high = reference.quantile(0.99)
        let width = (high - low) / Double(ProfileHistogram.binsMax - 2)
        return (0..<(ProfileHistogram.binsMax - 1)).map { low + Double($0) * width }
    }

    private func shares(_ sketch: KLL, _ edges: [Double]) -> [Double] {
        var counts = [Double](repeating: 0, count: edges.count + 1)
        var total = 0.0
        var bin = 0
        for (value, weight) in sketch.weighted {
            while bin < edges.count && value > edges[bin] { bin += 1 }
            counts[bin] += Double(weight)
            total += Double(weight)
        }
        return counts.map { total > 0 ? $0 / total : 0 }
    }

    private func rounded(_ value: Double) -> Double {
        if value == 0 || !value.isFinite { return value }
        let scale = pow(10, 2 - log10(abs(value)).rounded(.down))
        return (value * scale).rounded() / scale
    }
}

/// Two histograms over the same bins.
public struct ProfileHistogram: Sendable, Equatable {
    static let binsMax = 12

    /// Upper edges of all bins but the last, or the names of categories.
    public var bins: [String]
    public var reference: [Double]
    public var current: [Double]
    public var isNumeric: Bool
}
