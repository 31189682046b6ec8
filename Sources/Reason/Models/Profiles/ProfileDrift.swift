// How far a profile is from another one: the usual distances, from sketches and counts instead of rows.
// Each carries what the sketches may err, so that nobody takes a sketch's noise for drift. For looking
// back; the verdict of drift comes from the watch alone, which knows how often it has looked.

internal import Algebra
internal import Glibc

/// The distances of a column's profile from a reference.
public struct ProfileDrift: Sendable, Equatable {
    /// The largest difference of the distribution functions; for categories in the reference's order.
    public var kolmogorov: Double
    /// By how much sketches may be off in it, at 99 %; 0 when both are exact.
    public var sketchError: Double
    /// Over the reference's deciles, or its categories, shares floored at 1e-4.
    public var stability: Double
    /// Base 2, over the same bins.
    public var jensenShannon: Double
    public var hellinger: Double
    /// Over the reference's standard deviation; nil for categories.
    public var wassersteinRelative: Double?
    /// Up to ten categories that the reference does not have.
    public var newCategories: [String] = []
}

extension ColumnProfile {
    /// The distances from a reference; nil when either is empty or they are of different kinds.
    public func drift(from reference: ColumnProfile) -> ProfileDrift? {
        if let mine = sketch, let theirs = reference.sketch, mine.count > 0, theirs.count > 0 {
            return drift(mine, theirs, reference.moments.deviation)
        }
        if sketch != nil || reference.sketch != nil { return nil }
        let total = Double(categories.values.reduce(others, +))
        let referenceTotal = Double(reference.categories.values.reduce(reference.others, +))
        guard total > 0, referenceTotal > 0, let distance = distance(from: reference) else {
            return nil
        }
        let names = Set(categories.keys).union(reference.categories.keys).sorted()
        let p =
            names.map { Double(reference.categories[$0] ?? 0) / referenceTotal }
            + [Double(reference.others) / referenceTotal]
        let q =
            names.map { Double(categories[$0] ?? 0) / total } + [Double(others) / total]
        let unknown = categories.filter { reference.categories[$0.key] == nil }
            .sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(10).map(\.key)
        return ProfileDrift(
            kolmogorov: distance, sketchError: 0,
            stability: stabilityIndex(floored(p), floored(q)),
            jensenShannon: jensenShannonDistance(p, q, base: 2),
            hellinger: hellingerDistance(p, q), wassersteinRelative: nil,
            // Beyond the limit of names the reference may have known them.
            newCategories: reference.others > 0 ? [] : unknown)
    }

    private func drift(_ mine: KLL, _ theirs: KLL, _ spread: Double) -> ProfileDrift {
        var edges: [Double] = []
        for tenth in 1..<10 {
            let edge = theirs.quantile(Double(tenth) / 10)
            if edges.last != edge { edges.append(edge) }
        }
        let p = shares(theirs, below: edges)
        let q = shares(mine, below: edges)
        let area = KLL.wassersteinDistance(mine, theirs)
        return ProfileDrift(
            kolmogorov: KLL.kolmogorovDistance(mine, theirs).distance,
            sketchError: mine.ownError + theirs.ownError,
            stability: stabilityIndex(floored(p), floored(q)),
            jensenShannon: jensenShannonDistance(p, q, base: 2),
            hellinger: hellingerDistance(p, q),
            wassersteinRelative: spread > 0 ? area / spread : area > 0 ? .infinity : 0)
    }

    private func floored(_ shares: [Double]) -> [Double] { shares.map { max($0, 1e-4) } }

    /// Shares of right-open bins between edges.
    private func shares(_ sketch: KLL, below edges: [Double]) -> [Double] {
        var counts = [Double](repeating: 0, count: edges.count + 1)
        var total = 0.0
        var bin = 0
        for (value, weight) in sketch.weighted {
            while bin < edges.count && value >= edges[bin] { bin += 1 }
            counts[bin] += Double(weight)
            total += Double(weight)
        }
        return counts.map { $0 / total }
    }
}
