// The ruler's own metrics, counted per group in its snapshot and gathered when somebody asks, so
// that a group that a reload removed takes its series with it.

import Basics

/// The families of the rule groups.
func ruleFamilies(_ groups: [RuleGroupSnapshot]) -> [MetricFamily] {
    func family(
        _ name: String, _ kind: MetricKind, _ help: String,
        _ value: (RuleGroupSnapshot) -> Double?
    ) -> MetricFamily {
        let samples = groups.compactMap { group -> MetricFamily.Sample? in
            guard let value = value(group) else { return nil }
            let labels: Labels = ["rule_group": group.group.key]
            return .init(suffix: kind == .counter ? "_total" : "", labels: labels, value: value)
        }
        return MetricFamily(
            name: name, metadata: MetricMetadata(kind: kind, help: help), samples: samples)
    }
    func states(_ state: AlertState) -> Double {
        Double(groups.flatMap(\.rules).flatMap(\.alerts).count { $0.state == state })
    }
    return [
        family("martlet_rule_evaluations", .counter, "Evaluations of rules.") {
            Double($0.counts.evaluations)
        },
        family("martlet_rule_evaluation_failures", .counter, "Evaluations of rules that failed.") {
            Double($0.counts.failures)
        },
        family("martlet_rule_group_iterations", .counter, "Evaluations of whole groups.") {
            Double($0.counts.iterations)
        },
        family(
            "martlet_rule_group_iterations_missed", .counter,
            "Evaluations of groups that were due while the one before still ran or nothing ran."
        ) { Double($0.counts.iterationsMissed) },
        family(
            "martlet_rule_results_refused", .counter, "Results of rules that the store refused."
        ) { Double($0.counts.refused) },
        family(
            "martlet_rule_memory_failures", .counter, "Alert states that could not be remembered."
        ) { Double($0.counts.memoryFailures) },
        family("martlet_rule_group_rules", .gauge, "Rules of a group.") { Double($0.rules.count) },
        family(
            "martlet_rule_group_interval_seconds", .gauge, "How often a group is evaluated."
        ) { Double($0.intervalMillis) / 1000 },
        family(
            "martlet_rule_group_last_duration_seconds", .gauge,
            "How long the last evaluation of a group took."
        ) { $0.evaluationSeconds },
        family(
            "martlet_rule_group_last_evaluation_timestamp_seconds", .gauge,
            "When a group was last evaluated."
        ) { $0.lastEvaluationAt.map { Double($0) / 1000 } },
        family(
            "martlet_rule_group_last_evaluation_samples", .gauge,
            "Samples that the last evaluation of a group wrote."
        ) { Double($0.counts.samples) },
        MetricFamily(
            name: "martlet_alerts",
            metadata: MetricMetadata(kind: .gauge, help: "Alerts by state."),
            samples: [AlertState.pending, .firing].map {
                .init(labels: ["state": $0.rawValue], value: states($0))
            }),
    ]
}
