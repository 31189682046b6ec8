// Lines that name their fields: JSON objects and logfmt. Time, level and text are taken out by the
// names that loggers give them; all else stays as an attribute. A line with more fields than a person
// could read is kept as text, whole.

internal import Basics
internal import Bytes

/// Fields of one line.
private let fieldsMax = 100

extension LineReader {
    /// `{"time": …, "level": …, "msg": …, …}`.
    func jsonLine(_ bytes: [UInt8], arrival: Millis) -> ParsedLine? {
        guard let first = bytes.first(where: { $0 != 0x20 && $0 != 0x09 }),
            first == UInt8(ascii: "{"), let fields = (try? JSON(bytes))?.fields, !fields.isEmpty,
            fields.count <= fieldsMax
        else { return nil }
        return named(
            fields.map { field in
                switch field.value {
                case .string(let text): (field.key, text)
                case .null: (field.key, "")
                default: (field.key, String(decoding: field.value.encoded, as: UTF8.self))
                }
            }, whole: bytes, arrival: arrival)
    }

    /// `time=… level=info msg="…" key=value`.
    func logfmtLine(_ bytes: [UInt8], arrival: Millis) -> ParsedLine? {
        // Only what begins with a pair, and names a text or a level, is logfmt; prose has `=` too.
        guard let first = bytes.first, isLetter(first) || first == UInt8(ascii: "@"),
            let equals = bytes.prefix(40).firstIndex(of: UInt8(ascii: "=")),
            bytes[..<equals].allSatisfy({ $0 > 0x20 && $0 != UInt8(ascii: "\"") }),
            let pairs = logfmtPairs(bytes), pairs.count <= fieldsMax,
            pairs.contains(where: { levelNames.contains($0.0) || textNames.contains($0.0) })
        else { return nil }
        return named(pairs, whole: bytes, arrival: arrival)
    }

    private func named(
        _ fields: [(String, String)], whole bytes: [UInt8], arrival: Millis
    ) -> ParsedLine {
        var line = ParsedLine(body: "")
        var hasText = false
        for (name, value) in fields {
            let folded = name.lowercased()
            if line.time == nil, timeNames.contains(folded),
                let time = LineTime.whole(
                    value, arrival: arrival, utcOffsetMillis: utcOffsetMillis)
            {
                line.time = time
            } else if line.severity == nil, levelNames.contains(folded),
                let severity = severity(value)
            {
                line.severity = severity
            } else if !hasText, textNames.contains(folded) {
                line.body = value
                hasText = true
            } else if !value.isEmpty {
                line.attributes.append(Label(name, value))
            }
        }
        if !hasText {
            // Without a text the line itself is what a person reads; its fields would stand twice.
            line.body = String(decoding: bytes, as: UTF8.self)
            line.attributes = []
        }
        if line.severity == nil {
            let words = levelWords(Array(line.body.utf8), from: 0)
            line.severity = words == .unknown ? nil : words
        }
        return line
    }

    /// A level by name, or by the numbers of pino and bunyan (10 trace to 60 fatal).
    private func severity(_ text: String) -> Severity? {
        if let named = Severity(name: text) { return named }
        guard let number = Double(text), number >= 10, number <= 60 else { return nil }
        let levels: [Severity] = [.trace, .debug, .info, .warn, .error, .fatal]
        return levels[Int(number / 10) - 1]
    }

    private func logfmtPairs(_ bytes: [UInt8]) -> [(String, String)]? {
        var pairs: [(String, String)] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] <= 0x20 {
                index += 1
                continue
            }
            let start = index
            while index < bytes.count, bytes[index] > 0x20, bytes[index] != UInt8(ascii: "=") {
                if bytes[index] == UInt8(ascii: "\"") { return nil }
                index += 1
            }
            let name = String(decoding: bytes[start..<index], as: UTF8.self)
            guard index < bytes.count, bytes[index] == UInt8(ascii: "=") else {
                pairs.append((name, "true"))
                continue
            }
            index += 1
            var value: [UInt8] = []
            if index < bytes.count, bytes[index] == UInt8(ascii: "\"") {
                index += 1
                while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
                    if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count {
                        index += 1
                        let escapes: [UInt8: UInt8] = [0x6e: 0x0a, 0x74: 0x09, 0x72: 0x0d]
                        value.append(escapes[bytes[index]] ?? bytes[index])
                    } else {
                        value.append(bytes[index])
                    }
                    index += 1
                }
                guard index < bytes.count else { return nil }
                index += 1
            } else {
                while index < bytes.count, bytes[index] > 0x20 {
                    value.append(bytes[index])
                    index += 1
                }
            }
            pairs.append((name, String(decoding: value, as: UTF8.self)))
        }
        return pairs
    }
}

private let timeNames: Set<String> = [
    "time", "ts", "timestamp", "@timestamp", "t", "datetime", "date", "asctime",
]
private let levelNames: Set<String> = [
    "level", "severity", "lvl", "levelname", "log.level", "loglevel", "severity_text",
]
private let textNames: Set<String> = ["msg", "message", "body", "event", "log"]
