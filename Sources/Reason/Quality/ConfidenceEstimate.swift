// Quality of a binary classifier without labels, from its confidence (CBPE): a calibrated score is the
// chance that the label is 1, so expected counts follow, and from them every figure, with the interval
// that chance alone explains. Scores are calibrated on the reference only when that lowers the
// calibration error on rows held back. Equal scores are one step, so row order never matters.
// It sees what moves with the scores; it cannot see labels that changed their meaning.

internal import Algebra
public import Basics
internal import Glibc

/// An estimated figure with the 95 % interval of sampling.
public struct Estimate: Sendable, Equatable {
    public var value: Double
    public var interval: ClosedRange<Double>

    public init(value: Double, interval: ClosedRange<Double>) {
        self.value = value
        self.interval = interval
    }
}

/// Whether an estimate may be believed, in words.
public enum Validity: Sendable, Equatable {
    case valid
    /// Shown, with the reason for doubt.
    case doubtful(Phrase)
    /// Switched off: the reason is shown instead of the figure.
    case invalid(Phrase)
}

/// The figures of a chunk of unlabelled predictions.
public struct ConfidenceEstimates: Sendable, Equatable {
    public var count: Int
    public var accuracy: Estimate
    public var precision: Estimate
    public var recall: Estimate
    public var specificity: Estimate
    public var f1: Estimate
    public var receiverArea: Estimate
    public var averagePrecision: Double
}

/// The estimator, fitted on a labelled reference.
public struct ConfidenceEstimator: Sendable {
    public let threshold: Double
    /// Whether scores pass through the isotonic curve.
    public let isCalibrated: Bool
    private let curve: Isotonic?
    private let referenceScores: [Double]
    private let positives: Double

    /// Fits on reference labels (0 or 1) and scores.
    ///
    /// `calibrates` forces or forbids the curve.
    public init(
        labels: [Double], scores: [Double], threshold: Double = 0.5, calibrates: Bool? = nil,
        seed: UInt64 = 42
    ) {
        precondition(labels.count == scores.count, "a label a score")
        self.threshold = threshold
        isCalibrated = calibrates ?? gainsFromCalibration(labels, scores, seed: seed)
        curve = isCalibrated ? Isotonic(scores: scores, outcomes: labels) : nil
        referenceScores = sortedAscending(scores)
        positives = labels.reduce(0, +)
    }

    /// Whether the reference and these scores allow an estimate.
    public func validity(_ scores: [Double]) -> Validity {
        let count = Double(referenceScores.count)
        // Isotonic curves and calibration bins of fewer rows are noise.
        if count < 300 {
            return .invalid(
                Phrase(
                    "quality.cbpe.few_labels",
                    ["count": "\(referenceScores.count)", "needed": "300"]))
        }
        if positives < 10 || count - positives < 10 {
            return .invalid(Phrase("quality.cbpe.one_class", ["positives": "\(Int(positives))"]))
        }
        if scores.isEmpty { return .invalid(Phrase("quality.cbpe.no_scores")) }
        let low = referenceScores[0]
        let high = referenceScores[referenceScores.count - 1]
        let outside = scores.reduce(0) { $1 < low || $1 > high ? $0 + 1 : $0 }
        let share = Double(outside) / Double(scores.count)
        let percent = ["percent": numberText((share * 1000).rounded() / 10)]
        // Beyond the calibrated range the curve is a guess: 5 % of guesses can move a figure visibly.
        if share > 0.05 { return .invalid(Phrase("quality.cbpe.outside", percent)) }
        if share > 0.01 { return .doubtful(Phrase("quality.cbpe.outside_some", percent)) }
        return .valid
    }

    /// Estimates the figures of some predictions; `predictions` decide the class when given.
    public func estimate(_ scores: [Double], predictions: [Double]? = nil) -> ConfidenceEstimates {
        let chances = curve.map { curve in scores.map { curve($0) } } ?? scores
        var counts = Confusion()
        // Σ p (1 − p) among rows predicted positive and negative: the variance of the true counts.
        var spreadPositive = 0.0
        var spreadNegative = 0.0
        for (index, p) in chances.enumerated() {
            if predictions.map({ $0[index] > 0.5 }) ?? (scores[index] >= threshold) {
                counts.truePositives += p
                counts.falsePositives += 1 - p
                spreadPositive += p * (1 - p)
            } else {
                counts.falseNegatives += p
                counts.trueNegatives += 1 - p
                spreadNegative += p * (1 - p)
            }
        }
        // A fitted curve is a sample's, too: its mean errs as that of so many reference rows.
        let stretch =
            isCalibrated
            ? 1 + Double(scores.count) / Double(max(referenceScores.count, 1)) : 1
        spreadPositive *= stretch
        spreadNegative *= stretch
        // The delta method: a label that turns from 0 to 1 moves a figure by its derivative.
        func estimate(_ value: Double, _ byPositive: Double, _ byNegative: Double) -> Estimate {
            let variance =
                byPositive * byPositive * spreadPositive + byNegative * byNegative * spreadNegative
            let half = 1.959963984540054 * variance.squareRoot()
            let low = min(max(value - half, 0), value)
            return Estimate(value: value, interval: low...max(min(value + half, 1), value))
        }
        let n = max(counts.total, 1)
        let predicted = max(counts.truePositives + counts.falsePositives, 1e-300)
        let actual = max(counts.truePositives + counts.falseNegatives, 1e-300)
        let negatives = max(counts.trueNegatives + counts.falsePositives, 1e-300)
        let both = predicted + actual
        return ConfidenceEstimates(
            count: scores.count,
            accuracy: estimate(counts.accuracy, 1 / n, -1 / n),
            precision: estimate(counts.precision, 1 / predicted, 0),
            recall: estimate(
                counts.recall, counts.falseNegatives / (actual * actual),
                -counts.truePositives / (actual * actual)),
            specificity: estimate(
                counts.specificity, counts.trueNegatives / (negatives * negatives),
                -counts.falsePositives / (negatives * negatives)),
            f1: estimate(
                counts.f1, 2 * (both - counts.truePositives) / (both * both),
                -2 * counts.truePositives / (both * both)),
            receiverArea: area(chances, actual, negatives, stretch),
            averagePrecision: expectedAveragePrecision(chances))
    }

    /// The area under the expected ROC curve, and Hanley and McNeil's interval.
    private func area(
        _ chances: [Double], _ positives: Double, _ negatives: Double, _ stretch: Double
    ) -> Estimate {
        let sorted = sortedAscending(chances)
        var sum = 0.0
        var trues = 0.0
        var index = sorted.count
        while index > 0 {
            let value = sorted[index - 1]
            var group = 0
            while index > 0 && sorted[index - 1] == value {
                group += 1
                index -= 1
            }
            let gain = value * Double(group)
            sum += (1 - value) * Double(group) * (trues + 0.5 * gain)
            trues += gain
        }
        let value = sum / (positives * negatives)
        if !value.isFinite { return Estimate(value: .nan, interval: 0...1) }
        let first = value / (2 - value)
        let second = 2 * value * value / (1 + value)
        let variance =
            (value * (1 - value) + (positives - 1) * (first - value * value)
                + (negatives - 1) * (second - value * value)) / (positives * negatives)
        let half = 1.959963984540054 * max(variance * stretch, 0).squareRoot()
        let low = min(max(value - half, 0), value)
        return Estimate(value: value, interval: low...max(min(value + half, 1), value))
    }

    private func expectedAveragePrecision(_ chances: [Double]) -> Double {
        let sorted = sortedAscending(chances)
        var sum = 0.0
        var trues = 0.0
        var seen = 0.0
        var index = sorted.count
        while index > 0 {
            let value = sorted[index - 1]
            var group = 0.0
            while index > 0 && sorted[index - 1] == value {
                group += 1
                index -= 1
            }
            seen += group
            trues += group * value
            sum += group * value * trues / seen
        }
        return trues > 0 ? sum / trues : .nan
    }
}

/// Whether an isotonic curve fitted on nine tenths lowers the calibration error on the other tenth, over
/// ten seeded stratified splits.
private func gainsFromCalibration(_ labels: [Double], _ scores: [Double], seed: UInt64) -> Bool {
    let ones = labels.reduce(0) { $1 > 0.5 ? $0 + 1 : $0 }
    if ones < 10 || labels.count - ones < 10 { return false }
    let quality = BinaryQuality(labels: labels, scores: scores)
    // A perfect ranking leaves the curve nothing but steps.
    if quality.receiverArea > 0.999 { return false }
    // Sorted once: every training set is then a run through the rows in order.
    let order = ascendingOrder(scores)
    let sortedScores = order.map { scores[$0] }
    let sortedLabels = order.map { labels[$0] }
    var generator = Generator(seed: seed)
    var heldLabels: [Double] = []
    var plain: [Double] = []
    var calibrated: [Double] = []
    var groups = [
        sortedLabels.indices.filter { sortedLabels[$0] > 0.5 },
        sortedLabels.indices.filter { sortedLabels[$0] <= 0.5 },
    ]
    for _ in 0..<10 {
        var isHeld = [Bool](repeating: false, count: order.count)
        for index in groups.indices {
            let cut = max(groups[index].count / 10, 1)
            // A partial shuffle draws the first tenth.
            for place in 0..<cut {
                groups[index].swapAt(place, place + generator.below(groups[index].count - place))
                isHeld[groups[index][place]] = true
            }
        }
        var trainScores: [Double] = []
        var trainLabels: [Double] = []
        trainScores.reserveCapacity(order.count)
        trainLabels.reserveCapacity(order.count)
        for place in order.indices where !isHeld[place] {
            trainScores.append(sortedScores[place])
            trainLabels.append(sortedLabels[place])
        }
        let curve = Isotonic(sortedScores: trainScores, outcomes: trainLabels)
        for place in order.indices where isHeld[place] {
            heldLabels.append(sortedLabels[place])
            plain.append(sortedScores[place])
            calibrated.append(curve(sortedScores[place]))
        }
    }
    return sortedCalibrationError(heldLabels, plain)
        > sortedCalibrationError(heldLabels, calibrated)
}

/// The calibration error over ten bins of equally many rows.
private func sortedCalibrationError(_ labels: [Double], _ scores: [Double]) -> Double {
    let order = ascendingOrder(scores)
    let bins = min(10, max(order.count / 2, 1))
    let width = order.count / bins
    var error = 0.0
    for bin in 0..<bins {
        let range = bin * width..<(bin == bins - 1 ? order.count : (bin + 1) * width)
        var gap = 0.0
        for place in range { gap += scores[order[place]] - labels[order[place]] }
        error += abs(gap) / Double(order.count)
    }
    return error
}
