// One line of JSON as flat tokens: places in the bytes and numbers, without a tree and without a text
// per field. Objects of objects are not wanted here and are a fault; a line is taken whole or not at
// all, so its tokens are gathered before any column is touched.

internal import Basics

/// What is wrong with a line.
struct LineFault: Error, Equatable {
    var field: String
    var reason: String
}

/// A value of a line, by its place.
struct LineToken {
    enum Kind { case number, text, escaped, yes, no, null, list }

    var keyStart = 0
    var keyEnd = 0
    /// True when the key has escapes.
    var keyIsEscaped = false
    var kind = Kind.null
    var number = 0.0
    /// The bytes of a text (without quotes) or of a list (with brackets).
    var start = 0
    var end = 0
}

/// Reads values at a place in borrowed bytes.
struct LineScanner {
    let base: UnsafePointer<UInt8>
    var at: Int
    let end: Int

    init(_ base: UnsafePointer<UInt8>, from: Int, to: Int) {
        self.base = base
        at = from
        end = to
    }

    @inline(__always)
    mutating func skipSpace() {
        while at < end, base[at] == 0x20 || base[at] == 0x09 || base[at] == 0x0d { at += 1 }
    }

    /// Takes a byte when it is next.
    @inline(__always)
    mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard at < end, base[at] == byte else { return false }
        at += 1
        return true
    }

    /// A text's place, without its quotes; the opening quote is next.
    mutating func text() throws(LineFault) -> (start: Int, end: Int, isEscaped: Bool) {
        skipSpace()
        guard at < end, base[at] == 0x22 else {
            throw LineFault(field: "", reason: "expected a text in quotes at byte \(at)")
        }
        at += 1
        let start = at
        var isEscaped = false
        while at < end {
            let byte = base[at]
            if byte == 0x22 {
                at += 1
                return (start, at - 1, isEscaped)
            }
            if byte == 0x5c {
                isEscaped = true
                at += 1
            } else if byte < 0x20 {
                throw LineFault(field: "", reason: "a control character must be escaped")
            }
            at += 1
        }
        throw LineFault(field: "", reason: "a text does not end")
    }

    /// A key and its colon.
    mutating func key(_ token: inout LineToken) throws(LineFault) {
        let place = try text()
        token.keyStart = place.start
        token.keyEnd = place.end
        token.keyIsEscaped = place.isEscaped
        if !take(0x3a) {
            throw LineFault(field: name(token), reason: "expected ':' after the field's name")
        }
    }

    /// A value that is no object.
    mutating func value(_ token: inout LineToken) throws(LineFault) {
        skipSpace()
        guard at < end else { throw LineFault(field: name(token), reason: "the line ends here") }
        switch base[at] {
        case 0x22:
            let place = try text()
            token.kind = place.isEscaped ? .escaped : .text
            token.start = place.start
            token.end = place.end
        case 0x5b:
            token.kind = .list
            token.start = at
            try skipList(token)
            token.end = at
        case 0x74: try word("true", .yes, &token)
        case 0x66: try word("false", .no, &token)
        case 0x6e: try word("null", .null, &token)
        case 0x7b: throw LineFault(field: name(token), reason: "an object is not expected here")
        default:
            let start = at
            let byte = base[at]
            guard byte == 0x2d || byte &- 0x30 <= 9,
                let number = scanNumber(base, &at, end), number.isFinite
            else {
                at = start
                throw LineFault(field: name(token), reason: "expected a value")
            }
            token.kind = .number
            token.number = number
            token.start = start
            token.end = at
        }
    }

    /// Numbers of a list, one by one.
    mutating func numbers(_ body: (Double) -> Void) -> Bool {
        guard take(0x5b) else { return false }
        if take(0x5d) { return true }
        while true {
            skipSpace()
            guard at < end, let number = scanNumber(base, &at, end), number.isFinite else {
                return false
            }
            body(number)
            if take(0x2c) { continue }
            return take(0x5d)
        }
    }

    func name(_ token: LineToken) -> String {
        let bytes = UnsafeBufferPointer(
            start: base + token.keyStart, count: token.keyEnd - token.keyStart)
        return String(decoding: bytes.prefix(60), as: UTF8.self)
    }

    private mutating func word(
        _ word: StaticString, _ kind: LineToken.Kind, _ token: inout LineToken
    ) throws(LineFault) {
        let length = word.utf8CodeUnitCount
        guard at + length <= end,
            (0..<length).allSatisfy({ base[at + $0] == word.utf8Start[$0] })
        else { throw LineFault(field: name(token), reason: "expected a value") }
        at += length
        token.kind = kind
    }

    /// Moves behind a list of numbers, the only kind of list that is wanted.
    private mutating func skipList(_ token: LineToken) throws(LineFault) {
        while at < end, base[at] != 0x5d {
            if base[at] == 0x22 || base[at] == 0x7b {
                throw LineFault(field: name(token), reason: "must be a list of numbers")
            }
            at += 1
        }
        guard at < end else { throw LineFault(field: name(token), reason: "a list does not end") }
        at += 1
    }
}
