// Quality of answers whose labels have not come, learned on a labelled reference. A classifier's answer
// is right with the chance that its confidence says (CBPE): for two classes all figures follow, for
// more the accuracy does. Errors of predicted numbers are learned from features (DLE).

internal import Algebra
public import Basics

/// An estimator that was fitted on the labelled rows of a reference.
public struct ModelEstimator: Sendable {
    private enum Method: Sendable {
        /// `positive` is the class that the scores speak of; nil with more than two classes.
        case confidence(ConfidenceEstimator, positive: String?)
        case loss(LossEstimator, features: [String])
    }

    private let method: Method?
    private let refusal: Phrase?

    /// Fits on the rows that have a label.
    public init(_ reference: PredictionBlock, labels: [String?]) {
        let rows = labels.indices.filter { labels[$0] != nil }
        guard !rows.isEmpty else {
            self.init(refusal: Phrase("models.estimate.no_labels"))
            return
        }
        let block = reference.selecting(rows)
        let known = rows.map { labels[$0] }
        guard let answers = JudgedAnswers(block, labels: known) else {
            self.init(refusal: Phrase("models.quality.no_output"))
            return
        }
        switch answers.kind {
        case .binary(let positive):
            let kept = answers.scores.indices.filter { !answers.scores[$0].isNaN }
            self.init(
                .confidence(
                    ConfidenceEstimator(
                        labels: kept.map { known[$0] == positive ? 1 : 0 },
                        scores: kept.map { answers.scores[$0] }), positive: positive))
        case .classes:
            let kept = answers.scores.indices.filter {
                !answers.scores[$0].isNaN && answers.classes[$0] != nil
            }
            guard !kept.isEmpty else {
                self.init(refusal: Phrase("models.estimate.no_confidence"))
                return
            }
            // "The answer is right" is a yes or no with a confidence; every answer says yes.
            self.init(
                .confidence(
                    ConfidenceEstimator(
                        labels: kept.map { known[$0] == answers.classes[$0] ? 1 : 0 },
                        scores: kept.map { answers.scores[$0] }, threshold: 0), positive: nil))
        case .numbers:
            let names = block.numericFeatures
            let kept = known.indices.filter {
                known[$0].flatMap { Double($0) } != nil && !answers.numbers[$0].isNaN
            }
            let (matrix, places) = block.selecting(kept).features(names)
            let used = places.map { kept[$0] }
            guard
                let estimator = try? LossEstimator(
                    features: matrix, predictions: used.map { answers.numbers[$0] },
                    actual: used.map { known[$0].flatMap { Double($0) } ?? .nan })
            else {
                self.init(refusal: Phrase("models.estimate.no_fit"))
                return
            }
            self.init(.loss(estimator, features: names))
        }
    }

    private init(refusal: Phrase) {
        method = nil
        self.refusal = refusal
    }

    private init(_ method: Method) {
        self.method = method
        refusal = nil
    }

    /// The estimated figures of answers without labels.
    public func estimate(_ block: PredictionBlock) -> QualityReading {
        guard let method else { return QualityReading(remark: refusal) }
        let unlabelled = [String?](repeating: nil, count: block.count)
        guard let answers = JudgedAnswers(block, labels: unlabelled) else {
            return .refused("models.quality.no_output")
        }
        switch method {
        case .confidence(let estimator, let positive):
            return confidence(estimator, positive, answers)
        case .loss(let estimator, let features):
            let (matrix, places) = block.features(features)
            return loss(estimator, matrix, places.map { answers.numbers[$0] })
        }
    }

    private func confidence(
        _ estimator: ConfidenceEstimator, _ positive: String?, _ answers: JudgedAnswers
    ) -> QualityReading {
        let rows = answers.scores.indices.filter {
            !answers.scores[$0].isNaN && answers.classes[$0] != nil
        }
        let scores = rows.map { answers.scores[$0] }
        let validity = estimator.validity(scores)
        if case .invalid(let reason) = validity { return QualityReading(remark: reason) }
        // The class that the model gave counts, whatever its threshold is.
        let given = positive.map { name in rows.map { answers.classes[$0] == name ? 1.0 : 0 } }
        let estimates = estimator.estimate(scores, predictions: given)
        func figure(_ name: String, _ estimate: Estimate) -> QualityFigure {
            QualityFigure(name: name, value: estimate.value, interval: estimate.interval)
        }
        var reading = QualityReading(
            kind: positive != nil ? "binary_classification" : "multiclass_classification",
            rows: scores.count, figures: [figure("accuracy", estimates.accuracy)])
        if positive != nil {
            reading.figures += [
                figure("precision", estimates.precision), figure("recall", estimates.recall),
                figure("f1", estimates.f1), figure("roc_auc", estimates.receiverArea),
            ]
        }
        reading.figures.removeAll { !$0.value.isFinite }
        if case .doubtful(let reason) = validity { reading.remark = reason }
        return reading
    }

    private func loss(
        _ estimator: LossEstimator, _ features: Matrix, _ predictions: [Double]
    ) -> QualityReading {
        let validity = estimator.validity(features: features, predictions: predictions)
        if case .invalid(let reason) = validity { return QualityReading(remark: reason) }
        let (absolute, squared) = estimator.estimate(features: features, predictions: predictions)
        var reading = QualityReading(
            kind: "regression", rows: predictions.count,
            figures: [
                QualityFigure(name: "mae", value: absolute.value, interval: absolute.interval),
                QualityFigure(name: "rmse", value: squared.value, interval: squared.interval),
            ])
        if case .doubtful(let reason) = validity { reading.remark = reason }
        return reading
    }
}

extension PredictionBlock {
    var numericFeatures: [String] {
        columns.compactMap { column in
            guard column.role == .feature, case .numbers = column.values else { return nil }
            return column.name
        }.sorted()
    }

    /// Numeric features as rows without missing values, and which rows those are.
    func features(_ names: [String]) -> (rows: Matrix, places: [Int]) {
        let vectors = names.map { name -> [Double] in
            if case .numbers(let values)? = column(.feature, name)?.values { return values }
            return Array(repeating: .nan, count: count)
        }
        let outputs = numbers(.output)
        let complete = (0..<count).filter { row in
            vectors.allSatisfy { $0[row].isFinite } && (outputs.isEmpty || outputs[row].isFinite)
        }
        var matrix = Matrix(rows: complete.count, columns: vectors.count)
        for (column, vector) in vectors.enumerated() {
            for (row, place) in complete.enumerated() { matrix[row, column] = vector[place] }
        }
        return (matrix, complete)
    }
}
