// Predictions at rest: a SQLite file for each arrival day (`predictions/2026-11-21.db`, UTC), so that
// retention removes whole files and a damaged one costs only its day. Callers that come together share
// a transaction; what a call brought is on the disk when it returns. The calls block; they never run on
// the cooperative pool. What it does not do: read lines (Collect did), mask, or judge.

public import Basics
internal import GRDB

/// What is worth setting about predictions.
public struct PredictionKeeperOptions: Sendable, Equatable {
    /// Days that a day's file is kept after its day.
    public var daysMax = 30
    /// Bytes of all files; the oldest go first, the day's own stays.
    public var bytesMax = 10 << 30

    public init() {}
}

/// The predictions and labels of all days.
public final class PredictionKeeper: Sendable {
    /// How often age may remove a file: a clock that jumps a year ahead then costs a day, not all.
    private static let ageRemovalMillis: Millis = 3_600_000

    private struct Positions {
        var bySource: [String: StoredPosition] = [:]
        var sequence: Int64 = 0
    }

    private struct Writer { var day: PredictionDay? }

    /// What one caller brought.
    struct Batch: Sendable {
        var blocks: [PackedBlock]
        var position: LogPosition?
    }

    private typealias Queue = CommitQueue<Batch, Void, RecordError>

    let folder: String
    let damaged: Counter
    private let options: PredictionKeeperOptions
    private let clock: Clock
    private let rows: Counter
    private let labels: Counter
    private let failures: Counter
    private let removed: Counter
    private let commitSeconds: Histogram
    private let bytesGauge: Gauge
    private let positions: Lock<Positions>
    private let writer = Lock(Writer())
    private let lastAgeRemoval = Lock<Millis?>(nil)
    /// 32 MB of blocks are some 100 ms of writing.
    private let queue = Queue(weightMax: 32 << 20)

    private init(
        folder: String, options: PredictionKeeperOptions, clock: Clock, registry: Registry,
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
        rows = registry.counter(
            "martlet_predictions_kept_total", "Predictions that were committed to the day's file.")
        labels = registry.counter(
            "martlet_prediction_labels_kept_total", "True labels of predictions that were kept.")
        failures = registry.counter(
            "martlet_prediction_store_failures_total", "Commits of predictions that failed.")
        damaged = registry.counter(
            "martlet_prediction_store_damaged_total", "Blocks and day files found damaged.")
        removed = registry.counter(
            "martlet_prediction_store_removed_total", "Day files that retention removed.")
        commitSeconds = registry.histogram(
            "martlet_prediction_store_commit_seconds", "Duration of a group commit of predictions.")
        bytesGauge = registry.gauge(
            "martlet_prediction_store_bytes", "Bytes of all day files of predictions.")
    }

    /// Opens `folder/predictions`, making it when it is missing.
    public static func open(
        folder: String, options: PredictionKeeperOptions = PredictionKeeperOptions(), clock: Clock,
        registry: Registry
    ) throws(RecordError) -> PredictionKeeper {
        let path = folder + "/predictions"
        do throws(FileError) {
            try Files.system.makeFolder(path)
        } catch {
            throw .cannotOpen(path: path, reason: error.reason)
        }
        var found: [StoredPosition] = []
        var damaged = 0
        for file in dayFiles(in: path) {
            if WALCheck.loss(in: file.path + "-wal") != nil { damaged += 1 }
            var configuration = Configuration()
            configuration.readOnlyUnlessInterrupted(file.path)
            do {
                found += try DatabaseQueue(path: file.path, configuration: configuration).read {
                    try $0.tableExists("positions") ? try StoredPosition.all($0) : []
                }
            } catch {
                damaged += 1
            }
        }
        let keeper = PredictionKeeper(
            folder: path, options: options, clock: clock, registry: registry, positions: found)
        keeper.damaged.add(Double(damaged))
        keeper.measure()
        return keeper
    }

    /// Keeps predictions and labels, and in the same transaction where their file was read up to.
    ///
    /// Returns when all is on the disk. Calls from many threads share transactions.
    public func append(
        _ blocks: [PredictionBlock], labels: [LabelBlock] = [], position: LogPosition? = nil
    ) throws(RecordError) {
        // Encoding and compressing is most of the work, and is done before anybody waits for it.
        let packed =
            blocks.compactMap { PackedBlock($0) } + labels.compactMap { PackedBlock($0) }
        if packed.isEmpty && position == nil { return }
        let weight = packed.reduce(1) { $0 + $1.bytes.count }
        try queue.append(
            Batch(blocks: packed, position: position), weight: weight, commit: commit)
        rows.add(Double(blocks.reduce(0) { $0 + $1.count }))
        self.labels.add(Double(labels.reduce(0) { $0 + $1.count }))
    }

    /// Where a followed file was read up to; nil for one never seen.
    public func position(_ source: String) -> LogPosition? {
        positions.withLock { $0.bySource[source]?.position }
    }

    /// Removes days that are too old or too many bytes, and joins small blocks that everybody has read.
    ///
    /// - Parameters:
    ///   - read: up to where those who follow have read.
    ///   - leaving: is told the arrival day whose rows go next, while they are still there.
    public func maintain(
        now: Millis, read: PredictionCursor, leaving: (_ day: Int64) -> Void = { _ in }
    ) {
        var files = dayFiles(in: folder)
        let today = now.flooredDivision(by: 86_400_000)
        let writing = writer.withLock { $0.day?.day }
        func remove(_ file: DayFile) {
            leaving(file.day)
            for suffix in ["", "-wal", "-shm"] { try? Files.system.remove(file.path + suffix) }
            files.removeAll { $0.day == file.day }
            removed.add()
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
        writer.withLock { writer in
            guard let day = writer.day else { return }
            let through =
                day.day == read.day ? read.block : day.day < read.day ? Int64.max : Int64.min
            if (try? day.compact(through: through)) == nil { failures.add() }
        }
        measure()
    }

    /// Bytes of all files, and the oldest day (`2026-11-21`).
    public var stats: (bytes: Int, days: Int, oldestDay: String?) {
        let files = dayFiles(in: folder)
        return (files.reduce(0) { $0 + bytes(of: $1) }, files.count, files.first?.name)
    }

    /// Closes the day's file; a later append opens it again.
    public func close() throws(RecordError) {
        let day = writer.withLock { writer in
            defer { writer.day = nil }
            return writer.day.map { Closing(day: $0) }
        }
        try day?.day.close()
    }

    /// Hands the day out of its lock; nobody else has it any more.
    private struct Closing: @unchecked Sendable {  // The lock gave its only reference away.
        let day: PredictionDay
    }

    private func commit(_ group: [Queue.Entry]) -> [Result<Void, RecordError>] {
        let start = clock.monotonic()
        defer { commitSeconds.observe(Double(clock.monotonic() - start) / 1e9) }
        let whole = Result { () throws(RecordError) in try write(group) }
        if case .failure = whole, group.count > 1 {
            // One caller's bad batch must not cost the others theirs.
            return group.map { entry in Result { () throws(RecordError) in try write([entry]) } }
        }
        return group.map { _ in whole }
    }

    private func write(_ group: [Queue.Entry]) throws(RecordError) {
        let today = clock.now().flooredDivision(by: 86_400_000)
        let known = positions.withLock { $0 }
        var moved = known
        for position in group.compactMap(\.batch.position) {
            moved.sequence += 1
            moved.bySource[position.source] = StoredPosition(
                position: position, sequence: moved.sequence)
        }
        let changed = group.compactMap { entry in
            entry.batch.position.flatMap { moved.bySource[$0.source] }
        }
        let blocks = group.flatMap(\.batch.blocks)
        do throws(RecordError) {
            try writer.withLock { (writer) throws(RecordError) in
                do throws(RecordError) {
                    try commit(blocks, changed, day: today, known, &writer)
                } catch .damaged(let path, let detail) {
                    // The day's own file: put it aside, whole, and go on in a new one.
                    damaged.add()
                    try? writer.day?.close()
                    writer.day = nil
                    try putAside(path, detail)
                    try commit(blocks, changed, day: today, known, &writer)
                }
            }
        } catch {
            failures.add()
            throw error
        }
        positions.withLock { $0 = moved }
    }

    private func commit(
        _ blocks: [PackedBlock], _ changed: [StoredPosition], day: Int64, _ known: Positions,
        _ writer: inout Writer
    ) throws(RecordError) {
        if writer.day?.day != day {
            try? writer.day?.close()
            writer.day = nil
            writer.day = try PredictionDay(
                day: day, path: DayFile(day: day, folder: folder).path,
                positions: Array(known.bySource.values))
        }
        try writer.day?.commit(blocks, changed)
    }

    private func putAside(_ path: String, _ detail: String) throws(RecordError) {
        let aside = "\(path).damaged-\(clock.now())"
        do throws(FileError) {
            try Files.system.rename(path, aside)
            for suffix in ["-wal", "-shm"] {
                try? Files.system.rename(path + suffix, aside + suffix)
            }
        } catch {
            throw .damaged(path: path, detail: "\(detail); \(error)")
        }
    }

    private func mayRemoveByAge() -> Bool {
        let now = clock.monotonic() / 1_000_000
        return lastAgeRemoval.withLock { last in
            if let before = last, now - before < PredictionKeeper.ageRemovalMillis { return false }
            last = now
            return true
        }
    }

    private func measure() { bytesGauge.set(Double(stats.bytes)) }
}
