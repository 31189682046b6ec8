// One categorical column, reference against current: the two-sample contingency test, whose false alarms
// stay at their level because both samples count as samples. Sparse tables get their p-value by
// permutation, which needs no large cells.

internal import Algebra
internal import Glibc

/// What two samples of categories have to say about each other.
public struct CategoricalDrift: Sendable, Equatable {
    /// In byte order.
    public var categories: [String]
    public var referenceCounts: [Int]
    public var currentCounts: [Int]
    public var chiSquare: Double
    public var degrees: Int
    /// By the chi-square distribution.
    public var chiSquareProbability: Probability
    /// The p-value that decides: by permutation where cells are too small for the distribution.
    public var probability: Probability
    public var isPermuted: Bool
    public var cramersV: Double
    public var totalVariation: Double
    /// The largest difference of a share.
    public var largestDifference: Double
    /// Base 2, so that 1 is the most.
    public var jensenShannon: Double
    public var hellinger: Double
    /// Shares floored at 1e-4.
    public var populationStability: Double
    public var gTest: Double
    public var gTestProbability: Probability

    public var referenceTotal: Int { referenceCounts.reduce(0, +) }
    public var currentTotal: Int { currentCounts.reduce(0, +) }

    /// Categories of the current sample that the reference does not know.
    public var newCategories: [String] {
        categories.indices.filter { referenceCounts[$0] == 0 && currentCounts[$0] > 0 }
            .map { categories[$0] }
    }

    /// Categories of the reference that no longer come.
    public var goneCategories: [String] {
        categories.indices.filter { referenceCounts[$0] > 0 && currentCounts[$0] == 0 }
            .map { categories[$0] }
    }
}

/// Compares two columns of categories; nil is a missing value, an empty sample gives no result.
public func compareCategories(
    reference: [String?], current: [String?], seed: UInt64 = 1
) -> CategoricalDrift? {
    var counts: [String: (Int, Int)] = [:]
    for case let value? in reference { counts[value, default: (0, 0)].0 += 1 }
    for case let value? in current { counts[value, default: (0, 0)].1 += 1 }
    let names = counts.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    return compareCounts(
        categories: names, reference: names.map { counts[$0]?.0 ?? 0 },
        current: names.map { counts[$0]?.1 ?? 0 }, seed: seed)
}

/// Compares counts by category; nil when a side is empty.
public func compareCounts(
    categories: [String], reference: [Int], current: [Int], seed: UInt64 = 1
) -> CategoricalDrift? {
    let filled = categories.indices.filter { reference[$0] + current[$0] > 0 }
    let a = filled.map { reference[$0] }
    let b = filled.map { current[$0] }
    let m = a.reduce(0, +)
    let n = b.reduce(0, +)
    if m == 0 || n == 0 { return nil }
    let p = a.map { Double($0) / Double(m) }
    let q = b.map { Double($0) / Double(n) }
    let statistic = contingency(a, b)
    let degrees = filled.count - 1
    var g = 0.0
    for index in filled.indices {
        let pooled = Double(a[index] + b[index]) / Double(m + n)
        if a[index] > 0 { g += 2 * Double(a[index]) * log(p[index] / pooled) }
        if b[index] > 0 { g += 2 * Double(b[index]) * log(q[index] / pooled) }
    }
    let plain = Probability(
        log: degrees == 0 ? 0 : ChiSquare.logTail(statistic, degrees: Double(degrees)))
    let decided = decide(a, b, statistic, plain, seed: seed)
    return CategoricalDrift(
        categories: filled.map { categories[$0] }, referenceCounts: a, currentCounts: b,
        chiSquare: statistic, degrees: degrees, chiSquareProbability: plain,
        probability: decided.0, isPermuted: decided.1,
        cramersV: degrees == 0 ? 0 : (statistic / Double(m + n)).squareRoot(),
        totalVariation: 0.5 * zip(p, q).reduce(0) { $0 + abs($1.0 - $1.1) },
        largestDifference: zip(p, q).reduce(0) { max($0, abs($1.0 - $1.1)) },
        jensenShannon: jensenShannonDistance(p, q, base: 2), hellinger: hellingerDistance(p, q),
        populationStability: stabilityIndex(p.map { max($0, 1e-4) }, q.map { max($0, 1e-4) }),
        gTest: g,
        gTestProbability: Probability(
            log: degrees == 0 ? 0 : ChiSquare.logTail(g, degrees: Double(degrees))))
}

/// Pearson's statistic of a 2 × k table.
private func contingency(_ a: [Int], _ b: [Int]) -> Double {
    let m = Double(a.reduce(0, +))
    let n = Double(b.reduce(0, +))
    var sum = 0.0
    for index in a.indices {
        let pooled = Double(a[index] + b[index])
        let expected = pooled * m / (m + n)
        let difference = Double(a[index]) - expected
        if pooled > 0 { sum += difference * difference / expected * (m + n) / n }
    }
    return sum
}

/// The p-value that decides.
///
/// Cochran's rule calls a cell sparse when it expects less than 5; tables with more than two fifths of
/// such categories are permuted. Two categories keep their level by Pearson's statistic down to one
/// expected row, corrected by (N − 1)/N (Campbell 2007).
private func decide(
    _ a: [Int], _ b: [Int], _ statistic: Double, _ plain: Probability, seed: UInt64
) -> (Probability, Bool) {
    let m = a.reduce(0, +)
    let n = b.reduce(0, +)
    let smaller = Double(min(m, n)) / Double(m + n)
    func sparse(_ least: Double) -> Int {
        a.indices.count { Double(a[$0] + b[$0]) * smaller < least }
    }
    if a.count == 2 && sparse(1) == 0 {
        let corrected = statistic * Double(m + n - 1) / Double(m + n)
        return (Probability(log: ChiSquare.logTail(corrected, degrees: 1)), false)
    }
    if a.count > 2 && 5 * sparse(5) <= 2 * a.count || a.count == 1 { return (plain, false) }
    let sizes = zip(a, b).map { $0 + $1 }
    let expected = sizes.map { Double($0) * Double(m) / Double(m + n) }
    let stretch = Double(m + n) / Double(n)
    let found = GroupedNull(sizes: sizes, marked: m).probability(of: statistic, seed: seed) {
        var sum = 0.0
        for (index, count) in $0.enumerated() {
            let difference = Double(count) - expected[index]
            sum += difference * difference / expected[index]
        }
        return sum * stretch
    }
    return (found, true)
}
