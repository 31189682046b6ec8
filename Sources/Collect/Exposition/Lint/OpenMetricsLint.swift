// The rules of OpenMetrics 1.0 that reach across lines: metadata before samples and once, names that
// do not clash, samples of a group together, times that do not fall, one EOF. A fault costs its line;
// checking goes on behind it. What one sample may hold is in OpenMetricsLint+Sample.

internal import Basics

/// Checks a whole OpenMetrics exposition.
struct OpenMetricsLint {
    /// The family that is being read.
    struct Family {
        var name: String
        var kind: MetricKind?
        var hasHelp = false
        var unit: String?
        var line: Int
        var samples: [(line: Int, sample: OpenMetricsSample)] = []
        var sampleNames: [String]
        var group: Labels?
        var seenGroups: Set<Labels> = []
        /// Series seen at the group's current time; a repeated one is the truncation of a finer time.
        var seenAtTime: Set<Labels> = []
        var groupTime: OpenMetricsTime?

        init(name: String, line: Int) {
            self.name = name
            self.line = line
            sampleNames = [name]
        }
    }

    var findings: [ExpositionFinding] = []
    var family: Family?
    private var takenNames: Set<String> = []
    private var line = 0
    var lineNumber: Int { line }
    private var sawEOF = false

    mutating func run(_ bytes: [UInt8]) -> [ExpositionFinding] {
        var lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        for text in lines {
            line += 1
            if sawEOF {
                report("text after # EOF")
                break
            }
            check(Array(text))
        }
        closeFamily()
        if !sawEOF {
            line = max(line, 1)
            report("missing # EOF at the end")
        }
        return findings
    }

    mutating func report(_ text: String, line other: Int? = nil) {
        findings.append(
            ExpositionFinding(.error, line: other ?? line, metric: family?.name ?? "", text: text))
    }

    private mutating func check(_ text: [UInt8]) {
        if text.isEmpty { return report("blank lines are not allowed") }
        guard String(validating: text, as: UTF8.self) != nil else {
            return report("the line is not valid UTF-8")
        }
        if text == Array("# EOF".utf8) {
            sawEOF = true
        } else if text[0] == UInt8(ascii: "#") {
            metadata(text)
        } else {
            do throws(SeriesTextError) {
                try take(OpenMetricsLine.sample(text))
            } catch {
                report(error.reason)
            }
        }
    }

    private mutating func metadata(_ text: [UInt8]) {
        let parts = splitQuoted(text)
        guard parts.count == 4, parts[0] == "#" else {
            return report("expected # HELP, # TYPE or # UNIT with a name and a text, or # EOF")
        }
        var name = parts[2]
        if name.utf8.first == UInt8(ascii: "\"") && name.utf8.count > 1 {
            name = unescaped(name.dropFirst().dropLast(), quotes: true)
        } else if !isLegacyMetricName(name) {
            return report("invalid metric name \(quoted(name))")
        }
        guard ["HELP", "TYPE", "UNIT"].contains(parts[1]) else {
            return report("expected HELP, TYPE or UNIT, got \(quoted(parts[1]))")
        }
        if family?.name != name {
            closeFamily()
            family = Family(name: name, line: line)
        } else if family?.samples.isEmpty == false {
            return report("metadata after samples")
        }
        switch parts[1] {
        case "HELP":
            if family?.hasHelp == true { report("more than one HELP") }
            family?.hasHelp = true
        case "TYPE":
            setKind(parts[3])
        default:
            if family?.unit != nil { report("more than one UNIT") }
            family?.unit = parts[3]
        }
    }

    private mutating func setKind(_ text: String) {
        guard let kind = expositionKind(text, openMetrics: true) else {
            return report("invalid type \(quoted(text))")
        }
        if family?.kind != nil { report("more than one TYPE") }
        family?.kind = kind
        guard let name = family?.name else { return }
        let names = suffixes(of: kind).map { name + $0 }
        family?.sampleNames = names
    }

    /// Begins a family for a sample that belongs to none.
    mutating func beginUnknown(_ name: String) {
        closeFamily()
        family = Family(name: name, line: line)
        family?.kind = .unknown
    }

    private mutating func closeFamily() {
        guard let closed = family else { return }
        let kind = closed.kind ?? .unknown
        var names = Set(suffixes(of: kind).map { closed.name + $0 })
        names.insert(closed.name)
        for name in names.sorted() where !takenNames.insert(name).inserted {
            report("the name \(name) is taken by another metric", line: closed.line)
        }
        if let unit = closed.unit, !unit.isEmpty {
            if !closed.name.hasSuffix("_" + unit) {
                report("the name does not end in its unit \(quoted(unit))", line: closed.line)
            }
            if kind == .info || kind == .stateset {
                report("type \(kind.rawValue) cannot have a unit", line: closed.line)
            }
        }
        if kind == .histogram || kind == .gaugehistogram { checkHistogram(closed) }
        family = nil
    }

    private func suffixes(of kind: MetricKind) -> [String] {
        switch kind {
        case .counter: ["_total", "_created"]
        case .summary: ["", "_count", "_sum", "_created"]
        case .histogram: ["_count", "_sum", "_bucket", "_created"]
        case .gaugehistogram: ["_gcount", "_gsum", "_bucket"]
        case .info: ["_info"]
        case .gauge, .stateset, .unknown: [""]
        }
    }
}

/// Splits at single spaces outside quotes into at most four parts.
private func splitQuoted(_ text: [UInt8]) -> [String] {
    var parts: [[UInt8]] = [[]]
    var isQuoted = false
    var isEscaped = false
    for byte in text {
        if parts.count == 4 {
            parts[3].append(byte)
            continue
        }
        if byte == 0x20 && !isQuoted {
            parts.append([])
            continue
        }
        if byte == UInt8(ascii: "\"") && !isEscaped { isQuoted.toggle() }
        isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
        parts[parts.count - 1].append(byte)
    }
    return parts.map { String(decoding: $0, as: UTF8.self) }
}
