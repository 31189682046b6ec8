// What happens to one answer of one target, without network, clock or tasks: an exposition comes in, a
// batch of samples goes to the intake, with stale markers for what has ended and the five series that
// Prometheus writes about every scrape. All or nothing: a fault anywhere means that no sample of the
// scrape is kept, every series that was live ends, and `up` is 0.

internal import Basics

/// What a scrape led to.
struct ScrapeResult: Sendable, Equatable {
    /// Why the scrape failed; nil when it did not.
    var error: String?
    /// The limit that failed it, by its key in the configuration.
    var limit: String?
    /// Samples in the exposition, before metric relabelling.
    var scraped = 0
    /// Samples after it.
    var kept = 0
    /// Series not seen in the last scrape.
    var added = 0
    /// The same series twice in one exposition.
    var repeated = 0
    /// Series that ended and got a marker.
    var ended = 0
    /// Samples of series beyond the target's own limit.
    var beyondLimit = 0
    /// What the intake refused, and why.
    var refused: [Refusal: Int] = [:]
}

/// What is remembered of one target between scrapes.
struct ScrapeSession: Sendable {
    let target: ScrapeTarget
    let intake: Intake
    var config: ScrapeConfig
    var cache = ScrapeCache()
    var batch = SampleBatch()
    /// The series that the last scrape had and that a marker must end.
    var live: [SeriesID] = []
    var nextLive: [SeriesID] = []
    /// Series of the last scrape whose texts are still understood: what is beside them is new.
    private(set) var known = 0
    var metadata = ScrapedMetadata()
    private var reports: [SeriesID] = []
    private var lastTime: Millis = 0

    init(target: ScrapeTarget, config: ScrapeConfig, intake: Intake) {
        self.target = target
        self.config = config
        self.intake = intake
    }

    /// Takes over a changed configuration; series that it makes differently end at the next scrape.
    mutating func adopt(_ changed: ScrapeConfig) {
        if changed == config { return }
        config = changed
        forgetMeanings()
    }

    /// Takes an exposition that has arrived.
    ///
    /// - Parameters:
    ///   - time: when it counts as scraped.
    ///   - elapsed: the seconds since the scrape began; asked at the end.
    mutating func take(
        _ body: [UInt8], format: ExpositionFormat, at time: Millis, elapsed: () -> Double
    ) -> ScrapeResult {
        // An id is good while the head keeps its series, hours at least; half an hour is well inside.
        if abs(time - lastTime) > 1_800_000 { forgetMeanings() }
        cache.begin()
        batch.removeAll()
        nextLive.removeAll(keepingCapacity: true)
        var result = ScrapeResult()
        do throws(ExpositionError) {
            try read(body, format, at: time, &result)
        } catch {
            return fail(error.description, at: time, elapsed: elapsed, result)
        }
        lastTime = time
        known = result.kept
        end(at: time, &result)
        swap(&live, &nextLive)
        cache.compact()
        metadata.flush(to: intake)
        return finish(result, at: time, elapsed: elapsed)
    }

    private mutating func forgetMeanings() {
        cache.forgetMeanings()
        known = 0
    }

    /// Notes that no exposition came, or one that cannot be used.
    mutating func fail(
        _ reason: String, at time: Millis, elapsed: () -> Double,
        _ partial: ScrapeResult = ScrapeResult()
    ) -> ScrapeResult {
        var result = partial
        result.error = reason
        batch.removeAll()
        nextLive.removeAll(keepingCapacity: true)
        end(at: time, &result)
        live.removeAll()
        known = 0
        return finish(result, at: time, elapsed: elapsed)
    }

    /// Ends all series, because the target is gone.
    mutating func close(at time: Millis) -> ScrapeResult {
        var result = ScrapeResult()
        batch.removeAll()
        nextLive.removeAll()
        end(at: time, &result)
        live.removeAll()
        for id in reports { batch.append(id, time, Stale.marker) }
        reports.removeAll()
        deliver(&result)
        return result
    }

    /// Marks what was live and is not any more.
    private mutating func end(at time: Millis, _ result: inout ScrapeResult) {
        if live == nextLive { return }
        let gone = Set(live).subtracting(nextLive)
        for id in gone.sorted(by: { $0.index < $1.index }) { batch.append(id, time, Stale.marker) }
        result.ended = gone.count
    }

    private mutating func finish(
        _ given: ScrapeResult, at time: Millis, elapsed: () -> Double
    ) -> ScrapeResult {
        var result = given
        var values: [(String, Double)] = [
            ("up", result.error == nil ? 1 : 0),
            ("scrape_duration_seconds", elapsed()),
            ("scrape_samples_scraped", Double(result.scraped)),
            ("scrape_samples_post_metric_relabeling", Double(result.kept)),
            ("scrape_series_added", Double(result.added)),
        ]
        if config.limits.series > 0 {
            // The names that vmagent gives them.
            values += [
                ("scrape_series_current", Double(result.kept)),
                ("scrape_series_limit", Double(config.limits.series)),
                ("scrape_series_limit_samples_dropped", Double(result.beyondLimit)),
            ]
        }
        // Resolved anew each time: five look-ups a scrape, and no question whether an id is alive.
        reports.removeAll(keepingCapacity: true)
        for (name, value) in values {
            switch intake.resolve(target.labels.setting(Labels.metricName, name)) {
            case .success(let id):
                batch.append(id, time, value)
                reports.append(id)
            case .failure(let error):
                result.refused[error.refusal, default: 0] += 1
            }
        }
        deliver(&result)
        return result
    }

    private mutating func deliver(_ result: inout ScrapeResult) {
        if batch.isEmpty { return }
        do throws(IntakeError) {
            let outcome = try intake.append(batch)
            result.refused.merge(outcome.refused, uniquingKeysWith: +)
        } catch {
            result.error = result.error ?? "the samples could not be kept: \(error)"
        }
        batch.removeAll()
    }
}
