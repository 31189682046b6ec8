// What can go wrong with the small records, a case for each thing that a person can do about it. A
// damaged database is never opened, emptied or replaced silently: the message says what to run.

internal import GRDB

/// Why the records cannot be opened, read or written.
public enum RecordError: Error, Equatable, CustomStringConvertible {
    /// The folder or the file cannot be reached.
    case cannotOpen(path: String, reason: String)
    /// The database fails its integrity check.
    case damaged(path: String, detail: String)
    /// The database was written by a later version.
    case tooNew(path: String, migration: String)
    /// The disk takes no more; nothing of the transaction was kept.
    case diskFull(path: String)
    /// One operation failed; nothing of it was kept.
    case failed(operation: String, reason: String)

    public var description: String {
        switch self {
        case .cannotOpen(let path, let reason):
            "cannot open \(path): \(reason); check that the agent's user may write there"
        case .damaged(let path, let detail):
            "\(path) is damaged (\(detail)); nothing was changed. Restore a back-up with "
                + "`martlet restore DIR`, or save what is readable with "
                + "`sqlite3 \(path) .recover | sqlite3 recovered.db` and put it in its place"
        case .tooNew(let path, let migration):
            "\(path) was written by a later version (\(migration)); start that version, "
                + "or restore a back-up made with this one"
        case .diskFull(let path):
            "the disk of \(path) is full; nothing was kept of this change, free some space"
        case .failed(let operation, let reason): "cannot \(operation): \(reason)"
        }
    }

    /// Translates what GRDB threw while doing `operation` on the file at `path`.
    init(_ error: any Error, operation: String, path: String) {
        if let error = error as? RecordError {
            self = error
            return
        }
        guard let error = error as? DatabaseError else {
            self = .failed(operation: operation, reason: "\(error)")
            return
        }
        let reason = error.message ?? "SQLite error \(error.resultCode.rawValue)"
        switch error.resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .damaged(path: path, detail: reason)
        case .SQLITE_FULL: self = .diskFull(path: path)
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM:
            self = .cannotOpen(path: path, reason: reason)
        default: self = .failed(operation: operation, reason: reason)
        }
    }
}
