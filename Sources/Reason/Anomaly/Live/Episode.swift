// An episode: from the moment a service's budget says "tell them" until all its series have been usual
// for a while. Series that turn unusual meanwhile join it. One episode is one finding, changed while it
// lasts, because a person wants to hear of one incident once, with everything that moved.

public import Basics

/// What is wrong with a service at present.
public struct Episode: Sendable, Equatable {
    /// A series' part in it.
    public struct Part: Sendable, Equatable {
        public var labels: Labels
        public var since: Millis
        /// Its most surprising moment.
        public var peakAt: Millis
        public var evidence: Double
        public var value: Double
        public var low: Double
        public var high: Double
        /// Since when its level has moved, and by how much.
        public var shift: LevelShift?
    }

    public let service: String
    /// The earliest moment at which one of its series turned unusual.
    public private(set) var start: Millis
    /// By labels.
    public private(set) var parts: [Labels: Part] = [:]
    /// The last moment at which any of its series was unusual.
    public private(set) var unusualAt: Millis
    /// It may leave as a notification: it was not found in the past.
    public let isNews: Bool

    /// Series that one finding names; more say no more.
    public static let partsMax = 12

    /// An episode as it was kept.
    init(
        service: String, start: Millis, unusualAt: Millis, isNews: Bool, parts: [Labels: Part]
    ) {
        self.service = service
        self.start = start
        self.unusualAt = unusualAt
        self.isNews = isNews
        self.parts = parts
    }

    init(service: String, at time: Millis, isNews: Bool) {
        self.service = service
        self.isNews = isNews
        start = time
        unusualAt = time
    }

    mutating func take(_ look: Look) {
        let since = look.unusualSince ?? look.time
        start = min(start, since)
        unusualAt = max(unusualAt, look.time)
        let shift = look.reading.shift ?? parts[look.labels]?.shift
        if let known = parts[look.labels], known.evidence >= look.reading.evidence {
            parts[look.labels]?.shift = shift
            return
        }
        parts[look.labels] = Part(
            labels: look.labels, since: parts[look.labels]?.since ?? since, peakAt: look.time,
            evidence: look.reading.evidence, value: look.value, low: look.reading.low,
            high: look.reading.high, shift: shift)
    }

    /// The parts, the most surprising first.
    public var ranked: [Part] {
        parts.values.sorted { ($1.evidence, $0.labels) < ($0.evidence, $1.labels) }
    }

    /// The episode as a finding.
    public func finding(end: Millis? = nil) -> Finding {
        let ranked = self.ranked
        let series = ranked.filter { $0.labels.metric != GroupWatch.metric }
        var labels = ["service": service]
        var arguments = ["service": service, "count": String(series.count)]
        if let first = series.first ?? ranked.first {
            labels["metric"] = first.labels.metric
            arguments["metric"] = first.labels.metric
            arguments["value"] = shortNumber(first.value)
            arguments["low"] = shortNumber(first.low)
            arguments["high"] = shortNumber(first.high)
        }
        // Led by a group: no series alone is the news, but how they move.
        let isApart = ranked.first.map { $0.labels.metric == GroupWatch.metric } ?? false
        let key =
            isApart
            ? "anomaly.found.apart"
            : series.count > 1 ? "anomaly.found.many" : "anomaly.found.one"
        return Finding(
            id: "anomaly/\(service)/\(start)", kind: .anomaly, subject: service, labels: labels,
            severity: .warning, start: start, end: end, summary: Phrase(key, arguments),
            evidence: ranked.prefix(Episode.partsMax).map(\.phrase),
            link: "/anomalies?service=\(escaped(service))")
    }
}

extension Episode.Part {
    /// The part as a sentence.
    fileprivate var phrase: Phrase {
        var arguments = [
            "series": "\(labels)", "value": shortNumber(value), "low": shortNumber(low),
            "high": shortNumber(high), "peak": CivilTime(peakAt).rfc3339,
        ]
        if labels.metric == GroupWatch.metric { return Phrase("anomaly.part.group", arguments) }
        guard let shift else { return Phrase("anomaly.part", arguments) }
        arguments["since"] = CivilTime(shift.since).rfc3339
        arguments["by"] = shortNumber(shift.size)
        return Phrase("anomaly.part.shifted", arguments)
    }
}

/// A judged value of one series at its time.
struct Look: Sendable {
    var labels: Labels
    var service: String
    var time: Millis
    var value: Double
    var reading: AnomalyReading
    var unusualSince: Millis?
}

/// A text for a query string.
private func escaped(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
        let isPlain =
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte)
            || (0x61...0x7a).contains(byte) || [0x2d, 0x2e, 0x5f, 0x7e].contains(byte)
        if isPlain {
            result.unicodeScalars.append(Unicode.Scalar(byte))
        } else {
            let hex = String(byte, radix: 16, uppercase: true)
            result += "%" + (hex.utf8.count == 1 ? "0" + hex : hex)
        }
    }
    return result
}
