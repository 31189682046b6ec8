// What a query may use, and what it has used: samples held at once, time, and the caller's patience.
// It is asked between rows, never between samples.

internal import Basics

final class Budget {
    let limits: QueryLimits
    private let clock: Clock
    private let registry: Registry?
    private let deadline: Int64
    private var ticks: UInt = 0
    /// Samples and cells that live now.
    private(set) var held = 0
    private(set) var peak = 0
    /// Samples that steps looked at; a sample counts at every step that did.
    var samplesRead = 0
    /// Nanoseconds that the source took.
    var selectNanoseconds: Int64 = 0
    private let started: Int64

    init(_ limits: QueryLimits, _ clock: Clock, _ registry: Registry?) {
        self.registry = registry
        self.limits = limits
        self.clock = clock
        let nanoseconds = limits.timeout.millis.multipliedReportingOverflow(by: 1_000_000)
        started = clock.monotonic()
        let end = started.addingReportingOverflow(
            nanoseconds.overflow ? Int64.max : nanoseconds.partialValue)
        deadline = end.overflow ? Int64.max : end.partialValue
    }

    var remainingSamples: Int { Swift.max(0, limits.samplesMax - held) }

    var statistics: QueryStatistics {
        var statistics = QueryStatistics()
        statistics.selectNanoseconds = selectNanoseconds
        statistics.evaluationNanoseconds = clock.monotonic() - started
        statistics.samplesRead = samplesRead
        statistics.samplesPeak = peak
        return statistics
    }

    /// Counts samples that are about to be held.
    func hold(_ count: Int) throws(QueryError) {
        let (sum, overflowed) = held.addingReportingOverflow(count)
        guard !overflowed && sum <= limits.samplesMax else {
            refuse("query_samples")
            throw .execution(
                "query processing would load too many samples into memory in query execution: the"
                    + " limit is \(limits.samplesMax) samples at once (query.max_samples); ask for fewer"
                    + " series, a shorter time or a longer step")
        }
        held = sum
        peak = Swift.max(peak, sum)
    }

    private func refuse(_ limit: String) {
        registry?.counter(
            "martlet_limit_refusals_total", "What was refused because of a limit.",
            ["limit": limit]
        ).add()
    }

    /// Counts the cells of a table before it is made.
    func hold(rows: Int, width: Int) throws(QueryError) {
        let (cells, overflowed) = rows.multipliedReportingOverflow(by: width)
        try hold(overflowed ? Int.max : cells)
    }

    /// Forgets what lived between a mark and now, but for `kept`.
    func settle(at mark: Int, keeping kept: Int) { held = mark + kept }

    /// Ends the query when its time is over or nobody waits for it.
    ///
    /// Cheap enough for every row.
    func tick() throws(QueryError) {
        ticks &+= 1
        // The clock costs some 25 ns; a row costs at least that.
        if ticks & 15 == 0 { try check() }
    }

    /// True when the query must end; a loop that cannot throw asks this and stops.
    var isOver: Bool { limits.isCancelled() || clock.monotonic() > deadline }

    func check() throws(QueryError) {
        if limits.isCancelled() { throw .cancelled }
        if clock.monotonic() > deadline {
            refuse("query_timeout")
            throw .timeout(
                "query timed out in expression evaluation: the limit is \(limits.timeout.seconds) s"
                    + " (timeout)")
        }
    }
}

/// What an answer says beside its values, each text once.
struct Remarks {
    private(set) var warnings: [String] = []
    private(set) var infos: [String] = []
    private var seen: Set<String> = []

    mutating func warn(_ text: String) {
        if seen.insert("w" + text).inserted { warnings.append(text) }
    }

    mutating func inform(_ text: String) {
        if seen.insert("i" + text).inserted { infos.append(text) }
    }
}
