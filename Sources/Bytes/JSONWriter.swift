// Writing JSON into bytes, field by field. The writer places the commas; the caller opens and closes.

public import Basics

/// Appends JSON to a run of bytes.
public struct JSONWriter: Sendable {
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    public init(capacity: Int = 256) { bytes.reserveCapacity(capacity) }

    public mutating func beginObject() { open("{") }
    public mutating func endObject() { close("}") }
    public mutating func beginArray() { open("[") }
    public mutating func endArray() { close("]") }

    /// A field's name; a value must follow.
    public mutating func key(_ name: String) {
        comma()
        appendQuoted(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    public mutating func string(_ text: String) {
        comma()
        appendQuoted(text)
        needsComma = true
    }

    /// A finite number as a number; NaN and infinities as null, which JSON cannot say.
    public mutating func number(_ value: Double) {
        if let digit = Int(exactly: value), (0..<10).contains(digit), value.sign == .plus {
            return number(digit)
        }
        raw(value.isFinite ? numberText(value, .api) : "null")
    }

    public mutating func number(_ value: Int) {
        // Most numbers are counts, scores and flags of one digit.
        guard (0..<10).contains(value) else { return raw(String(value)) }
        comma()
        bytes.append(UInt8(ascii: "0") + UInt8(value))
        needsComma = true
    }

    public mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }

    public mutating func null() { raw("null") }

    /// Milliseconds as seconds with up to three decimals, as the query API prints times.
    public mutating func seconds(_ millis: Int64) {
        let magnitude = millis.magnitude
        var text = (millis < 0 ? "-" : "") + String(magnitude / 1000)
        let rest = magnitude % 1000
        if rest > 0 {
            let digits = String(rest)
            text += "." + String(repeating: "0", count: 3 - digits.count) + digits
        }
        raw(text)
    }

    /// A piece that is JSON already.
    public mutating func raw(_ json: String) {
        comma()
        bytes.append(contentsOf: json.utf8)
        needsComma = true
    }

    /// A value that was built as a tree.
    public mutating func write(_ value: JSON) {
        switch value {
        case .null: null()
        case .bool(let flag): bool(flag)
        case .number(let text): raw(text)
        case .string(let text): string(text)
        case .array(let items):
            beginArray()
            for item in items { write(item) }
            endArray()
        case .object(let fields):
            beginObject()
            for (name, value) in fields {
                key(name)
                write(value)
            }
            endObject()
        }
    }

    /// A field with a text.
    public mutating func field(_ name: String, _ text: String) {
        key(name)
        string(text)
    }

    /// A set of labels as an object.
    public mutating func labels(_ labels: Labels) {
        beginObject()
        for label in labels { field(label.name, label.value) }
        endObject()
    }

    private mutating func open(_ bracket: Unicode.Scalar) {
        comma()
        bytes.append(UInt8(ascii: bracket))
        needsComma = false
    }

    private mutating func close(_ bracket: Unicode.Scalar) {
        bytes.append(UInt8(ascii: bracket))
        needsComma = true
    }

    private mutating func comma() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = false
    }

    private static let hex = Array("0123456789abcdef".utf8)

    /// Bytes that may need an escape; all others are copied in runs.
    private static let isSpecial: [Bool] = (0...255).map { (byte: UInt8) in
        switch byte {
        case 0..<0x20, UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "<"),
            UInt8(ascii: ">"), UInt8(ascii: "&"), 0xa8, 0xa9:
            true
        default: false
        }
    }

    private mutating func appendQuoted(_ text: String) {
        var text = text
        let isSpecial = Self.isSpecial
        bytes.append(UInt8(ascii: "\""))
        text.withUTF8 { source in
            var start = 0
            for index in source.indices where isSpecial[Int(source[index])] {
                bytes.append(contentsOf: source[start..<index])
                appendEscaped(source[index])
                start = index + 1
            }
            bytes.append(contentsOf: source[start...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func appendEscaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        case 0x0a: bytes.append(contentsOf: "\\n".utf8)
        case 0x0d: bytes.append(contentsOf: "\\r".utf8)
        case 0x09: bytes.append(contentsOf: "\\t".utf8)
        case 0xa8, 0xa9:
            bytes.append(byte)
            // U+2028 and U+2029 end a line in older scripts; Go escapes them too.
            if bytes.suffix(3).starts(with: [0xe2, 0x80]) {
                bytes.removeLast(3)
                bytes.append(contentsOf: (byte == 0xa8 ? "\\u2028" : "\\u2029").utf8)
            }
        default:
            // As Go does: safe inside HTML.
            bytes.append(contentsOf: "\\u00".utf8)
            bytes.append(Self.hex[Int(byte >> 4)])
            bytes.append(Self.hex[Int(byte & 15)])
        }
    }
}
