// Everything that is known of models as series, so that one PromQL draws them and one rule language
// alerts on them.

import Basics
import Foundation
import Reason
import Serve

/// The judgements among the series below, without `martlet_model_`, which anomalies do not watch.
///
/// A p-value is uniform by design, and what a judge found is told by its own finding: a judge of judges
/// would tell it twice.
let modelJudgements = "drift.+|.+_worse|quality_(low|high)|data_broken|findings"

/// The series of all cards.
func modelFamilies(_ cards: [ModelCard], now: Millis) -> [MetricFamily] {
    var table = FamilyTable()
    for card in cards {
        let key = [("model", card.key.model), ("version", card.key.version)]
        guard let watching = card.watching, watching.rows > 0 || watching.reference != nil else {
            continue
        }
        for scope in watching.scopes { add(scope, key, &table) }
        let open = card.findings.filter { $0.end == nil }
        table.add(
            "martlet_model_findings", "Open findings about a model version.", key,
            Double(open.count))
        table.add(
            "martlet_model_data_broken", "1 while a model's incoming rows are broken.", key,
            open.contains { $0.id.hasPrefix("data/") } ? 1 : 0)
        table.add(
            "martlet_model_quality_worse",
            "1 while a model answers worse than in its reference.", key,
            open.contains { $0.id.hasPrefix("quality/") } ? 1 : 0)
        for (reading, source) in [(card.quality, "labels"), (card.estimate, "estimate")] {
            for figure in reading?.figures ?? [] {
                let labels = key + [("metric", figure.name), ("source", source)]
                table.add(
                    "martlet_model_quality", "A figure of quality of a model version.", labels,
                    figure.value)
                guard let interval = figure.interval else { continue }
                table.add(
                    "martlet_model_quality_low", "The lower end of its 95 % interval.", labels,
                    interval.lowerBound)
                table.add(
                    "martlet_model_quality_high", "The upper end of its 95 % interval.", labels,
                    interval.upperBound)
            }
        }
        // One figure of a segment: figures times segments would be too many series.
        let all = card.detail.segments?.figures ?? []
        for figure in all where figure.name == all.first?.name {
            let labels = key + [("segment", figure.segment), ("metric", figure.name)]
            table.add(
                "martlet_model_segment_quality", "The first figure of quality in a segment.",
                labels, figure.value)
            table.add(
                "martlet_model_segment_worse",
                "1 while a segment is answered worse than the rest, beyond noise.", labels,
                figure.isBeyondNoise && figure.isWorse ? 1 : 0)
        }
        add(card.speed, key, &table)
    }
    return table.families
}

private func add(
    _ scope: ModelScope, _ key: [(String, String)], _ table: inout FamilyTable
) {
    let key = key + [("segment", scope.segment)]
    table.add(
        "martlet_model_drifted_columns", "Columns of a model version that are drifted.", key,
        Double(scope.watch.drifted.count))
    guard let look = scope.watch.looks.last else { return }
    for column in look.columns {
        // Segments have their drifted columns only: columns times segments would be too many series.
        let state = scope.watch.columns[column.name]
        if !scope.segment.isEmpty && state?.since == nil { continue }
        let labels = key + [("column", column.name)]
        if let distance = column.distance {
            table.add(
                "martlet_model_drift_distance",
                "Kolmogorov-Smirnov distance of the last window from the reference.", labels,
                distance)
        }
        if let state {
            table.add(
                "martlet_model_drift_probability",
                "Ever-valid p-value of a column: how likely all looks so far are without drift.",
                labels, state.probability)
        }
        if let effect = column.effect {
            table.add(
                "martlet_model_drift_effect",
                "Wasserstein distance in standard deviations, or total variation of categories.",
                labels, effect)
        }
        if scope.segment.isEmpty {
            table.add(
                "martlet_model_missing_ratio", "Share of missing values in the last window.",
                labels, column.missingShare)
        }
    }
}

private func add(
    _ speed: ModelSpeed, _ key: [(String, String)], _ table: inout FamilyTable
) {
    for (share, value) in speed.latency.sorted(by: { $0.key < $1.key }) {
        table.add(
            "martlet_model_latency_seconds", "Time to an answer in the last window.",
            key + [("quantile", numberText(share))], value)
    }
    for (share, value) in speed.firstToken.sorted(by: { $0.key < $1.key }) {
        table.add(
            "martlet_model_first_token_seconds", "Time to the first token in the last window.",
            key + [("quantile", numberText(share))], value)
    }
    for (direction, value) in [("in", speed.tokensIn), ("out", speed.tokensOut)] {
        if let value {
            table.add(
                "martlet_model_tokens", "Mean tokens of an answer in the last window.",
                key + [("direction", direction)], value)
        }
    }
    if let cost = speed.costPerThousand {
        table.add(
            "martlet_model_cost_per_thousand", "Cost of a thousand answers in the last window.",
            key, cost)
    }
}

/// Gathers samples by family.
private struct FamilyTable {
    private var byName: [String: MetricFamily] = [:]

    mutating func add(
        _ name: String, _ help: String, _ labels: [(String, String)], _ value: Double
    ) {
        if byName[name] == nil {
            byName[name] = MetricFamily(
                name: name, metadata: MetricMetadata(kind: .gauge, help: help))
        }
        byName[name]?.samples.append(.init(labels: Labels(labels), value: value))
    }

    var families: [MetricFamily] { byName.values.sorted { $0.name < $1.name } }
}
