// Velocity over the last iterations with its spread; a single number would be read as a promise.

public import Basics

/// Velocity over several iterations.
public struct Velocity: Sendable, Equatable {
    /// Oldest first.
    public var values: [(id: String, completed: Double)]
    public var mean: Double
    /// Standard deviation; nil for one iteration.
    public var deviation: Double?
    public var low: Double
    public var high: Double

    public static func == (left: Velocity, right: Velocity) -> Bool {
        left.values.map(\.id) == right.values.map(\.id)
            && left.values.map(\.completed) == right.values.map(\.completed)
    }
}

extension DeliveryState {
    /// The velocity over the last closed iterations; nil when none is closed.
    public func velocity(
        scope: KPIScope = KPIScope(), last count: Int = 12, now: Millis
    ) -> Velocity? {
        let reports = iterationReports(now: now).filter {
            $0.closed != nil && scope.holds($0.place)
        }
        .suffix(count)
        let values = reports.map(\.completed.amount)
        guard let mean = Statistic.mean(values), let low = values.min(), let high = values.max()
        else { return nil }
        return Velocity(
            values: reports.map { ($0.id, $0.completed.amount) }, mean: mean,
            deviation: Statistic.deviation(values), low: low, high: high)
    }
}
