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
        guard let number = Int(text) else {
            throw BadParameter(name, "cannot parse \(quoted(text)) to a whole number")
        }
        guard number >= 0 else { throw BadParameter(name, "limit must be non-negative") }
        return number == 0 ? .max : number
    }

    /// A time that may be missing; Prometheus words its faults otherwise than for `query_range`.
    func optionalTime(_ name: String) throws(BadParameter) -> Millis? {
        guard let text = parameter(name), !text.isEmpty else { return nil }
        if let time = parseTime(text) { return time }
        throw BadParameter(
            name,
            "Invalid time value for '\(name)': cannot parse \(quoted(text)) to a valid timestamp")
    }

    /// The range of `start` and `end`; without them everything that is kept.
    ///
    /// - Returns: nil when it ends before it starts, and so holds nothing.
    func range(now: Millis) throws(BadParameter) -> TimeRange? {
        let from = try optionalTime("start") ?? Millis.min / 4
        let through = try optionalTime("end") ?? now + 3_600_000
        return from <= through ? TimeRange(from: from, through: through) : nil
    }
}

/// Reads decimal seconds or RFC 3339.
func parseTime(_ text: String) -> Millis? {
    if let seconds = Double(text), seconds.isFinite, seconds.magnitude < 9e15 {
        return Millis((seconds * 1000).rounded())
    }
    return parseRFC3339(text)
}
