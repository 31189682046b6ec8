// Gray releases as numbers: the verdict of the stage that each is in, and what it rests on.

import Basics
import Rehearse

/// What reports and signals came to.
struct GrayMeters: Sendable {
    let windows: Counter
    let refused: Counter
    let full: Counter
    let unread: Counter
    let signals: Counter
    let untold: Counter

    init(_ registry: Registry) {
        windows = registry.counter(
            "martlet_gray_windows_total", "Windows of gray releases that were reported.")
        refused = registry.counter(
            "martlet_gray_reports_refused_total",
            "Reports of gray releases that were refused; each answer says why.")
        full = registry.counter(
            "martlet_limit_refusals_total", "What a limit refused.", ["limit": "gray_releases"])
        unread = registry.counter(
            "martlet_gray_windows_unread_total",
            "Windows that the queries of a gray release gave no counts for.")
        signals = registry.counter(
            "martlet_gray_signals_total", "Signals to roll a release back.")
        untold = registry.counter(
            "martlet_gray_signals_untold_total",
            "Signals to roll back that no receiver was configured for.")
    }
}

/// Gauges of how the releases stand.
func grayFamilies(_ releases: [GrayRelease]) -> [MetricFamily] {
    var gauges = VerdictGauges()
    for release in releases {
        guard let stage = release.current else { continue }
        let names = Labels([("release", release.release), ("version", release.version)])
        let standing = stage.trial.standing()
        for verdict in Verdict.allCases {
            gauges.add(
                "martlet_gray_verdict", names.setting("verdict", verdict.rawValue),
                stage.verdict == verdict ? 1 : 0)
        }
        gauges.add("martlet_gray_share", names, stage.share)
        gauges.add("martlet_gray_stage", names, Double(release.stages.count))
        gauges.add("martlet_gray_canary_requests", names, Double(stage.canaryRequests))
        gauges.add("martlet_gray_requests_needed", names, standing.pairsNeeded.map(Double.init))
        gauges.add("martlet_gray_last_window_seconds", names, stage.last.map { Double($0) / 1000 })
        for metric in standing.metrics {
            let labels = names.setting("metric", metric.metric.rawValue)
            gauges.add("martlet_gray_gain", labels, metric.gain)
            gauges.add("martlet_gray_gain_low", labels, metric.interval?.lowerBound)
            gauges.add("martlet_gray_gain_high", labels, metric.interval?.upperBound)
            gauges.add("martlet_gray_gain_threshold", labels, metric.threshold)
        }
    }
    return gauges.families(helps)
}

private let helps = [
    ("martlet_gray_verdict", "1 for the verdict of the stage a release is in, 0 for the others."),
    ("martlet_gray_share", "The canary's share of the traffic, as it was reported."),
    ("martlet_gray_stage", "The number of the stage that a release is in, from 1."),
    ("martlet_gray_canary_requests", "Requests of the canary in the stage, as reported."),
    ("martlet_gray_requests_needed", "About how many more requests until a verdict."),
    ("martlet_gray_last_window_seconds", "The time of the last window that was reported."),
    ("martlet_gray_gain", "Mean gain of the canary; below 0 is worse."),
    ("martlet_gray_gain_low", "Low end of the interval that holds the gain at every look."),
    ("martlet_gray_gain_high", "High end of the interval that holds the gain at every look."),
    ("martlet_gray_gain_threshold", "What the gain must not be below."),
]
