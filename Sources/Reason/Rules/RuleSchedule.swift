// When a group is due. Groups are spread over their interval by a hash of their name, so that they
// do not all query in the same millisecond, and their times do not move when the agent restarts.

public import Basics

/// The times of one group.
public struct RuleSchedule: Sendable {
    public let intervalMillis: Millis
    private let offsetMillis: Millis
    private var last: Millis?

    public init(key: String, intervalMillis: Millis) {
        self.intervalMillis = max(1, intervalMillis)
        let hash = Labels([("group", key)]).fingerprint
        offsetMillis = Millis(hash % UInt64(self.intervalMillis))
    }

    /// The latest time of the grid that is not after `now`.
    public func slot(at now: Millis) -> Millis {
        let shifted = now - offsetMillis
        return shifted.flooredDivision(by: intervalMillis) * intervalMillis + offsetMillis
    }

    /// How long to wait for the next slot.
    public func wait(at now: Millis) -> Millis { slot(at: now) + intervalMillis - now }

    /// The time to evaluate at, and how many slots went by unused; nil when this slot is done.
    public mutating func due(at now: Millis) -> (time: Millis, missed: Int)? {
        let time = slot(at: now)
        guard let before = last else {
            last = time
            return (time, 0)
        }
        if time == before { return nil }
        last = time
        // A clock that was set back begins a new count.
        let steps = (time - before) / intervalMillis
        return (time, Int(max(0, steps - 1)))
    }
}
