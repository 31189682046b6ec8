// A verdict for a terminal: the word, why, the figures it rests on, what was learnt of the answers'
// paths, and what loss would have been seen.

import Basics
import Foundation
import Rehearse

/// Prints standings.
struct StandingPrinter {
    private static let slicesMax = 8
    private static let pathsMax = 8
    private let words = Words()

    func text(_ standing: Standing) -> String {
        var parts = [headline(standing)]
        parts += standing.reasons.map { "  • " + sentence($0) }
        let overall = standing.metrics.filter { $0.slice == nil }
        if !overall.isEmpty { parts.append("\n" + table(overall)) }
        let slices = standing.metrics.filter { $0.slice != nil && $0.interval != nil }
            .sorted {
                ($0.verdict == .reject ? 0 : 1, -$0.logHarm) < (
                    $1.verdict == .reject ? 0 : 1, -$1.logHarm
                )
            }
        if !slices.isEmpty {
            parts.append("\nThe slices that look worst")
            parts.append(table(Array(slices.prefix(Self.slicesMax))))
        }
        let paths = standing.paths.prefix(Self.pathsMax)
        if !paths.isEmpty {
            parts.append("\nFields of the answers that differ")
            parts.append(tableText(paths.map(row)))
        }
        if let power = power(standing) { parts.append("\n" + power) }
        return parts.joined(separator: "\n")
    }

    private func headline(_ standing: Standing) -> String {
        let word = standing.verdict.rawValue.replacing("_", with: " ").uppercased()
        var line = "\(word) after \(standing.pairs) pairs"
        if standing.verdict == .hold || standing.verdict == .notEnoughData {
            line +=
                standing.pairsNeeded.map { "; about \($0) more are needed" }
                ?? "; how many more are needed cannot be foreseen"
        }
        return line
    }

    func sentence(_ phrase: Phrase) -> String {
        var phrase = phrase
        if let metric = phrase.arguments["metric"] {
            phrase.arguments["metric"] = words.word("rehearsals.metric.\(metric)")
                .replacing("rehearsals.metric.", with: "")
        }
        let template = words.word(phrase.key)
        if template != phrase.key { return phrase.worded(template) }
        let carried = phrase.arguments.sorted { $0.key < $1.key }
        return phrase.key + " ("
            + carried.map { "\($0.key) \($0.value)" }.joined(separator: ", ") + ")"
    }

    private func table(_ metrics: [MetricStanding]) -> String {
        let head = [
            "metric", "pairs", "primary", "candidate", "difference", "interval at every look",
            "must exceed", "verdict",
        ]
        let rows = metrics.map { metric in
            [
                metric.metric.rawValue
                    + (metric.slice.map { " \($0.field)=\($0.value)" } ?? ""),
                String(metric.pairs), figure(metric.primary), figure(metric.candidate),
                metric.metric.gainText(metric.gain),
                metric.interval.map { interval(metric.metric, $0) } ?? "",
                limit(metric),
                metric.isGate ? metric.verdict.rawValue.replacing("_", with: " ") : "(shown only)",
            ]
        }
        return tableText([head] + rows)
    }

    /// A gain of a ratio reads as a change of the amount, which turns the interval about.
    private func interval(_ metric: Metric, _ interval: ClosedRange<Double>) -> String {
        let (low, high) = (
            metric.gainText(interval.lowerBound), metric.gainText(interval.upperBound)
        )
        return metric.scale == .ratio ? "\(high) … \(low)" : "\(low) … \(high)"
    }

    private func limit(_ metric: MetricStanding) -> String {
        (metric.metric.scale == .ratio ? "< " : "> ") + metric.metric.gainText(metric.threshold)
    }

    private func figure(_ value: Double?) -> String {
        value.map { String(format: "%.4g", $0) } ?? "–"
    }

    private func row(_ path: PathStanding) -> [String] {
        let kinds = path.kinds.sorted { $0.value > $1.value }
            .map { "\($0.key.rawValue) \($0.value)" }.joined(separator: ", ")
        let own =
            path.secondPairs > 0
            ? "the primary itself \(path.secondDiffers) of \(path.secondPairs)"
            : "the primary was not asked twice"
        return ["  \(path.path)", path.state.rawValue, kinds.isEmpty ? "–" : kinds, own]
    }

    private func power(_ standing: Standing) -> String? {
        let seen = standing.metrics.filter { $0.slice == nil && $0.isGate }.compactMap { metric in
            metric.visibleGain.map { "\(metric.metric.rawValue) \(metric.metric.gainText($0))" }
        }
        if seen.isEmpty || standing.verdict == .reject { return nil }
        return "At least 90 % sure to have been seen as harm by now: "
            + seen.joined(separator: ", ")
    }
}
