// One numeric column, reference against current: every distance comes from two sorted samples and a
// single merge of them. An effect says how far apart they are, a p-value how surprising that is; the
// thresholds of the effects know the sample sizes. Missing values are dropped before.

internal import Algebra
internal import Glibc

/// A distance with what it means at these sample sizes.
public struct SizedEffect: Sendable, Equatable {
    public var value: Double
    /// The value that samples of these sizes without drift exceed in 5 % of all cases.
    public var threshold: Double
    public var probability: Probability
}

/// How the p-value of the Kolmogorov-Smirnov statistic was found.
public enum KolmogorovMethod: String, Sendable {
    /// The walk over the pooled sample, ties respected.
    case exact
    /// The finite-sample distribution of the effective size.
    case asymptotic
    /// The Brownian bridge at the ends of the ties.
    case tiedBridge = "tied_bridge"
}

/// What two samples of numbers have to say about each other.
public struct NumericDrift: Sendable, Equatable {
    public var referenceCount: Int
    public var currentCount: Int
    public var referenceMean: Double
    public var currentMean: Double
    /// Standard deviations with ddof 0.
    public var referenceDeviation: Double
    public var currentDeviation: Double

    /// The largest difference of the two distribution functions, where it is, and its sign there:
    /// positive when the current values are larger (their function runs below).
    public var kolmogorov: Double
    public var kolmogorovPlace: Double
    public var kolmogorovSign: Int
    public var kolmogorovProbability: Probability
    public var kolmogorovMethod: KolmogorovMethod

    public var cramerVonMises: Double
    public var cramerVonMisesProbability: Probability
    /// In the unit of the column.
    public var wasserstein: Double
    /// Wasserstein over the reference's standard deviation.
    public var wassersteinRelative: SizedEffect
    /// Population stability index over the reference's deciles, shares floored at 1e-4.
    public var populationStability: Double
    /// The same over the pooled deciles, smoothed by half counts, with its threshold.
    public var stability: SizedEffect
    /// Jensen-Shannon distance (natural logarithms) over the pooled deciles, smoothed likewise.
    public var jensenShannon: SizedEffect
    public var hellinger: Double
    /// √(2 ∫ (F − G)²).
    public var energy: Double

    /// The p-value that decides: Kolmogorov-Smirnov, ties respected.
    public var probability: Probability { kolmogorovProbability }
}

/// Compares two samples of finite numbers; nil when one is empty (no data is never drift).
public func compareNumbers(reference: [Double], current: [Double]) -> NumericDrift? {
    SortedPair(reference: reference, current: current)?.drift
}

/// Two sorted samples without missing values.
public struct SortedPair: Sendable {
    public let reference: [Double]
    public let current: [Double]
    let merged: MergedSamples

    /// Drops NaN, sorts and merges; nil when a side is empty.
    public init?(reference: [Double], current: [Double]) {
        self.init(
            sortedReference: sortedAscending(reference.filter { !$0.isNaN }),
            sortedCurrent: sortedAscending(current.filter { !$0.isNaN }))
    }

    /// Takes samples that are ascending and free of NaN already.
    public init?(sortedReference: [Double], sortedCurrent: [Double]) {
        if sortedReference.isEmpty || sortedCurrent.isEmpty { return nil }
        reference = sortedReference
        current = sortedCurrent
        merged = MergedSamples(sortedReference, sortedCurrent)
    }

    /// The largest difference of the two distribution functions.
    public var kolmogorov: Double { merged.kolmogorov }

    /// All distances and their p-values.
    public var drift: NumericDrift {
        let m = reference.count
        let n = current.count
        let first = Moments(reference)
        let second = Moments(current)
        let spread = first.deviation()
        let (ks, method) = kolmogorovTail()
        let bins = Binning.sturges(reference, current)
        let (p, q) = bins.shares(reference, current)
        let deciles = Binning.deciles(reference)
        let sized = Binning.pooledDeciles(reference, current).sizedDistances(reference, current)
        let relative =
            spread > 0 ? merged.wasserstein / spread : (merged.wasserstein > 0 ? .infinity : 0)
        return NumericDrift(
            referenceCount: m, currentCount: n, referenceMean: first.mean, currentMean: second.mean,
            referenceDeviation: spread, currentDeviation: second.deviation(),
            kolmogorov: merged.kolmogorov, kolmogorovPlace: merged.kolmogorovPlace,
            kolmogorovSign: merged.kolmogorovSign, kolmogorovProbability: ks,
            kolmogorovMethod: method, cramerVonMises: cramerVonMises,
            cramerVonMisesProbability: cramerVonMisesTail, wasserstein: merged.wasserstein,
            wassersteinRelative: WassersteinNull(reference, current).effect(
                relative, unit: spread > 0 ? spread : 1, seed: dataSeed(reference, current, 1)),
            populationStability: deciles.stability(reference, current),
            stability: sized.stability, jensenShannon: sized.jensenShannon,
            hellinger: hellingerDistance(p, q),
            energy: (2 * merged.squaredArea).squareRoot())
    }

    /// Constant and equal samples have nothing to compare: 0 and p = 1, where the formula of T,
    /// which assumes values that differ, would cry drift.
    private var isConstant: Bool { merged.distinct == 1 }

    var cramerVonMises: Double {
        isConstant ? 0 : merged.cramerVonMises
    }

    var cramerVonMisesTail: Probability {
        if isConstant { return Probability(log: 0) }
        // Exact where both are at most 20, as SciPy's automatic choice.
        if max(reference.count, current.count) <= 20 && !merged.hasTies {
            return Probability(
                CramerVonMises.exactTail(merged.cramerVonMises, reference.count, current.count))
        }
        // The limit law assumes values that differ; where most are tied, divisions are drawn.
        let total = reference.count + current.count
        if 2 * merged.distinct < total && merged.distinct <= 1000 {
            let (m, n) = (reference.count, current.count)
            let sizes = merged.groupSizes
            return GroupedNull(sizes: sizes, marked: m).probability(
                of: merged.cramerVonMises, drawsMax: 999, seed: dataSeed(reference, current, 3)
            ) { MergedSamples.cramerVonMises($0, sizes: sizes, m, n) }
        }
        return Probability(
            log: CramerVonMises.logAsymptoticTail(
                merged.cramerVonMises, reference.count, current.count))
    }

    /// The p-value of D by the best method that these sizes afford.
    ///
    /// The exact walk gives mid-p, P(D > d) + ½ P(D = d): with ties and small samples D takes few
    /// values, and P(D ≥ d) would keep far less than the level that is asked for.
    func kolmogorovTail() -> (Probability, KolmogorovMethod) {
        let m = reference.count
        let n = current.count
        let total = Double(m + n)
        let d = merged.kolmogorov
        if d == 0 { return (Probability(log: 0), .exact) }
        // The walk visits (m + n) × width cells; a million is some milliseconds. Inside a run of equal
        // values nothing leaves the band, so the longest run widens it.
        let longest = merged.longestTie.map { Double($0) } ?? .infinity
        let band = 2 * d * Double(m) * Double(n) / total + 1 + longest
        let cells = total * min(band, Double(min(m, n)))
        if cells <= 1e6 && longest.isFinite {
            let ends = merged.hasTies ? merged.tieEnds : nil
            let next = d + 1 / (Double(m) * Double(n))
            let atLeast = KolmogorovTwoSample.logExactTail(d, m, n, tieEnds: ends)
            let above = KolmogorovTwoSample.logExactTail(next, m, n, tieEnds: ends)
            return (Probability(log: logSum(atLeast, above) - log(2)), .exact)
        }
        // Above a thousand distinct values only long runs of equal values still show.
        let scaled = d * (Double(m) * Double(n) / total).squareRoot()
        let stretches =
            merged.distinct <= 1000
            ? merged.tieTimes.map { .init(end: $0, isTied: true) } : merged.stretches
        if !stretches.isEmpty {
            let log = KolmogorovTwoSample.logBridgeTail(scaled, stretches: stretches)
            return (Probability(log: log), .tiedBridge)
        }
        return (
            Probability(log: KolmogorovTwoSample.logAsymptoticTail(d, m, n)), .asymptotic
        )
    }
}
