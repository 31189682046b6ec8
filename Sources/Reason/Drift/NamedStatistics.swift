// Every statistic under the name that the golden sets use, so that a script can hold Martlet beside SciPy,
// Evidently and NannyML number by number. Judgement does not read these; it reads NumericDrift.

internal import Algebra
public import Bytes
internal import Glibc

/// The statistics of two numeric samples by the golden names.
public func namedStatistics(_ pair: SortedPair) -> [(key: String, value: JSON)] {
    let m = pair.reference.count
    let n = pair.current.count
    let d = pair.merged.kolmogorov
    var fields: [(key: String, value: JSON)] = [
        ("n", .array([.number(m), .number(n)])),
        // One value against one is an effective size of 0, which has no distribution.
        (
            "ks_asymp",
            tested(
                d,
                m + n == 2 && d > 0 ? .nan : KolmogorovTwoSample.logAsymptoticTail(d, m, n))
        ),
    ]
    // The walk without ties, as SciPy's method="exact"; beyond this size it would take seconds.
    if m * n <= 4_000_000 {
        fields.append(
            ("ks_exact", tested(d, d == 0 ? 0 : KolmogorovTwoSample.logExactTail(d, m, n))))
    }
    let isConstant = pair.merged.distinct == 1
    // SciPy refuses this test for a single value.
    let isSingle = min(m, n) < 2 && !isConstant
    let t = isSingle ? .nan : pair.cramerVonMises
    fields.append(
        (
            "cramer_von_mises_asymp",
            tested(
                t,
                isConstant ? 0 : isSingle ? .nan : CramerVonMises.logAsymptoticTail(t, m, n))
        ))
    if max(m, n) <= 20 && !pair.merged.hasTies {
        fields.append(
            (
                "cramer_von_mises_exact",
                tested(t, isSingle ? .nan : log(CramerVonMises.exactTail(t, m, n)))
            ))
    }
    fields += namedRankTests(pair.reference, pair.current)
    let (u, uTail) = mannWhitney(pair.reference, pair.current)
    fields.append(("mann_whitney_asymp_tie_corrected_continuity", tested(u, uTail)))
    fields += tTests(pair.reference, pair.current)
    let spread = Moments(pair.reference).deviation()
    let relative =
        spread > 0
        ? pair.merged.wasserstein / spread : (pair.merged.wasserstein > 0 ? Double.infinity : 0)
    fields.append(("wasserstein", figure(pair.merged.wasserstein)))
    fields.append(("energy_distance", figure((2 * pair.merged.squaredArea).squareRoot())))
    fields.append(("wasserstein_over_ref_std_ddof0", figure(relative)))
    let deciles = Binning.deciles(pair.reference)
    fields.append(
        ("psi_ref_deciles_floor_1e-4", figure(deciles.stability(pair.reference, pair.current))))
    fields += evidently(pair) + nannyML(pair)
    let first = Moments(pair.reference)
    let shares = [0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1]
    fields.append(
        (
            "summary_ref",
            .object([
                ("mean", figure(first.mean)),
                ("std_ddof1", m > 1 ? figure(first.deviation(ddof: 1)) : .null),
                ("quantiles_type7", .array(shares.map { figure(quantile(pair.reference, $0)) })),
            ])
        ))
    return fields
}

/// The statistics of two categorical samples by the golden names.
public func namedStatistics(_ drift: CategoricalDrift) -> [(key: String, value: JSON)] {
    let yates = yatesStatistic(drift)
    var fields: [(key: String, value: JSON)] = [
        ("categories", .array(drift.categories.map { .string($0) })),
        (
            "table",
            .array([
                .array(drift.referenceCounts.map { .number($0) }),
                .array(drift.currentCounts.map { .number($0) }),
            ])
        ),
        (
            "chi2_two_sample",
            .object([
                ("statistic", figure(drift.chiSquare)),
                ("pvalue", figure(drift.chiSquareProbability.value)),
                ("dof", .number(drift.degrees)),
            ])
        ),
        ("g_test_two_sample", tested(drift.gTest, drift.gTestProbability.log)),
        ("cramers_v", figure(drift.cramersV)),
        ("total_variation", figure(drift.totalVariation)),
        ("l_infinity", figure(drift.largestDifference)),
        ("js_distance_base2", figure(drift.jensenShannon)),
        ("hellinger", figure(drift.hellinger)),
        ("psi_floor_1e-4", figure(drift.populationStability)),
        ("chi2_evidently_pvalue", figure(evidentlyTail(drift))),
        ("nannyml_jensen_shannon", figure(drift.jensenShannon)),
        ("nannyml_hellinger", figure(drift.hellinger)),
        ("nannyml_l_infinity", figure(drift.largestDifference)),
        // SciPy's default for tables of one degree of freedom is Yates' correction.
        ("nannyml_chi2", figure(yates ?? drift.chiSquare)),
    ]
    if let yates {
        fields.append(("chi2_yates", tested(yates, ChiSquare.logTail(yates, degrees: 1))))
        let (a, b) = (drift.referenceCounts, drift.currentCounts)
        let log = Hypergeometric.logTwoSided(
            a[0], draws: a[0] + a[1], marked: a[0] + b[0], total: a[0] + a[1] + b[0] + b[1])
        let odds = Double(a[0]) * Double(b[1]) / (Double(a[1]) * Double(b[0]))
        fields.append(
            (
                "fisher_exact",
                .object([("odds_ratio", figure(odds)), ("pvalue", figure(exp(log)))])
            ))
    }
    return fields
}

/// Pearson's statistic of a 2 × 2 table with Yates' correction; nil for other tables.
private func yatesStatistic(_ drift: CategoricalDrift) -> Double? {
    guard drift.categories.count == 2 else { return nil }
    let m = Double(drift.referenceTotal)
    let n = Double(drift.currentTotal)
    var sum = 0.0
    for index in 0..<2 {
        let pooled = Double(drift.referenceCounts[index] + drift.currentCounts[index])
        for (count, size) in [
            (drift.referenceCounts[index], m), (drift.currentCounts[index], n),
        ] {
            let expected = pooled * size / (m + n)
            let distance = abs(Double(count) - expected)
            let corrected = distance - min(0.5, distance)
            sum += corrected * corrected / expected
        }
    }
    return sum
}

/// Evidently's p-value, which takes the reference's shares as known; 0 when it lacks a category.
private func evidentlyTail(_ drift: CategoricalDrift) -> Double {
    let m = Double(drift.referenceTotal)
    let n = Double(drift.currentTotal)
    var sum = 0.0
    for (a, b) in zip(drift.referenceCounts, drift.currentCounts) {
        let expected = Double(a) / m * n
        sum += (Double(b) - expected) * (Double(b) - expected) / expected
    }
    if drift.degrees == 0 { return 1 }
    return sum.isFinite ? exp(ChiSquare.logTail(sum, degrees: Double(drift.degrees))) : 0
}

/// A number; what JSON has none for is spelled as the golden sets spell it.
func figure(_ value: Double) -> JSON {
    if value.isFinite { return .number(value) }
    return .string(value.isNaN ? "nan" : value > 0 ? "inf" : "-inf")
}

private func tested(_ statistic: Double, _ log: Double) -> JSON {
    .object([("statistic", figure(statistic)), ("pvalue", figure(exp(min(log, 0))))])
}

private func evidently(_ pair: SortedPair) -> [(key: String, value: JSON)] {
    let (p, q) = Binning.sturges(pair.reference, pair.current)
        .shares(pair.reference, pair.current)
    // Empty bins get 1e-4, or a millionth of the smallest share when that is not more.
    func filled(_ shares: [Double]) -> [Double] {
        let least = shares.filter { $0 > 0 }.min() ?? 1
        return shares.map { $0 == 0 ? (least <= 1e-4 ? least / 1e6 : 1e-4) : $0 }
    }
    let filledP = filled(p)
    let filledQ = filled(q)
    let totalP = filledP.reduce(0, +)
    let totalQ = filledQ.reduce(0, +)
    let divergence = zip(filledP, filledQ).reduce(0) {
        $0 + $1.0 / totalP * log($1.0 / totalP / ($1.1 / totalQ))
    }
    let (x, y) = Binning.sturges(pair.reference, pair.current, distinct: pair.merged.distinct)
        .shares(pair.reference, pair.current)
    return [
        ("psi_evidently", figure(stabilityIndex(filledP, filledQ))),
        ("js_distance_evidently_nats", figure(jensenShannonDistance(p, q))),
        ("kl_evidently", figure(divergence)),
        ("hellinger_evidently", figure(hellingerDistance(x, y))),
    ]
}

private func nannyML(_ pair: SortedPair) -> [(key: String, value: JSON)] {
    var (p, q) = Binning.doane(pair.reference).shares(pair.reference, pair.current)
    let leftover = 1 - q.reduce(0, +)
    if leftover > 0 {
        p.append(0)
        q.append(leftover)
    }
    var fields: [(key: String, value: JSON)] = [
        ("nannyml_jensen_shannon", figure(jensenShannonDistance(p, q, base: 2))),
        ("nannyml_hellinger", figure(hellingerDistance(p, q))),
    ]
    // From 10,000 rows on NannyML bins what it compares; the exact value is not its value.
    if pair.reference.count < 10_000 {
        fields.append(("nannyml_kolmogorov_smirnov", figure(pair.merged.kolmogorov)))
        fields.append(("nannyml_wasserstein", figure(pair.merged.wasserstein)))
    }
    return fields
}

/// U of the reference, two-sided normal tail with tie and continuity correction.
func mannWhitney(_ reference: [Double], _ current: [Double]) -> (u: Double, logTail: Double) {
    let m = Double(reference.count)
    let n = Double(current.count)
    let ranks = midRanks(reference + current)
    let sum = ranks.prefix(reference.count).reduce(0, +)
    let u = sum - m * (m + 1) / 2
    let total = m + n
    var ties = 0.0
    let sorted = sortedAscending(reference + current)
    var start = 0
    while start < sorted.count {
        var end = start
        while end < sorted.count && sorted[end] == sorted[start] { end += 1 }
        let t = Double(end - start)
        ties += t * t * t - t
        start = end
    }
    let spread = (m * n / 12 * (total + 1 - ties / (total * (total - 1)))).squareRoot()
    let larger = max(u, m * n - u)
    if !(spread > 0) { return (u, 0) }
    return (u, min(log(2) + Normal.logTail((larger - m * n / 2 - 0.5) / spread), 0))
}

/// Welch's and Student's t: NaN and infinite where SciPy's are.
private func tTests(_ reference: [Double], _ current: [Double]) -> [(key: String, value: JSON)] {
    let m = Double(reference.count)
    let n = Double(current.count)
    let a = Moments(reference)
    let b = Moments(current)
    func deviation(_ moments: Moments) -> Double {
        moments.count > 1 ? moments.deviation(ddof: 1) : 0
    }
    func fields(_ welch: JSON, _ pooled: JSON) -> [(key: String, value: JSON)] {
        [("t_welch", welch), ("t_pooled", pooled)]
    }
    let isSingle = min(m, n) < 2
    // In units of the larger spread, so that squares neither overflow nor vanish.
    let unit = max(deviation(a), deviation(b))
    if !(unit > 0) {
        let gap = a.mean - b.mean
        let t = gap == 0 || m + n < 3 ? Double.nan : gap > 0 ? .infinity : -.infinity
        let none = tested(.nan, .nan)
        let all = t.isNaN ? none : tested(t, -.infinity)
        return fields(isSingle ? none : all, all)
    }
    let gap = (a.mean - b.mean) / unit
    let spreads = (deviation(a) / unit, deviation(b) / unit)
    let first = spreads.0 * spreads.0 / m
    let second = spreads.1 * spreads.1 / n
    let pooled = ((m - 1) * first * m + (n - 1) * second * n) / (m + n - 2)
    let student = gap / (pooled * (1 / m + 1 / n)).squareRoot()
    let studentField = tested(student, StudentT.logTwoSided(student, degrees: m + n - 2))
    if isSingle { return fields(tested(.nan, .nan), studentField) }
    let welch = gap / (first + second).squareRoot()
    let degrees =
        (first + second) * (first + second)
        / (first * first / (m - 1) + second * second / (n - 1))
    return fields(
        tested(welch, StudentT.logTwoSided(welch, degrees: degrees)), studentField)
}
