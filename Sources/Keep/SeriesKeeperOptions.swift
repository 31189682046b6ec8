// What an operator may choose about the series on disk, and what a start reports. Every default has its
// reason beside it.

public import Basics

/// Settings of the store of series.
public struct SeriesKeeperOptions: Sendable {
    /// How late a sample may come.
    ///
    /// A block is sealed when this has passed behind its end.
    public var windowMillis: Millis = 3 * 3_600_000
    /// How long exact samples stay; Prometheus' default.
    public var retentionMillis: Millis = 15 * 86_400_000
    /// Bytes that blocks may take; nil for no limit.
    public var retentionBytes: Int?
    public var seriesMax = Limits.seriesMax
    /// Bytes of a journal segment: read whole at the start, so it bounds memory.
    public var journalSegmentBytesMax = 64 << 20
    /// Bytes of the whole journal: some hours of a million samples a second.
    public var journalBytesMax = 8 << 30
    public var journalSync: JournalSync = .everySecond
    /// Bytes of full chunks that go to the head's files in one write; so many wait in memory for it.
    public var spillPageBytes = 256 << 10
    /// Series that satisfy all matchers of any group are archived.
    public var archiveGroups: [[Matcher]] = SeriesKeeperOptions.archivedByDefault
    /// Some 1 MB a series on disk, taken at once.
    public var archiveSeriesMax = 1000
    public var archiveTiers = ArchiveTier.standard
    /// Threads that read the journal at the start: a power of two; the outcome is the same with any.
    var recoveryThreads = threadsMax
    /// Told while the journal is read at the start: segments done, segments in all.
    public var progress: (@Sendable (_ done: Int, _ total: Int) -> Void)?

    public init() {}

    /// The bytes of a full archive of gauges, known before the first sample; counters take a third.
    public var archiveBytesMax: Int {
        let columns = ArchiveKind.gauge.columns.count
        let perSeries = archiveTiers.reduce(0) {
            $0 + RoundRobinHeader.fileBytes(columns: columns, rows: $1.rows)
        }
        return archiveSeriesMax * perSeries
    }

    /// Recorded series (their names have a colon), the figures of delivery, and Martlet's own; the buckets
    /// of its histograms are many and say little after a week.
    public static let archivedByDefault: [[Matcher]] = {
        let name = Labels.metricName
        guard let recorded = try? Matcher(name, .matches, ".*:.*"),
            let delivery = try? Matcher(name, .matches, "delivery_.*"),
            let own = try? Matcher(name, .matches, "martlet_.*"),
            let buckets = try? Matcher(name, .matchesNot, ".*_bucket")
        else { return [] }
        return [[recorded], [delivery], [own, buckets]]
    }()
}

/// What was found at the start.
public struct RecoveryReport: Sendable, Equatable {
    public var segments = 0
    public var frames = 0
    /// Samples that are in the head again.
    public var samples = 0
    /// Samples of the journal that blocks hold already.
    public var samplesInBlocks = 0
    /// Damaged frames, each with its place.
    public var badFrames: [BadFrame] = []
    /// Segments whose end a write cut short; normal after a kill.
    public var tornTails = 0
    public var blocks = 0
    public var badBlocks: [BadBlock] = []
    public var durationMillis: Int64 = 0

    public init() {}
}

/// What one call of ``SeriesKeeper/maintain(now:)`` did.
public struct MaintenanceReport: Sendable, Equatable {
    public var blocksSealed = 0
    public var blocksMerged = 0
    public var blocksExpired = 0
    /// For the log: faults, and what is not as usual.
    public var notices: [String] = []

    public init() {}
}
