// Reading other people's JSON: any field may be missing, a number may stand as a text, a text as a
// number. Nothing here fails; what is not there is nil.

public import Basics
internal import Bytes

extension JSON {
    /// A value by path: `pull_request.head.sha`, `commits.0.id`.
    func at(_ path: String) -> JSON? {
        var value: JSON? = self
        for part in path.split(separator: ".") {
            guard let inner = value else { return nil }
            if case .array(let items) = inner {
                guard let index = Int(part), items.indices.contains(index) else { return nil }
                value = items[index]
            } else {
                value = inner[String(part)]
            }
        }
        if case .null = value { return nil }
        return value
    }

    /// A text that is not empty, or a number as a text.
    func word(_ path: String) -> String? {
        switch at(path) {
        case .string(let text) where !text.isEmpty: text
        case .number(let text): text
        default: nil
        }
    }

    /// A number, or a text that reads as one; finite.
    func amount(_ path: String) -> Double? {
        switch at(path) {
        case .number(let text), .string(let text): Double(text).flatMap { $0.isFinite ? $0 : nil }
        default: nil
        }
    }

    func flag(_ path: String) -> Bool? {
        switch at(path) {
        case .bool(let flag): flag
        case .string("true"): true
        case .string("false"): false
        default: nil
        }
    }

    func list(_ path: String) -> [JSON] { at(path)?.items ?? [] }

    /// A moment, in whatever spelling (see ``parseStamp(_:)``).
    func stamp(_ path: String) -> Millis? { word(path).flatMap(parseStamp) }
}

/// Reads a moment as the senders write it: RFC 3339 with or without zone, a blank instead of `T`,
/// ` UTC` or ` +0200` behind it, seconds or milliseconds since the epoch.
///
/// - Returns: milliseconds since the epoch; nil for anything else and for years that no event has.
public func parseStamp(_ text: String) -> Millis? {
    if let number = Double(text) {
        // Up to the year 5138 seconds have 11 digits; milliseconds have had 12 since 1973.
        let millis = number.magnitude < 1e11 ? number * 1000 : number
        return Millis(exactly: millis.rounded()).flatMap(plausible)
    }
    var rest = text[...]
    while rest.last == " " { rest.removeLast() }
    for zone in [" UTC", "UTC", " GMT", " Z"] where rest.hasSuffix(zone) {
        return parseRFC3339(rest.dropLast(zone.count) + "Z").flatMap(plausible)
    }
    // `2021-04-28 21:50:00 +0200`: the blank before the offset goes.
    if let blank = rest.lastIndex(of: " "), rest.index(after: blank) < rest.endIndex,
        "+-".contains(rest[rest.index(after: blank)])
    {
        rest.remove(at: blank)
    }
    return parseRFC3339(String(rest)).flatMap(plausible)
}

/// 1971 to 2200: nothing that is delivered is older or newer, so it is a wrong field or a wrong unit.
private func plausible(_ time: Millis) -> Millis? {
    time >= 31_536_000_000 && time <= 7_258_118_400_000 ? time : nil
}

extension EventValue {
    static func maybe(_ text: String?) -> EventValue? { text.map { .text($0) } }
    static func maybe(_ number: Double?) -> EventValue? { number.map { .number($0) } }
    static func maybe(_ time: Millis?) -> EventValue? { time.map { .number(Double($0)) } }
    static func maybe(_ flag: Bool?) -> EventValue? { flag.map { .bool($0) } }
}
