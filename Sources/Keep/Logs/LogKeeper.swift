// The logs at rest: a SQLite file for each arrival day (`logs/2026-11-21.db`, UTC), so that retention
// removes whole files, a damaged one costs only its day, and a source's place is committed together
// with its lines. The calls block; they never run on the cooperative pool. What it does not do: mask
// (Collect did), follow files, or judge what lines mean.

public import Basics
internal import GRDB

/// What is worth setting about the logs.
public struct LogKeeperOptions: Sendable, Equatable {
    /// Days that a day's file is kept after its day.
    public var daysMax = 30
    /// Bytes of all files; the oldest go first, the day's own stays.
    public var bytesMax = 10 << 30

    public init() {}
}

/// How much there is.
public struct LogStats: Sendable, Equatable {
    public var days: Int
    public var bytes: Int
    /// `2026-11-21`; nil when there is none.
    public var oldestDay: String?
}

/// The log lines of all days.
public final class LogKeeper: Sendable {
    /// How often age may remove a file: a clock that jumps a year ahead then costs a day, not all.
    private static let ageRemovalMillis: Millis = 3_600_000

    private struct Positions {
        var bySource: [String: StoredPosition] = [:]
        var sequence: Int64 = 0
    }

    /// The open day.
    ///
    /// Its lock is held while committing; the commit queue lets one thread at a time do that.
    private struct Writer {
        var day: LogDay?
    }

    private struct Metrics {
        let records: Counter
        let failures: Counter
        let damaged: Counter
        let removed: Counter
        let commitSeconds: Histogram
        let bytes: Gauge
        let days: Gauge
    }

    let folder: String
    private let options: LogKeeperOptions
    private let clock: Clock
    private let metrics: Metrics
    private let positions: Lock<Positions>
    private let writer = Lock(Writer())
    private let lastAgeRemoval = Lock<Millis?>(nil)
    private typealias Queue = CommitQueue<
        (records: [LogRecord], position: LogPosition?), Void, LogError
    >
    private let queue = Queue(weightMax: 10_000)

    private init(
        folder: String, options: LogKeeperOptions, clock: Clock, registry: Registry,
        positions: [StoredPosition]
    ) {
        self.folder = folder
        self.options = options
        self.clock = clock
        let named = Dictionary(
            positions.map { ($0.position.source, $0) },
            uniquingKeysWith: { $0.sequence >= $1.sequence ? $0 : $1 })
        self.positions = Lock(
            Positions(bySource: named, sequence: positions.map(\.sequence).max() ?? 0))
        metrics = Metrics(
            records: registry.counter(
                "martlet_log_store_records_total", "Log records committed to the day's file."),
            failures: registry.counter(
                "martlet_log_store_failures_total", "Commits of log records that failed."),
            damaged: registry.counter(
                "martlet_log_store_damaged_total",
                "Times that a day's log file was found damaged, by a commit or a search."),
            removed: registry.counter(
                "martlet_log_store_removed_total", "Day files of logs that retention removed."),
            commitSeconds: registry.histogram(
                "martlet_log_store_commit_seconds", "Duration of a group commit of log records."),
            bytes: registry.gauge("martlet_log_store_bytes", "Bytes of all day files of logs."),
            days: registry.gauge("martlet_log_store_files", "Day files of logs."))
    }

    /// Opens `folder/logs`, making it when it is missing, and reads the positions of all sources.
    public static func open(
        folder: String, options: LogKeeperOptions = LogKeeperOptions(), clock: Clock,
        registry: Registry
    ) throws(LogError) -> LogKeeper {
        let path = folder + "/logs"
        do throws(FileError) {
            try Files.system.makeFolder(path)
        } catch {
            throw .cannotOpen(path: path, reason: error.reason)
        }
        var found: [StoredPosition] = []
        var damaged = 0
        for file in dayFiles(in: path) {
            // What such a loss takes, lines and their place, was taken together: it is read again.
            if WALCheck.loss(in: file.path + "-wal") != nil { damaged += 1 }
            do throws(LogError) {
                found += try LogReader(file).positions()
            } catch .damaged {
                damaged += 1
            }
        }
        let keeper = LogKeeper(
            folder: path, options: options, clock: clock, registry: registry, positions: found)
        keeper.metrics.damaged.add(Double(damaged))
        keeper.measure()
        return keeper
    }

    /// Keeps records and, in the same transaction, where their source was read up to.
    ///
    /// Returns when both are on the disk. Calls from many threads share transactions.
    public func append(_ records: [LogRecord], _ position: LogPosition? = nil) throws(LogError) {
        if records.isEmpty && position == nil { return }
        try queue.append((records, position), weight: records.count, commit: commit)
    }

    /// Where a source was read up to; nil for one never seen.
    public func position(_ source: String) -> LogPosition? {
        positions.withLock { $0.bySource[source]?.position }
    }

    /// Searches all days, newest line first unless the query says otherwise.
    public func search(_ query: LogQuery) throws(LogError) -> LogPage {
        let search = try LogSearch(query)
        let (page, damaged) = try search.run(dayFiles(in: folder))
        metrics.damaged.add(Double(damaged))
        return page
    }

    /// The sets of labels that lines carry, sorted; what a page offers to filter by.
    public func labelSets() -> [Labels] {
        var sets: Set<Labels> = []
        for file in dayFiles(in: folder) {
            if let streams = try? LogReader(file).streams() { sets.formUnion(streams.values) }
        }
        return sets.sorted()
    }

    /// Removes days that are too old or too many bytes; to be called every few minutes.
    public func maintain(now: Millis) {
        var files = dayFiles(in: folder)
        let today = now.flooredDivision(by: 86_400_000)
        let writing = writer.withLock { $0.day?.day }
        func remove(_ file: DayFile) {
            for suffix in ["", "-wal", "-shm"] { try? Files.system.remove(file.path + suffix) }
            files.removeAll { $0.day == file.day }
            metrics.removed.add()
        }
        if let oldest = files.first, oldest.day < today - Int64(options.daysMax),
            oldest.day != writing, mayRemoveByAge()
        {
            remove(oldest)
        }
        var sizes = files.map { (file: $0, bytes: bytes(of: $0)) }
        while sizes.count > 1, let oldest = sizes.first, oldest.file.day != writing,
            sizes.reduce(0, { $0 + $1.bytes }) > options.bytesMax
        {
            remove(oldest.file)
            sizes.removeFirst()
        }
        measure()
    }

    public var stats: LogStats {
        let files = dayFiles(in: folder)
        return LogStats(
            days: files.count, bytes: files.reduce(0) { $0 + bytes(of: $1) },
            oldestDay: files.first?.name)
    }

    /// Closes the day's file; a later append opens it again.
    public func close() throws(LogError) {
        let day = writer.withLock { writer in
            defer { writer.day = nil }
            return writer.day.map { Closing(day: $0) }
        }
        try day?.day.close()
    }

    /// Hands the day out of its lock; nobody else has it any more.
    private struct Closing: @unchecked Sendable {  // The lock gave its only reference away.
        let day: LogDay
    }

    private func commit(_ group: [Queue.Entry]) -> [Result<Void, LogError>] {
        let start = clock.monotonic()
        defer { metrics.commitSeconds.observe(Double(clock.monotonic() - start) / 1e9) }
        let whole = Result { () throws(LogError) in try write(group) }
        if case .failure = whole, group.count > 1 {
            // One caller's bad batch must not cost the others theirs.
            return group.map { entry in Result { () throws(LogError) in try write([entry]) } }
        }
        return group.map { _ in whole }
    }

    private func write(_ group: [Queue.Entry]) throws(LogError) {
        let today = clock.now().flooredDivision(by: 86_400_000)
        let known = positions.withLock { $0 }
        var moved = known
        for position in group.compactMap(\.batch.position) {
            moved.sequence += 1
            moved.bySource[position.source] = StoredPosition(
                position: position, sequence: moved.sequence)
        }
        let changed = group.compactMap {
            $0.batch.position.flatMap { moved.bySource[$0.source] }
        }
        let records = group.flatMap(\.batch.records)
        do throws(LogError) {
            try writer.withLock { (writer) throws(LogError) in
                do throws(LogError) {
                    try commit(records, changed, day: today, known, &writer)
                } catch .damaged(let path, let reason) {
                    // The day's own file: put it aside, whole, and go on in a new one.
                    metrics.damaged.add()
                    try? writer.day?.close()
                    writer.day = nil
                    try putAside(path, reason)
                    try commit(records, changed, day: today, known, &writer)
                }
            }
        } catch {
            metrics.failures.add()
            throw error
        }
        metrics.records.add(Double(records.count))
        positions.withLock { $0 = moved }
    }

    private func commit(
        _ records: [LogRecord], _ changed: [StoredPosition], day: Int64, _ known: Positions,
        _ writer: inout Writer
    ) throws(LogError) {
        if writer.day?.day != day {
            try? writer.day?.close()
            writer.day = nil
            writer.day = try LogDay(
                day: day, path: DayFile(day: day, folder: folder).path,
                positions: Array(known.bySource.values))
        }
        try writer.day?.commit(records, changed)
    }

    private func putAside(_ path: String, _ reason: String) throws(LogError) {
        let aside = "\(path).damaged-\(clock.now())"
        do throws(FileError) {
            try Files.system.rename(path, aside)
            for suffix in ["-wal", "-shm"] {
                try? Files.system.rename(path + suffix, aside + suffix)
            }
        } catch {
            throw .damaged(path: path, reason: "\(reason); \(error)")
        }
    }

    private func mayRemoveByAge() -> Bool {
        let now = clock.monotonic() / 1_000_000
        return lastAgeRemoval.withLock { last in
            if let before = last, now - before < LogKeeper.ageRemovalMillis { return false }
            last = now
            return true
        }
    }

    private func measure() {
        let stats = stats
        metrics.bytes.set(Double(stats.bytes))
        metrics.days.set(Double(stats.days))
    }
}
