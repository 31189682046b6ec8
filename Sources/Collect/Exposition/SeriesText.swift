// From the raw text of a series (`name{label="value",…}`) to its labels; done once per new text.
// Quoted names inside the braces are the UTF-8 form of Prometheus 3. `le` and `quantile` are written
// as floats ("1" becomes "1.0"), so that a bucket is one series whatever library exposed it.

public import Basics

/// Why the text of a series cannot be read; the caller knows the line.
public struct SeriesTextError: Error, Sendable, Equatable {
    public var reason: String

    public init(reason: String) { self.reason = reason }
}

/// Reads series texts; keeps its buffers between calls.
public struct SeriesText {
    private struct Field {
        var name: Range<Int>
        var value: Range<Int>
    }

    /// Unescaped names and values, one after the other.
    private var scratch: [UInt8] = []
    private var fields: [Field] = []

    public init() {}

    /// Reads one text.
    ///
    /// - Parameter kind: what the last TYPE line said, for the canonical form of `le` and `quantile`.
    public mutating func labels(
        _ raw: UnsafeRawBufferPointer, kind: MetricKind
    ) throws(SeriesTextError) -> Labels {
        scratch.removeAll(keepingCapacity: true)
        fields.removeAll(keepingCapacity: true)
        var cursor = 0
        while cursor < raw.count && isNameByte(raw[cursor]) { cursor += 1 }
        let hasName = cursor > 0
        if hasName { add(Array(Labels.metricName.utf8), raw[0..<cursor]) }
        skipBlanks(raw, &cursor)
        if cursor < raw.count {
            guard raw[cursor] == UInt8(ascii: "{") else {
                throw SeriesTextError(reason: "expected { after the metric name")
            }
            cursor += 1
            try readPairs(raw, &cursor, hasName: hasName)
        }
        return try encoded(kind)
    }

    private mutating func readPairs(
        _ raw: UnsafeRawBufferPointer, _ cursor: inout Int, hasName: Bool
    ) throws(SeriesTextError) {
        var hasName = hasName
        while true {
            skipBlanks(raw, &cursor)
            guard cursor < raw.count else { throw SeriesTextError(reason: "expected }") }
            if raw[cursor] == UInt8(ascii: "}") { break }
            let isQuoted = raw[cursor] == UInt8(ascii: "\"")
            let name = isQuoted ? try readQuoted(raw, &cursor) : try readLabelName(raw, &cursor)
            skipBlanks(raw, &cursor)
            if cursor < raw.count && raw[cursor] == UInt8(ascii: "=") {
                cursor += 1
                skipBlanks(raw, &cursor)
                guard cursor < raw.count && raw[cursor] == UInt8(ascii: "\"") else {
                    throw SeriesTextError(
                        reason: "expected a quoted value after label \(text(name))")
                }
                let value = try readQuoted(raw, &cursor)
                if name.isEmpty { throw SeriesTextError(reason: "a label has no name") }
                fields.append(Field(name: name, value: value))
            } else {
                guard isQuoted else {
                    throw SeriesTextError(reason: "expected = after label \(text(name))")
                }
                if hasName { throw SeriesTextError(reason: "the metric has two names") }
                hasName = true
                let start = scratch.count
                scratch += Labels.metricName.utf8
                fields.append(Field(name: start..<scratch.count, value: name))
            }
            skipBlanks(raw, &cursor)
            if cursor < raw.count && raw[cursor] == UInt8(ascii: ",") {
                cursor += 1
            } else if cursor >= raw.count || raw[cursor] != UInt8(ascii: "}") {
                throw SeriesTextError(reason: "expected , or } after label \(text(name))")
            }
        }
    }

    private mutating func readLabelName(
        _ raw: UnsafeRawBufferPointer, _ cursor: inout Int
    ) throws(SeriesTextError) -> Range<Int> {
        let start = cursor
        while cursor < raw.count, isNameByte(raw[cursor]), raw[cursor] != UInt8(ascii: ":") {
            cursor += 1
        }
        guard cursor > start, raw[start] &- 0x30 > 9 else {
            let rest = String(decoding: raw[start..<min(start + 20, raw.count)], as: UTF8.self)
            throw SeriesTextError(reason: "expected label name, got \(quoted(rest))")
        }
        let place = scratch.count
        scratch += raw[start..<cursor]
        return place..<scratch.count
    }

    private mutating func readQuoted(
        _ raw: UnsafeRawBufferPointer, _ cursor: inout Int
    ) throws(SeriesTextError) -> Range<Int> {
        cursor += 1
        let place = scratch.count
        var isASCII = true
        while cursor < raw.count {
            let byte = raw[cursor]
            cursor += 1
            if byte == UInt8(ascii: "\"") {
                if !isASCII && String(validating: scratch[place...], as: UTF8.self) == nil {
                    throw SeriesTextError(reason: "invalid UTF-8 in a label value")
                }
                return place..<scratch.count
            }
            if byte == UInt8(ascii: "\\") && cursor < raw.count {
                let escaped = raw[cursor]
                cursor += 1
                switch escaped {
                case UInt8(ascii: "n"): scratch.append(0x0a)
                case UInt8(ascii: "\\"), UInt8(ascii: "\""): scratch.append(escaped)
                default: scratch += [byte, escaped]
                }
                if escaped >= 0x80 { isASCII = false }
            } else {
                scratch.append(byte)
                if byte >= 0x80 { isASCII = false }
            }
        }
        throw SeriesTextError(reason: "a label value is not closed")
    }

    private mutating func add(_ name: [UInt8], _ value: Slice<UnsafeRawBufferPointer>) {
        let start = scratch.count
        scratch += name
        let middle = scratch.count
        scratch += value
        fields.append(Field(name: start..<middle, value: middle..<scratch.count))
    }

    private mutating func encoded(_ kind: MetricKind) throws(SeriesTextError) -> Labels {
        if kind == .histogram || kind == .gaugehistogram { canonicalise("le") }
        if kind == .summary { canonicalise("quantile") }
        let order = scratch.withUnsafeBytes { bytes in
            fields.sorted { compareBytes(bytes.part($0.name), bytes.part($1.name)) < 0 }
        }
        var result: [UInt8] = []
        result.reserveCapacity(scratch.count + 2 * order.count)
        for (index, field) in order.enumerated() {
            if index > 0 && scratch[order[index - 1].name].elementsEqual(scratch[field.name]) {
                throw SeriesTextError(reason: "label \(text(field.name)) is given twice")
            }
            if field.value.isEmpty { continue }
            for part in [field.name, field.value] {
                appendLength(part.count, to: &result)
                result += scratch[part]
            }
        }
        return Labels(encoded: result)
    }

    private mutating func canonicalise(_ label: String) {
        guard let index = fields.firstIndex(where: { scratch[$0.name].elementsEqual(label.utf8) }),
            let value = parseNumber(String(decoding: scratch[fields[index].value], as: UTF8.self))
        else { return }
        let start = scratch.count
        scratch += floatLabelText(value).utf8
        fields[index].value = start..<scratch.count
    }

    private func text(_ range: Range<Int>) -> String {
        quoted(String(decoding: scratch[range], as: UTF8.self))
    }
}

private func skipBlanks(_ raw: UnsafeRawBufferPointer, _ cursor: inout Int) {
    while cursor < raw.count && (raw[cursor] == 0x20 || raw[cursor] == 0x09) { cursor += 1 }
}

private func appendLength(_ length: Int, to bytes: inout [UInt8]) {
    var length = length
    while length >= 0x80 {
        bytes.append(UInt8(length & 0x7f) | 0x80)
        length >>= 7
    }
    bytes.append(UInt8(length))
}

extension UnsafeRawBufferPointer {
    fileprivate func part(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[range])
    }
}

/// A float as OpenMetrics writes it in `le` and `quantile`: always with a point or an exponent.
///
/// Go's `%g` with the fewest digits: an exponent from 10^6 on and below 10^-4.
public func floatLabelText(_ value: Double) -> String {
    let text = numberText(value, .plain)
    guard value.isFinite else { return text }
    if value != 0 && value.magnitude < 1e-4 { return numberText(value) }
    let digits = text.utf8.filter { $0 &- 0x30 <= 9 }
    let whole = text.utf8.prefix { $0 != UInt8(ascii: ".") }.filter { $0 &- 0x30 <= 9 }.count
    if value.magnitude < 1e6 { return text.contains(".") ? text : text + ".0" }
    var mantissa = digits[...]
    while mantissa.count > 1 && mantissa.last == 0x30 { mantissa.removeLast() }
    let head = String(decoding: mantissa.prefix(1), as: UTF8.self)
    let tail = String(decoding: mantissa.dropFirst(), as: UTF8.self)
    let exponent = String(whole - 1)
    let sign = value < 0 ? "-" : ""
    return sign + head + (tail.isEmpty ? "" : "." + tail) + "e+"
        + (exponent.utf8.count < 2 ? "0" : "") + exponent
}
