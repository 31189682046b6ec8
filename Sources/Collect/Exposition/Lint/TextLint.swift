// The text format 0.0.4: that it parses, that a metric is described once and before its samples, that
// no series comes twice, and Prometheus' practices of naming (as warnings, as `promtool check metrics`
// has them).

internal import Basics

/// Checks a whole exposition in the text format.
struct TextLint {
    private struct Family {
        var kind: MetricKind?
        var hasHelp = false
        var firstLine: Int
        var hasSamples = false
        var labelNames: Set<String> = []
    }

    private var findings: [ExpositionFinding] = []
    private var families: [String: Family] = [:]
    private var series: Set<Labels> = []

    mutating func run(_ bytes: [UInt8]) -> [ExpositionFinding] {
        // Line by line, so that one fault hides no other.
        var line = 0
        var reader = SeriesText()
        for text in bytes.split(separator: 0x0a, omittingEmptySubsequences: false) {
            line += 1
            Array(text).withUnsafeBytes { raw in
                var parser = ExpositionParser(raw, openMetrics: false)
                do throws(ExpositionError) {
                    if let entry = try parser.next() { take(entry, parser, line, &reader) }
                } catch {
                    findings.append(ExpositionFinding(.error, line: line, text: error.reason))
                }
            }
        }
        for (name, family) in families { practices(name, family) }
        return findings
    }

    private mutating func take(
        _ entry: ExpositionParser.Entry, _ parser: ExpositionParser, _ line: Int,
        _ reader: inout SeriesText
    ) {
        switch entry {
        case .help, .type, .unit: describe(entry, parser, line)
        case .sample:
            do throws(SeriesTextError) {
                let labels = try reader.labels(parser.seriesBytes, kind: .unknown)
                if labels.metric.isEmpty { throw SeriesTextError(reason: "the metric has no name") }
                count(labels, hasTime: parser.time != nil, line)
            } catch {
                findings.append(ExpositionFinding(.error, line: line, text: error.reason))
            }
        }
    }

    private mutating func describe(
        _ entry: ExpositionParser.Entry, _ parser: ExpositionParser, _ line: Int
    ) {
        let name = parser.nameText
        var family = families[name] ?? Family(firstLine: line)
        defer { families[name] = family }
        func fault(_ text: String) {
            findings.append(ExpositionFinding(.error, line: line, metric: name, text: text))
        }
        if entry == .type {
            if family.kind != nil { fault("more than one TYPE") }
            if family.hasSamples { fault("TYPE after samples") }
            family.kind = parser.kind
        } else {
            if family.hasHelp { fault("more than one HELP") }
            family.hasHelp = true
        }
    }

    private mutating func count(_ labels: Labels, hasTime: Bool, _ line: Int) {
        let metric = labels.metric
        let name = familyName(metric)
        var family = families[name] ?? Family(firstLine: line)
        family.hasSamples = true
        family.labelNames.formUnion(labels.map(\.name))
        families[name] = family
        if !series.insert(labels).inserted && !hasTime {
            findings.append(
                ExpositionFinding(
                    .error, line: line, metric: metric, text: "the series \(labels) comes twice"))
        }
    }

    /// The described metric that a sample belongs to.
    private func familyName(_ metric: String) -> String {
        if families[metric]?.kind != nil { return metric }
        for suffix in ["_bucket", "_sum", "_count"] where metric.hasSuffix(suffix) {
            let name = String(metric.dropLast(suffix.count))
            switch families[name]?.kind {
            case .histogram: return name
            case .summary where suffix != "_bucket": return name
            default: break
            }
        }
        return metric
    }

    private mutating func practices(_ name: String, _ family: Family) {
        for text in namingFaults(
            name, kind: family.kind ?? .unknown, hasHelp: family.hasHelp, labels: family.labelNames)
        {
            findings.append(
                ExpositionFinding(.warning, line: family.firstLine, metric: name, text: text))
        }
    }
}
