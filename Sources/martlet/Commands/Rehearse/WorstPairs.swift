// The pairs that speak most against the candidate, with their texts, and how many prompt tokens each
// side had in its cache: a side that was asked warm was not asked fairly.

import Bytes
import Foundation
import Rehearse

/// The worst pairs of a replay.
struct WorstPairs {
    private static let shown = 3
    private static let textMax = 300
    private var pairs: [(pair: Pair, outcome: PairOutcome)] = []
    private var cached = (primary: 0, candidate: 0)
    private var asked = (primary: 0, candidate: 0)

    mutating func add(_ pair: Pair, _ outcome: PairOutcome) {
        let (a, b) = (
            Reply(pair.primary, path: pair.request.path).usage,
            Reply(pair.candidate, path: pair.request.path).usage
        )
        cached.primary += a.tokensCached ?? 0
        cached.candidate += b.tokensCached ?? 0
        asked.primary += a.tokensIn ?? 0
        asked.candidate += b.tokensIn ?? 0
        guard outcome.badness > 0 else { return }
        let place = pairs.firstIndex { $0.outcome.badness < outcome.badness } ?? pairs.count
        if place >= Self.shown { return }
        pairs.insert((pair, outcome), at: place)
        if pairs.count > Self.shown { pairs.removeLast() }
    }

    var cachedJSON: JSON {
        .object([
            ("primary", .number(cached.primary)), ("candidate", .number(cached.candidate)),
        ])
    }

    /// When the caches of the sides differed by more than a tenth of the prompts.
    var cacheWarning: String? {
        guard asked.primary > 0, asked.candidate > 0 else { return nil }
        let a = Double(cached.primary) / Double(asked.primary)
        let b = Double(cached.candidate) / Double(asked.candidate)
        guard abs(a - b) > 0.1 else { return nil }
        return String(
            format: "Not a fair race: %.0f %% of the primary's prompt tokens came from its cache, "
                + "%.0f %% of the candidate's. Latencies to the first token cannot be compared.",
            100 * a, 100 * b)
    }

    var text: String {
        if pairs.isEmpty { return "\nNo pair speaks against the candidate." }
        let parts = pairs.map { pair, outcome in
            let losses = outcome.readings.filter { $0.gain < 0 }
                .map { "\($0.metric.rawValue) \($0.metric.gainText($0.gain))" }
            let label = outcome.label.map { "  label \($0)" } ?? ""
            return """
                \(pair.request.id)\(label)  \(losses.joined(separator: ", "))
                  request    \(shown(pair.request.body))
                  primary    \(said(pair.primary, pair.request.path))
                  candidate  \(said(pair.candidate, pair.request.path))
                """
        }
        return "\nThe worst pairs\n" + parts.joined(separator: "\n")
    }

    private func said(_ answer: Answer, _ path: String) -> String {
        if answer.ending != .whole || answer.status >= 400 {
            return "\(answer.status) \(answer.ending.rawValue) " + shown(answer.body)
        }
        let text = Reply(answer, path: path).text
        return shown(text.map { Array($0.utf8) } ?? answer.body)
    }

    /// Scrubbed, on one line, cut.
    private func shown(_ bytes: [UInt8]) -> String {
        let text = Scrub.body(bytes).replacing("\n", with: " ")
        return text.count > Self.textMax ? text.prefix(Self.textMax) + "…" : text
    }
}
