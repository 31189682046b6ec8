// What a table of predictions says about the model: which columns are label, score and prediction is found
// by their names, the kind of problem by their values; rows without a label wait for theirs.

internal import Algebra
internal import Basics
public import Bytes
internal import Glibc

/// Why a table of predictions could not be judged.
public struct PredictionsError: Error, Equatable, CustomStringConvertible {
    public var description: String
}

/// Predictions with labels, recognised.
public enum LabelledPredictions: Sendable {
    case binary(BinaryQuality)
    case manyClasses(ManyClassQuality, names: [String])
    case regression(RegressionQuality)

    /// The figures by the golden names, with their intervals where one is known.
    public var named: [(key: String, value: JSON)] {
        switch self {
        case .binary(let quality):
            let counts = quality.confusion
            var intervals: [(key: String, value: JSON)] = [
                (
                    "accuracy",
                    interval(
                        Binomial.interval(counts.truePositives + counts.trueNegatives, counts.total)
                    )
                ),
                (
                    "precision",
                    interval(
                        Binomial.interval(
                            counts.truePositives, counts.truePositives + counts.falsePositives))
                ),
                (
                    "recall",
                    interval(
                        Binomial.interval(
                            counts.truePositives, counts.truePositives + counts.falseNegatives))
                ),
            ]
            intervals.append(("f1", interval(quality.f1Interval)))
            intervals.append(("brier", interval(quality.brierInterval)))
            if let area = quality.receiverAreaInterval {
                intervals.append(("roc_auc", interval(area)))
            }
            let curve = quality.calibration.map { bin in
                JSON.object([
                    ("mean_score", number(bin.meanScore)),
                    ("positive_share", number(bin.positiveShare)), ("count", .number(bin.count)),
                ])
            }
            return [("kind", .string("binary_classification"))] + namedQuality(quality)
                + [
                    ("interval_95", .object(intervals)), ("calibration", .array(curve)),
                    ("roc_curve", points(quality.receiverCurve)),
                    ("precision_recall_curve", points(quality.precisionRecallCurve)),
                ]
        case .manyClasses(let quality, let names):
            let range = Binomial.interval(
                quality.accuracy * Double(quality.labels.count), Double(quality.labels.count))
            return [
                ("kind", .string("multiclass_classification")),
                ("classes", .array(names.map { .string($0) })),
            ] + namedQuality(quality)
                + [("interval_95", .object([("accuracy", interval(range))]))]
        case .regression(let quality):
            var fields: [(key: String, value: JSON)] = [("kind", .string("regression"))]
            fields += namedQuality(quality)
            if let absolute = quality.meanAbsoluteErrorInterval,
                let squared = quality.rootMeanSquaredErrorInterval
            {
                fields.append(
                    (
                        "interval_95",
                        .object([("mae", interval(absolute)), ("rmse", interval(squared))])
                    ))
            }
            return fields
        }
    }

    /// A curve as `[x, y]` pairs, thinned to about a hundred with both ends.
    private func points(_ curve: [CurvePoint]) -> JSON {
        let step = max(curve.count / 100, 1)
        return .array(
            curve.indices.filter { $0 % step == 0 || $0 == curve.count - 1 }.map {
                .array([number(curve[$0].x), number(curve[$0].y)])
            })
    }

    private func interval(_ range: ClosedRange<Double>) -> JSON {
        .array([number(range.lowerBound), number(range.upperBound)])
    }
}

/// The columns of a predictions table by role.
public struct PredictionsColumns: Sendable {
    /// The true label or value.
    public var label: String?
    /// The probability of class 1, or the predicted number.
    public var score: String?
    /// The predicted class, when given.
    public var prediction: String?
    /// Probabilities per class, in the order of the classes.
    public var classScores: [String] = []

    /// Finds the columns by the names that are usual; given names win.
    public init(
        _ table: DataTable, label: String? = nil, score: String? = nil, prediction: String? = nil
    ) {
        func find(_ given: String?, _ usual: [String]) -> String? {
            given ?? usual.first { table[$0] != nil }
        }
        self.label = find(label, ["y", "label", "y_true", "target", "actual", "truth"])
        self.score = find(
            score, ["p", "score", "y_pred_proba", "probability", "prob", "y_score"])
        self.prediction = find(prediction, ["y_pred", "prediction", "predicted", "output"])
        while let name = ["p", "p_", "proba_", "score_"].map({ "\($0)\(classScores.count)" })
            .first(where: { table[$0]?.numbers != nil })
        {
            classScores.append(name)
        }
        if classScores.count < 2 { classScores = [] }
    }
}

/// Judges the labelled rows of a table.
public func judgePredictions(
    _ table: DataTable, columns: PredictionsColumns, threshold: Double = 0.5
) throws(PredictionsError) -> LabelledPredictions {
    guard let name = columns.label, let label = table[name] else {
        throw PredictionsError(
            description:
                "no column with labels; name it with --label (usual: y, label, y_true, target)")
    }
    if !columns.classScores.isEmpty {
        return try judgeClasses(table, label: label, columns: columns)
    }
    let scores = columns.score.flatMap { table[$0]?.numbers }
    let predicted = columns.prediction.flatMap { table[$0] }
    if case .categories = label.values {
        guard let predicted else {
            throw PredictionsError(
                description:
                    "labels are classes, so a column of predicted classes is needed (--prediction)")
        }
        return try judgeNames(label: label, predicted: predicted)
    }
    guard let labels = label.numbers, let values = scores ?? predicted?.numbers else {
        throw PredictionsError(
            description:
                "no column with scores or predictions; name it with --score or --prediction")
    }
    let given = scores == nil ? nil : predicted?.numbers
    let rows = labels.indices.filter {
        labels[$0].isFinite && values[$0].isFinite && given?[$0].isFinite ?? true
    }
    if rows.isEmpty {
        throw PredictionsError(description: "not enough data: no row has both label and score")
    }
    let isBinary =
        rows.allSatisfy { labels[$0] == 0 || labels[$0] == 1 }
        && rows.allSatisfy { values[$0] >= 0 && values[$0] <= 1 }
    if isBinary {
        let classes = given.map { all in rows.map { all[$0] } }
        return .binary(
            BinaryQuality(
                labels: rows.map { labels[$0] }, scores: rows.map { values[$0] },
                threshold: threshold, predictions: classes))
    }
    return .regression(
        RegressionQuality(actual: rows.map { labels[$0] }, predicted: rows.map { values[$0] }))
}

private func judgeClasses(
    _ table: DataTable, label: DataColumn, columns: PredictionsColumns
) throws(PredictionsError) -> LabelledPredictions {
    guard let labels = label.numbers else {
        throw PredictionsError(
            description: "class labels must be 0, 1, 2 … in the order of the probability columns")
    }
    let count = columns.classScores.count
    let (all, places) = table.matrix(columns.classScores)
    var kept: [Int] = []
    var known: [Int] = []
    for (row, place) in places.enumerated() where labels[place].isFinite {
        guard let one = Int(exactly: labels[place]), one >= 0 && one < count else {
            throw PredictionsError(
                description: "row \(place + 1): label \(labels[place]) has no probability column")
        }
        kept.append(row)
        known.append(one)
    }
    if kept.isEmpty {
        throw PredictionsError(description: "not enough data: no row has label and probabilities")
    }
    return .manyClasses(
        ManyClassQuality(labels: known, scores: all.selecting(rows: kept)),
        names: (0..<count).map { "\($0)" })
}

private func judgeNames(
    label: DataColumn, predicted: DataColumn
) throws(PredictionsError) -> LabelledPredictions {
    let names = Set(label.names + predicted.names).sorted {
        $0.utf8.lexicographicallyPrecedes($1.utf8)
    }
    let codes = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    var labels: [Int] = []
    var predictions: [Int] = []
    for row in 0..<label.count {
        guard let a = label.text(row).flatMap({ codes[$0] }),
            let b = predicted.text(row).flatMap({ codes[$0] })
        else { continue }
        labels.append(a)
        predictions.append(b)
    }
    if labels.isEmpty {
        throw PredictionsError(description: "not enough data: no row has both label and prediction")
    }
    return .manyClasses(
        ManyClassQuality(labels: labels, predictions: predictions, classCount: names.count),
        names: names)
}
