// The slower parts of the parser: metadata lines, the scan over an unknown series, exemplars, and
// how a fault is worded.

internal import Basics
internal import Glibc

extension ExpositionParser {
    /// Reads a line that begins with `#`; nil when it says nothing.
    mutating func metadata() throws(ExpositionError) -> Entry? {
        let start = offset
        let end = lineEnd(start)
        offset = min(end + 1, count)
        var cursor = start + 1
        let hasBlank = skip(&cursor, end)
        let word = self.word(&cursor, end)
        if isOpenMetrics && equals(word, "EOF") && hasBlank && cursor == end {
            sawEOF = true
            return nil
        }
        let isUnit = isOpenMetrics && equals(word, "UNIT")
        guard hasBlank, equals(word, "HELP") || equals(word, "TYPE") || isUnit else {
            if isOpenMetrics { throw failure("expected HELP, TYPE, UNIT or EOF after #") }
            return nil
        }
        guard skip(&cursor, end) else {
            // A bare "# HELP" is a comment in the text format.
            if isOpenMetrics { throw failure("expected metric name after \(string(word))") }
            return nil
        }
        let nameStart = cursor
        try scanName(&cursor, end)
        name = nameStart..<cursor
        guard cursor < end || !name.isEmpty else {
            throw failure("expected metric name after \(string(word))")
        }
        guard cursor == end || isBlank(bytes[cursor]) else {
            throw failure("expected a space after the metric name, got \(token(cursor))")
        }
        // One blank separates; the rest belongs to the text.
        text = min(cursor + 1, end)..<end
        if equals(word, "HELP") { return .help }
        if isUnit { return try checkedUnit() }
        let typeText = string(text).filter { $0 != " " && $0 != "\t" }
        guard let found = expositionKind(typeText, openMetrics: isOpenMetrics) else {
            throw failure("invalid metric type \(quoted(typeText))")
        }
        kind = found
        return .type
    }

    private func checkedUnit() throws(ExpositionError) -> Entry {
        let unit = string(text)
        if !unit.isEmpty && !nameText.hasSuffix("_" + unit) {
            throw failure("unit \(quoted(unit)) is not the end of metric name \(quoted(nameText))")
        }
        return .unit
    }

    /// Moves behind name and braces; labels are only skipped, with their quotes respected.
    mutating func scanSeries() throws(ExpositionError) {
        let start = offset
        while offset < count && isNameByte(bytes[offset]) { offset += 1 }
        guard offset == start || bytes[start] &- 0x30 > 9 else {
            throw failure("expected metric name, got \(token(start))")
        }
        let nameEnd = offset
        skipBlanks()
        guard offset < count && bytes[offset] == UInt8(ascii: "{") else {
            offset = nameEnd
            if nameEnd == start { throw failure("expected metric name, got \(token(start))") }
            return
        }
        offset += 1
        var isQuoted = false
        while offset < count {
            let byte = bytes[offset]
            if byte == UInt8(ascii: "\n") { break }
            offset += 1
            if isQuoted {
                if byte == UInt8(ascii: "\\") && offset < count && bytes[offset] != 0x0a {
                    offset += 1
                } else if byte == UInt8(ascii: "\"") {
                    isQuoted = false
                }
            } else if byte == UInt8(ascii: "\"") {
                isQuoted = true
            } else if byte == UInt8(ascii: "}") {
                return
            }
        }
        throw failure(isQuoted ? "a label value is not closed" : "the labels are not closed with }")
    }

    /// ` # {labels} value [timestamp]`: checked for its form, and dropped.
    mutating func skipExemplar() throws(ExpositionError) {
        offset += 1
        skipBlanks()
        guard offset < count && bytes[offset] == UInt8(ascii: "{") else {
            throw failure("expected { after # of an exemplar, got \(token(offset))")
        }
        try scanSeries()
        skipBlanks()
        let start = offset
        guard scanNumber(bytes, &offset, count) != nil, isTokenEnd(offset) else {
            throw failure("expected the exemplar's value, got \(token(start))")
        }
        skipBlanks()
        if !atLineEnd {
            let timeStart = offset
            guard scanNumber(bytes, &offset, count) != nil, isTokenEnd(offset) else {
                throw failure("expected the exemplar's timestamp, got \(token(timeStart))")
            }
        }
    }

    private mutating func scanName(_ cursor: inout Int, _ end: Int) throws(ExpositionError) {
        if cursor < end && bytes[cursor] == UInt8(ascii: "\"") {
            cursor += 1
            while cursor < end && bytes[cursor] != UInt8(ascii: "\"") {
                cursor += bytes[cursor] == UInt8(ascii: "\\") ? 2 : 1
            }
            guard cursor < end else { throw failure("the quoted metric name is not closed") }
            cursor += 1
            return
        }
        let start = cursor
        while cursor < end && isNameByte(bytes[cursor]) { cursor += 1 }
        guard cursor > start, bytes[start] &- 0x30 > 9 else {
            throw failure("expected metric name, got \(token(start))")
        }
    }

    /// The name of a metadata line, unquoted.
    public var nameText: String {
        let raw = string(name)
        guard raw.utf8.first == UInt8(ascii: "\"") else { return raw }
        return unescaped(raw.dropFirst().dropLast(), quotes: true)
    }

    /// The text of a help line, unescaped.
    public var helpText: String { unescaped(string(text)[...], quotes: isOpenMetrics) }

    /// The unit that a unit line gives.
    public var unitText: String { string(text) }

    /// The raw text of the last sample's series.
    public var seriesBytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: bytes + series.lowerBound, count: series.count)
    }

    func string(_ range: Range<Int>) -> String {
        String(
            decoding: UnsafeBufferPointer(start: bytes + range.lowerBound, count: range.count),
            as: UTF8.self)
    }

    func failure(_ reason: String) -> ExpositionError {
        ExpositionError(line: max(line, 1), reason: reason)
    }

    /// The word at an offset, quoted and cut to what fits a message.
    func token(_ from: Int) -> String {
        var end = from
        // 40 bytes show the fault; more would put a hostile line into every log.
        while end < count, end - from < 40, !isBlank(bytes[end]), bytes[end] != 0x0a { end += 1 }
        if end == from { return "the end of the line" }
        return quoted(string(from..<end))
    }

    mutating func skipBlanks() { while offset < count && isBlank(bytes[offset]) { offset += 1 } }

    var atLineEnd: Bool { offset >= count || bytes[offset] == 0x0a }

    func isTokenEnd(_ index: Int) -> Bool {
        index >= count || bytes[index] == 0x0a || isBlank(bytes[index])
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private func lineEnd(_ from: Int) -> Int {
        guard let found = memchr(bytes + from, 0x0a, count - from) else { return count }
        return UnsafeRawPointer(found) - UnsafeRawPointer(bytes)
    }

    private func skip(_ cursor: inout Int, _ end: Int) -> Bool {
        let start = cursor
        while cursor < end && isBlank(bytes[cursor]) { cursor += 1 }
        return cursor > start
    }

    private func word(_ cursor: inout Int, _ end: Int) -> Range<Int> {
        let start = cursor
        while cursor < end && !isBlank(bytes[cursor]) { cursor += 1 }
        return start..<cursor
    }

    private func equals(_ range: Range<Int>, _ word: StaticString) -> Bool {
        range.count == word.utf8CodeUnitCount
            && memcmp(bytes + range.lowerBound, word.utf8Start, range.count) == 0
    }
}

/// True inside `[a-zA-Z0-9_:]`.
@inline(__always)
func isNameByte(_ byte: UInt8) -> Bool {
    (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 || byte == 0x5f || byte == 0x3a
}

/// The kind that a TYPE line names.
func expositionKind(_ text: String, openMetrics: Bool) -> MetricKind? {
    switch text {
    case "untyped": openMetrics ? nil : .unknown
    case "counter", "gauge", "histogram", "summary": MetricKind(rawValue: text)
    case "unknown", "info", "stateset", "gaugehistogram":
        openMetrics ? MetricKind(rawValue: text) : (text == "unknown" ? .unknown : nil)
    default: nil
    }
}

/// Replaces `\n`, `\\` and (where quotes are escaped) `\"`; other escapes stay as they stand.
func unescaped(_ text: Substring, quotes: Bool) -> String {
    guard text.utf8.contains(UInt8(ascii: "\\")) else { return String(text) }
    var result: [UInt8] = []
    var isEscaped = false
    for byte in text.utf8 {
        if isEscaped {
            switch byte {
            case UInt8(ascii: "n"): result.append(0x0a)
            case UInt8(ascii: "\\"): result.append(byte)
            case UInt8(ascii: "\"") where quotes: result.append(byte)
            default: result += [UInt8(ascii: "\\"), byte]
            }
            isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
            isEscaped = true
        } else {
            result.append(byte)
        }
    }
    if isEscaped { result.append(UInt8(ascii: "\\")) }
    return String(decoding: result, as: UTF8.self)
}
