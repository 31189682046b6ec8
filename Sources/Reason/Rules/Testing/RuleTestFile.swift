// The unit-test format of promtool: which rules, which series, and what should follow when.
// Histogram samples are recognised and their expectations skipped, as Martlet keeps no native
// histograms yet.

internal import Basics
internal import Bytes
internal import Query

/// A parsed test file.
struct RuleTestFile {
    struct Case {
        var name: String
        var line: Int
        var intervalMillis: Millis
        var startMillis: Millis
        var series: [(labels: Labels, items: [SequenceItem])]
        var alerts: [AlertCheck]
        var queries: [QueryCheck]
        var externalLabels: Labels
        var externalURL: String
    }

    struct AlertCheck {
        var line: Int
        var atMillis: Millis
        var alert: String
        var expected: [(labels: Labels, annotations: Labels)]
    }

    struct QueryCheck {
        var line: Int
        var query: String
        var atMillis: Millis
        var expected: [(labels: Labels, value: Double)]
        /// True when a native histogram is expected.
        var isHistogram: Bool
    }

    var ruleFiles: [String]
    var intervalMillis: Millis
    var isFuzzy: Bool
    var groupOrder: [String]
    var cases: [Case]

    init(_ root: Section) {
        ruleFiles = root.strings("rule_files") ?? []
        intervalMillis = root.duration("evaluation_interval") ?? 60_000
        if intervalMillis == 0 { intervalMillis = 60_000 }
        isFuzzy = root.bool("fuzzy_compare") ?? false
        groupOrder = root.strings("group_eval_order") ?? []
        let interval = intervalMillis
        cases = (root.sections("tests") ?? []).map { RuleTestFile.read($0, interval) }
        root.finish()
    }

    private static func read(_ section: Section, _ interval: Millis) -> Case {
        let own = section.duration("interval") ?? 0
        let read = Case(
            name: section.string("name") ?? "", line: section.node.line,
            intervalMillis: own > 0 ? own : interval, startMillis: start(section),
            series: (section.sections("input_series") ?? []).compactMap(series),
            alerts: (section.sections("alert_rule_test") ?? []).map(alertCheck),
            queries: (section.sections("promql_expr_test") ?? []).compactMap(queryCheck),
            externalLabels: Labels(
                (section.texts("external_labels") ?? []).map { ($0.key, $0.value) }),
            externalURL: section.string("external_url") ?? "")
        section.finish()
        return read
    }

    /// A time in RFC 3339 or in seconds.
    private static func start(_ section: Section) -> Millis {
        guard let text = section.string("start_timestamp") else { return 0 }
        if let time = parseRFC3339(text) { return time }
        if let seconds = Double(text), seconds.magnitude < 1e12 { return Millis(seconds * 1000) }
        section.error("start_timestamp", "must be a time such as 2026-11-21T00:00:00Z or seconds")
        return 0
    }

    private static func series(_ section: Section) -> (labels: Labels, items: [SequenceItem])? {
        defer { section.finish() }
        let name = section.string("series") ?? ""
        let values = section.string("values") ?? ""
        do {
            return (try parseMetric(name), try parseSequence(values))
        } catch {
            section.problems.error(section.node, "\(section.path): \(error.reason)")
            return nil
        }
    }

    private static func alertCheck(_ section: Section) -> AlertCheck {
        let at = section.duration("eval_time") ?? 0
        let alert = section.string("alertname") ?? ""
        if alert.isEmpty { section.error("alertname", "is needed") }
        let expected = (section.sections("exp_alerts") ?? []).map { part in
            let labels = part.texts("exp_labels") ?? []
            let notes = part.texts("exp_annotations") ?? []
            part.finish()
            return (
                Labels(labels.map { ($0.key, $0.value) }).setting("alertname", alert),
                Labels(notes.map { ($0.key, $0.value) })
            )
        }
        section.finish()
        return AlertCheck(
            line: section.node.line, atMillis: at, alert: alert, expected: expected)
    }

    private static func queryCheck(_ section: Section) -> QueryCheck? {
        var isHistogram = false
        let query = section.string("expr") ?? ""
        let at = section.duration("eval_time") ?? 0
        var expected: [(labels: Labels, value: Double)] = []
        for part in section.sections("exp_samples") ?? [] {
            let text = part.string("labels") ?? ""
            let value = part.string("value").flatMap(number) ?? 0
            if part.string("histogram") != nil { isHistogram = true }
            part.finish()
            do {
                expected.append((text.isEmpty ? .empty : try parseMetric(text), value))
            } catch {
                part.error("labels", error.reason)
            }
        }
        section.finish()
        return QueryCheck(
            line: section.node.line, query: query, atMillis: at, expected: expected,
            isHistogram: isHistogram)
    }

    private static func number(_ text: String) -> Double? {
        let named: [String: Double] = [
            "NaN": .nan, ".nan": .nan, "Inf": .infinity, "+Inf": .infinity, ".inf": .infinity,
            "-Inf": -.infinity, "-.inf": -.infinity,
        ]
        return named[text] ?? Double(text)
    }
}
