// The mixture sequential probability ratio test (Robbins 1970; Johari, Koomen, Pekelis, Walsh 2022):
// how much likelier the mean seen is under means spread as N(θ₀, τ²) than under θ₀. With a known
// variance it is valid at every look; with the sample's it is so asymptotically, from about fifty
// values on. It serves what has no bounds to bet within: biases of numbers.

internal import Glibc

/// The test at one look, from the count, mean and variance of the values.
public struct NormalMixture: Sendable, Equatable {
    public var count: Double
    public var mean: Double
    /// Variance of one value.
    public var variance: Double
    /// Variance τ² of the mixture, near the square of the least difference that matters.
    public var spread: Double

    public init(count: Double, mean: Double, variance: Double, spread: Double) {
        self.count = count
        self.mean = mean
        self.variance = variance
        self.spread = spread
    }

    /// ln Λ against a mean of θ₀:
    /// √(v/(v + nτ²)) · exp(n²τ²(d̄ − θ₀)² / (2v(v + nτ²))).
    public func logRatio(against origin: Double = 0) -> Double {
        let wide = variance + count * spread
        let distance = count * (mean - origin)
        return 0.5 * log(variance / wide) + spread * distance * distance / (2 * variance * wide)
    }

    /// 1/Λ, at most 1: a p-value valid at every look when its least so far is taken.
    public func probability(against origin: Double = 0) -> Double {
        min(1, exp(-logRatio(against: origin)))
    }

    /// Half the width of the confidence sequence: √(v(v + nτ²)/(n²τ²) · (−2 ln α + ln((v + nτ²)/v))).
    public func radius(level: Double = 0.05) -> Double {
        let wide = variance + count * spread
        let scale = variance * wide / (count * count * spread)
        return (scale * (-2 * log(level) + log(wide / variance))).squareRoot()
    }
}
