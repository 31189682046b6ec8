// One day's file, read. A reader is opened for one search and closed after it (1 ms), so that a file
// which retention removes or a person repairs is never held, and a stuck search can be interrupted
// without touching anybody else's.

internal import Basics
internal import GRDB

/// A day's file, open for reading.
final class LogReader {
    let file: DayFile
    let queue: DatabaseQueue

    init(_ file: DayFile) throws(LogError) {
        self.file = file
        var configuration = Configuration()
        configuration.label = "log search"
        configuration.readOnlyUnlessInterrupted(file.path)
        configuration.busyMode = .timeout(5)
        do {
            queue = try DatabaseQueue(path: file.path, configuration: configuration)
        } catch {
            throw LogError(error, operation: "open \(file.path)", path: file.path)
        }
    }

    /// The positions of all sources in this file.
    func positions() throws(LogError) -> [StoredPosition] {
        try read { db in
            try db.tableExists("positions") ? try StoredPosition.all(db) : []
        }
    }

    /// The sets of labels in this file by number.
    func streams() throws(LogError) -> [Int64: Labels] {
        try read { db in
            let rows = try Row.fetchAll(db, sql: "SELECT id, labels FROM streams")
            return Dictionary(
                rows.map { ($0[0], labels(fromText: $0[1])) }, uniquingKeysWith: { $1 })
        }
    }

    /// The times of the earliest and the latest line; nil when there is none.
    func span() throws(LogError) -> TimeRange? {
        try read { db in
            guard let from = try Int64.fetchOne(db, sql: "SELECT min(time) FROM records"),
                let through = try Int64.fetchOne(db, sql: "SELECT max(time) FROM records")
            else { return nil }
            return TimeRange(from: from, through: through)
        }
    }

    func read<Value>(_ body: (Database) throws -> Value) throws(LogError) -> Value {
        do {
            return try queue.read(body)
        } catch {
            throw LogError(error, operation: "search \(file.path)", path: file.path)
        }
    }
}
