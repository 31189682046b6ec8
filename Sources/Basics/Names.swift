// What may be a name, and how a text is quoted, in PromQL and in the exposition formats.

/// True for `[a-zA-Z_:][a-zA-Z0-9_:]*`.
public func isLegacyMetricName(_ name: String) -> Bool { isName(name, colons: true) }

/// True for `[a-zA-Z_][a-zA-Z0-9_]*`.
public func isLegacyLabelName(_ name: String) -> Bool { isName(name, colons: false) }

private func isName(_ name: String, colons: Bool) -> Bool {
    var isFirst = true
    for byte in name.utf8 {
        let isLetter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a || byte == 0x5f
        let isDigit = byte >= 0x30 && byte <= 0x39 && !isFirst
        guard isLetter || isDigit || (colons && byte == 0x3a) else { return false }
        isFirst = false
    }
    return !isFirst
}

/// A text in double quotes, with `\`, `"` and control characters escaped as Go's `%q` does.
public func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case "\r": result += "\\r"
        case "\t": result += "\\t"
        case "\u{7}": result += "\\a"
        case "\u{8}": result += "\\b"
        case "\u{b}": result += "\\v"
        case "\u{c}": result += "\\f"
        default:
            if scalar.value < 0x20 || scalar.value == 0x7f {
                let hex = String(scalar.value, radix: 16)
                result += "\\x" + (hex.count == 1 ? "0" : "") + hex
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
    }
    return result + "\""
}
