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
/// Cochran's rule calls a table sparse when more than a fifth of its cells expect less than 5;
/// large sparse tables pool their rare categories, small ones are permuted.
private func decide(
    _ a: [Int], _ b: [Int], _ statistic: Double, _ plain: Probability, seed: UInt64
) -> (Probability, Bool) {
    let m = a.reduce(0, +)
    let n = b.reduce(0, +)
    let smaller = Double(min(m, n)) / Double(m + n)
    let sparse = a.indices.filter { Double(a[$0] + b[$0]) * smaller < 5 }
    if a.count == 2 && sparse.isEmpty {
        // Of two categories Pearson's statistic overstates a little; (N − 1)/N corrects (Campbell 2007).
        let corrected = statistic * Double(m + n - 1) / Double(m + n)
        return (Probability(log: ChiSquare.logTail(corrected, degrees: 1)), false)
    }
    if 5 * sparse.count <= 2 * a.count && a.count > 2 { return (plain, false) }
    // Permuting costs a pass over all rows a draw.
    if m + n > 20_000 {
        let kept = a.indices.filter { !sparse.contains($0) }
        let pooledA = kept.map { a[$0] } + [sparse.reduce(0) { $0 + a[$1] }]
        let pooledB = kept.map { b[$0] } + [sparse.reduce(0) { $0 + b[$1] }]
        if kept.isEmpty { return (plain, false) }
        let value = contingency(pooledA, pooledB)
        return (Probability(log: ChiSquare.logTail(value, degrees: Double(kept.count))), false)
    }
    return (permuted(a, b, statistic, seed: seed), true)
}

/// Besag and Clifford's sequential permutation test: it stops when 50 draws were at least as large, so
/// that unsurprising tables are cheap; at most 1,999 draws.
private func permuted(_ a: [Int], _ b: [Int], _ statistic: Double, seed: UInt64) -> Probability {
    var codes: [Int32] = []
    for index in a.indices {
        codes += Array(repeating: Int32(index), count: a[index] + b[index])
    }
    let m = a.reduce(0, +)
    let expected = a.indices.map {
        Double(a[$0] + b[$0]) * Double(m) / Double(codes.count)
    }
    let stretch = Double(codes.count) / Double(codes.count - m)
    var generator = Generator(seed: seed)
    var atLeast = 0
    let drawsMax = 1999
    let edge = statistic * (1 - 1e-9)
    var counts = [Int](repeating: 0, count: a.count)
    for draw in 1...drawsMax {
        for index in counts.indices { counts[index] = 0 }
        codes.withUnsafeMutableBufferPointer { codes in
            for place in 0..<m {
                codes.swapAt(place, place + generator.below(codes.count - place))
                counts[Int(codes[place])] += 1
            }
        }
        var sum = 0.0
        for index in counts.indices {
            let difference = Double(counts[index]) - expected[index]
            sum += difference * difference / expected[index]
        }
        if sum * stretch >= edge {
            atLeast += 1
            if atLeast == 50 { return Probability(Double(atLeast) / Double(draw)) }
        }
    }
    return Probability(Double(atLeast + 1) / Double(drawsMax + 1))
}
