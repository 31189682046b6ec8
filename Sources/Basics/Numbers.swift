// Numbers as Go prints them, because that is what every Prometheus client compares with. Swift's
// `description` finds the shortest digits that read back; here they are laid out as Go would.

/// How Go's `strconv.FormatFloat` is asked in the places that Martlet imitates.
public enum NumberStyle: Sendable {
    /// `%v`: PromQL literals, templates and the text exposition (`100000`, `1e+06`, `1e-05`).
    case shortest
    /// The query API's: `'f'` unless the magnitude is under 1e-6 or at least 1e21.
    case api
    /// `'f', -1`: never an exponent.
    case plain
}

/// Writes a number as Go does; `NaN`, `+Inf` and `-Inf` by name.
public func numberText(_ value: Double, _ style: NumberStyle = .shortest) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    if value == 0 { return value.sign == .minus ? "-0" : "0" }
    // Below a million every style writes a whole number plainly; from there on `%v` has an exponent.
    let plainBelow: UInt64 = style == .shortest ? 1_000_000 : 1_000_000_000_000_000
    if let whole = Int64(exactly: value), whole.magnitude < plainBelow { return String(whole) }
    let (digits, exponent) = shortestDigits(value.magnitude)
    let sign = value < 0 ? "-" : ""
    let usesExponent =
        switch style {
        case .shortest: exponent < -4 || exponent >= 6
        case .api: value.magnitude < 1e-6 || value.magnitude >= 1e21
        case .plain: false
        }
    if !usesExponent { return sign + plain(digits, exponent) }
    var text = sign + String(decoding: digits.prefix(1), as: UTF8.self)
    if digits.count > 1 { text += "." + String(decoding: digits.dropFirst(), as: UTF8.self) }
    let size = exponent.magnitude
    let padding = size < 10 && style == .shortest ? "0" : ""
    return text + (exponent < 0 ? "e-" : "e+") + padding + String(size)
}

/// The significant digits of a positive number, and the decimal exponent of the first.
private func shortestDigits(_ value: Double) -> ([UInt8], Int) {
    var digits: [UInt8] = []
    var exponent = 0
    var pointAt: Int?
    let text = Array(value.description.utf8)
    for (index, byte) in text.enumerated() {
        if byte == 0x2e {
            pointAt = digits.count
        } else if byte == 0x65 {
            exponent = Int(String(decoding: text[(index + 1)...], as: UTF8.self)) ?? 0
            break
        } else {
            digits.append(byte)
        }
    }
    exponent += (pointAt ?? digits.count) - 1
    let leading = digits.prefix { $0 == 0x30 }.count
    digits.removeFirst(leading)
    exponent -= leading
    while digits.count > 1 && digits.last == 0x30 { digits.removeLast() }
    return (digits, exponent)
}

private func plain(_ digits: [UInt8], _ exponent: Int) -> String {
    if exponent < 0 {
        return "0." + String(repeating: "0", count: -exponent - 1)
            + String(decoding: digits, as: UTF8.self)
    }
    if digits.count <= exponent + 1 {
        let zeros = String(repeating: "0", count: exponent + 1 - digits.count)
        return String(decoding: digits, as: UTF8.self) + zeros
    }
    let whole = String(decoding: digits.prefix(exponent + 1), as: UTF8.self)
    return whole + "." + String(decoding: digits.dropFirst(exponent + 1), as: UTF8.self)
}
