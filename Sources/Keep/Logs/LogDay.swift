// The file of one arrival day: the lines, an index of their words, and up to where each source was
// read. All three change in one transaction. The index has no copy of the text (`content=''`); its
// rows carry the lines' numbers. Labels are few and lines many, so a line names its set by number.

internal import Basics
internal import Bytes
internal import GRDB

/// A day's file, open for writing; used by one thread at a time.
final class LogDay {
    let day: Int64
    let path: String
    private let queue: DatabaseQueue
    /// The numbers of the sets of labels; emptied when a transaction fails, as it may hold numbers
    /// that were rolled back.
    private var streams: [Labels: Int64] = [:]

    /// Sets of labels remembered; a source has a handful, a hostile pusher as many as it likes.
    private static let streamsMax = 10_000

    /// Opens a day's file or makes it.
    ///
    /// - Parameter positions: what a new file begins with, so that a day's file that retention removes
    ///   takes no source's place with it.
    init(day: Int64, path: String, positions: [StoredPosition]) throws(LogError) {
        self.day = day
        self.path = path
        var configuration = Configuration()
        configuration.label = "log day"
        configuration.busyMode = .timeout(5)
        configuration.journalMode = .wal
        configuration.prepareDatabase { db in
            // 16 MB of log between checkpoints.
            try db.execute(sql: "PRAGMA wal_autocheckpoint = 4000")
        }
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.syncEachCommit()
            try queue.write { db in try LogDay.makeTables(db, positions) }
        } catch {
            throw LogError(error, operation: "open the day's log", path: path)
        }
    }

    /// Keeps records and positions, all or none.
    func commit(_ records: [LogRecord], _ positions: [StoredPosition]) throws(LogError) {
        do {
            try queue.write { db in
                let line = try db.cachedStatement(
                    sql: """
                        INSERT INTO records (time, severity, stream, body, attributes)
                        VALUES (?, ?, ?, ?, ?)
                        """)
                let index = try db.cachedStatement(
                    sql: "INSERT INTO words (rowid, text) VALUES (?, ?)")
                var words: [UInt8] = []
                for record in records {
                    let stream = try number(of: record.labels, db)
                    try line.execute(arguments: [
                        record.time, record.severity.rawValue, stream, withoutNUL(record.body),
                        attributesText(record.attributes),
                    ])
                    words.removeAll(keepingCapacity: true)
                    appendWords(of: record.body, to: &words)
                    for attribute in record.attributes {
                        appendWords(of: attribute.name, to: &words)
                        appendWords(of: attribute.value, to: &words)
                    }
                    try index.execute(arguments: [
                        db.lastInsertedRowID, String(decoding: words, as: UTF8.self),
                    ])
                }
                for position in positions { try position.save(db) }
            }
        } catch {
            streams.removeAll()
            throw LogError(error, operation: "keep log lines", path: path)
        }
        if streams.count > LogDay.streamsMax { streams.removeAll() }
    }

    func close() throws(LogError) {
        do {
            try queue.close()
        } catch {
            throw LogError(error, operation: "close the day's log", path: path)
        }
    }

    private func number(of labels: Labels, _ db: Database) throws -> Int64 {
        if let known = streams[labels] { return known }
        let text = labelsText(labels)
        let find = try db.cachedStatement(sql: "SELECT id FROM streams WHERE labels = ?")
        var number = try Int64.fetchOne(find, arguments: [text])
        if number == nil {
            try db.execute(sql: "INSERT INTO streams (labels) VALUES (?)", arguments: [text])
            number = db.lastInsertedRowID
        }
        streams[labels] = number
        return number ?? 0
    }

    private static func makeTables(_ db: Database, _ positions: [StoredPosition]) throws {
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard version <= 1 else {
            throw LogError.failed(
                operation: "open the day's log", reason: "a later version wrote it (\(version))")
        }
        if version == 1 { return }
        try db.execute(
            sql: """
                CREATE TABLE streams (id INTEGER PRIMARY KEY, labels TEXT NOT NULL UNIQUE);
                CREATE TABLE records (
                    id INTEGER PRIMARY KEY, time INTEGER NOT NULL, severity INTEGER NOT NULL,
                    stream INTEGER NOT NULL, body TEXT NOT NULL, attributes TEXT NOT NULL
                );
                CREATE INDEX records_by_time ON records (time, severity, stream);
                CREATE VIRTUAL TABLE words USING fts5 (
                    text, content = '', columnsize = 0, tokenize = 'ascii'
                );
                CREATE TABLE positions (
                    source TEXT PRIMARY KEY NOT NULL, device INTEGER NOT NULL,
                    inode INTEGER NOT NULL, offset INTEGER NOT NULL,
                    head_checksum INTEGER NOT NULL, head_bytes INTEGER NOT NULL,
                    sequence INTEGER NOT NULL
                ) WITHOUT ROWID;
                PRAGMA user_version = 1;
                """)
        for position in positions { try position.save(db) }
    }
}

/// A position with its turn, which says of two files' positions which is the later.
struct StoredPosition {
    var position: LogPosition
    var sequence: Int64

    func save(_ db: Database) throws {
        try db.execute(
            sql: "INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                position.source, Int64(bitPattern: position.device),
                Int64(bitPattern: position.inode), position.offset,
                Int64(position.headChecksum), position.headBytes, sequence,
            ])
    }

    static func all(_ db: Database) throws -> [StoredPosition] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT source, device, inode, offset, head_checksum, head_bytes, sequence
                FROM positions
                """
        ).map { row in
            StoredPosition(
                position: LogPosition(
                    source: row[0], device: UInt64(bitPattern: row[1] as Int64),
                    inode: UInt64(bitPattern: row[2] as Int64), offset: row[3],
                    headChecksum: UInt32(truncatingIfNeeded: row[4] as Int64), headBytes: row[5]),
                sequence: row[6])
        }
    }
}

/// SQLite's texts end at a NUL for many of its readers; a line that carries one keeps a mark instead.
private func withoutNUL(_ text: String) -> String {
    text.utf8.contains(0) ? text.replacing("\0", with: "\u{fffd}") : text
}

/// Attributes as JSON, an array of pairs because a line may repeat a name; empty for none.
private func attributesText(_ attributes: [Label]) -> String {
    if attributes.isEmpty { return "" }
    var writer = JSONWriter()
    writer.beginArray()
    for attribute in attributes {
        writer.string(attribute.name)
        writer.string(attribute.value)
    }
    writer.endArray()
    return String(decoding: writer.bytes, as: UTF8.self)
}

/// What ``attributesText(_:)`` wrote.
func attributes(fromText text: String) -> [Label] {
    guard !text.isEmpty, let items = try? JSON(text: text).items else { return [] }
    return stride(from: 0, to: items.count - 1, by: 2).map { index in
        Label(items[index].text ?? "", items[index + 1].text ?? "")
    }
}
