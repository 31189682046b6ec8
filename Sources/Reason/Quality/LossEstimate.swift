// Quality of predicted numbers without labels (direct loss estimation): a ridge regression learns, on the
// labelled reference, how large the error is where the features and the prediction lie, and is asked for
// the mean over unlabelled rows. It says so when features tell nothing about errors, and is switched off
// when rows leave the range it learned on.

public import Algebra
internal import Basics
internal import Glibc

/// The estimator of errors, fitted on a labelled reference.
public struct LossEstimator: Sendable {
    private let means: [Double]
    private let deviations: [Double]
    private let weights: [Double]
    private let base: Double
    private let squareWeights: [Double]
    private let squareBase: Double
    private let lows: [Double]
    private let highs: [Double]
    private let residual: Double
    private let squareResidual: Double
    private let rows: Int
    /// The share of the variance of the absolute error that held-back rows explain.
    public let skill: Double

    /// Fits on features (a row a prediction), predictions and true values.
    public init(
        features: Matrix, predictions: [Double], actual: [Double], ridge: Double = 1
    ) throws(AlgebraError) {
        let design = Self.design(features, predictions)
        means = design.columnMeans
        deviations = design.columnDeviations(around: means)
        rows = design.rows
        lows = (0..<design.columns).map { design.column($0).min() ?? 0 }
        highs = (0..<design.columns).map { design.column($0).max() ?? 0 }
        let prepared = design.standardised(centre: means, scale: deviations)
        let errors = zip(predictions, actual).map { abs($0 - $1) }
        let squares = errors.map { $0 * $0 }
        (base, weights) = try Self.fit(prepared, errors, ridge)
        (squareBase, squareWeights) = try Self.fit(prepared, squares, ridge)
        residual = Self.spread(prepared, errors, base, weights)
        squareResidual = Self.spread(prepared, squares, squareBase, squareWeights)
        // Learned on the even rows, asked about the odd ones.
        let even = (0..<rows).filter { $0 % 2 == 0 }
        let odd = (0..<rows).filter { $0 % 2 == 1 }
        let (halfBase, halfWeights) = try Self.fit(
            prepared.selecting(rows: even), even.map { errors[$0] }, ridge)
        let held = odd.map { errors[$0] }
        let left = Self.spread(prepared.selecting(rows: odd), held, halfBase, halfWeights)
        let all = Moments(held).variance()
        skill = all > 0 ? 1 - left * left / all : 0
    }

    /// The estimated mean absolute error and root mean squared error of unlabelled rows.
    public func estimate(
        features: Matrix, predictions: [Double]
    ) -> (meanAbsoluteError: Estimate, rootMeanSquaredError: Estimate) {
        let prepared = Self.design(features, predictions)
            .standardised(centre: means, scale: deviations)
        let count = Double(max(prepared.rows, 1))
        // Sampling of these rows, and of the rows the weights came from.
        let noise = 1.959963984540054 * (1 / count + 1 / Double(max(rows, 1))).squareRoot()
        let mean = max(base + Self.mean(prepared.times(weights)), 0)
        let square = max(squareBase + Self.mean(prepared.times(squareWeights)), 0)
        let half = noise * residual
        let squareHalf = noise * squareResidual
        return (
            Estimate(value: mean, interval: max(mean - half, 0)...mean + half),
            Estimate(
                value: square.squareRoot(),
                interval: max(square - squareHalf, 0)
                    .squareRoot()...(square + squareHalf).squareRoot())
        )
    }

    /// Whether the estimate may be believed for these rows.
    public func validity(features: Matrix, predictions: [Double]) -> Validity {
        if rows < 300 {
            return .invalid(
                Phrase("quality.dle.few_labels", ["count": "\(rows)", "needed": "300"]))
        }
        let design = Self.design(features, predictions)
        if design.rows == 0 { return .invalid(Phrase("quality.dle.no_rows")) }
        var outside = 0
        for row in 0..<design.rows {
            let cells = Array(design.row(row))
            if cells.indices.contains(where: { cells[$0] < lows[$0] || cells[$0] > highs[$0] }) {
                outside += 1
            }
        }
        let share = Double(outside) / Double(design.rows)
        // A range of k columns is left by chance by about 2k of `rows`; beyond a tenth it is a shift.
        if share > 0.1 {
            return .invalid(
                Phrase(
                    "quality.dle.outside", ["percent": numberText((share * 1000).rounded() / 10)]))
        }
        if skill < 0.01 { return .doubtful(Phrase("quality.dle.no_skill")) }
        return .valid
    }

    /// Features, the prediction, and the squares of both: errors often grow towards both ends.
    private static func design(_ features: Matrix, _ predictions: [Double]) -> Matrix {
        let width = features.columns + 1
        var result = Matrix(rows: features.rows, columns: 2 * width)
        for row in 0..<features.rows {
            for column in 0..<width {
                let value = column < features.columns ? features[row, column] : predictions[row]
                result[row, column] = value
                result[row, width + column] = value * value
            }
        }
        return result
    }

    private static func fit(
        _ prepared: Matrix, _ target: [Double], _ ridge: Double
    ) throws(AlgebraError) -> (Double, [Double]) {
        let base = mean(target)
        var gram = prepared.gram
        for index in 0..<gram.rows { gram[index, index] += ridge }
        let right = prepared.times(target.map { $0 - base }, transposed: true)
        return (base, try Cholesky(gram).solve(right))
    }

    private static func mean(_ values: [Double]) -> Double {
        values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
    }

    private static func spread(
        _ prepared: Matrix, _ target: [Double], _ base: Double, _ weights: [Double]
    ) -> Double {
        let fitted = prepared.times(weights)
        let sum = zip(target, fitted).reduce(0) { $0 + ($1.0 - base - $1.1) * ($1.0 - base - $1.1) }
        return (sum / Double(max(target.count, 1))).squareRoot()
    }
}
