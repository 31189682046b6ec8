// Which series the archive holds, by number, and where each counter's total stands: a small SQLite file,
// read whole at the start (a thousand rows) and written once per seal.

internal import Basics
internal import GRDB

/// One archived series.
struct ArchiveEntry: Sendable {
    var number: Int
    var labels: Labels
    var kind: ArchiveKind
    var total: CounterTotal
}

struct ArchiveIndex: Sendable {
    private let queue: DatabaseQueue

    init(path: String) throws {
        var configuration = Configuration()
        configuration.label = "archive"
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL")
        }
        queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.write { database in
            try database.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS series (
                        number INTEGER PRIMARY KEY, labels BLOB NOT NULL UNIQUE,
                        kind INTEGER NOT NULL, last INTEGER, total INTEGER NOT NULL,
                        through INTEGER NOT NULL)
                    """)
        }
    }

    /// Opens an index and reads it; one that is damaged is put aside.
    static func open(
        _ path: String, files: Files, report: (BadBlock) -> Void
    ) throws -> (index: ArchiveIndex, entries: [ArchiveEntry]) {
        do {
            let index = try ArchiveIndex(path: path)
            return (index, try index.load())
        } catch let error as DatabaseError
            where [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode)
        {
            report(
                BadBlock(
                    path: path, reason: "is damaged and was put aside as index.db.damaged"))
            try files.rename(path, path + ".damaged")
            let index = try ArchiveIndex(path: path)
            return (index, try index.load())
        }
    }

    func load() throws -> [ArchiveEntry] {
        try queue.read { database in
            let statement = try RowStatement(
                database,
                "SELECT number, labels, kind, last IS NULL, last, total, through FROM series")
            var entries: [ArchiveEntry] = []
            while try statement.next() {
                // Doubles lie as their bits, so that none is rounded on the way.
                let last = Double(bitPattern: UInt64(bitPattern: statement.integer(4)))
                entries.append(
                    ArchiveEntry(
                        number: Int(statement.integer(0)),
                        labels: Labels(encoded: statement.bytes(1)),
                        kind: ArchiveKind(rawValue: statement.integer(2)) ?? .gauge,
                        total: CounterTotal(
                            last: statement.integer(3) == 1 ? nil : last,
                            total: Double(bitPattern: UInt64(bitPattern: statement.integer(5))),
                            through: statement.integer(6))))
            }
            return entries
        }
    }

    /// Copies the index, consistent, to a file that must not exist.
    func backUp(to path: String) throws {
        try queue.writeWithoutTransaction { database in
            try database.execute(sql: "VACUUM INTO ?", arguments: [path])
        }
    }

    /// Forgets series.
    func remove(_ entries: [ArchiveEntry]) throws {
        try queue.write { database in
            for entry in entries {
                try database.execute(
                    sql: "DELETE FROM series WHERE number = ?", arguments: [entry.number])
            }
        }
    }

    /// Writes entries in one transaction.
    func save(_ entries: [ArchiveEntry]) throws {
        try queue.write { database in
            let statement = try RowStatement(
                database, "INSERT OR REPLACE INTO series VALUES (?, ?, ?, ?, ?, ?)")
            for entry in entries {
                statement.bind(1, Int64(entry.number))
                statement.bind(2, entry.labels.bytes)
                statement.bind(3, entry.kind.rawValue)
                if let last = entry.total.last {
                    statement.bind(4, Int64(bitPattern: last.bitPattern))
                } else {
                    statement.bindNull(4)
                }
                statement.bind(5, Int64(bitPattern: entry.total.total.bitPattern))
                statement.bind(6, entry.total.through)
                try statement.run()
            }
        }
    }
}
