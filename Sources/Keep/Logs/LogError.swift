// What can go wrong with the logs, a case for each thing that the caller can do about it.

internal import GRDB

/// Why lines could not be kept or searched.
public enum LogError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The search cannot be done as written.
    case badQuery(String)
    /// The folder or a file cannot be reached.
    case cannotOpen(path: String, reason: String)
    /// A day's file is damaged.
    case damaged(path: String, reason: String)
    /// The disk takes no more; nothing of the batch was kept, and it can be offered again.
    case diskFull(path: String)
    /// Anything else; nothing of the batch was kept.
    case failed(operation: String, reason: String)

    public var description: String {
        switch self {
        case .badQuery(let reason): reason
        case .cannotOpen(let path, let reason):
            "cannot open \(path): \(reason); check that the agent's user may write there"
        case .damaged(let path, let reason):
            "\(path) is damaged (\(reason)); save what is readable with `sqlite3 \(path) .recover`"
        case .diskFull(let path): "the disk of \(path) is full; the lines wait, free some space"
        case .failed(let operation, let reason): "cannot \(operation): \(reason)"
        }
    }

    /// Translates what GRDB threw while doing `operation` on the file at `path`.
    init(_ error: any Error, operation: String, path: String) {
        if let error = error as? LogError {
            self = error
            return
        }
        guard let error = error as? DatabaseError else {
            self = .failed(operation: operation, reason: "\(error)")
            return
        }
        let reason = error.message ?? "SQLite error \(error.resultCode.rawValue)"
        switch error.resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .damaged(path: path, reason: reason)
        case .SQLITE_FULL: self = .diskFull(path: path)
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM:
            self = .cannotOpen(path: path, reason: reason)
        default: self = .failed(operation: operation, reason: reason)
        }
    }
}
