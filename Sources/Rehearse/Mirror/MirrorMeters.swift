// What a rehearsal counts. Requests = pairs + skipped + under way, for every candidate: what was not
// copied is never just missing.

internal import Basics

/// The counters of one candidate.
struct CandidateMeters: Sendable {
    let copies: Counter
    let pairs: Counter
    let skipped: [SkipReason: Counter]
    let endings: [Ending: Counter]
    let duration: Histogram
    let tokens: Counter
    let cost: Counter
    let labels: Counter

    init(_ registry: Registry, _ names: Labels) {
        let prefix = "martlet_rehearsal"
        copies = registry.counter(
            "\(prefix)_copies_total", "Copies that were handed to the candidate's queue.", names)
        pairs = registry.counter(
            "\(prefix)_pairs_total", "Pairs that were judged and are on the disk.", names)
        skipped = Dictionary(
            uniqueKeysWithValues: SkipReason.allCases.map { reason in
                (
                    reason,
                    registry.counter(
                        "\(prefix)_skipped_total",
                        "Requests that did not become a pair, by reason.",
                        names.setting("reason", reason.rawValue))
                )
            })
        endings = Dictionary(
            uniqueKeysWithValues: Ending.allCases.map { ending in
                (
                    ending,
                    registry.counter(
                        "\(prefix)_candidate_answers_total", "How the candidate's answers ended.",
                        names.setting("ending", ending.rawValue))
                )
            })
        duration = registry.histogram(
            "\(prefix)_candidate_duration_seconds", "The candidate's time from request to end.",
            names, bounds: [0.0005] + Histogram.seconds + [30, 60, 120])
        tokens = registry.counter(
            "\(prefix)_candidate_tokens_total", "Tokens that the candidate counted.", names)
        cost = registry.counter(
            "\(prefix)_candidate_cost_total", "What the copies cost, by the configured prices.",
            names)
        labels = registry.counter(
            "\(prefix)_labels_total", "Labels that came later and found their pair.", names)
    }

    func skip(_ reason: SkipReason) { skipped[reason]?.add() }
}
