// The grammar of one OpenMetrics sample line, to the letter: exactly one space between the parts, no
// trailing comma's neighbour, no foreign escapes. The scrape parser forgives these; this one names
// them.

internal import Basics

/// A sample line, taken apart.
struct OpenMetricsSample {
    var name: String
    /// In the order of the line.
    var labels: [Label]
    var value: Double
    /// Seconds, as two parts that compare exactly.
    var time: OpenMetricsTime?
    var hasExemplar: Bool

    subscript(label: String) -> String? {
        labels.first { $0.name.utf8.elementsEqual(label.utf8) }?.value
    }
}

/// A timestamp: whole seconds and nanoseconds, or a float when it was written as one.
struct OpenMetricsTime: Equatable {
    var seconds: Double
    var nanoseconds: Int

    static func isBefore(_ left: OpenMetricsTime, _ right: OpenMetricsTime) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}

/// Reads sample lines.
struct OpenMetricsLine {
    private let text: [UInt8]
    private var cursor = 0

    private init(_ text: [UInt8]) { self.text = text }

    static func sample(_ line: [UInt8]) throws(SeriesTextError) -> OpenMetricsSample {
        var reader = OpenMetricsLine(line)
        return try reader.sample()
    }

    private mutating func sample() throws(SeriesTextError) -> OpenMetricsSample {
        let start = cursor
        while let byte = peek, isNameByte(byte) { cursor += 1 }
        var name = String(decoding: text[start..<cursor], as: UTF8.self)
        guard name.isEmpty || isLegacyMetricName(name) else {
            throw SeriesTextError(reason: "invalid metric name \(quoted(name))")
        }
        var labels: [Label] = []
        if peek == UInt8(ascii: "{") {
            cursor += 1
            labels = try readLabels(metric: &name)
        }
        guard !name.isEmpty else {
            throw SeriesTextError(reason: "expected a metric name, got \(word)")
        }
        try space("after the metric")
        let value = try number("value")
        var sample = OpenMetricsSample(
            name: name, labels: labels, value: value, time: nil, hasExemplar: false)
        if peek == 0x20 && next != UInt8(ascii: "#") {
            cursor += 1
            sample.time = try timestamp()
        }
        if peek == 0x20 && next == UInt8(ascii: "#") { try exemplar(&sample) }
        guard cursor == text.count else {
            throw SeriesTextError(reason: "unexpected text at the end of the line: \(word)")
        }
        return sample
    }

    private mutating func exemplar(_ sample: inout OpenMetricsSample) throws(SeriesTextError) {
        cursor += 2
        try space("after # of an exemplar")
        guard peek == UInt8(ascii: "{") else {
            throw SeriesTextError(reason: "expected { of an exemplar, got \(word)")
        }
        cursor += 1
        var none = "exemplar"
        let labels = try readLabels(metric: &none)
        let length = labels.reduce(0) {
            $0 + $1.name.unicodeScalars.count + $1.value.unicodeScalars.count
        }
        guard length <= 128 else {
            throw SeriesTextError(
                reason: "the exemplar's labels have \(length) characters; 128 are allowed")
        }
        try space("after the exemplar's labels")
        _ = try number("exemplar's value")
        if peek == 0x20 {
            cursor += 1
            _ = try timestamp()
        }
        sample.hasExemplar = true
    }

    /// Reads behind `{` up to and with `}`.
    private mutating func readLabels(metric: inout String) throws(SeriesTextError) -> [Label] {
        var labels: [Label] = []
        while true {
            if peek == UInt8(ascii: "}") {
                cursor += 1
                return labels
            }
            let isQuoted = peek == UInt8(ascii: "\"")
            let name = isQuoted ? try quotedText() : labelName()
            if peek == UInt8(ascii: "=") {
                cursor += 1
                guard isQuoted || isLegacyLabelName(name) else {
                    throw SeriesTextError(reason: "invalid label name \(quoted(name))")
                }
                guard peek == UInt8(ascii: "\"") else {
                    throw SeriesTextError(
                        reason: "expected a quoted value of label \(name), got \(word)")
                }
                let value = try quotedText()
                if labels.contains(where: { $0.name.utf8.elementsEqual(name.utf8) }) {
                    throw SeriesTextError(reason: "label \(name) is given twice")
                }
                labels.append(Label(name, value))
            } else if isQuoted && metric.isEmpty {
                metric = name
            } else {
                throw SeriesTextError(reason: "expected = after label \(quoted(name)), got \(word)")
            }
            if peek == UInt8(ascii: ",") {
                cursor += 1
            } else if peek != UInt8(ascii: "}") {
                throw SeriesTextError(reason: "expected , or } after label \(name), got \(word)")
            }
        }
    }

    private mutating func labelName() -> String {
        let start = cursor
        while let byte = peek, isNameByte(byte) { cursor += 1 }
        return String(decoding: text[start..<cursor], as: UTF8.self)
    }

    private mutating func quotedText() throws(SeriesTextError) -> String {
        let start = cursor + 1
        cursor += 1
        while let byte = peek, byte != UInt8(ascii: "\"") {
            cursor += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        guard peek != nil else { throw SeriesTextError(reason: "a quoted text is not closed") }
        defer { cursor += 1 }
        guard let raw = String(validating: text[start..<cursor], as: UTF8.self) else {
            throw SeriesTextError(reason: "a quoted text is not valid UTF-8")
        }
        return unescaped(raw[...], quotes: true)
    }

    private mutating func number(_ what: String) throws(SeriesTextError) -> Double {
        let start = cursor
        let value = text.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.flatMap { scanNumber($0, &cursor, buffer.count) }
        }
        guard let value, peek == nil || peek == 0x20 else {
            cursor = start
            throw SeriesTextError(reason: "invalid \(what): \(word)")
        }
        return value
    }

    private mutating func timestamp() throws(SeriesTextError) -> OpenMetricsTime {
        let start = cursor
        let value = try number("timestamp")
        guard value.isFinite else {
            throw SeriesTextError(reason: "a timestamp must be finite")
        }
        let written = text[start..<cursor]
        let plain = written.allSatisfy { $0 &- 0x30 <= 9 || $0 == 0x2e || $0 == 0x2d || $0 == 0x2b }
        guard plain, let point = written.firstIndex(of: 0x2e) else {
            return OpenMetricsTime(seconds: value, nanoseconds: 0)
        }
        var nanoseconds = 0
        for place in 0..<9 {
            let index = point + 1 + place
            nanoseconds = nanoseconds * 10 + (index < cursor ? Int(text[index] &- 0x30) : 0)
        }
        return OpenMetricsTime(seconds: value.rounded(.towardZero), nanoseconds: nanoseconds)
    }

    private mutating func space(_ place: String) throws(SeriesTextError) {
        guard peek == 0x20 else {
            throw SeriesTextError(reason: "expected one space \(place), got \(word)")
        }
        cursor += 1
    }

    private var peek: UInt8? { cursor < text.count ? text[cursor] : nil }
    private var next: UInt8? { cursor + 1 < text.count ? text[cursor + 1] : nil }

    private var word: String {
        guard cursor < text.count else { return "the end of the line" }
        let rest = text[cursor...].prefix { $0 != 0x20 }.prefix(40)
        return quoted(
            String(decoding: rest.isEmpty ? text[cursor...(cursor)] : rest, as: UTF8.self))
    }
}
