// Cuts a template into texts and the tokens of its actions, as Go's text/template does: `{{-` and
// `-}}` trim the white space beside them, comments vanish, strings keep Go's escapes.

struct TemplateToken: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        case text(String)
        case open, close
        case identifier(String)
        /// `.Name`
        case field(String)
        /// `$` or `$name`
        case variable(String)
        case string(String)
        case int(Int)
        case float(Double)
        case dot, pipe, comma, declare, assign, leftParen, rightParen
        case end
    }

    var kind: Kind
    var place: TemplatePlace
    /// True when white space stands before it: `$x .A` is two operands, `$x.A` one.
    var follows = false
    /// Byte offset of its start in the source.
    var offset = 0
}

struct TemplateLexer {
    private let bytes: [UInt8]
    private let name: String
    private var offset = 0
    private var lineStarts: [Int] = [0]
    private(set) var tokens: [TemplateToken] = []

    init(_ source: String, name: String) {
        bytes = Array(source.utf8)
        self.name = name
        for (index, byte) in bytes.enumerated() where byte == 0x0a { lineStarts.append(index + 1) }
    }

    /// All tokens, `end` last.
    static func tokens(_ source: String, name: String) throws(TemplateError) -> [TemplateToken] {
        var lexer = TemplateLexer(source, name: name)
        try lexer.run()
        return lexer.tokens
    }

    private func place(_ offset: Int) -> TemplatePlace {
        let line = lineStarts.partitioningIndex { $0 > offset }
        return TemplatePlace(line: line, column: offset - lineStarts[line - 1] + 1)
    }

    private func fault(_ offset: Int, _ reason: String) -> TemplateError {
        TemplateError(name: name, place: place(offset), reason: reason)
    }

    private func at(_ index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }

    private func starts(_ text: StaticString, at index: Int) -> Bool {
        let count = text.utf8CodeUnitCount
        guard index + count <= bytes.count else { return false }
        return text.withUTF8Buffer { bytes[index..<(index + count)].elementsEqual($0) }
    }

    private mutating func add(_ kind: TemplateToken.Kind, _ start: Int, follows: Bool = false) {
        tokens.append(
            TemplateToken(kind: kind, place: place(start), follows: follows, offset: start))
    }

    private mutating func run() throws(TemplateError) {
        var trimNext = false
        while true {
            let start = offset
            while offset < bytes.count && !starts("{{", at: offset) { offset += 1 }
            var slice = bytes[start..<offset]
            if trimNext { slice = slice.drop(while: isSpace) }
            let opens = offset < bytes.count
            let trims = opens && at(offset + 2) == 0x2d && isSpace(at(offset + 3))
            if trims { while let last = slice.last, isSpace(last) { slice.removeLast() } }
            if !slice.isEmpty { add(.text(String(decoding: slice, as: UTF8.self)), start) }
            guard opens else { break }
            let opening = offset
            offset += trims ? 3 : 2
            trimNext = try action(opening)
        }
        add(.end, offset)
    }

    /// Reads up to and with `}}`; true when the text behind it is to be trimmed.
    private mutating func action(_ opening: Int) throws(TemplateError) -> Bool {
        var probe = offset
        while isSpace(at(probe)) && probe < bytes.count { probe += 1 }
        if starts("/*", at: probe) { return try comment(probe) }
        add(.open, opening)
        while true {
            let before = offset
            while offset < bytes.count && isSpace(bytes[offset]) { offset += 1 }
            let follows = offset > before
            if starts("}}", at: offset) {
                add(.close, offset)
                offset += 2
                return false
            }
            if follows && starts("-}}", at: offset) {
                add(.close, offset)
                offset += 3
                return true
            }
            guard offset < bytes.count else { throw fault(opening, "unclosed action") }
            try token(follows)
        }
    }

    private mutating func comment(_ start: Int) throws(TemplateError) -> Bool {
        offset = start + 2
        while offset < bytes.count && !starts("*/", at: offset) { offset += 1 }
        guard offset < bytes.count else { throw fault(start, "unclosed comment") }
        offset += 2
        if starts("}}", at: offset) {
            offset += 2
            return false
        }
        if isSpace(at(offset)) && starts("-}}", at: offset + 1) {
            offset += 4
            return true
        }
        throw fault(start, "comment ends before closing delimiter")
    }

    private mutating func token(_ follows: Bool) throws(TemplateError) {
        let start = offset
        let byte = bytes[offset]
        switch byte {
        case UInt8(ascii: "|"): single(.pipe, follows)
        case UInt8(ascii: "("): single(.leftParen, follows)
        case UInt8(ascii: ")"): single(.rightParen, follows)
        case UInt8(ascii: ","): single(.comma, follows)
        case UInt8(ascii: "="): single(.assign, follows)
        case UInt8(ascii: ":"):
            guard at(offset + 1) == UInt8(ascii: "=") else { throw fault(start, "expected :=") }
            add(.declare, start, follows: follows)
            offset += 2
        case UInt8(ascii: "\""), UInt8(ascii: "`"), UInt8(ascii: "'"):
            try quotedToken(byte, follows)
        case UInt8(ascii: "$"):
            offset += 1
            add(.variable("$" + word()), start, follows: follows)
        case UInt8(ascii: "."):
            if isDigit(at(offset + 1)) { return try number(follows) }
            offset += 1
            let name = word()
            add(name.isEmpty ? .dot : .field(name), start, follows: follows)
        default:
            let isSign = byte == 0x2b || byte == 0x2d
            if isDigit(byte) || isSign && (isDigit(at(offset + 1)) || at(offset + 1) == 0x2e) {
                return try number(follows)
            }
            let name = word()
            guard !name.isEmpty else {
                let character = String(decoding: bytes[start...].prefix(1), as: UTF8.self)
                throw fault(start, "unexpected \(goQuoted(character)) in command")
            }
            add(.identifier(name), start, follows: follows)
        }
    }

    private mutating func single(_ kind: TemplateToken.Kind, _ follows: Bool) {
        add(kind, offset, follows: follows)
        offset += 1
    }

    private mutating func word() -> String {
        let start = offset
        while offset < bytes.count && isWordByte(bytes[offset]) { offset += 1 }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    private mutating func quotedToken(_ quote: UInt8, _ follows: Bool) throws(TemplateError) {
        let start = offset
        offset += 1
        while offset < bytes.count && bytes[offset] != quote {
            if quote != UInt8(ascii: "`") {
                if bytes[offset] == 0x0a { throw fault(start, "unterminated quoted string") }
                if bytes[offset] == UInt8(ascii: "\\") { offset += 1 }
            }
            offset += 1
        }
        guard offset < bytes.count else { throw fault(start, "unterminated quoted string") }
        offset += 1
        let inner = Array(bytes[(start + 1)..<(offset - 1)])
        if quote == UInt8(ascii: "`") {
            add(.string(String(decoding: inner, as: UTF8.self)), start, follows: follows)
            return
        }
        guard let text = goUnescaped(inner) else { throw fault(start, "bad escape in a string") }
        if quote == UInt8(ascii: "'") {
            guard let scalar = text.unicodeScalars.first, text.unicodeScalars.count == 1 else {
                throw fault(start, "malformed character constant")
            }
            add(.int(Int(scalar.value)), start, follows: follows)
        } else {
            add(.string(text), start, follows: follows)
        }
    }

    private mutating func number(_ follows: Bool) throws(TemplateError) {
        let start = offset
        offset += 1
        while offset < bytes.count {
            let byte = bytes[offset]
            let isExponentSign =
                (byte == 0x2b || byte == 0x2d)
                && (bytes[offset - 1] | 0x20 == UInt8(ascii: "e")) && !starts("0x", at: start)
            guard isWordByte(byte) || byte == 0x2e || isExponentSign else { break }
            offset += 1
        }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        guard let value = goNumber(text) else {
            throw fault(start, "bad number syntax: \(goQuoted(text))")
        }
        add(value, start, follows: follows)
    }
}

private func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0d || byte == 0x0a
}

private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

private func isWordByte(_ byte: UInt8) -> Bool {
    isDigit(byte) || byte == 0x5f || byte >= 0x80 || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a)
}

/// Reads a number as Go writes constants: `1`, `0x1f`, `1_000`, `1.5`, `1e3` (a float).
private func goNumber(_ text: String) -> TemplateToken.Kind? {
    let plain = text.replacing("_", with: "")
    let isNegative = plain.hasPrefix("-")
    let digits = plain.drop { $0 == "-" || $0 == "+" }.lowercased()
    for (prefix, radix) in [("0x", 16), ("0b", 2), ("0o", 8)] where digits.hasPrefix(prefix) {
        return Int(digits.dropFirst(2), radix: radix).map { .int(isNegative ? -$0 : $0) }
    }
    if let whole = Int(plain) { return .int(whole) }
    guard digits.contains(where: { ".e".contains($0) }), let value = Double(plain) else {
        return nil
    }
    return .float(value)
}

extension Array {
    /// The first index whose element satisfies a predicate that is false and then true.
    fileprivate func partitioningIndex(where isBehind: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
