// Reading JSON (RFC 8259) from bytes: strict, with a depth limit, and with the place of a fault in
// line and column. Invalid UTF-8 and lone surrogates become U+FFFD, as in Go.

internal import Basics
internal import Glibc

/// Where a JSON text is wrong.
public struct JSONError: Error, Equatable, CustomStringConvertible {
    public var reason: String
    public var line: Int
    public var column: Int

    public var description: String { "JSON, line \(line), column \(column): \(reason)" }
}

extension JSON {
    /// Reads one document; anything but white space behind it is a fault.
    public init(_ bytes: [UInt8]) throws(JSONError) {
        var reader = Reader(bytes: bytes)
        reader.skipSpace()
        self = try reader.value(depth: 0)
        reader.skipSpace()
        if reader.offset < bytes.count { throw reader.fault("something follows the document") }
    }

    /// Reads one document from a text.
    public init(text: String) throws(JSONError) { try self.init(Array(text.utf8)) }
}

private struct Reader {
    let bytes: [UInt8]
    var offset = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    func fault(_ reason: String) -> JSONError {
        let before = bytes[..<min(offset, bytes.count)]
        let line = before.count { $0 == 0x0a } + 1
        let lineStart = before.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
        return JSONError(reason: reason, line: line, column: before.count - lineStart + 1)
    }

    mutating func skipSpace() {
        while let byte = next,
            byte == 0x20 || (byte >= 0x09 && byte <= 0x0d && byte != 0x0b && byte != 0x0c)
        {
            offset += 1
        }
    }

    mutating func value(depth: Int) throws(JSONError) -> JSON {
        if depth > Limits.jsonDepthMax {
            throw fault("nested deeper than the limit of \(Limits.jsonDepthMax)")
        }
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case nil: throw fault("the document ends where a value should be")
        default: return try number()
        }
    }

    private mutating func word(_ word: String, _ value: JSON) throws(JSONError) -> JSON {
        guard bytes[offset...].starts(with: word.utf8) else { throw fault("expected a value") }
        offset += word.utf8.count
        return value
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSON {
        offset += 1
        var fields: [(key: String, value: JSON)] = []
        skipSpace()
        if next == UInt8(ascii: "}") {
            offset += 1
            return .object([])
        }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw fault("expected a field name in quotes") }
            let key = try string()
            skipSpace()
            guard next == UInt8(ascii: ":") else {
                throw fault("expected ':' after the field name")
            }
            offset += 1
            skipSpace()
            fields.append((key, try value(depth: depth + 1)))
            skipSpace()
            switch next {
            case UInt8(ascii: ","): offset += 1
            case UInt8(ascii: "}"):
                offset += 1
                return .object(fields)
            default: throw fault("expected ',' or '}'")
            }
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSON {
        offset += 1
        var items: [JSON] = []
        skipSpace()
        if next == UInt8(ascii: "]") {
            offset += 1
            return .array([])
        }
        while true {
            skipSpace()
            items.append(try value(depth: depth + 1))
            skipSpace()
            switch next {
            case UInt8(ascii: ","): offset += 1
            case UInt8(ascii: "]"):
                offset += 1
                return .array(items)
            default: throw fault("expected ',' or ']'")
            }
        }
    }

    private mutating func number() throws(JSONError) -> JSON {
        let start = offset
        func isDigit(_ byte: UInt8?) -> Bool { byte.map { $0 >= 0x30 && $0 <= 0x39 } ?? false }
        if next == UInt8(ascii: "-") { offset += 1 }
        guard isDigit(next) else { throw fault("expected a value") }
        if next == UInt8(ascii: "0") {
            offset += 1
            if isDigit(next) { throw fault("a number does not begin with 0") }
        }
        while isDigit(next) { offset += 1 }
        if next == UInt8(ascii: ".") {
            offset += 1
            guard isDigit(next) else { throw fault("expected a digit after the point") }
            while isDigit(next) { offset += 1 }
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            offset += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { offset += 1 }
            guard isDigit(next) else { throw fault("expected a digit in the exponent") }
            while isDigit(next) { offset += 1 }
        }
        return .number(String(decoding: bytes[start..<offset], as: UTF8.self))
    }

    private mutating func string() throws(JSONError) -> String {
        offset += 1
        if let text = plainString() { return text }
        let start = offset
        while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20
        {
            offset += 1
        }
        var text = Array(bytes[start..<offset])
        while true {
            guard let byte = next else { throw fault("the string does not end") }
            if byte < 0x20 { throw fault("a control character in a string must be escaped") }
            offset += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: text, as: UTF8.self) }
            if byte != UInt8(ascii: "\\") {
                text.append(byte)
                continue
            }
            try escape(into: &text)
        }
    }

    /// The text up to the next quotation mark, when nothing in it is escaped: most strings are such, and
    /// both looks at them go many bytes at a time.
    private mutating func plainString() -> String? {
        let start = offset
        let found = bytes.withUnsafeBufferPointer { all -> (text: String, end: Int)? in
            guard let base = all.baseAddress,
                let mark = memchr(base + start, 0x22, all.count - start)
            else { return nil }
            let first = UnsafeRawPointer(base + start)
            let run = UnsafeRawBufferPointer(start: first, count: UnsafeRawPointer(mark) - first)
            var odd: UInt8 = 0
            for byte in run { odd |= (byte == 0x5c ? 1 : 0) | (byte < 0x20 ? 1 : 0) }
            return odd == 0 ? (String(decoding: run, as: UTF8.self), start + run.count + 1) : nil
        }
        guard let found else { return nil }
        offset = found.end
        return found.text
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
        guard let byte = next else { throw fault("the string does not end") }
        offset += 1
        switch byte {
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "u"):
            var unit = try hexUnit()
            if unit >= 0xd800 && unit < 0xdc00, bytes[offset...].starts(with: "\\u".utf8) {
                let mark = offset
                offset += 2
                let low = try hexUnit()
                if low >= 0xdc00 && low < 0xe000 {
                    unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)
                } else {
                    offset = mark
                }
            }
            let scalar = Unicode.Scalar(unit) ?? "\u{fffd}"
            text.append(contentsOf: String(Character(scalar)).utf8)
        default:
            offset -= 1
            throw fault("unknown escape")
        }
    }

    private mutating func hexUnit() throws(JSONError) -> UInt32 {
        guard offset + 4 <= bytes.count,
            let unit = UInt32(
                String(decoding: bytes[offset..<(offset + 4)], as: UTF8.self), radix: 16)
        else { throw fault("expected four hexadecimal digits") }
        offset += 4
        return unit
    }
}
