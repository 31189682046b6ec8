// Curves over time: scope and done of an iteration (burn-up; burn-down is their difference), and
// items by stage and day (cumulative flow). A change of scope moves the scope line, never the done
// line.

public import Basics

/// A point of an iteration's burn-up.
public struct BurnUpPoint: Sendable, Equatable {
    public var time: Millis
    public var scope: Double
    public var done: Double
}

/// One day of the cumulative flow.
public struct FlowDay: Sendable, Equatable {
    /// Start of the day; counts are those at its end.
    public var day: Millis
    /// Items by stage.
    public var counts: [String: Int]
    public var arrivals: Int
    public var departures: Int
}

extension DeliveryState {
    /// Scope and done at the start, at the end of each day, and at the end.
    public func burnUp(_ id: String, now: Millis) -> [BurnUpPoint] {
        guard let iteration = iterations[id], let start = iteration.started, start <= now,
            let whole = iterationReport(id, now: now)
        else { return [] }
        let end = whole.closed ?? now
        var times = [start]
        var next = settings.dayStart(start) + 86_400_000
        // An iteration left open for years would fill the page: 400 days are more than any.
        while next < end && times.count < 400 {
            times.append(next)
            next += 86_400_000
        }
        if end > start { times.append(end) }
        return times.map { time in
            // The state at the close itself already shows items moved on: look just before it.
            let at = time == whole.closed ? time - 1 : time
            let members = items.values.filter {
                $0.iteration(at: at) == id && $0.exists(at: at) && !settings.isChild($0.type)
                    && !whole.doneBeforeItems.contains($0.key)
            }
            func amount(_ list: [WorkItem]) -> Double {
                whole.usesPoints
                    ? list.reduce(0) { $0 + ($1.estimate(at: at) ?? 0) } : Double(list.count)
            }
            return BurnUpPoint(
                time: time, scope: amount(members),
                done: amount(members.filter { $0.isDone(at: time) }))
        }
    }

    /// Items by stage at the end of each day of a range (at most 400 days).
    public func cumulativeFlow(_ range: TimeRange, scope: KPIScope = KPIScope()) -> [FlowDay] {
        let inside = items.values.filter { scope.holds($0.place) && !settings.isChild($0.type) }
        var days: [FlowDay] = []
        var day = settings.dayStart(range.from)
        while day <= range.through && days.count < 400 {
            let end = min(day + 86_400_000 - 1, range.through)
            var row = FlowDay(day: day, counts: [:], arrivals: 0, departures: 0)
            for item in inside where item.exists(at: end) {
                let stage = item.stage(at: end)
                row.counts[stage.isEmpty ? "-" : stage, default: 0] += 1
                if item.created >= day { row.arrivals += 1 }
                if let done = item.doneTime(at: end), done >= day { row.departures += 1 }
            }
            days.append(row)
            day += 86_400_000
        }
        return days
    }
}
