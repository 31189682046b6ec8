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

    static func refused(_ key: String, _ arguments: [String: String] = [:]) -> QualityReading {
        QualityReading(remark: Phrase(key, arguments))
    }
}

/// Answers in the form in which quality is judged.
struct JudgedAnswers {
    enum Kind { case binary(positive: String), classes, numbers }

    var kind: Kind
    /// Predicted class or number per row; the probability of the positive or of the predicted class.
    var classes: [String?] = []
    var numbers: [Double] = []
    var scores: [Double] = []

    /// Reads the outputs of a block; nil when it has none that can be judged.
    init?(_ block: PredictionBlock, labels: [String?]) {
        let probabilities = block.columns.compactMap { column -> (String, [Double])? in
            guard column.role == .probability, case .numbers(let values) = column.values else {
                return nil
            }
            return (column.name, values)
        }.sorted { $0.0 < $1.0 }
        var outputs: [String?]?
        if let column = block.column(.output) {
            switch column.values {
            case .numbers(let values):
                numbers = values
                outputs = values.map { $0.isNaN ? nil : numberText($0) }
            case .categories(let codes, let names):
                outputs = codes.map { $0 < 0 ? nil : names[Int($0)] }
            default: break
            }
        }
        let known = Set(labels.compactMap { $0 })
        let score = block.numbers(.score)
        let isZeroOne = known.isSubset(of: ["0", "1"])
        if !probabilities.isEmpty {
            let best = (0..<block.count).map { row in
                probabilities.filter { !$0.1[row].isNaN }.max { $0.1[row] < $1.1[row] }
            }
            classes = outputs ?? best.map { $0?.0 }
            if probabilities.count == 2 {
                kind = .binary(positive: probabilities[1].0)
                scores = probabilities[1].1
            } else {
                kind = .classes
                scores = best.indices.map { row in best[row].map { $0.1[row] } ?? .nan }
            }
        } else if !score.isEmpty && isZeroOne {
            kind = .binary(positive: "1")
            scores = score
            classes = outputs ?? score.map { $0.isNaN ? nil : $0 >= 0.5 ? "1" : "0" }
        } else if let outputs,
            numbers.isEmpty || isZeroOne && Set(outputs.compactMap { $0 }).count <= 2
        {
            kind = .classes
            classes = outputs
            scores = score
        } else if !numbers.isEmpty {
            kind = .numbers
        } else {
            return nil
        }
    }
}

/// The labels of a block's rows: those that came with the answers, and over them those by id.
public func joinedLabels(_ block: PredictionBlock, _ byID: [String: String]) -> [String?] {
    var labels = [String?](repeating: nil, count: block.count)
    for column in block.columns where column.role == .label {
        switch column.values {
        case .numbers(let values):
            for (row, value) in values.enumerated() where !value.isNaN {
                labels[row] = numberText(value)
            }
        case .categories(let codes, let names):
            for (row, code) in codes.enumerated() where code >= 0 { labels[row] = names[Int(code)] }
        default: break
        }
    }
    if byID.isEmpty { return labels }
    for row in 0..<block.count {
        if let label = byID[block.ids[row]] { labels[row] = label }
    }
    return labels
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
    switch answers.kind {
    case .binary(let positive): return binary(answers, labels, rows, positive)
    case .classes: return classes(answers, labels, rows)
    case .numbers: return numbers(answers, labels, rows)
    }
}

private func binary(
    _ answers: JudgedAnswers, _ labels: [String?], _ rows: [Int], _ positive: String
) -> QualityReading {
    let kept = rows.filter { !answers.scores[$0].isNaN && answers.classes[$0] != nil }
    let quality = BinaryQuality(
        labels: kept.map { labels[$0] == positive ? 1 : 0 },
        scores: kept.map { answers.scores[$0] },
        predictions: kept.map { answers.classes[$0] == positive ? 1 : 0 })
    let counts = quality.confusion
    func share(_ part: Double, _ whole: Double) -> ClosedRange<Double>? {
        whole > 0 ? Binomial.interval(part, whole) : nil
    }
    let right = counts.truePositives + counts.trueNegatives
    return reading(
        "binary_classification", kept.count,
        [
            QualityFigure(
                name: "accuracy", value: counts.accuracy, interval: share(right, counts.total)),
            QualityFigure(
                name: "precision", value: counts.precision,
                interval: share(counts.truePositives, counts.truePositives + counts.falsePositives)),
            QualityFigure(
                name: "recall", value: counts.recall,
                interval: share(counts.truePositives, counts.truePositives + counts.falseNegatives)),
            QualityFigure(name: "f1", value: counts.f1, interval: nil),
            QualityFigure(
                name: "roc_auc", value: quality.receiverArea,
                interval: quality.receiverAreaInterval),
            QualityFigure(name: "brier", value: quality.brier, interval: nil),
            QualityFigure(name: "ece", value: quality.calibrationError, interval: nil),
        ])
}

private func classes(
    _ answers: JudgedAnswers, _ labels: [String?], _ rows: [Int]
) -> QualityReading {
    let kept = rows.filter { answers.classes[$0] != nil }
    let names = Set(kept.flatMap { [labels[$0] ?? "", answers.classes[$0] ?? ""] }).sorted()
    let codes = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    let quality = ManyClassQuality(
        labels: kept.map { codes[labels[$0] ?? ""] ?? 0 },
        predictions: kept.map { codes[answers.classes[$0] ?? ""] ?? 0 }, classCount: names.count)
    let count = Double(kept.count)
    return reading(
        "multiclass_classification", kept.count,
        [
            QualityFigure(
                name: "accuracy", value: quality.accuracy,
                interval: Binomial.interval(quality.accuracy * count, count)),
            QualityFigure(name: "f1_macro", value: quality.f1(.macro), interval: nil),
            QualityFigure(name: "precision_macro", value: quality.precision(.macro), interval: nil),
            QualityFigure(name: "recall_macro", value: quality.recall(.macro), interval: nil),
        ])
}

private func numbers(
    _ answers: JudgedAnswers, _ labels: [String?], _ rows: [Int]
) -> QualityReading {
    let pairs = rows.compactMap { row -> (Double, Double)? in
        guard let actual = labels[row].flatMap({ Double($0) }), actual.isFinite,
            !answers.numbers[row].isNaN
        else { return nil }
        return (actual, answers.numbers[row])
    }
    if pairs.count < QualityReading.rowsMin { return .refused("models.quality.labels_differ") }
    let quality = RegressionQuality(actual: pairs.map(\.0), predicted: pairs.map(\.1))
    return reading(
        "regression", pairs.count,
        [
            QualityFigure(
                name: "mae", value: quality.meanAbsoluteError,
                interval: quality.meanAbsoluteErrorInterval),
            QualityFigure(name: "rmse", value: quality.rootMeanSquaredError, interval: nil),
            QualityFigure(name: "mape", value: quality.meanAbsolutePercentageError, interval: nil),
            QualityFigure(name: "r2", value: quality.determination, interval: nil),
        ])
}

private func reading(_ kind: String, _ rows: Int, _ figures: [QualityFigure]) -> QualityReading {
    QualityReading(kind: kind, rows: rows, figures: figures.filter { $0.value.isFinite })
}
