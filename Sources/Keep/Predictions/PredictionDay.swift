// The file of one arrival day: blocks of predictions, blocks of labels, and up to where each followed
// file was read; what comes together changes together. A block is one row with a compressed blob, so
// a thousand predictions cost one insert.

internal import Basics
internal import Bytes
internal import GRDB

/// A block that is encoded and waits for its transaction.
struct PackedBlock: Sendable {
    enum Kind: Sendable { case predictions(version: String), labels }

    let kind: Kind
    let model: String
    let range: TimeRange
    let rows: Int
    let bytes: [UInt8]

    init?(_ block: PredictionBlock) {
        guard let from = block.times.min(), let through = block.times.max() else { return nil }
        kind = .predictions(version: block.key.version)
        model = block.key.model
        range = TimeRange(from: from, through: through)
        rows = block.count
        bytes = encoded(block)
    }

    init?(_ block: LabelBlock) {
        guard let from = block.times.min(), let through = block.times.max() else { return nil }
        kind = .labels
        model = block.model
        range = TimeRange(from: from, through: through)
        rows = block.count
        bytes = encoded(block)
    }

    func insert(_ db: Database, id: Int64? = nil) throws {
        switch kind {
        case .predictions(let version):
            try db.cachedStatement(
                sql: "INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            ).execute(arguments: [
                id, model, version, range.from, range.through, rows, Int64(crc32c(bytes)),
                Blob(bytes),
            ])
        case .labels:
            try db.cachedStatement(
                sql: "INSERT INTO labels VALUES (?, ?, ?, ?, ?, ?, ?)"
            ).execute(arguments: [
                id, model, range.from, range.through, rows, Int64(crc32c(bytes)), Blob(bytes),
            ])
        }
    }
}

/// A day's file, open for writing; used by one thread at a time.
final class PredictionDay {
    let day: Int64
    let path: String
    private let queue: DatabaseQueue

    /// Opens a day's file or makes it.
    ///
    /// - Parameter positions: what a new file begins with, so that a day's file that retention removes
    ///   takes no file's place with it.
    init(day: Int64, path: String, positions: [StoredPosition]) throws(RecordError) {
        self.day = day
        self.path = path
        var configuration = Configuration()
        configuration.label = "prediction day"
        configuration.busyMode = .timeout(5)
        configuration.journalMode = .wal
        configuration.prepareDatabase { db in
            // 32 MB of log between checkpoints.
            try db.execute(sql: "PRAGMA wal_autocheckpoint = 8000")
        }
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.syncEachCommit()
            try queue.write { db in try PredictionDay.makeTables(db, positions) }
        } catch {
            throw RecordError(error, operation: "open the day's predictions", path: path)
        }
    }

    /// Keeps blocks and positions, all or none.
    func commit(_ blocks: [PackedBlock], _ positions: [StoredPosition]) throws(RecordError) {
        try write("keep predictions") { db in
            for block in blocks { try block.insert(db) }
            for position in positions { try position.save(db) }
        }
    }

    /// Joins runs of small blocks, so that answers that came one by one are not a row each for ever.
    ///
    /// - Parameter through: blocks behind this one are left alone: somebody reads on from there.
    /// - Returns: how many blocks went.
    func compact(through: Int64) throws(RecordError) -> Int {
        try write("join predictions") { db in
            let keys = try Row.fetchAll(
                db,
                sql: """
                    SELECT model, version FROM blocks WHERE id <= ? AND rows < ?
                    GROUP BY model, version HAVING count(*) >= 32
                    """, arguments: [through, PredictionDay.smallRows])
            var gone = 0
            for key in keys {
                let rows = try Row.fetchAll(
                    db,
                    sql: """
                        SELECT id, bytes FROM blocks
                        WHERE model = ? AND version = ? AND id <= ? AND rows < ?
                        ORDER BY id LIMIT 1000
                        """, arguments: [key[0], key[1], through, PredictionDay.smallRows])
                let version = ModelVersion(key[0], key[1])
                let blocks = rows.compactMap { row in
                    (row[1] as Blob?).flatMap { try? decodedPredictions($0.bytes, key: version) }
                }
                // A block that does not decode is kept as it is; so are its neighbours.
                guard blocks.count == rows.count, let whole = PredictionBlock.joining(blocks),
                    let packed = PackedBlock(whole), let last = rows.last
                else { continue }
                for row in rows {
                    try db.execute(
                        sql: "DELETE FROM blocks WHERE id = ?", arguments: [row[0] as Int64])
                }
                try packed.insert(db, id: last[0])
                gone += rows.count - 1
            }
            return gone
        }
    }

    /// Rows below which a block is small: a hundred bytes of head for each would be a tenth of it.
    private static let smallRows = 256

    func close() throws(RecordError) {
        do {
            try queue.close()
        } catch {
            throw RecordError(error, operation: "close the day's predictions", path: path)
        }
    }

    private func write<Value>(
        _ operation: String, _ body: (Database) throws -> Value
    ) throws(RecordError) -> Value {
        do {
            return try queue.write(body)
        } catch {
            throw RecordError(error, operation: operation, path: path)
        }
    }

    private static func makeTables(_ db: Database, _ positions: [StoredPosition]) throws {
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard version <= 1 else {
            throw RecordError.failed(
                operation: "open the day's predictions",
                reason: "a later version wrote it (\(version))")
        }
        if version == 1 { return }
        try db.execute(
            sql: """
                CREATE TABLE blocks (
                    id INTEGER PRIMARY KEY AUTOINCREMENT, model TEXT NOT NULL,
                    version TEXT NOT NULL, since INTEGER NOT NULL, through INTEGER NOT NULL,
                    rows INTEGER NOT NULL, checksum INTEGER NOT NULL, bytes BLOB NOT NULL
                );
                CREATE INDEX blocks_by_key ON blocks (model, version, through);
                CREATE TABLE labels (
                    id INTEGER PRIMARY KEY AUTOINCREMENT, model TEXT NOT NULL,
                    since INTEGER NOT NULL, through INTEGER NOT NULL, rows INTEGER NOT NULL,
                    checksum INTEGER NOT NULL, bytes BLOB NOT NULL
                );
                CREATE INDEX labels_by_model ON labels (model);
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
