// Finished work by week, the raw material of forecasts. Weeks are counted back from the moment of
// asking, so that the last one is whole; a week without work counts as 0, a week before the first
// work ever seen is unknown.

public import Basics

/// Finished work in whole weeks before a moment.
public struct Throughput: Sendable, Equatable {
    /// End of the last week.
    public var end: Millis
    /// Oldest first.
    public var weeks: [Double]

    /// Counts `times` (sorted) in the last `count` whole weeks before `end`.
    public init(_ times: [Millis], end: Millis, weeks count: Int, since first: Millis) {
        let week: Millis = 604_800_000
        self.end = end
        weeks = []
        let known = min(count, max(0, Int((end - first) / week)))
        for index in stride(from: known, to: 0, by: -1) {
            let from = end - Millis(index) * week
            weeks.append(Double(Self.count(times, from, from + week)))
        }
    }

    /// How many sorted times lie in [from, to).
    static func count(_ times: [Millis], _ from: Millis, _ to: Millis) -> Int {
        lowerBound(times, to) - lowerBound(times, from)
    }

    private static func lowerBound(_ times: [Millis], _ limit: Millis) -> Int {
        var low = 0
        var high = times.count
        while low < high {
            let middle = (low + high) / 2
            if times[middle] < limit { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension DeliveryState {
    /// Times at which humans' changes were merged, oldest first.
    public func mergeTimes(scope: KPIScope = KPIScope()) -> [Millis] {
        changes.values.filter { !$0.isBot && scope.holds($0.place) }.compactMap(\.merged).sorted()
    }
}
