// The shapes of numbers, durations and escapes. Numbers follow Go: hexadecimal, leading-zero octal,
// underscores between digits, exponents. What is not a number may still be a duration (`1h30m`).

extension Lexer {
    /// Moves past a number; false (with the position where the shape broke) when there is none.
    mutating func scanNumber() -> Bool {
        let start = position
        var isHexadecimal = false
        if peek() == UInt8(ascii: "0"), peek(1).map(lowered) == UInt8(ascii: "x") {
            isHexadecimal = true
            skip(2)
            if peek() == UInt8(ascii: "_") { skip() }
        }
        func isFigure(_ byte: UInt8?) -> Bool {
            guard let byte else { return false }
            return isDigit(byte)
                || isHexadecimal && isLetter(byte) && lowered(byte) <= 0x66 && byte != 0x5f
        }
        var (sawDot, sawExponent, lastWasFigure) = (false, false, isHexadecimal)
        while let byte = peek() {
            if isFigure(byte) {
                skip()
                lastWasFigure = true
            } else if byte == UInt8(ascii: "."), !sawDot, !sawExponent, !isHexadecimal {
                sawDot = true
                skip()
                lastWasFigure = false
                if peek() == UInt8(ascii: "_") || peek() == UInt8(ascii: ".") { return false }
            } else if lowered(byte) == UInt8(ascii: "e"), !sawExponent, !isHexadecimal {
                sawExponent = true
                skip()
                if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { skip() }
                guard isFigure(peek()) else { return false }
            } else if byte == UInt8(ascii: "_"), lastWasFigure {
                skip()
                lastWasFigure = false
                guard isFigure(peek()) else { return false }
            } else {
                break
            }
        }
        guard position > start else { return false }
        guard let next = peek() else { return true }
        if isLetter(next) || isDigit(next) { return false }
        // A second dot would start another number without a gap: "1.2.3".
        if next == UInt8(ascii: ".") { return false }
        return true
    }

    /// Having failed at a number, moves past a duration that starts with the same digits.
    mutating func scanDuration() -> Bool {
        while true {
            guard let unit = peek(), "smhdwy".utf8.contains(unit) else { return false }
            skip()
            if peek() == UInt8(ascii: "s") { skip() }
            guard let next = peek(), isDigit(next) else { break }
            while let digit = peek(), isDigit(digit) { skip() }
        }
        guard let next = peek() else { return true }
        if isLetter(next) || isDigit(next) {
            skip()
            return false
        }
        return true
    }

    /// Moves past an escape whose backslash has been read; returns what is wrong with it, if anything.
    mutating func scanEscape(_ quote: UInt8) -> String? {
        guard let byte = peek() else { return "escape sequence not terminated" }
        if byte == quote || "abfnrtv\\".utf8.contains(byte) {
            skip()
            return nil
        }
        var (figures, base, limit) = (0, UInt32(16), UInt32(0x10ffff))
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "7"): (figures, base, limit) = (3, 8, 255)
        case UInt8(ascii: "x"): (figures, limit) = (2, 255)
        case UInt8(ascii: "u"): figures = 4
        case UInt8(ascii: "U"): figures = 8
        default: return "unknown escape sequence \(codePointText())"
        }
        if base == 16 { skip() }
        var value: UInt32 = 0
        for _ in 0..<figures {
            guard let next = peek() else { return "escape sequence not terminated" }
            guard let digit = digitValue(next), digit < base else {
                return "illegal character \(codePointText()) in escape sequence"
            }
            value = value &* base &+ digit
            skip()
        }
        let isSurrogate = value >= 0xd800 && value < 0xe000
        return value > limit || isSurrogate
            ? "escape sequence is an invalid Unicode code point" : nil
    }

    /// As Go's `%#U`: `U+0071 'q'`.
    private func codePointText() -> String {
        let rest = bytes[position..<Swift.min(position + 4, bytes.count)]
        let scalar = String(decoding: rest, as: UTF8.self).unicodeScalars.first ?? "\u{fffd}"
        let hex = String(scalar.value, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: Swift.max(0, 4 - hex.count)) + hex
            + " '\(scalar)'"
    }
}

func digitValue(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x30...0x39: UInt32(byte - 0x30)
    case 0x41...0x46: UInt32(byte - 0x41 + 10)
    case 0x61...0x66: UInt32(byte - 0x61 + 10)
    default: nil
    }
}
