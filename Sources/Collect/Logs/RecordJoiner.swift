// Lines in, records out. A stack trace is one record when the source says `multiline`; a private key
// is one always, because its lines are only recognised together. A record ends when a line begins
// another one, so the last one waits; who calls decides when it has waited long enough. The place of
// a record is behind its last line: what still waits is read again after a restart.

internal import Basics

/// The bytes of one record, of one line or several.
struct JoinedRecord: Equatable {
    var bytes: [UInt8]
    var end: Int64
    var isCut: Bool
}

/// Joins lines to records.
struct RecordJoiner {
    /// Lines of one record: the longest honest traces are some hundred.
    private static let linesMax = 500
    /// Lines of a private key: RSA with 16,384 bits has 200.
    private static let keyLinesMax = 250

    var joinsTraces: Bool
    private var waiting: JoinedRecord?
    private var lines = 0
    private var isInKey = false

    init(joinsTraces: Bool) { self.joinsTraces = joinsTraces }

    var hasWaiting: Bool { waiting != nil }

    /// Takes a line; returns the records that are complete now.
    mutating func take(_ line: Line) -> [JoinedRecord] {
        var complete: [JoinedRecord] = []
        let continues = isInKey || joinsTraces && isContinuation(line.bytes)
        let limit = isInKey ? RecordJoiner.keyLinesMax : RecordJoiner.linesMax
        if var joined = waiting, continues, lines < limit,
            joined.bytes.count + line.bytes.count < Limits.lineBytesMax
        {
            waiting = nil  // So that the bytes have one owner and are not copied for each line.
            joined.bytes.append(0x0a)
            joined.bytes += line.bytes
            joined.end = line.end
            joined.isCut = joined.isCut || line.isCut
            waiting = joined
            lines += 1
        } else {
            if let waiting { complete.append(waiting) }
            waiting = JoinedRecord(bytes: line.bytes, end: line.end, isCut: line.isCut)
            lines = 1
            isInKey = false
        }
        if contains(line.bytes, "-----BEGIN ") && contains(line.bytes, "PRIVATE KEY") {
            isInKey = !contains(line.bytes, "-----END ")
        } else if isInKey, contains(line.bytes, "-----END ") {
            isInKey = false
        }
        if !joinsTraces, !isInKey, let record = finish() { complete.append(record) }
        return complete
    }

    /// The record that waits, when nothing will follow it soon.
    mutating func finish() -> JoinedRecord? {
        defer {
            waiting = nil
            isInKey = false
            lines = 0
        }
        return waiting
    }

    /// White space first, or what Java, Python, Go and .NET put between the parts of a trace.
    private func isContinuation(_ bytes: [UInt8]) -> Bool {
        guard let first = bytes.first else { return lines > 0 }
        if first == 0x20 || first == 0x09 { return true }
        if continuations.contains(where: { bytes.starts(with: $0.utf8) }) { return true }
        // Python's last line, `ValueError: …`, and Go's `goroutine` stand at the margin.
        guard let waiting, waiting.bytes.contains(0x0a) else { return false }
        let name = bytes.prefix { isAlphanumeric($0) || $0 == 0x2e || $0 == 0x5f }
        let isError = ["Error", "Exception", "Interrupt", "Exit", "Warning"].contains { suffix in
            name.reversed().starts(with: suffix.utf8.reversed())
        }
        return isError && (bytes.count == name.count || bytes[name.count] == 0x3a)
    }

    private func contains(_ bytes: [UInt8], _ word: StaticString) -> Bool {
        // Nearly every line fails at the first test, five dashes being rare.
        guard bytes.count >= word.utf8CodeUnitCount, bytes.contains(word.utf8Start[0]) else {
            return false
        }
        return bytes.withUnsafeBufferPointer { raw in
            let scanner = MaskScanner(bytes: raw)
            return (0...(raw.count - word.utf8CodeUnitCount)).contains { scanner.has(word, at: $0) }
        }
    }
}

private let continuations = [
    "Caused by", "Traceback (most recent", "During handling of", "The above exception",
    "Suppressed:", "... ", "}", ")", "]", "goroutine ", "--- End of",
]
