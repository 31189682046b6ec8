// Walks an exposition line by line over borrowed bytes, as Prometheus' scrape parser does: lenient
// where it is lenient, refusing what it refuses. A sample's series stays raw text here; labels are
// read from it (SeriesText) only when nobody has seen that text before. A caller that can guess the
// next series (it stood at this place in the last scrape) passes the guess, and one comparison then
// replaces the scan. Exemplars are skipped. Nothing is checked across lines: see Lint.

public import Basics
internal import Glibc

/// Where and why an exposition cannot be read.
public struct ExpositionError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Counted from 1; 0 when the exposition as a whole is meant.
    public var line: Int
    public var reason: String

    public init(line: Int, reason: String) {
        self.line = line
        self.reason = reason
    }

    public var description: String { line > 0 ? "line \(line): \(reason)" : reason }
}

/// Reads one exposition; the bytes must outlive it.
public struct ExpositionParser {
    /// What a line held.
    public enum Entry: Sendable {
        /// ``series``, ``value`` and ``time`` are set.
        case sample
        /// ``name`` and ``kind`` are set.
        case type
        /// ``name`` and ``text`` are set.
        case help
        /// ``name`` and ``text`` are set.
        case unit
    }

    public let isOpenMetrics: Bool
    let bytes: UnsafePointer<UInt8>
    let count: Int
    var offset = 0
    var sawEOF = false

    /// The line that was read last, counted from 1.
    public internal(set) var line = 0
    /// The raw text of name and labels, as a range of the bytes.
    public internal(set) var series = 0..<0
    public internal(set) var value = 0.0
    /// The explicit timestamp, in milliseconds.
    public internal(set) var time: Millis?
    /// The metric that a metadata line speaks of.
    public internal(set) var name = 0..<0
    /// The text of a help or unit line, still escaped.
    public internal(set) var text = 0..<0
    public internal(set) var kind = MetricKind.unknown

    public init(_ bytes: UnsafeRawBufferPointer, openMetrics: Bool) {
        self.bytes = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? emptyBytes
        count = bytes.count
        isOpenMetrics = openMetrics
    }

    /// Reads up to the next sample or metadata line.
    ///
    /// - Parameter guess: the series that may come next; helps, never misleads.
    /// - Returns: nil at the end.
    public mutating func next(
        expecting guess: UnsafeRawBufferPointer? = nil
    ) throws(ExpositionError) -> Entry? {
        while offset < count {
            line += 1
            let first = bytes[offset]
            if sawEOF { throw failure("unexpected data after # EOF") }
            if first == UInt8(ascii: "#") {
                if let entry = try metadata() { return entry }
                continue
            }
            if !isOpenMetrics {
                skipBlanks()
                if offset == count { break }
                if bytes[offset] == UInt8(ascii: "\n") {
                    offset += 1
                    continue
                }
                if bytes[offset] == UInt8(ascii: "#") {
                    if let entry = try metadata() { return entry }
                    continue
                }
            } else if first == UInt8(ascii: "\n") {
                throw failure("blank lines are not allowed")
            }
            try sample(guess)
            return .sample
        }
        if isOpenMetrics && !sawEOF { throw failure("data does not end with # EOF") }
        return nil
    }

    private mutating func sample(_ guess: UnsafeRawBufferPointer?) throws(ExpositionError) {
        let start = offset
        var isKnown = false
        if let guess, let expected = guess.baseAddress, !guess.isEmpty,
            guess.count < count - offset, memcmp(bytes + offset, expected, guess.count) == 0
        {
            let following = bytes[offset + guess.count]
            isKnown = following == 0x20 || following == 0x09
        }
        if isKnown, let guess {
            offset += guess.count
            series = start..<offset
            skipBlanks()
            // "a {b="c"}" begins like the series "a" and is another one.
            if offset < count && bytes[offset] == UInt8(ascii: "{") {
                offset = start
                isKnown = false
            }
        }
        if !isKnown {
            try scanSeries()
            series = start..<offset
            skipBlanks()
        }
        try scanValue()
    }

    private mutating func scanValue() throws(ExpositionError) {
        let start = offset
        guard let number = scanNumber(bytes, &offset, count), isTokenEnd(offset) else {
            throw failure("expected value after metric, got \(token(start))")
        }
        value = number
        time = nil
        skipBlanks()
        if !atLineEnd && bytes[offset] != UInt8(ascii: "#") { try scanTime() }
        skipBlanks()
        if isOpenMetrics && !atLineEnd && bytes[offset] == UInt8(ascii: "#") { try skipExemplar() }
        guard atLineEnd else {
            throw failure("expected the end of the line, got \(token(offset))")
        }
        offset = min(offset + 1, count)
    }

    private mutating func scanTime() throws(ExpositionError) {
        let start = offset
        if isOpenMetrics {
            guard let seconds = scanNumber(bytes, &offset, count), isTokenEnd(offset) else {
                throw failure("expected timestamp in seconds, got \(token(start))")
            }
            guard seconds.isFinite else { throw failure("invalid timestamp \(token(start))") }
            // What no integer holds is far outside every window, and is refused there.
            time = Millis(max(-9e18, min(9e18, (seconds * 1000).rounded(.towardZero))))
            return
        }
        var isNegative = false
        if bytes[offset] == 0x2d {
            isNegative = true
            offset += 1
        }
        var millis: Millis = 0
        let first = offset
        // 18 digits are beyond every calendar and cannot overflow.
        while offset < count, bytes[offset] &- 0x30 <= 9, offset - first < 18 {
            millis = millis * 10 + Millis(bytes[offset] - 0x30)
            offset += 1
        }
        guard offset > first, isTokenEnd(offset) else {
            throw failure("expected timestamp or new record, got \(token(start))")
        }
        time = isNegative ? -millis : millis
    }
}

/// Something to point at when there are no bytes.
private var emptyBytes: UnsafePointer<UInt8> { ("" as StaticString).utf8Start }
