// How well a model version answers: from true labels where they have come, and where not, from its own
// confidence or from the errors it made on a labelled reference. An estimate that may not be believed is
// switched off with its reason. Figures have intervals; few rows are no figure at all.

internal import Algebra
public import Basics

/// One figure of quality.
public struct QualityFigure: Sendable, Equatable {
    /// `accuracy`, `f1`, `roc_auc`, `mae` and so on, by the golden names.
    public var name: String
    public var value: Double
    public var interval: ClosedRange<Double>?
}

/// The figures of some answers.
public struct QualityReading: Sendable, Equatable {
    /// `binary_classification`, `multiclass_classification`, `regression`; empty without figures.
    public var kind = ""
    /// Rows that the figures stand on.
    public var rows = 0
    public var figures: [QualityFigure] = []
    /// Why there are no figures, or why they are doubtful.
    public var remark: Phrase?

    /// Fewer labelled rows are no figure.
    public static let rowsMin = 30
    /// Fewer are too few to compare means of skewed errors segment by segment.
    static let meansRowsMin = 50

    static func refused(_ key: String, _ arguments: [String: String] = [:]) -> QualityReading {
        QualityReading(remark: Phrase(key, arguments))
    }
}

/// The figures of the labelled rows.
public func labelledQuality(_ block: PredictionBlock, labels: [String?]) -> QualityReading {
    let rows = labels.indices.filter { labels[$0] != nil }
    if rows.isEmpty { return .refused("models.quality.no_labels") }
    guard let answers = JudgedAnswers(block, labels: labels) else {
        return .refused("models.quality.no_output")
    }
    if rows.count < QualityReading.rowsMin {
        return .refused(
            "models.quality.few",
            ["count": "\(rows.count)", "needed": "\(QualityReading.rowsMin)"])
    }
    guard let judged = LabelledPredictions(block, labels: labels) else {
        if case .numbers = answers.kind { return .refused("models.quality.labels_differ") }
        return .refused("models.quality.no_output")
    }
    switch judged {
    case .binary(let quality): return reading(quality)
    case .manyClasses(let quality, _): return reading(quality)
    case .regression(let quality):
        if judged.count < QualityReading.rowsMin { return .refused("models.quality.labels_differ") }
        return reading(quality)
    }
}

private func reading(_ quality: BinaryQuality) -> QualityReading {
    let counts = quality.confusion
    func share(_ part: Double, _ whole: Double) -> ClosedRange<Double>? {
        whole > 0 ? Binomial.interval(part, whole) : nil
    }
    let right = counts.truePositives + counts.trueNegatives
    return reading(
        "binary_classification", quality.labels.count,
        [
            QualityFigure(
                name: "accuracy", value: counts.accuracy, interval: share(right, counts.total)),
            QualityFigure(
                name: "precision", value: counts.precision,
                interval: share(counts.truePositives, counts.truePositives + counts.falsePositives)),
            QualityFigure(
                name: "recall", value: counts.recall,
                interval: share(counts.truePositives, counts.truePositives + counts.falseNegatives)),
            QualityFigure(name: "f1", value: counts.f1, interval: quality.f1Interval),
            QualityFigure(
                name: "roc_auc", value: quality.receiverArea,
                interval: quality.receiverAreaInterval),
            QualityFigure(
                name: "brier", value: quality.brier, interval: quality.brierInterval),
            QualityFigure(name: "ece", value: quality.calibrationError, interval: nil),
        ])
}

private func reading(_ quality: ManyClassQuality) -> QualityReading {
    let count = Double(quality.labels.count)
    return reading(
        "multiclass_classification", quality.labels.count,
        [
            QualityFigure(
                name: "accuracy", value: quality.accuracy,
                interval: Binomial.interval(quality.accuracy * count, count)),
            QualityFigure(name: "f1_macro", value: quality.f1(.macro), interval: nil),
            QualityFigure(name: "precision_macro", value: quality.precision(.macro), interval: nil),
            QualityFigure(name: "recall_macro", value: quality.recall(.macro), interval: nil),
        ])
}

private func reading(_ quality: RegressionQuality) -> QualityReading {
    reading(
        "regression", quality.actual.count,
        [
            QualityFigure(
                name: "mae", value: quality.meanAbsoluteError,
                interval: quality.meanAbsoluteErrorInterval),
            QualityFigure(
                name: "rmse", value: quality.rootMeanSquaredError,
                interval: quality.rootMeanSquaredErrorInterval),
            QualityFigure(name: "mape", value: quality.meanAbsolutePercentageError, interval: nil),
            QualityFigure(name: "r2", value: quality.determination, interval: nil),
        ])
}

private func reading(_ kind: String, _ rows: Int, _ figures: [QualityFigure]) -> QualityReading {
    QualityReading(kind: kind, rows: rows, figures: figures.filter { $0.value.isFinite })
}
