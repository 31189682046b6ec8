// Times and durations as Go prints and formats them, for `toTime`, `toDuration` and
// `humanizeTimestamp`; UTC only: a rule has no other zone. Beside them the methods that templates
// call on values.

import Basics

/// `2015-06-23 13:19:44.128 +0000 UTC`.
func goTimeText(_ seconds: Double) -> String {
    let parts = civil(seconds)
    let fraction = parts.millisecond == 0 ? "" : trimmedFraction(parts.millisecond)
    return "\(parts.dateText) \(clockText(parts))\(fraction) +0000 UTC"
}

/// `1h30m0s`, `1.5s`, `120ms`, as Go's `Duration.String` to the microsecond.
func goDurationText(_ seconds: Double) -> String {
    let micros = Int64((seconds.magnitude * 1e6).rounded())
    let sign = seconds < 0 ? "-" : ""
    if micros == 0 { return "0s" }
    if micros < 1_000 { return "\(sign)\(micros)µs" }
    if micros < 1_000_000 { return sign + numberText(Double(micros) / 1e3, .plain) + "ms" }
    let whole = micros / 1_000_000
    let rest = numberText(Double(whole % 60) + Double(micros % 1_000_000) / 1e6, .plain) + "s"
    if whole < 60 { return sign + rest }
    if whole < 3600 { return "\(sign)\(whole / 60)m\(rest)" }
    return "\(sign)\(whole / 3600)h\(whole / 60 % 60)m\(rest)"
}

/// The methods that rules call on times and durations.
func callMethod(
    _ name: String, of value: TemplateValue, _ arguments: [TemplateValue]
) throws(TemplateFault) -> TemplateValue {
    switch (value, name) {
    case (.time(let seconds), "Format"):
        guard arguments.count == 1, case .string(let layout) = arguments[0] else {
            throw TemplateFault("wrong number of args for Format: want 1 got \(arguments.count)")
        }
        return .string(goTimeFormat(seconds, layout))
    case (.time(let seconds), "Unix"): return .int(Int(seconds.rounded(.down)))
    case (.time, "UTC"): return value
    case (.time(let seconds), "Year"): return .int(civil(seconds).year)
    case (.time(let seconds), "Day"): return .int(civil(seconds).day)
    case (.time(let seconds), "Hour"): return .int(civil(seconds).hour)
    case (.time(let seconds), "Minute"): return .int(civil(seconds).minute)
    case (.time(let seconds), "Second"): return .int(civil(seconds).second)
    case (.duration(let seconds), "Seconds"): return .float(seconds)
    case (.duration(let seconds), "Minutes"): return .float(seconds / 60)
    case (.duration(let seconds), "Hours"): return .float(seconds / 3600)
    case (.duration, "String"), (.time, "String"): return .string(value.text)
    case (.labels(let labels), _): return try callLabelMethod(name, labels, arguments)
    case (.list(let items), "Firing"), (.list(let items), "Resolved"):
        return .list(items.filter { fieldText("Status", of: $0) == name.lowercased() })
    case (.list(let items), "Names"): return .list(items.map { .string(fieldText("Name", of: $0)) })
    case (.list(let items), "Values"):
        return .list(items.map { .string(fieldText("Value", of: $0)) })
    default:
        throw TemplateFault("can't evaluate field \(name) in type \(value.typeName)")
    }
}

private let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
]
private let weekdays = [
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
]

/// Formats by Go's layout (`2006-01-02 15:04:05`): pieces of the reference time are replaced.
func goTimeFormat(_ seconds: Double, _ layout: String) -> String {
    let parts = civil(seconds)
    let weekday = weekdays[CivilTime.weekday(millis(seconds))]
    let hour12 = parts.hour % 12 == 0 ? 12 : parts.hour % 12
    let pieces: [(String, String)] = [
        ("January", months[parts.month - 1]), ("Jan", String(months[parts.month - 1].prefix(3))),
        ("Monday", weekday), ("Mon", String(weekday.prefix(3))), ("MST", "UTC"),
        ("2006", String(parts.year)), ("Z07:00", "Z"), ("-07:00", "+00:00"), ("-0700", "+0000"),
        (".000", "." + digits(parts.millisecond, 3)), ("01", digits(parts.month, 2)),
        ("02", digits(parts.day, 2)), ("03", digits(hour12, 2)), ("04", digits(parts.minute, 2)),
        ("05", digits(parts.second, 2)), ("06", digits(parts.year % 100, 2)),
        ("15", digits(parts.hour, 2)), ("PM", parts.hour < 12 ? "AM" : "PM"),
        ("pm", parts.hour < 12 ? "am" : "pm"),
        ("_2", parts.day < 10 ? " \(parts.day)" : "\(parts.day)"),
        ("1", String(parts.month)), ("2", String(parts.day)), ("3", String(hour12)),
        ("4", String(parts.minute)), ("5", String(parts.second)),
    ]
    var result = ""
    var rest = layout[...]
    while let first = rest.first {
        if let piece = pieces.first(where: { rest.hasPrefix($0.0) }) {
            result += piece.1
            rest = rest.dropFirst(piece.0.count)
        } else {
            result.append(first)
            rest = rest.dropFirst()
        }
    }
    return result
}

private func millis(_ seconds: Double) -> Millis {
    // Prometheus cuts to milliseconds; beyond ±1e13 seconds a date has no sense.
    Millis((min(max(seconds, -1e13), 1e13) * 1000).rounded(.down))
}

private func civil(_ seconds: Double) -> CivilTime { CivilTime(millis(seconds)) }

private func clockText(_ parts: CivilTime) -> String {
    "\(digits(parts.hour, 2)):\(digits(parts.minute, 2)):\(digits(parts.second, 2))"
}

private func digits(_ number: Int, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.count)) + text
}

/// `.128`, `.1`: milliseconds without trailing zeros.
func trimmedFraction(_ millisecond: Int) -> String {
    var text = digits(millisecond, 3)
    while text.hasSuffix("0") { text.removeLast() }
    return text.isEmpty ? "" : "." + text
}
