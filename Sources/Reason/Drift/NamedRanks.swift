// Rank and spread tests of two numeric samples under the golden names: Anderson-Darling by mid-ranks,
// Levene around the medians, Mann and Whitney's exact U. For comparison with SciPy; none of them decides.

internal import Algebra
internal import Bytes
internal import Glibc

/// The tests of two ascending samples that have enough values for them.
func namedRankTests(_ reference: [Double], _ current: [Double]) -> [(key: String, value: JSON)] {
    func tested(_ statistic: Double, _ log: Double) -> JSON {
        .object([("statistic", figure(statistic)), ("pvalue", figure(exp(min(log, 0))))])
    }
    var fields: [(key: String, value: JSON)] = []
    if let value = andersonDarling(reference, current) {
        fields.append(("anderson_darling_midrank", .object([("statistic", figure(value))])))
    }
    let (statistic, log) = levene(reference, current)
    fields.append(("levene_median", tested(statistic, log)))
    if let (u, log) = exactMannWhitney(reference, current) {
        fields.append(("mann_whitney_exact", tested(u, log)))
    }
    return fields
}

/// The k-sample statistic for two samples, normalised (Scholz and Stephens 1987, ties by mid-ranks); nil
/// when all values are equal, NaN when fewer than four are there.
func andersonDarling(_ reference: [Double], _ current: [Double]) -> Double? {
    let m = Double(reference.count)
    let n = Double(current.count)
    let total = m + n
    // The variance has N − 3 under it.
    if total < 4 { return .nan }
    var i = 0
    var j = 0
    var groups = 0
    var sums = (0.0, 0.0)
    while i < reference.count || j < current.count {
        let a = i < reference.count ? reference[i] : .infinity
        let b = j < current.count ? current[j] : .infinity
        let value = min(a, b)
        let before = (Double(i), Double(j))
        while i < reference.count && reference[i] == value { i += 1 }
        while j < current.count && current[j] == value { j += 1 }
        let size = Double(i) + Double(j) - before.0 - before.1
        let middle = before.0 + before.1 + size / 2
        let spread = middle * (total - middle) - total * size / 4
        groups += 1
        if !(spread > 0) { continue }
        let first = total * (before.0 + Double(i)) / 2 - middle * m
        let second = total * (before.1 + Double(j)) / 2 - middle * n
        sums.0 += size / total * first * first / spread
        sums.1 += size / total * second * second / spread
    }
    if groups < 2 { return nil }
    let statistic = (sums.0 / m + sums.1 / n) * (total - 1) / total
    let size = reference.count + current.count
    var harmonic = 0.0
    var double = 0.0
    // h = Σ 1/i up to N − 1; g = Σ Σ 1/((N − i) j), summed from the far end as one pass.
    for step in 0..<size - 2 {
        harmonic += 1 / Double(size - 1 - step)
        double += harmonic / Double(step + 2)
    }
    let h = harmonic + 1
    let g = double
    let inverse = 1 / m + 1 / n
    let a = (4 * g - 6) + (10 - 6 * g) * inverse
    let b = (2 * g - 4) * 4 + 16 * h + (2 * g - 14 * h - 4) * inverse - 8 * h + 4 * g - 6
    let c =
        (6 * h + 2 * g - 2) * 4 + (4 * h - 4 * g + 6) * 2 + (2 * h - 6) * inverse + 4 * h
    let d = (2 * h + 6) * 4 - 8 * h
    let cubic = ((a * total + b) * total + c) * total + d
    let variance = cubic / ((total - 1) * (total - 2) * (total - 3))
    return (statistic - 1) / variance.squareRoot()
}

/// Levene's test around the medians (Brown and Forsythe): the statistic and ln p, NaN and infinite where
/// SciPy's are.
func levene(_ reference: [Double], _ current: [Double]) -> (Double, Double) {
    let total = Double(reference.count + current.count)
    if total < 3 { return (.nan, .nan) }
    // In units of the widest range, so that squares neither overflow nor vanish.
    let ranges = [reference, current].map { ($0.last ?? 0) / 2 - ($0.first ?? 0) / 2 }
    let unit = ranges.max() ?? 0
    if !(unit > 0) { return (.nan, .nan) }
    func distances(_ sorted: [Double]) -> [Double] {
        let middle = quantile(sorted, 0.5)
        return sorted.map { abs($0 - middle) / unit }
    }
    let first = Moments(distances(reference))
    let second = Moments(distances(current))
    let m = Double(reference.count)
    let n = Double(current.count)
    let mean = (m * first.mean + n * second.mean) / total
    let between =
        m * (first.mean - mean) * (first.mean - mean)
        + n * (second.mean - mean) * (second.mean - mean)
    let within = m * first.variance() + n * second.variance()
    if !(within > 0) { return between > 0 ? (.infinity, -.infinity) : (.nan, .nan) }
    let statistic = (total - 2) * between / within
    return (statistic, FisherF.logTail(statistic, 1, total - 2))
}

/// Mann and Whitney's U of the reference with its exact two-sided ln p; nil with ties or beyond a hundred
/// pairs of values, where the normal law is as good.
func exactMannWhitney(_ reference: [Double], _ current: [Double]) -> (Double, Double)? {
    let m = reference.count
    let n = current.count
    if m * n > 100 || Set(reference + current).count < m + n { return nil }
    let u = reference.reduce(0) { sum, value in sum + current.count { $0 < value } }
    // ways[i][s]: subsets of i reference values among those seen so far whose U is s.
    var ways = Array(repeating: [Double](repeating: 0, count: m * n + 1), count: m + 1)
    ways[0][0] = 1
    for seen in 0..<(m + n) {
        var i = min(seen, m - 1)
        while i >= 0 {
            // A reference value placed now has (seen − i) current ones below it.
            let below = seen - i
            if below <= n {
                for s in 0...(m * n - below) where ways[i][s] > 0 {
                    ways[i + 1][s + below] += ways[i][s]
                }
            }
            i -= 1
        }
    }
    let larger = max(u, m * n - u)
    let all = ways[m].reduce(0, +)
    let tail = ways[m][larger...].reduce(0, +)
    return (Double(u), log(min(2 * tail / all, 1)))
}
