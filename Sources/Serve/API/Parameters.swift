// Reading the parameters of the query API: times as decimal seconds or RFC 3339, steps as decimal
// seconds or durations, selectors as PromQL.

internal import Basics
internal import Carry
internal import Query

extension HTTPRequest {
    /// A time in milliseconds; nil when the parameter is missing.
    func time(_ name: String) throws(BadParameter) -> Millis? {
        guard let text = parameter(name), !text.isEmpty else { return nil }
        if let time = parseTime(text) { return time }
        throw BadParameter(name, "cannot parse \(quoted(text)) to a valid timestamp")
    }

    /// A duration in milliseconds, given as decimal seconds or as `5m`.
    func duration(_ name: String) throws(BadParameter) -> Millis? {
        guard let text = parameter(name), !text.isEmpty else { return nil }
        if let seconds = Double(text), seconds.isFinite, seconds.magnitude < 9e15 {
            return Millis((seconds * 1000).rounded())
        }
        if let millis = parseDuration(text) { return millis }
        throw BadParameter(name, "cannot parse \(quoted(text)) to a valid duration")
    }

    /// A limit; 0 and a missing one mean none.
    func limit(_ name: String = "limit") throws(BadParameter) -> Int {
        guard let text = parameter(name), !text.isEmpty else { return .max }
        guard let number = Int(text), number >= 0 else {
            throw BadParameter(name, "limit must be a non-negative number")
        }
        return number == 0 ? .max : number
    }

    /// The range of `start` and `end`; without them everything that is kept.
    func range(now: Millis) throws(BadParameter) -> TimeRange {
        let from = try time("start") ?? Millis.min / 4
        let through = try time("end") ?? now + 3_600_000
        guard from <= through else {
            throw BadParameter("end", "end timestamp must not be before start time")
        }
        return TimeRange(from: from, through: through)
    }
}

/// Reads decimal seconds or RFC 3339.
func parseTime(_ text: String) -> Millis? {
    if let seconds = Double(text), seconds.isFinite, seconds.magnitude < 9e15 {
        return Millis((seconds * 1000).rounded())
    }
    return parseRFC3339(text)
}
