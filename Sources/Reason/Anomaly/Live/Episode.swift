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
        if let known = parts[look.labels], known.evidence >= look.reading.evidence { return }
        parts[look.labels] = Part(
            labels: look.labels, since: parts[look.labels]?.since ?? since, peakAt: look.time,
            evidence: look.reading.evidence, value: look.value, low: look.reading.low,
            high: look.reading.high)
    }

    /// The parts, the most surprising first.
    public var ranked: [Part] {
        parts.values.sorted { ($1.evidence, $0.labels) < ($0.evidence, $1.labels) }
    }

    /// The episode as a finding.
    public func finding(end: Millis? = nil) -> Finding {
        let ranked = self.ranked
        var labels = ["service": service]
        var arguments = ["service": service, "count": String(parts.count)]
        if let first = ranked.first {
            labels["metric"] = first.labels.metric
            arguments["metric"] = first.labels.metric
            arguments["value"] = shortNumber(first.value)
            arguments["low"] = shortNumber(first.low)
            arguments["high"] = shortNumber(first.high)
        }
        let evidence = ranked.prefix(Episode.partsMax).map { part in
            Phrase(
                "anomaly.part",
                [
                    "series": "\(part.labels)", "value": shortNumber(part.value),
                    "low": shortNumber(part.low), "high": shortNumber(part.high),
                    "peak": CivilTime(part.peakAt).rfc3339,
                ])
        }
        return Finding(
            id: "anomaly/\(service)/\(start)", kind: .anomaly, subject: service, labels: labels,
            severity: .warning, start: start, end: end,
            summary: Phrase(
                parts.count > 1 ? "anomaly.found.many" : "anomaly.found.one", arguments),
            evidence: evidence, link: "/anomalies?service=\(escaped(service))")
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
