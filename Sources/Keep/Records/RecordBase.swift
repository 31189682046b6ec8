// What the stores in a small SQLite database share: its writer, the translation and the count of its
// errors, and how it is opened, copied and closed. Day files, of which there are many, are elsewhere.

internal import Basics
internal import GRDB

/// A small SQLite database that is open.
final class RecordBase: Sendable {
    let path: String
    private let writer: any DatabaseWriter
    private let failures: Counter

    init(_ writer: any DatabaseWriter, path: String, failures: Counter) {
        self.writer = writer
        self.path = path
        self.failures = failures
    }

    /// Opens `folder/name` or makes it, with one connection; each commit is on the disk when it returns.
    ///
    /// - Parameter overwrites: what is deleted is overwritten, not only forgotten.
    static func open(
        _ name: String, in folder: String, overwrites: Bool, failures: Counter,
        migrator: DatabaseMigrator
    ) throws(RecordError) -> RecordBase {
        do throws(FileError) {
            try Files.system.makeFolder(folder)
        } catch {
            throw .cannotOpen(path: folder, reason: error.reason)
        }
        let path = folder + "/" + name
        var configuration = Configuration()
        configuration.label = name
        configuration.busyMode = .timeout(5)
        configuration.journalMode = .wal
        if overwrites {
            configuration.prepareDatabase { try $0.execute(sql: "PRAGMA secure_delete = ON") }
        }
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.syncEachCommit()
            try migrator.migrate(queue)
            return RecordBase(queue, path: path, failures: failures)
        } catch {
            throw RecordError(error, operation: "open", path: path)
        }
    }

    /// Runs `body` in one transaction; it is on the disk when this returns.
    func write<Value>(
        _ operation: String, _ body: (Database) throws -> Value
    ) throws(RecordError) -> Value {
        try attempt(operation) { try writer.write(body) }
    }

    /// Keeps what several callers brought in one transaction; one outcome for each, or one failure for all.
    func commit<Batch, Outcome>(
        _ operation: String, _ entries: [CommitQueue<Batch, Outcome, RecordError>.Entry],
        _ insert: (Batch, Database) throws -> Outcome
    ) -> [Result<Outcome, RecordError>] {
        do throws(RecordError) {
            return try write(operation) { db in
                try entries.map { .success(try insert($0.batch, db)) }
            }
        } catch {
            return entries.map { _ in .failure(error) }
        }
    }

    func read<Value>(
        _ operation: String, _ body: (Database) throws -> Value
    ) throws(RecordError) -> Value {
        try attempt(operation) { try writer.read(body) }
    }

    func withoutTransaction<Value>(
        _ operation: String, _ body: (Database) throws -> Value
    ) throws(RecordError) -> Value {
        try attempt(operation) { try writer.writeWithoutTransaction(body) }
    }

    /// Copies the database, consistent, to a file that must not exist.
    func backUp(to path: String) throws(RecordError) {
        try withoutTransaction("back up") { db in
            try db.execute(sql: "VACUUM INTO ?", arguments: [path])
        }
    }

    /// Writes what is in the write-ahead log into the file and closes it.
    func close() throws(RecordError) {
        try attempt("close") {
            // SQLite does this at the last close only when that is not a reader's.
            _ = try writer.writeWithoutTransaction { try $0.checkpoint(.truncate) }
            try writer.close()
        }
    }

    private func attempt<Value>(
        _ operation: String, _ body: () throws -> Value
    ) throws(RecordError) -> Value {
        do {
            return try body()
        } catch {
            failures.add()
            throw RecordError(error, operation: operation, path: path)
        }
    }
}
