// The small records: `martlet.db`, one SQLite file in WAL mode with full synchronisation, so that a
// change is on the disk when its call returns. What has many rows and may lose none (samples) is
// elsewhere; here is what must be right: what was sent to whom, which alerts were firing, the
// settings, the history of KPIs. The calls block; they never run on the cooperative pool. The folder
// itself is locked by ``FolderLock``, which the agent takes before it opens anything.

public import Basics
internal import GRDB

/// The records at rest, as small stores.
public final class RecordKeeper: Sendable {
    /// Up to this size every page and index is verified at open (about 1 s); above, pages only.
    private static let fullCheckBytesMax = 64 << 20

    public let settings: Settings
    public let outbox: Outbox
    public let groups: GroupStates
    public let alerts: AlertStates
    public let alertHistory: AlertHistory
    public let silences: SilenceRecords
    public let lessons: Lessons
    public let kpis: KPIHistory
    public let events: EventKeeper
    public let decisions: DecisionLog
    public let findings: FindingLog
    public let models: ModelLog
    public let gray: GrayRecords
    private let base: RecordBase

    private init(base: RecordBase, registry: Registry) {
        self.base = base
        settings = Settings(base: base)
        outbox = Outbox(base: base)
        groups = GroupStates(base: base)
        alerts = AlertStates(base: base)
        alertHistory = AlertHistory(base: base)
        silences = SilenceRecords(base: base)
        lessons = Lessons(base: base)
        kpis = KPIHistory(base: base)
        events = EventKeeper(base: base, registry: registry)
        decisions = DecisionLog(base: base)
        findings = FindingLog(base: base)
        models = ModelLog(base: base)
        gray = GrayRecords(base: base)
    }

    /// Opens `folder/martlet.db`, verifies it, and brings its tables up to date.
    public static func open(
        folder: String, registry: Registry
    ) throws(RecordError) -> RecordKeeper {
        let path = folder + "/martlet.db"
        do throws(FileError) {
            try Files.system.makeFolder(folder)
        } catch {
            throw .cannotOpen(path: folder, reason: error.reason)
        }
        try checkWAL(of: path)
        var configuration = Configuration()
        configuration.label = "martlet.db"
        configuration.maximumReaderCount = 4
        // Another process may hold the file for a moment (a back-up, a person with sqlite3).
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { db in
            // What was removed (a delivery with names in it) is overwritten, not only forgotten.
            try db.execute(sql: "PRAGMA secure_delete = ON")
        }
        do {
            try verify(path)
            let pool = try DatabasePool(path: path, configuration: configuration)
            try pool.syncEachCommit()
            let migrator = recordMigrator()
            let (isNewer, applied) = try pool.read { db in
                (try migrator.hasBeenSuperseded(db), try migrator.appliedIdentifiers(db))
            }
            if isNewer {
                let unknown = applied.subtracting(migrator.migrations).sorted()
                throw RecordError.tooNew(path: path, migration: unknown.joined(separator: ", "))
            }
            try migrator.migrate(pool)
            let failures = registry.counter(
                "martlet_record_failures_total", "Reads and writes of martlet.db that failed.")
            let base = RecordBase(pool, path: path, failures: failures)
            return RecordKeeper(base: base, registry: registry)
        } catch {
            throw RecordError(error, operation: "open", path: path)
        }
    }

    /// Copies the database, consistent, to a file that must not exist.
    public func backUp(to path: String) throws(RecordError) {
        try base.backUp(to: path)
    }

    /// Writes what is in the write-ahead log into the file and closes it.
    public func close() throws(RecordError) { try base.close() }

    /// Checks a file that exists, reading only: opening a pool writes to it (GRDB makes sure that
    /// there is a write-ahead log), and what is damaged is left for the person to save.
    private static func verify(_ path: String) throws {
        guard let file = try? Files.system.open(path, .read) else { return }
        defer { Files.system.close(file) }
        if try Files.system.size(file) == 0 { return }
        var configuration = Configuration()
        configuration.readOnlyUnlessInterrupted(path)
        let findings = try DatabaseQueue(path: path, configuration: configuration).read { db in
            let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            let pageBytes = try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 0
            let check = pages * pageBytes <= fullCheckBytesMax ? "integrity_check" : "quick_check"
            return try String.fetchAll(db, sql: "PRAGMA \(check)(3)")
        }
        if findings != ["ok"] {
            let detail = findings.joined(separator: "; ").replacing("\n", with: " ")
            throw RecordError.damaged(path: path, detail: detail)
        }
    }

    /// A commit behind a damaged frame of the write-ahead log would be dropped by SQLite in silence.
    private static func checkWAL(of path: String) throws(RecordError) {
        guard let loss = WALCheck.loss(in: path + "-wal") else { return }
        throw .damaged(
            path: path,
            detail: "frame \(loss.frame) of \(path)-wal fails its checksum and hides "
                + "\(loss.commits) later changes; to accept their loss, run "
                + "`sqlite3 \(path) 'PRAGMA wal_checkpoint(TRUNCATE)'`")
    }
}
