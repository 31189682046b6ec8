// Bytes to tokens. The lexer knows whether it stands inside braces (where reserved words are plain
// names) or brackets (where only durations may stand), as Prometheus' does, so that the messages name
// the same fault at the same place. A fault becomes the last token: the parser reports it only when
// it gets there, because an earlier fault matters more.

internal import Basics

/// Cuts a query into tokens.
struct Lexer {
    let bytes: [UInt8]
    private(set) var tokens: [Token] = []
    /// What the token of kind `fault` says.
    private(set) var fault = ""
    private(set) var position = 0
    private var start = 0
    private var parenDepth = 0
    private var isInBraces = false
    private var isInBrackets = false
    private var sawColon = false

    init(_ text: [UInt8]) { bytes = text }

    /// All tokens; the last is `end` or `fault`.
    static func tokens(of text: [UInt8]) -> (tokens: [Token], fault: String) {
        var lexer = Lexer(text)
        while lexer.step() {}
        return (lexer.tokens, lexer.fault)
    }

    func peek(_ ahead: Int = 0) -> UInt8? {
        position + ahead < bytes.count ? bytes[position + ahead] : nil
    }

    mutating func skip(_ count: Int = 1) { position += count }

    private mutating func emit(_ kind: TokenKind) -> Bool {
        tokens.append(Token(kind: kind, span: Span(from: start, end: position)))
        return kind != .end
    }

    private mutating func fail(_ reason: String) -> Bool {
        fault = reason
        tokens.append(Token(kind: .fault, span: Span(from: start, end: bytes.count)))
        return false
    }

    private mutating func step() -> Bool {
        while let byte = peek(), isSpace(byte) { skip() }
        if peek() == UInt8(ascii: "#") {
            while let byte = peek(), byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "\r") {
                skip()
            }
            return true
        }
        start = position
        guard let byte = peek() else { return atEnd() }
        return isInBraces ? insideBraces(byte) : statement(byte)
    }

    private mutating func atEnd() -> Bool {
        if isInBraces { return fail("unexpected end of input inside braces") }
        if parenDepth != 0 { return fail("unclosed left parenthesis") }
        if isInBrackets { return fail("unclosed left bracket") }
        return emit(.end)
    }

    private mutating func statement(_ byte: UInt8) -> Bool {
        if isDigit(byte) || byte == UInt8(ascii: ".") && peek(1).map(isDigit) == true {
            return numberOrDuration()
        }
        if isLetter(byte) || byte == UInt8(ascii: ":") { return word(byte) }
        skip()
        switch byte {
        case UInt8(ascii: ","): return emit(.comma)
        case UInt8(ascii: "*"): return emit(.multiply)
        case UInt8(ascii: "/"): return emit(.divide)
        case UInt8(ascii: "%"): return emit(.modulo)
        case UInt8(ascii: "+"): return emit(.add)
        case UInt8(ascii: "-"): return emit(.subtract)
        case UInt8(ascii: "^"): return emit(.power)
        case UInt8(ascii: "@"): return emit(.at)
        case UInt8(ascii: "="):
            if peek() == UInt8(ascii: "~") { return fail("unexpected character after '=': '~'") }
            return emit(accept("=") ? .equal : .assign)
        case UInt8(ascii: "!"):
            if accept("=") { return emit(.notEqual) }
            return fail("unexpected character after '!': \(characterText())")
        case UInt8(ascii: "<"): return emit(accept("=") ? .lessOrEqual : .less)
        case UInt8(ascii: ">"): return emit(accept("=") ? .greaterOrEqual : .greater)
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"): return string(byte)
        default: return bracketOrFault(byte)
        }
    }

    private mutating func bracketOrFault(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "("):
            parenDepth += 1
            return emit(.leftParen)
        case UInt8(ascii: ")"):
            parenDepth -= 1
            return parenDepth < 0 ? fail("unexpected right parenthesis ')'") : emit(.rightParen)
        case UInt8(ascii: "{"):
            isInBraces = true
            return emit(.leftBrace)
        case UInt8(ascii: "["):
            if isInBrackets { return fail("unexpected left bracket '['") }
            isInBrackets = true
            sawColon = false
            return emit(.leftBracket)
        case UInt8(ascii: "]"):
            if !isInBrackets { return fail("unexpected right bracket ']'") }
            isInBrackets = false
            return emit(.rightBracket)
        default:
            position -= 1
            return fail("unexpected character: \(characterText())")
        }
    }

    private mutating func insideBraces(_ byte: UInt8) -> Bool {
        if isLetter(byte) {
            while let next = peek(), isLetter(next) || isDigit(next) { skip() }
            return emit(.identifier)
        }
        skip()
        switch byte {
        case UInt8(ascii: ","): return emit(.comma)
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"): return string(byte)
        case UInt8(ascii: "="): return emit(accept("~") ? .matches : .assign)
        case UInt8(ascii: "!"):
            if accept("~") { return emit(.matchesNot) }
            if accept("=") { return emit(.notEqual) }
            return fail("unexpected character after '!' inside braces: \(characterText())")
        case UInt8(ascii: "{"): return fail("unexpected left brace '{'")
        case UInt8(ascii: "}"):
            isInBraces = false
            return emit(.rightBrace)
        default:
            position -= 1
            return fail("unexpected character inside braces: \(characterText())")
        }
    }

    private mutating func accept(_ character: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: character) else { return false }
        skip()
        return true
    }

    private mutating func word(_ byte: UInt8) -> Bool {
        if isInBrackets {
            skip()
            if byte != UInt8(ascii: ":") {
                position -= 1
                return fail("unexpected character: \(characterText()), expected ':'")
            }
            if sawColon { return fail("unexpected colon ':'") }
            sawColon = true
            return emit(.colon)
        }
        var hasColon = false
        while let next = peek(), isLetter(next) || isDigit(next) || next == UInt8(ascii: ":") {
            hasColon = hasColon || next == UInt8(ascii: ":")
            skip()
        }
        if hasColon { return emit(.metricName) }
        // The longest reserved word has 12 letters.
        guard position - start <= 12 else { return emit(.identifier) }
        let lower = String(decoding: bytes[start..<position].map(lowered), as: UTF8.self)
        return emit(TokenKind.words[lower] ?? .identifier)
    }

    private mutating func numberOrDuration() -> Bool {
        if scanNumber() { return emit(.number) }
        if scanDuration() { return emit(.duration) }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        return fail("bad number or duration syntax: \(quoted(text))")
    }

    private mutating func string(_ quote: UInt8) -> Bool {
        while let byte = peek() {
            skip()
            if byte == quote { return emit(.string) }
            if quote == UInt8(ascii: "`") { continue }
            if byte == UInt8(ascii: "\n") { break }
            if byte == UInt8(ascii: "\\"), let reason = scanEscape(quote) { return fail(reason) }
        }
        return fail(
            quote == UInt8(ascii: "`") ? "unterminated raw string" : "unterminated quoted string")
    }

    /// The character at the position in single quotes, as Go's `%q` writes it.
    func characterText() -> String {
        guard position < bytes.count else { return "'\\x00'" }
        let rest = String(
            decoding: bytes[position..<Swift.min(position + 4, bytes.count)], as: UTF8.self)
        guard let scalar = rest.unicodeScalars.first else { return "'\u{fffd}'" }
        if scalar == "'" { return "'\\''" }
        if scalar == "\"" { return "'\"'" }
        return "'" + quoted(String(scalar)).dropFirst().dropLast() + "'"
    }
}

func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d
}

func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

func isLetter(_ byte: UInt8) -> Bool {
    (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a || byte == 0x5f
}

func lowered(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte }
