// Quality of predicted numbers whose true values are known.

internal import Algebra
internal import Glibc

/// True and predicted numbers.
public struct RegressionQuality: Sendable {
    public let actual: [Double]
    public let predicted: [Double]
    private let errors: [Double]

    /// Rows with a missing side must have been left out.
    public init(actual: [Double], predicted: [Double]) {
        precondition(actual.count == predicted.count, "a prediction a value")
        self.actual = actual
        self.predicted = predicted
        errors = zip(actual, predicted).map { $0 - $1 }
    }

    private func mean(_ values: [Double]) -> Double {
        values.reduce(0, +) / Double(values.count)
    }

    public var meanAbsoluteError: Double { mean(errors.map { abs($0) }) }
    public var meanSquaredError: Double { mean(errors.map { $0 * $0 }) }
    public var rootMeanSquaredError: Double { meanSquaredError.squareRoot() }
    public var medianAbsoluteError: Double { quantile(errors.map { abs($0) }.sorted(), 0.5) }

    /// Mean of |error| / |actual|, as a share; a true value of 0 counts as the smallest step.
    public var meanAbsolutePercentageError: Double {
        mean(zip(errors, actual).map { abs($0) / max(abs($1), Double.ulpOfOne) })
    }

    /// 1 − squared error over the squared error of the mean; NaN when all values are equal.
    public var determination: Double {
        let variance = Moments(actual).variance()
        return variance > 0 ? 1 - meanSquaredError / variance : .nan
    }

    public var explainedVariance: Double {
        let variance = Moments(actual).variance()
        return variance > 0 ? 1 - Moments(errors).variance() / variance : .nan
    }

    /// Mean squared difference of ln(1 + value); NaN when a value is −1 or less.
    public var meanSquaredLogError: Double {
        mean(
            zip(actual, predicted).map { pair in
                let difference = log1p(pair.0) - log1p(pair.1)
                return difference * difference
            })
    }

    public var pearson: Double { correlation(actual, predicted) }
    public var spearman: Double { correlation(midRanks(actual), midRanks(predicted)) }

    /// A 95 % interval of the mean absolute error, by the normal law of means.
    public var meanAbsoluteErrorInterval: ClosedRange<Double>? {
        if errors.count < 2 { return nil }
        let moments = Moments(errors.map { abs($0) })
        let half =
            1.959963984540054 * moments.deviation(ddof: 1) / Double(errors.count).squareRoot()
        return max(moments.mean - half, 0)...moments.mean + half
    }

    /// A 95 % interval of the root mean squared error: that of the mean square, under the root.
    public var rootMeanSquaredErrorInterval: ClosedRange<Double>? {
        if errors.count < 2 { return nil }
        let moments = Moments(errors.map { $0 * $0 })
        let half =
            1.959963984540054 * moments.deviation(ddof: 1) / Double(errors.count).squareRoot()
        return max(moments.mean - half, 0).squareRoot()...(moments.mean + half).squareRoot()
    }
}
