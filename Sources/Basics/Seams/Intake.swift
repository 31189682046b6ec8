// The way in: what a collector may ask of whatever keeps. Each call returns when what it took is
// acknowledged in the sense of ARCHITECTURE.md ("Acknowledged"). Collect knows this and nothing of Keep.

/// Why a sample was not taken.
public enum Refusal: String, Sendable, CaseIterable, Hashable {
    /// Older than the window for late samples.
    case tooOld = "too_old"
    /// Further ahead than clocks may differ.
    case tooNew = "too_new"
    /// Another value is already kept at that time.
    case duplicate
    /// The limit of series is reached, and this one would be new.
    case seriesLimit = "series_limit"
    /// A label is longer than allowed, or there are too many.
    case labelLimit = "label_limit"
    /// The disk takes no more.
    case diskFull = "disk_full"
}

/// What became of a batch.
public struct AppendOutcome: Sendable, Equatable {
    /// Samples that are kept now; a repeated sample with the same value counts.
    public var accepted = 0
    public var refused: [Refusal: Int] = [:]

    public init() {}

    public mutating func refuse(_ reason: Refusal, _ count: Int = 1) {
        refused[reason, default: 0] += count
    }
}

/// A failure of the store itself; the batch can be offered again.
public struct IntakeError: Error, Sendable, CustomStringConvertible {
    public var reason: String

    public init(reason: String) { self.reason = reason }

    public var description: String { reason }
}

/// Where a collector hands over what it collected.
public struct Intake: Sendable {
    /// The id of a series, new or known; nil when it is new and a limit refuses it.
    public var resolve: @Sendable (Labels) -> Result<SeriesID, ResolveError>
    /// Keeps the samples; they are visible to queries when the call returns.
    public var append: @Sendable (SampleBatch) throws(IntakeError) -> AppendOutcome
    /// Keeps samples of any age, sorted by time, through the bulk path (blocks and archive).
    public var backfill: @Sendable ([Series]) throws(IntakeError) -> AppendOutcome
    /// Remembers type, help and unit of a metric.
    public var describe: @Sendable (_ metric: String, MetricMetadata) -> Void
    /// Keeps log records, and in the same transaction where their source was read up to.
    public var appendLog: @Sendable ([LogRecord], LogPosition?) throws(IntakeError) -> Void
    /// Where a log source was read up to; nil for a source never seen.
    public var logPosition: @Sendable (_ source: String) throws(IntakeError) -> LogPosition?

    public struct ResolveError: Error, Sendable, Equatable {
        public var refusal: Refusal

        public init(_ refusal: Refusal) { self.refusal = refusal }
    }

    public init(
        resolve: @escaping @Sendable (Labels) -> Result<SeriesID, ResolveError>,
        append: @escaping @Sendable (SampleBatch) throws(IntakeError) -> AppendOutcome,
        backfill: @escaping @Sendable ([Series]) throws(IntakeError) -> AppendOutcome,
        describe: @escaping @Sendable (String, MetricMetadata) -> Void,
        appendLog: @escaping @Sendable ([LogRecord], LogPosition?) throws(IntakeError) -> Void,
        logPosition: @escaping @Sendable (String) throws(IntakeError) -> LogPosition?
    ) {
        self.resolve = resolve
        self.append = append
        self.backfill = backfill
        self.describe = describe
        self.appendLog = appendLog
        self.logPosition = logPosition
    }
}
