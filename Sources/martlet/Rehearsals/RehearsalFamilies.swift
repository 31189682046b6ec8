// The verdict as numbers, so that one PromQL draws it and one rule language alerts on it.

import Basics
import Rehearse

/// Gauges of how the rehearsals stand.
func rehearsalFamilies(_ views: [RehearsalView]) -> [MetricFamily] {
    var gauges = VerdictGauges()
    for view in views {
        for candidate in view.candidates {
            let names = Labels([("rehearsal", view.name), ("candidate", candidate.name)])
            let standing = candidate.standing
            for verdict in Verdict.allCases {
                gauges.add(
                    "martlet_rehearsal_verdict", names.setting("verdict", verdict.rawValue),
                    standing.verdict == verdict ? 1 : 0)
            }
            gauges.add("martlet_rehearsal_trial_pairs", names, Double(standing.pairs))
            gauges.add(
                "martlet_rehearsal_pairs_needed", names, standing.pairsNeeded.map(Double.init))
            gauges.add("martlet_rehearsal_budget_spent", names, candidate.spentOf == nil ? 0 : 1)
            gauges.add("martlet_rehearsal_copies_underway", names, Double(candidate.underway))
            gauges.add("martlet_rehearsal_copies_waiting", names, Double(candidate.waiting))
            for metric in standing.metrics where metric.slice == nil {
                let labels = names.setting("metric", metric.metric.rawValue)
                gauges.add("martlet_rehearsal_gain", labels, metric.gain)
                gauges.add("martlet_rehearsal_gain_low", labels, metric.interval?.lowerBound)
                gauges.add("martlet_rehearsal_gain_high", labels, metric.interval?.upperBound)
                gauges.add("martlet_rehearsal_gain_threshold", labels, metric.threshold)
            }
        }
    }
    return gauges.families(helps)
}

private let helps = [
    ("martlet_rehearsal_verdict", "1 for the verdict that a candidate has, 0 for the others."),
    ("martlet_rehearsal_trial_pairs", "Pairs that the trial has taken in, over all starts."),
    ("martlet_rehearsal_pairs_needed", "About how many more pairs until a verdict."),
    ("martlet_rehearsal_budget_spent", "1 when the budget ended the copying."),
    ("martlet_rehearsal_copies_underway", "Copies that the candidate has not answered yet."),
    ("martlet_rehearsal_copies_waiting", "Copies that wait for their turn."),
    ("martlet_rehearsal_gain", "Mean gain of the candidate; of a ratio its logarithm."),
    ("martlet_rehearsal_gain_low", "Lower end of the interval that holds at all looks."),
    ("martlet_rehearsal_gain_high", "Upper end of the interval that holds at all looks."),
    ("martlet_rehearsal_gain_threshold", "What the gain must reach: the margin, or the floor."),
]
