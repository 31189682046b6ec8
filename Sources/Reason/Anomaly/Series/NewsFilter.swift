// From "unusual" to "news". An alarm opens a quiet time in which only evidence half as large again is
// news; the quiet time runs on while the series stays unusual, so that one incident is one alarm. Each
// alarm raises the bar by a fifth, and the bar sinks back within days: a series that cries often must
// cry louder, the same thought as the budget of a service.

internal import Basics
internal import Glibc

/// The quiet time and the tiredness of one series.
struct NewsFilter: Sendable, Equatable {
    private static let louder = 1.5
    private static let raise = 0.2
    private static let sinking = 3.0 * 86_400_000
    /// What is unusual yet no news scores just below the alarm's level.
    private static let belowAlarm = 0.9

    var loudest = 0.0
    var quietFrom: Millis?
    var raised = 0.0
    var last: Millis?

    /// The evidence to report for the evidence found.
    mutating func report(
        _ evidence: Double, at time: Millis, alarm: Double, quietTime: Millis
    ) -> Double {
        if let last {
            if time > last {
                raised *= exp(-(Double(time) - Double(last)) / Self.sinking)
            } else if time < last, let since = quietFrom, since > time {
                // The clock was set back: the quiet time must not last until it catches up.
                quietFrom = time
            }
        }
        last = time
        let heard = evidence / (1 + raised)
        if heard < alarm { return min(heard, alarm * Self.belowAlarm) }
        let isQuiet = quietFrom.map { Double(time) - Double($0) <= Double(quietTime) } ?? false
        if isQuiet && evidence <= loudest * Self.louder {
            quietFrom = time
            return alarm * Self.belowAlarm
        }
        loudest = evidence
        quietFrom = time
        raised += Self.raise
        return heard
    }
}
