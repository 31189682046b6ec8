// How two sides' numbers agree (Bland, Altman 1986): the mean difference, the limits within which 95 %
// of the differences lie, and an interval for the mean that holds at every look.

internal import Glibc

/// Agreement of numbers.
public struct NumberAgreement: Sendable, Equatable {
    public internal(set) var count = 0
    /// Mean of candidate − primary.
    public internal(set) var bias = 0.0
    var squares = 0.0

    init() {}

    /// Welford's update.
    mutating func add(primary: Double, candidate: Double) {
        let difference = candidate - primary
        guard difference.isFinite else { return }
        count += 1
        let before = difference - bias
        bias += before / Double(count)
        squares += before * (difference - bias)
    }

    public var variance: Double { count > 1 ? squares / Double(count - 1) : 0 }

    /// bias ± 1.96 deviations.
    public var limits: ClosedRange<Double> {
        let reach = 1.959963984540054 * variance.squareRoot()
        return (bias - reach)...(bias + reach)
    }

    /// Holds the true bias at all looks together, asymptotically; nil before fifty pairs.
    ///
    /// The mixture is a seventieth of the variance, which is narrowest about five hundred pairs.
    public func interval(level: Double = 0.05) -> ClosedRange<Double>? {
        if count < 50 { return nil }
        if variance == 0 { return bias...bias }
        let mixture = NormalMixture(
            count: Double(count), mean: bias, variance: variance, spread: variance / 70)
        let radius = mixture.radius(level: level)
        return (bias - radius)...(bias + radius)
    }
}
