// From what the judges of drift and quality found to the evidence of a drift response.

internal import Algebra
public import Basics

extension DriftEvidence {
    /// What a look says.
    ///
    /// - Parameters:
    ///   - outputs: columns that hold answers, not questions.
    ///   - since: when drift was first seen.
    public init(_ report: DriftReport, outputs: Set<String> = [], since: Millis? = nil) {
        self.init(
            isDrifted: report.isDrifted, probability: report.probability,
            moved: report.drifted.map {
                MovedColumn(
                    name: $0.name, direction: $0.direction, effect: $0.effect,
                    isOutput: outputs.contains($0.name))
            }, compared: report.columns.count { $0.adjusted != nil },
            since: report.isDrifted ? since : nil)
    }
}

extension QualityEvidence {
    /// Quality by labels, now against the reference; nil when the two are of different kinds.
    public init?(measured now: LabelledPredictions, reference: LabelledPredictions) {
        switch (now, reference) {
        case (.binary(let a), .binary(let b)):
            let counts = a.confusion
            let range = Binomial.interval(
                counts.truePositives + counts.trueNegatives, counts.total)
            self.init(
                figure: "accuracy", isHigherBetter: true, before: b.confusion.accuracy,
                now: counts.accuracy, low: range.lowerBound, high: range.upperBound,
                source: .labels, count: a.labels.count)
            // Scores that are classes have no order and no confidence.
            if Set(b.scores.prefix(100)).count > 2 {
                calibrationBefore = b.calibrationError
                calibrationNow = a.calibrationError
                rankingBefore = b.receiverArea
                rankingNow = a.receiverArea
            }
        case (.manyClasses(let a, _), .manyClasses(let b, _)):
            let count = Double(a.labels.count)
            let range = Binomial.interval(a.accuracy * count, count)
            self.init(
                figure: "accuracy", isHigherBetter: true, before: b.accuracy, now: a.accuracy,
                low: range.lowerBound, high: range.upperBound, source: .labels,
                count: a.labels.count)
        case (.regression(let a), .regression(let b)):
            guard let range = a.meanAbsoluteErrorInterval else { return nil }
            self.init(
                figure: "mae", isHigherBetter: false, before: b.meanAbsoluteError,
                now: a.meanAbsoluteError, low: range.lowerBound, high: range.upperBound,
                source: .labels, count: a.actual.count)
            rankingBefore = b.spearman
            rankingNow = a.spearman
        default: return nil
        }
    }

    /// Quality by estimate, against the labelled reference; nil when nothing was estimated.
    public init?(estimated now: EstimatedPredictions, reference: LabelledPredictions) {
        switch (now.figures, reference) {
        case (.confidence(let estimates, _), .binary(let known)):
            let range = estimates.accuracy.interval
            self.init(
                figure: "accuracy", isHigherBetter: true, before: known.confusion.accuracy,
                now: estimates.accuracy.value, low: range.lowerBound, high: range.upperBound,
                source: .estimate, count: now.count)
        case (.loss(let absolute, _, _), .regression(let known)):
            self.init(
                figure: "mae", isHigherBetter: false, before: known.meanAbsoluteError,
                now: absolute.value, low: absolute.interval.lowerBound,
                high: absolute.interval.upperBound, source: .estimate, count: now.count)
        default: return nil
        }
    }
}

extension ModelEvidence {
    /// Takes what a look and the quality judges found.
    ///
    /// - Parameters:
    ///   - measured: the labelled rows of the window.
    ///   - estimated: the estimate for those without; used when there are fewer labels than it takes to
    ///     trust them.
    public mutating func take(
        _ report: DriftReport, outputs: Set<String> = [], since: Millis? = nil,
        reference: LabelledPredictions? = nil, measured: LabelledPredictions? = nil,
        estimated: EstimatedPredictions? = nil
    ) {
        drift = DriftEvidence(report, outputs: outputs, since: since)
        // Under a tenth of missing values a column hardly explains what the model does.
        brokenColumns = report.dataIssues.filter { issue in
            switch issue.kind {
            case .missingColumn, .typeChanged: true
            case .missingValues: issue.currentShare - issue.referenceShare >= 0.1
            default: false
            }
        }.map(\.column)
        guard let reference else { return }
        let byLabels = measured.flatMap { QualityEvidence(measured: $0, reference: reference) }
        let byEstimate = estimated.flatMap { QualityEvidence(estimated: $0, reference: reference) }
        labelCount = byLabels?.count ?? 0
        // A hundred labels resolve ten points; below, the estimate says more.
        quality = labelCount >= 100 ? byLabels : byEstimate ?? byLabels
        if quality == nil, case .invalid(let phrase) = estimated?.validity {
            qualityRefusal = phrase
        }
    }
}
