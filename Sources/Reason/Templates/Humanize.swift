// Numbers for people, exactly as Prometheus' template functions write them: four significant digits
// and a prefix. Checked against promtool's output.

import Basics

/// `1.235M`, `12.3m`.
func humanized(_ number: Double) -> String {
    if number == 0 || !number.isFinite { return floatText(number, "g", precision: 4) }
    if number.magnitude >= 1 {
        return scaled(number, ["", "k", "M", "G", "T", "P", "E", "Z", "Y"], by: 1000)
    }
    return shrunk(number)
}

/// `1.178Mi`.
func humanized1024(_ number: Double) -> String {
    if number.magnitude <= 1 || !number.isFinite { return floatText(number, "g", precision: 4) }
    return scaled(number, ["", "ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"], by: 1024)
}

/// `1d 3h 46m 40s`, `59.9s`, `12ms`; the argument is in seconds.
func humanizedDuration(_ seconds: Double) -> String {
    if !seconds.isFinite { return floatText(seconds, "g", precision: 4) }
    if seconds == 0 { return "0s" }
    if seconds.magnitude < 1 { return shrunk(seconds) + "s" }
    let sign = seconds < 0 ? "-" : ""
    // Beyond this many seconds (292 billion years) whole numbers end.
    let whole = Int64(min(seconds.magnitude, 9e18))
    let (rest, minutes, hours, days) = (
        whole % 60, whole / 60 % 60, whole / 3600 % 24, whole / 86_400
    )
    if days != 0 { return "\(sign)\(days)d \(hours)h \(minutes)m \(rest)s" }
    if hours != 0 { return "\(sign)\(hours)h \(minutes)m \(rest)s" }
    if minutes != 0 { return "\(sign)\(minutes)m \(rest)s" }
    return sign + floatText(seconds.magnitude, "g", precision: 4) + "s"
}

/// `12.5%` of 0.125.
func humanizedPercentage(_ ratio: Double) -> String {
    floatText(ratio * 100, "g", precision: 4) + "%"
}

private func scaled(_ number: Double, _ prefixes: [String], by step: Double) -> String {
    var rest = number
    var chosen = ""
    for (index, prefix) in prefixes.enumerated() {
        if index > 0 { rest /= step }
        chosen = prefix
        if rest.magnitude < step { break }
    }
    return floatText(rest, "g", precision: 4) + chosen
}

private func shrunk(_ number: Double) -> String {
    var rest = number
    var chosen = ""
    for prefix in ["m", "u", "n", "p", "f", "a", "z", "y"] {
        if rest.magnitude >= 1 { break }
        chosen = prefix
        rest *= 1000
    }
    return floatText(rest, "g", precision: 4) + chosen
}
