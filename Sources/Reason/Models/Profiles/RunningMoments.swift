// Mean and spread of numbers that come in parts: kept as mean and squared distances from it, so that
// parts add up without the cancellation of sums of squares (Chan, Golub and LeVeque 1983).

internal import Algebra

/// Mergeable count, mean and spread.
public struct RunningMoments: Sendable, Equatable {
    public private(set) var count = 0
    public private(set) var mean = 0.0
    /// Σ (x − mean)².
    public private(set) var squares = 0.0

    public init() {}

    init(count: Int, mean: Double, squares: Double) {
        (self.count, self.mean, self.squares) = (count, mean, squares)
    }

    mutating func take(_ value: Double) {
        count += 1
        let step = value - mean
        mean += step / Double(count)
        squares += step * (value - mean)
    }

    mutating func merge(_ other: RunningMoments) {
        if other.count == 0 { return }
        let total = count + other.count
        let gap = other.mean - mean
        let share = Double(other.count) / Double(total)
        squares += other.squares + gap * gap * Double(count) * share
        mean += gap * share
        count = total
    }

    /// The population's standard deviation; NaN without values.
    public var deviation: Double {
        count > 0 ? (squares / Double(count)).squareRoot() : .nan
    }
}
