// The values of literals: numbers as Go's ParseInt and ParseFloat read them, strings with their
// escapes undone. A string may hold bytes that are not UTF-8 (`"\xff"`), so it is kept as bytes.

internal import Basics
internal import Glibc

/// The value of a number token, or nil when it is too large to have one.
func numberValue(_ token: some Sequence<UInt8>) -> Double? {
    let digits = token.filter { $0 != UInt8(ascii: "_") }.map(lowered)
    if digits.elementsEqual("inf".utf8) { return .infinity }
    if digits.elementsEqual("nan".utf8) { return .nan }
    let text = String(decoding: digits, as: UTF8.self)
    if digits.starts(with: "0x".utf8) {
        return Int64(text.dropFirst(2), radix: 16).map(Double.init)
    }
    if digits.allSatisfy(isDigit) {
        let isOctal = digits.count > 1 && digits[0] == UInt8(ascii: "0")
        if isOctal, let whole = Int64(text, radix: 8) { return Double(whole) }
        if !isOctal, let whole = Int64(text) { return Double(whole) }
    }
    // strtod rounds to nearest as Go does; the shape has been checked by the lexer.
    let value = text.withCString { strtod($0, nil) }
    return value.isInfinite ? nil : value
}

/// Undoes the quotes and escapes of a string token that the lexer has passed.
func unquotedBytes(_ token: ArraySlice<UInt8>) -> [UInt8] {
    guard let quote = token.first, token.count >= 2 else { return [] }
    let inside = Array(token.dropFirst().dropLast())
    if quote == UInt8(ascii: "`") { return inside }
    var result: [UInt8] = []
    var index = 0
    func digits(_ count: Int, _ base: UInt32) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count where index < inside.count {
            value = value &* base &+ (digitValue(inside[index]) ?? 0)
            index += 1
        }
        return value
    }
    while index < inside.count {
        let byte = inside[index]
        index += 1
        guard byte == UInt8(ascii: "\\"), index < inside.count else {
            result.append(byte)
            continue
        }
        let escape = inside[index]
        index += 1
        switch escape {
        case UInt8(ascii: "a"): result.append(7)
        case UInt8(ascii: "b"): result.append(8)
        case UInt8(ascii: "t"): result.append(9)
        case UInt8(ascii: "n"): result.append(10)
        case UInt8(ascii: "v"): result.append(11)
        case UInt8(ascii: "f"): result.append(12)
        case UInt8(ascii: "r"): result.append(13)
        case UInt8(ascii: "x"): result.append(UInt8(truncatingIfNeeded: digits(2, 16)))
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            let value = digits(escape == UInt8(ascii: "u") ? 4 : 8, 16)
            let scalar = Unicode.Scalar(value) ?? "\u{fffd}"
            result.append(contentsOf: String(scalar).utf8)
        case UInt8(ascii: "0")...UInt8(ascii: "7"):
            index -= 1
            result.append(UInt8(truncatingIfNeeded: digits(3, 8)))
        default: result.append(escape)
        }
    }
    return result
}

/// Bytes in double quotes, as Go's `%q` writes them; bytes that are not UTF-8 become `\xff`.
func quotedBytes(_ bytes: [UInt8]) -> String {
    if let text = String(validating: bytes, as: UTF8.self) { return quoted(text) }
    var result = "\""
    var rest = bytes[...]
    while !rest.isEmpty {
        var length = 1
        while length <= 4, length <= rest.count {
            if let text = String(validating: rest.prefix(length), as: UTF8.self) {
                result += quoted(text).dropFirst().dropLast()
                break
            }
            length += 1
        }
        if length > 4 || length > rest.count {
            let hex = String(rest[rest.startIndex], radix: 16)
            result += "\\x" + hex
            length = 1
        }
        rest = rest.dropFirst(length)
    }
    return result + "\""
}
