// Quality of a binary classifier whose labels are known: counts at a threshold, areas under the ROC and
// precision-recall curves (equal scores are one step), log loss, Brier, calibration. A share that has no
// denominator is NaN, except where scikit-learn says 0 (precision, recall, F1), so that both agree.

internal import Algebra
internal import Glibc

/// The four counts of a binary classifier.
public struct Confusion: Sendable, Equatable {
    public var trueNegatives = 0.0
    public var falsePositives = 0.0
    public var falseNegatives = 0.0
    public var truePositives = 0.0

    public init() {}

    public var total: Double { trueNegatives + falsePositives + falseNegatives + truePositives }
    public var accuracy: Double { total > 0 ? (trueNegatives + truePositives) / total : .nan }
    public var precision: Double { share(truePositives, truePositives + falsePositives) }
    public var recall: Double { share(truePositives, truePositives + falseNegatives) }
    public var specificity: Double { share(trueNegatives, trueNegatives + falsePositives) }
    /// The harmonic mean of precision and recall.
    public var f1: Double {
        share(2 * truePositives, 2 * truePositives + falsePositives + falseNegatives)
    }
    /// The mean of recall and specificity; where one class is missing, the other one's.
    public var balancedAccuracy: Double {
        if truePositives + falseNegatives == 0 { return specificity }
        if trueNegatives + falsePositives == 0 { return recall }
        return 0.5 * (recall + specificity)
    }

    /// Matthews' correlation; 0 when a margin is empty.
    public var matthews: Double {
        let margins = [
            truePositives + falsePositives, truePositives + falseNegatives,
            trueNegatives + falsePositives, trueNegatives + falseNegatives,
        ]
        let product = margins.reduce(1) { $0 * $1.squareRoot() }
        return product > 0
            ? (truePositives * trueNegatives - falsePositives * falseNegatives) / product : 0
    }

    /// Cohen's kappa.
    public var kappa: Double {
        let predicted = truePositives + falsePositives
        let actual = truePositives + falseNegatives
        let chance =
            (predicted * actual + (total - predicted) * (total - actual)) / (total * total)
        return chance < 1 ? (accuracy - chance) / (1 - chance) : .nan
    }

    private func share(_ part: Double, _ whole: Double) -> Double { whole > 0 ? part / whole : 0 }
}

/// A point of a curve.
public struct CurvePoint: Sendable, Equatable {
    public var threshold: Double
    public var x: Double
    public var y: Double
}

/// One bin of a calibration curve.
public struct CalibrationBin: Sendable, Equatable {
    public var meanScore: Double
    public var positiveShare: Double
    public var count: Int
}

/// Scores with their labels, ready to be measured.
public struct BinaryQuality: Sendable {
    /// 0 or 1.
    public let labels: [Double]
    /// The predicted probability of class 1.
    public let scores: [Double]
    public let threshold: Double
    public let confusion: Confusion
    /// How many labels are 1.
    public let positives: Double
    private let order: [Int]

    /// Rows whose label or score is missing must have been left out.
    ///
    /// `predictions`, when given, decide the class instead of the threshold.
    public init(
        labels: [Double], scores: [Double], threshold: Double = 0.5, predictions: [Double]? = nil
    ) {
        precondition(labels.count == scores.count, "a label a score")
        self.labels = labels
        self.scores = scores
        self.threshold = threshold
        positives = labels.reduce(0, +)
        order = ascendingOrder(scores).reversed()
        var counts = Confusion()
        for index in labels.indices {
            let isPositive = predictions.map { $0[index] > 0.5 } ?? (scores[index] >= threshold)
            switch (labels[index] > 0.5, isPositive) {
            case (true, true): counts.truePositives += 1
            case (true, false): counts.falseNegatives += 1
            case (false, true): counts.falsePositives += 1
            case (false, false): counts.trueNegatives += 1
            }
        }
        confusion = counts
    }

    /// False against true positives, a point a distinct score, from the highest on.
    private var steps: [(threshold: Double, falses: Double, trues: Double)] {
        var points: [(threshold: Double, falses: Double, trues: Double)] = []
        var falses = 0.0
        var trues = 0.0
        var start = 0
        while start < order.count {
            let score = scores[order[start]]
            while start < order.count && scores[order[start]] == score {
                if labels[order[start]] > 0.5 { trues += 1 } else { falses += 1 }
                start += 1
            }
            points.append((score, falses, trues))
        }
        return points
    }

    /// The ROC curve: false positive rate against true positive rate.
    public var receiverCurve: [CurvePoint] {
        let negatives = Double(labels.count) - positives
        return [CurvePoint(threshold: .infinity, x: 0, y: 0)]
            + steps.map {
                CurvePoint(
                    threshold: $0.threshold, x: $0.falses / negatives, y: $0.trues / positives)
            }
    }

    /// The area under the ROC curve; NaN with one class only.
    public var receiverArea: Double {
        if positives == 0 || positives == Double(labels.count) { return .nan }
        var area = 0.0
        let curve = receiverCurve
        for (before, after) in zip(curve, curve.dropFirst()) {
            area += (after.x - before.x) * 0.5 * (after.y + before.y)
        }
        return area
    }

    /// Recall against precision.
    public var precisionRecallCurve: [CurvePoint] {
        steps.map {
            CurvePoint(
                threshold: $0.threshold, x: $0.trues / positives,
                y: $0.trues / ($0.trues + $0.falses))
        }
    }

    /// Σ (Rₖ − Rₖ₋₁) Pₖ: the area under the precision-recall curve as steps.
    public var averagePrecision: Double {
        if positives == 0 { return .nan }
        var sum = 0.0
        var before = 0.0
        for point in precisionRecallCurve {
            sum += (point.x - before) * point.y
            before = point.x
        }
        return sum
    }

    /// The largest gap between the classes' score distributions.
    public var kolmogorov: Double {
        receiverCurve.reduce(0) { max($0, abs($1.y - $1.x)) }
    }

    /// Mean negative log likelihood; scores are kept one rounding away from 0 and 1.
    public var logLoss: Double {
        let edge = Double.ulpOfOne
        let sum = zip(labels, scores).reduce(0.0) { sum, pair in
            let p = min(max(pair.1, edge), 1 - edge)
            return sum - (pair.0 > 0.5 ? log(p) : log1p(-p))
        }
        return sum / Double(labels.count)
    }

    /// Mean squared difference of score and label.
    public var brier: Double {
        zip(labels, scores).reduce(0) { $0 + ($1.1 - $1.0) * ($1.1 - $1.0) }
            / Double(labels.count)
    }

    /// Calibration in ten bins of equal width, empty ones left out.
    public var calibration: [CalibrationBin] {
        var sums = [(score: Double, label: Double, count: Int)](
            repeating: (0, 0, 0), count: 10)
        for (label, score) in zip(labels, scores) {
            let bin = min(max(Int(score * 10), 0), 9)
            sums[bin].score += score
            sums[bin].label += label
            sums[bin].count += 1
        }
        return sums.filter { $0.count > 0 }.map {
            CalibrationBin(
                meanScore: $0.score / Double($0.count), positiveShare: $0.label / Double($0.count),
                count: $0.count)
        }
    }

    /// Expected calibration error over those bins.
    public var calibrationError: Double {
        calibration.reduce(0) {
            $0 + abs($1.meanScore - $1.positiveShare) * Double($1.count) / Double(labels.count)
        }
    }

    /// A 95 % interval of F1.
    ///
    /// F1 = 2s / (1 + s), where s is the share of true positives among all that are true or predicted
    /// positive: Wilson's interval of s, mapped.
    public var f1Interval: ClosedRange<Double> {
        let hits = confusion.truePositives
        let range = Binomial.interval(
            hits, hits + confusion.falsePositives + confusion.falseNegatives)
        func mapped(_ share: Double) -> Double { 2 * share / (1 + share) }
        return mapped(range.lowerBound)...mapped(range.upperBound)
    }

    /// A 95 % interval of the Brier score, by the normal law of means.
    public var brierInterval: ClosedRange<Double> {
        let moments = Moments(zip(labels, scores).map { ($1 - $0) * ($1 - $0) })
        let spread = moments.count > 1 ? moments.deviation(ddof: 1) : 1
        let half = 1.959963984540054 * spread / Double(max(moments.count, 1)).squareRoot()
        let value = moments.count > 0 ? moments.mean : 0.5
        return max(value - half, 0)...min(value + half, 1)
    }

    /// A 95 % interval of the ROC area (Hanley and McNeil 1982).
    public var receiverAreaInterval: ClosedRange<Double>? {
        let area = receiverArea
        let m = positives
        let n = Double(labels.count) - m
        if area.isNaN || m < 2 || n < 2 { return nil }
        let first = area / (2 - area)
        let second = 2 * area * area / (1 + area)
        let variance =
            (area * (1 - area) + (m - 1) * (first - area * area) + (n - 1) * (second - area * area))
            / (m * n)
        let half = 1.959963984540054 * max(variance, 0).squareRoot()
        return max(area - half, 0)...min(area + half, 1)
    }
}
