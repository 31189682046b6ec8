// The section `anomalies:`: which series are watched, how often, with how much of a core, how many
// false alarms a service may notify, and whether anything of it leaves as an alert.

import Basics
import Bytes
import Query
import Reason

/// The section about anomalies.
struct AnomalyConfig: Sendable {
    /// Series that are judged at one interval.
    struct Watch: Sendable {
        var selector: String
        var matchers: [Matcher]
        var interval: Millis
    }

    var isEnabled = true
    var watches = AnomalyConfig.standardWatches
    var seriesMax = 2000
    /// Of one core.
    var cpuShare = 0.1
    /// How much of a new series' past its model learns from.
    var learnFromMillis: Millis = 7 * 86_400_000
    var retrainMillis: Millis = 6 * 3_600_000
    var falseAlarms = 1.0
    var perMillis: Millis = 7 * 86_400_000
    var quietMillis: Millis = 12 * 3_600_000
    /// Findings are shown always; this lets rules send them.
    var notifies = false

    /// KPIs of delivery, recorded series, models, whatever names its service, and this machine.
    static let standard: [(selector: String, interval: Millis)] = [
        (#"{__name__=~"delivery_.+",window!=""}"#, 3_600_000),
        (#"{__name__=~"[^:]+:.+"}"#, 60_000),
        (
            #"{__name__=~"martlet_model_.+",__name__!~"martlet_model_(\#(modelJudgements))"}"#,
            60_000
        ),
        (#"{service!="",__name__!~"martlet_.+|delivery_.+|ALERTS.*|up|.+_bucket"}"#, 60_000),
        ("node_load1", 60_000), ("node_memory_MemAvailable_bytes", 60_000),
        (#"node_network_receive_bytes_total{device!="lo"}"#, 60_000),
        (#"node_filesystem_avail_bytes{mountpoint="/"}"#, 300_000),
    ]

    private static let standardWatches = standard.compactMap { watch in
        (try? parseSelector(watch.selector)).map {
            Watch(selector: watch.selector, matchers: $0, interval: watch.interval)
        }
    }

    init() {}

    init(_ section: Section) {
        isEnabled = section.bool("enabled") ?? isEnabled
        if let given = section.sections("watch") { watches = given.compactMap(AnomalyConfig.watch) }
        seriesMax = section.int("series_limit") ?? seriesMax
        if seriesMax < 1 { section.error("series_limit", "must be at least 1") }
        cpuShare = section.double("cpu_share") ?? cpuShare
        if !(cpuShare > 0 && cpuShare <= 1) {
            section.error("cpu_share", "must be more than 0 and at most 1, as a share of one core")
        }
        learnFromMillis = section.duration("learn_from") ?? learnFromMillis
        retrainMillis = section.duration("retrain") ?? retrainMillis
        falseAlarms = section.double("false_alarms") ?? falseAlarms
        if !(falseAlarms > 0) { section.error("false_alarms", "must be more than 0") }
        perMillis = section.duration("per") ?? perMillis
        quietMillis = section.duration("quiet_time") ?? quietMillis
        for (key, value) in [("retrain", retrainMillis), ("per", perMillis)] where value <= 0 {
            section.error(key, "must be longer than nothing")
        }
        notifies = section.bool("notify") ?? notifies
        section.finish()
    }

    private static func watch(_ section: Section) -> Watch? {
        defer { section.finish() }
        let interval = section.duration("interval") ?? 60_000
        if interval < 1000 { section.error("interval", "must be at least 1s") }
        guard let selector = section.string("match") else {
            section.error("match", "is missing: which series? for example '{service=\"chat\"}'")
            return nil
        }
        do {
            return Watch(
                selector: selector, matchers: try parseSelector(selector), interval: interval)
        } catch {
            section.error("match", error.text(in: selector))
            return nil
        }
    }

    /// The section as text.
    var lines: [String] {
        ["anomalies:", "  enabled: \(isEnabled)", "  watch:"]
            + watches.flatMap {
                [
                    "    - match: '\($0.selector.replacing("'", with: "''"))'",
                    "      interval: \(durationText($0.interval))",
                ]
            } + [
                "  series_limit: \(seriesMax)", "  cpu_share: \(cpuShare)",
                "  learn_from: \(durationText(learnFromMillis))",
                "  retrain: \(durationText(retrainMillis))", "  false_alarms: \(falseAlarms)",
                "  per: \(durationText(perMillis))", "  quiet_time: \(durationText(quietMillis))",
                "  notify: \(notifies)",
            ]
    }

    /// The settings of the watch.
    var options: LiveWatch.Options {
        var options = LiveWatch.Options()
        options.model.quietTime = quietMillis
        options.budget = NotificationBudget(
            alarms: falseAlarms, period: perMillis, quietTime: quietMillis)
        options.seriesMax = seriesMax
        return options
    }
}
