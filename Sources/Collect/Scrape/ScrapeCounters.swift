// The scraper's own metrics: how scrapes ended, what they brought, what limits refused.

internal import Basics

/// Counters shared by all targets.
struct ScrapeCounters: Sendable {
    private let succeeded: Counter
    private let failed: Counter
    private let samples: Counter
    private let repeated: Counter
    private let ended: Counter
    private let seconds: Histogram
    private let refused: [Refusal: Counter]
    private let limits: [String: Counter]

    init(_ registry: Registry) {
        let help = "Scrapes that ended, by outcome."
        succeeded = registry.counter("martlet_scrapes_total", help, ["outcome": "success"])
        failed = registry.counter("martlet_scrapes_total", help, ["outcome": "failure"])
        samples = registry.counter(
            "martlet_scrape_samples_total", "Samples that scrapes brought, after relabelling.")
        repeated = registry.counter(
            "martlet_scrape_samples_repeated_total",
            "Samples dropped because their series stood twice in one exposition.")
        ended = registry.counter(
            "martlet_scrape_stale_markers_total", "Series that ended and were marked stale.")
        seconds = registry.histogram(
            "martlet_scrape_duration_seconds",
            "From the request of a scrape to its last sample kept.")
        refused = Dictionary(
            uniqueKeysWithValues: Refusal.allCases.map { reason in
                let counter = registry.counter(
                    "martlet_scrape_samples_refused_total",
                    "Scraped samples that were not kept, by reason.", ["reason": reason.rawValue])
                return (reason, counter)
            })
        let names = [
            "sample_limit", "series_limit", "label_limit", "label_name_length_limit",
            "label_value_length_limit",
            "body_size_limit", "target_limit",
        ]
        limits = Dictionary(
            uniqueKeysWithValues: names.map { name in
                let counter = registry.counter(
                    "martlet_limit_refusals_total", "What limits refused, by limit.",
                    ["limit": "scrape_" + name])
                return (name, counter)
            })
    }

    func count(_ result: ScrapeResult, seconds elapsed: Double) {
        (result.error == nil ? succeeded : failed).add()
        if let limit = result.limit { limits[limit]?.add() }
        if result.error == nil { samples.add(Double(result.kept)) }
        if result.repeated > 0 { repeated.add(Double(result.repeated)) }
        if result.ended > 0 { ended.add(Double(result.ended)) }
        for (reason, count) in result.refused { refused[reason]?.add(Double(count)) }
        seconds.observe(elapsed)
    }
}
