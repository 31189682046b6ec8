// A line's bytes to a log record: its time, its level, its text and its fields, masked. Tried in this
// order: a JSON object, logfmt, an access log (nginx, Apache), and else a text that may begin with a
// time and name a level. A line that fits no form is kept as it is, at the time it arrived.

internal import Basics

/// What a line says before it is masked.
struct ParsedLine {
    var time: Millis?
    var severity: Severity?
    var body: String
    var attributes: [Label] = []
}

/// Makes records of the lines of one file.
struct LineReader {
    /// A time further ahead than this is not believed; zones differ by less.
    private static let aheadMillisMax: Millis = 86_400_000

    let labels: Labels
    let level: Severity
    let utcOffsetMillis: Millis
    /// The time of the record before, which a line of a stack trace belongs to.
    private var lastTime: Millis?

    init(config: LogSourceConfig, path: String) {
        labels = config.labels.merging(["source": config.source, "file": path])
        level = config.level
        utcOffsetMillis = config.utcOffsetMillis
    }

    /// Reads one record; what it masks is added to `counts`.
    mutating func record(
        _ joined: JoinedRecord, arrival: Millis, counts: inout MaskCounts
    ) -> LogRecord {
        let bytes = joined.bytes
        let parsed =
            jsonLine(bytes, arrival: arrival) ?? logfmtLine(bytes, arrival: arrival)
            ?? accessLine(bytes, arrival: arrival) ?? textLine(bytes, arrival: arrival)
        var time = parsed.time
        if let parsedTime = time, parsedTime > arrival + LineReader.aheadMillisMax { time = nil }
        if time == nil, let first = bytes.first, first == 0x20 || first == 0x09 { time = lastTime }
        lastTime = time
        var attributes = parsed.attributes.map { attribute in
            Label(
                masked(attribute.name, counts: &counts),
                masked(attribute.value, named: attribute.name, counts: &counts))
        }
        if joined.isCut { attributes.append(Label("cut", "true")) }
        return LogRecord(
            time: time ?? arrival, severity: parsed.severity ?? level, labels: labels,
            body: masked(parsed.body, counts: &counts), attributes: attributes)
    }

    /// Anything: the whole line is the text.
    private func textLine(_ bytes: [UInt8], arrival: Millis) -> ParsedLine {
        var start = 0
        var severity: Severity?
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { start = 3 }
        let body = String(decoding: bytes[start...], as: UTF8.self)
        if let (priority, end) = syslogPriority(bytes, at: start) {
            severity = priority
            start = end
        }
        var found: LineTime?
        // The time may stand in brackets, or behind one short word (a host, `-`).
        for skip in ["", "[", "- "] where bytes[start...].starts(with: skip.utf8) {
            found =
                found
                ?? LineTime.read(
                    bytes, at: start + skip.utf8.count, arrival: arrival,
                    utcOffsetMillis: utcOffsetMillis)
        }
        if let found, start < bytes.count {
            // klog says the level in its first letter.
            let letters: [UInt8: Severity] = [0x49: .info, 0x57: .warn, 0x45: .error, 0x46: .fatal]
            if isDigit(bytes[min(start + 1, bytes.count - 1)]) {
                severity = severity ?? letters[bytes[start]]
            }
            start = found.end
        }
        if severity == nil {
            let words = levelWords(bytes, from: start)
            severity = words == .unknown ? nil : words
        }
        return ParsedLine(time: found?.time, severity: severity, body: body)
    }

    /// `<34>` and RFC 5424's `<34>1 `: the level is the priority modulo 8.
    private func syslogPriority(_ bytes: [UInt8], at start: Int) -> (Severity, Int)? {
        guard start < bytes.count, bytes[start] == UInt8(ascii: "<"),
            let close = bytes[start...].prefix(6).firstIndex(of: UInt8(ascii: ">")),
            let priority = Int(String(decoding: bytes[(start + 1)..<close], as: UTF8.self)),
            (0...191).contains(priority)
        else { return nil }
        let levels: [Severity] = [.fatal, .fatal, .fatal, .error, .warn, .info, .info, .debug]
        var end = close + 1
        if bytes[end...].starts(with: "1 ".utf8) { end += 2 }
        return (levels[priority % 8], end)
    }

    /// `1.2.3.4 - - [21/Nov/2026:03:04:05 +0800] "GET / HTTP/1.1" 502 …`: the status is the level.
    private func accessLine(_ bytes: [UInt8], arrival: Millis) -> ParsedLine? {
        // The bracket stands behind address and two names.
        guard let bracket = bytes.prefix(200).firstIndex(of: UInt8(ascii: "[")), bracket > 0,
            let found = LineTime.read(
                bytes, at: bracket + 1, arrival: arrival, utcOffsetMillis: utcOffsetMillis),
            bytes[found.end...].starts(with: "] \"".utf8)
        else { return nil }
        var index = found.end + 3
        let request = index
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard index + 4 < bytes.count, bytes[index + 1] == 0x20,
            let status = Int(String(decoding: bytes[(index + 2)..<(index + 5)], as: UTF8.self)),
            (100...599).contains(status)
        else { return nil }
        let words = bytes[request..<index].split(separator: 0x20)
        var attributes = [Label("status", String(status))]
        if words.count >= 2 {
            attributes.append(Label("method", String(decoding: words[0], as: UTF8.self)))
            attributes.append(Label("path", String(decoding: words[1], as: UTF8.self)))
        }
        return ParsedLine(
            time: found.time, severity: status >= 500 ? .error : status >= 400 ? .warn : .info,
            body: String(decoding: bytes, as: UTF8.self), attributes: attributes)
    }
}
