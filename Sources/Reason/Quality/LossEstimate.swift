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
    private let squareResidual: Double
    /// The normal equations, and Σ r² x xᵀ of the residuals of both fits: how the weights themselves err
    /// where errors are larger (White's sandwich).
    private let equations: Cholesky
    private let scatter: Matrix
    private let squareScatter: Matrix
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
        squareResidual = Self.spread(prepared, squares, squareBase, squareWeights)
        equations = try Cholesky(Self.gram(prepared, ridge))
        scatter = Self.scatter(prepared, errors, base, weights)
        squareScatter = Self.scatter(prepared, squares, squareBase, squareWeights)
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
        let fitted = prepared.times(weights).map { base + $0 }
        let mean = max(Self.mean(fitted), 0)
        let square = max(squareBase + Self.mean(prepared.times(squareWeights)), 0)
        // Sampling of these rows: E e² − (E |e|)² at each, and for e² the reference's relative spread.
        let variance = max(square - Self.mean(fitted.map { $0 * $0 }), 0)
        let relative = squareBase > 0 ? squareResidual / squareBase * square : 0
        let place = equations.solve(prepared.columnMeans)
        func half(_ sampling: Double, _ scatter: Matrix) -> Double {
            let turned = scatter.times(place)
            let weights = zip(place, turned).reduce(0) { $0 + $1.0 * $1.1 }
            let level = sampling / Double(max(rows, 1))
            return 1.959963984540054 * (sampling / count + level + max(weights, 0)).squareRoot()
        }
        let absolute = half(variance, scatter)
        let squared = half(relative * relative, squareScatter)
        return (
            Estimate(value: mean, interval: max(mean - absolute, 0)...mean + absolute),
            Estimate(
                value: square.squareRoot(),
                interval: max(square - squared, 0).squareRoot()...(square + squared).squareRoot())
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
        let gram = gram(prepared, ridge)
        let right = prepared.times(target.map { $0 - base }, transposed: true)
        return (base, try Cholesky(gram).solve(right))
    }

    private static func gram(_ prepared: Matrix, _ ridge: Double) -> Matrix {
        var gram = prepared.gram
        for index in 0..<gram.rows { gram[index, index] += ridge }
        return gram
    }

    /// Σ r² x xᵀ over the rows, r the residual.
    private static func scatter(
        _ prepared: Matrix, _ target: [Double], _ base: Double, _ weights: [Double]
    ) -> Matrix {
        let fitted = prepared.times(weights)
        var scaled = prepared
        for row in 0..<scaled.rows {
            let residual = target[row] - base - fitted[row]
            for column in 0..<scaled.columns { scaled[row, column] *= residual }
        }
        return scaled.gram
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
