// Quality of a table of predictions without labels, from a labelled reference: by confidence (CBPE) where
// the reference is a binary classifier with scores, by estimated losses (DLE) where it predicts numbers.
// Whatever the method, the estimate comes with an interval, and is switched off in words when the rows
// leave what it was fitted on.

internal import Algebra
internal import Basics
public import Bytes

/// What was estimated.
public struct EstimatedPredictions: Sendable {
    /// How it was estimated.
    public enum Figures: Sendable {
        case confidence(ConfidenceEstimates, isCalibrated: Bool)
        case loss(meanAbsoluteError: Estimate, rootMeanSquaredError: Estimate, skill: Double)
    }

    public var count: Int
    public var validity: Validity
    /// Nil when the validity forbids figures.
    public var figures: Figures?

    /// The figures by the golden names, with their intervals.
    public var named: [(key: String, value: JSON)] {
        func interval(_ estimate: Estimate) -> JSON {
            .array([number(estimate.interval.lowerBound), number(estimate.interval.upperBound)])
        }
        switch figures {
        case .confidence(let estimates, let isCalibrated):
            let known = [
                ("roc_auc", estimates.receiverArea), ("f1", estimates.f1),
                ("accuracy", estimates.accuracy), ("precision", estimates.precision),
                ("recall", estimates.recall), ("specificity", estimates.specificity),
            ]
            return [
                ("method", .string("cbpe")), ("calibrated", .bool(isCalibrated)),
                ("estimated", .object(namedEstimates(estimates))),
                ("interval_95", .object(known.map { ($0.0, interval($0.1)) })),
            ]
        case .loss(let absolute, let squared, let skill):
            return [
                ("method", .string("dle")), ("skill", number(skill)),
                (
                    "estimated",
                    .object([("mae", number(absolute.value)), ("rmse", number(squared.value))])
                ),
                (
                    "interval_95",
                    .object([("mae", interval(absolute)), ("rmse", interval(squared))])
                ),
            ]
        case nil: return []
        }
    }
}

/// Estimates the quality of `table` from `reference`, whose columns are found by their names unless given.
///
/// - Throws: when labels, scores or shared features are missing; the message says which.
public func estimatePredictions(
    _ table: DataTable, from reference: DataTable, columns asked: PredictionsColumns,
    referenceColumns known: PredictionsColumns, threshold: Double = 0.5
) throws(PredictionsError) -> EstimatedPredictions {
    guard let labels = known.label.flatMap({ reference[$0]?.numbers }) else {
        throw PredictionsError(
            description: "the reference has no column of labels; name it with --label")
    }
    let score = known.score ?? known.prediction
    guard let before = score.flatMap({ reference[$0]?.numbers }),
        let now = (asked.score ?? asked.prediction).flatMap({ table[$0]?.numbers })
    else {
        throw PredictionsError(
            description:
                "a column of scores or predicted numbers is needed in both; name it with --score")
    }
    let rows = labels.indices.filter { labels[$0].isFinite && before[$0].isFinite }
    let isBinary = rows.allSatisfy {
        (labels[$0] == 0 || labels[$0] == 1) && before[$0] >= 0 && before[$0] <= 1
    }
    if isBinary {
        let estimator = ConfidenceEstimator(
            labels: rows.map { labels[$0] }, scores: rows.map { before[$0] }, threshold: threshold)
        // Classes that the model gave are what it is judged by; its threshold may be another than ours.
        let given = asked.score == nil ? nil : asked.prediction.flatMap { table[$0]?.numbers }
        let places = now.indices.filter { now[$0].isFinite && given?[$0].isFinite ?? true }
        let scores = places.map { now[$0] }
        let validity = estimator.validity(scores)
        var result = EstimatedPredictions(count: scores.count, validity: validity)
        if case .invalid = validity { return result }
        result.figures = .confidence(
            estimator.estimate(
                scores, predictions: given.map { given in places.map { given[$0] } }),
            isCalibrated: estimator.isCalibrated)
        return result
    }
    let roles = Set(
        [known.label, score, asked.label, asked.score, asked.prediction].compactMap { $0 })
    let features = reference.columns.map(\.name).filter {
        !roles.contains($0) && reference[$0]?.numbers != nil && table[$0]?.numbers != nil
    }
    return try estimateLosses(
        table, now, reference, before, labels, features: features)
}

private func estimateLosses(
    _ table: DataTable, _ now: [Double], _ reference: DataTable, _ before: [Double],
    _ labels: [Double], features: [String]
) throws(PredictionsError) -> EstimatedPredictions {
    func complete(_ table: DataTable, _ others: [[Double]]) -> (Matrix, [Int]) {
        let (rows, places) = table.matrix(features)
        let kept = places.indices.filter { row in
            others.allSatisfy { $0[places[row]].isFinite }
        }
        return (rows.selecting(rows: kept), kept.map { places[$0] })
    }
    // Without features the prediction alone explains the error: a matrix of no columns would do, but
    // has no rows to say how many.
    let (known, places) =
        features.isEmpty
        ? plain(before, labels) : complete(reference, [before, labels])
    let (asked, askedPlaces) = features.isEmpty ? plain(now, now) : complete(table, [now])
    do {
        let estimator = try LossEstimator(
            features: known, predictions: places.map { before[$0] },
            actual: places.map { labels[$0] })
        let predictions = askedPlaces.map { now[$0] }
        let validity = estimator.validity(features: asked, predictions: predictions)
        var result = EstimatedPredictions(count: predictions.count, validity: validity)
        if case .invalid = validity { return result }
        let (absolute, squared) = estimator.estimate(features: asked, predictions: predictions)
        result.figures = .loss(
            meanAbsoluteError: absolute, rootMeanSquaredError: squared, skill: estimator.skill)
        return result
    } catch {
        throw PredictionsError(description: "the losses cannot be fitted: \(error.description)")
    }
}

/// The prediction itself as the only feature.
private func plain(_ first: [Double], _ second: [Double]) -> (Matrix, [Int]) {
    let places = first.indices.filter { first[$0].isFinite && second[$0].isFinite }
    return (Matrix(columns: [places.map { first[$0] }]), places)
}
