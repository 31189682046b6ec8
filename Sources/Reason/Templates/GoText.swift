// How Go quotes, escapes and unescapes texts, as far as templates show it.

import Basics

/// A text as Go's `%q` writes it.
func goQuoted(_ text: String) -> String { quoted(text) }

/// Resolves the escapes of a Go string literal; nil when one is malformed.
func goUnescaped(_ bytes: [UInt8]) -> String? {
    var result: [UInt8] = []
    var index = 0
    func number(_ count: Int, radix: Int) -> UInt32? {
        guard index + count <= bytes.count else { return nil }
        return UInt32(String(decoding: bytes[index..<(index + count)], as: UTF8.self), radix: radix)
    }
    while index < bytes.count {
        let byte = bytes[index]
        index += 1
        guard byte == UInt8(ascii: "\\") else {
            result.append(byte)
            continue
        }
        guard index < bytes.count else { return nil }
        let escape = bytes[index]
        index += 1
        switch escape {
        case UInt8(ascii: "n"): result.append(0x0a)
        case UInt8(ascii: "t"): result.append(0x09)
        case UInt8(ascii: "r"): result.append(0x0d)
        case UInt8(ascii: "a"): result.append(0x07)
        case UInt8(ascii: "b"): result.append(0x08)
        case UInt8(ascii: "f"): result.append(0x0c)
        case UInt8(ascii: "v"): result.append(0x0b)
        case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"): result.append(escape)
        case UInt8(ascii: "x"):
            guard let value = number(2, radix: 16) else { return nil }
            result.append(UInt8(truncatingIfNeeded: value))
            index += 2
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            let count = escape == UInt8(ascii: "u") ? 4 : 8
            guard let value = number(count, radix: 16), let scalar = Unicode.Scalar(value) else {
                return nil
            }
            result += String(Character(scalar)).utf8
            index += count
        case UInt8(ascii: "0")...UInt8(ascii: "7"):
            index -= 1
            guard let value = number(3, radix: 8), value < 256 else { return nil }
            result.append(UInt8(value))
            index += 3
        default: return nil
        }
    }
    return String(decoding: result, as: UTF8.self)
}

/// A text that is safe inside HTML.
func escapedHTML(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "&": result += "&amp;"
        case "\"": result += "&#34;"
        case "'": result += "&#39;"
        case "\0": result += "\u{fffd}"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}

/// A text that is safe inside a script's string.
func escapedScript(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\\": result += "\\\\"
        case "'": result += "\\'"
        case "\"": result += "\\\""
        case "<", ">", "&", "=", "\n", "\r", "\t":
            let hex = String(scalar.value, radix: 16, uppercase: true)
            result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}

/// A text as a query parameter's value: letters, digits and `-_.~` stay, a space becomes `+`.
public func queryEscaped(_ text: String) -> String {
    let hex = Array("0123456789ABCDEF".utf8)
    var result: [UInt8] = []
    for byte in text.utf8 {
        let isLetter = byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a
        let isDigit = byte >= 0x30 && byte <= 0x39
        if isLetter || isDigit || "-_.~".utf8.contains(byte) {
            result.append(byte)
        } else if byte == 0x20 {
            result.append(UInt8(ascii: "+"))
        } else {
            result += [UInt8(ascii: "%"), hex[Int(byte >> 4)], hex[Int(byte & 15)]]
        }
    }
    return String(decoding: result, as: UTF8.self)
}
