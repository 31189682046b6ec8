// A figure of quality with its interval at every confidence, and what follows from it: the interval of
// the difference of two independent figures, and the chance of such a difference without a cause. Both
// come from one family of intervals, so that a mark and the interval beside it never disagree.

internal import Algebra
internal import Glibc

/// A figure that knows its interval for any number of standard deviations.
public struct GradedFigure: Sendable {
    /// `accuracy`, `f1`, `roc_auc`, `mae` and so on, by the golden names.
    public let name: String
    public let value: Double
    private let family: @Sendable (_ z: Double) -> ClosedRange<Double>

    init(
        _ name: String, _ value: Double,
        _ family: @escaping @Sendable (_ z: Double) -> ClosedRange<Double>
    ) {
        self.name = name
        self.value = value
        self.family = family
    }

    /// A share of rows: Wilson's interval (Wilson 1927).
    static func share(_ name: String, _ hits: Double, of rows: Double) -> GradedFigure {
        GradedFigure(name, hits / rows) { Binomial.interval(hits, rows, z: $0) }
    }

    /// The two-sided interval that leaves out `2 Φ(−z)`; by default 95 %.
    public func interval(z: Double = 1.959963984540054) -> ClosedRange<Double> {
        let range = family(z)
        return min(range.lowerBound, value)...max(range.upperBound, value)
    }

    /// The interval of `self − other` for independent figures.
    ///
    /// Variances are recovered from the two intervals (MOVER: Zou and Donner 2008); for two shares that is
    /// Newcombe's hybrid score interval (Newcombe 1998, method 10).
    public func difference(
        from other: GradedFigure, z: Double = 1.959963984540054
    ) -> ClosedRange<Double> {
        let (mine, theirs) = (interval(z: z), other.interval(z: z))
        let difference = value - other.value
        let down = hypot(value - mine.lowerBound, theirs.upperBound - other.value)
        let up = hypot(mine.upperBound - value, other.value - theirs.lowerBound)
        return (difference - down)...(difference + up)
    }

    /// The p-value of no difference: the level at which the interval of the difference just touches 0.
    public func probability(ofEqual other: GradedFigure) -> Double {
        if value == other.value { return 1 }
        // Beyond 12 standard deviations the p-value is below 1e-32, which no correction asks about.
        var (outside, inside) = (0.0, 12.0)
        if !difference(from: other, z: inside).contains(0) { return 0 }
        for _ in 0..<50 {
            let middle = 0.5 * (outside + inside)
            if difference(from: other, z: middle).contains(0) {
                inside = middle
            } else {
                outside = middle
            }
        }
        return exp(Normal.logTwoSided(inside))
    }
}

extension LabelledPredictions {
    /// The figures that have an interval at every confidence.
    public var graded: [GradedFigure] {
        switch self {
        case .binary(let quality):
            let counts = quality.confusion
            let (hits, falses) = (counts.truePositives, counts.falsePositives)
            let misses = counts.falseNegatives
            var figures = [
                GradedFigure.share("accuracy", hits + counts.trueNegatives, of: counts.total)
            ]
            if hits + falses > 0 { figures.append(.share("precision", hits, of: hits + falses)) }
            if hits + misses > 0 {
                figures.append(.share("recall", hits, of: hits + misses))
                figures.append(
                    GradedFigure("f1", counts.f1) { z in
                        // F1 = 2s / (1 + s) of the share s of hits among all positives, true or predicted.
                        let range = Binomial.interval(hits, hits + falses + misses, z: z)
                        func mapped(_ share: Double) -> Double { 2 * share / (1 + share) }
                        return mapped(range.lowerBound)...mapped(range.upperBound)
                    })
            }
            if let area = gradedArea(quality) { figures.append(area) }
            return figures
        case .manyClasses(let quality, _):
            let rows = Double(quality.labels.count)
            return [.share("accuracy", (quality.accuracy * rows).rounded(), of: rows)]
        case .regression(let quality):
            return gradedError(quality).map { [$0] } ?? []
        }
    }

    /// The mean absolute error: errors are skewed, so the interval of Student's t is laid out on the
    /// logarithm (delta method), which by simulation halves the false alarms of the plain one.
    private func gradedError(_ quality: RegressionQuality) -> GradedFigure? {
        let moments = Moments(zip(quality.actual, quality.predicted).map { abs($0 - $1) })
        let step = moments.deviation(ddof: 1) / Double(moments.count).squareRoot() / moments.mean
        guard moments.count >= QualityReading.meansRowsMin, step > 0, step.isFinite else {
            return nil
        }
        return GradedFigure("mae", moments.mean) { z in
            let tail = exp(Normal.logTwoSided(z))
            let t = StudentT.twoSidedQuantile(tail, degrees: Double(moments.count - 1))
            // A factor of e^50 is as good as no bound.
            let factor = exp(min(t * step, 50))
            return (moments.mean / factor)...(moments.mean * factor)
        }
    }

    /// The area under the ROC curve with its score interval, which stays honest near 1 where the usual
    /// one shrinks to nothing (Newcombe 2006, part 2, method 5).
    private func gradedArea(_ quality: BinaryQuality) -> GradedFigure? {
        let (m, n) = (quality.positives, Double(quality.labels.count) - quality.positives)
        let area = quality.receiverArea
        if area.isNaN || m < 2 || n < 2 { return nil }
        let score = AreaScore(area: area, positives: m, negatives: n)
        return GradedFigure("roc_auc", area) { z in score.end(0, z)...score.end(1, z) }
    }
}

/// Newcombe's variance of an area at any true area.
private struct AreaScore {
    let area: Double
    let positives: Double
    let negatives: Double

    private func deviation(_ a: Double) -> Double {
        let others = 0.5 * (positives + negatives) - 1
        let terms = 1 + others * ((1 - a) / (2 - a) + a / (1 + a))
        return (a * (1 - a) * terms / (positives * negatives)).squareRoot()
    }

    /// The area farthest towards `edge` that the seen one is at most `z` deviations from.
    func end(_ edge: Double, _ z: Double) -> Double {
        var (near, far) = (area, edge)
        for _ in 0..<50 {
            let middle = 0.5 * (near + far)
            if abs(area - middle) <= z * deviation(middle) { near = middle } else { far = middle }
        }
        return near
    }
}
