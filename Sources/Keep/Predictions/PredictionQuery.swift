// Reading predictions back: by model and time for pages and judges, or whatever came since a place for
// those who follow. A file is opened for one reading and closed after it, so that a file that retention
// removes is never held. A damaged block is left out and counted.

public import Basics
internal import Bytes
internal import GRDB

/// Up to where somebody has read: the day's file, and in it the last block of each table.
public struct PredictionCursor: Sendable, Equatable {
    public var day: Int64
    public var block: Int64
    public var label: Int64

    /// - Parameter day: days since the epoch.
    public init(day: Int64 = 0, block: Int64 = 0, label: Int64 = 0) {
        self.day = day
        self.block = block
        self.label = label
    }
}

/// What came since a place.
public struct PredictionChanges: Sendable {
    public var blocks: [PredictionBlock] = []
    public var labels: [LabelBlock] = []
    public var cursor: PredictionCursor
    /// True when the budget of rows ended the reading.
    public var hasMore = false
}

extension PredictionKeeper {
    /// Predictions of a model whose answers lie in a range, block by block in the order of arrival.
    ///
    /// - Parameters:
    ///   - version: nil for all versions.
    ///   - rowsMax: reading ends after the block that reaches it.
    ///   - isNewest: reading begins at the newest, so that `rowsMax` leaves the oldest out.
    public func predictions(
        _ model: String, version: String? = nil, range: TimeRange, rowsMax: Int = 1_000_000,
        isNewest: Bool = false
    ) throws(RecordError) -> [PredictionBlock] {
        var found: [PredictionBlock] = []
        var rows = 0
        let files = dayFiles(in: folder)
        // An answer is reported on its day or later.
        for file in isNewest ? files.reversed() : files
        where (file.day + 1) * 86_400_000 > range.from - Limits.aheadMillisMax && rows < rowsMax {
            try read(file) { db in
                let cursor = try Row.fetchCursor(
                    db,
                    sql: """
                        SELECT version, checksum, bytes FROM blocks
                        WHERE model = ? AND through >= ? AND since <= ?
                        ORDER BY id \(isNewest ? "DESC" : "ASC")
                        """, arguments: [model, range.from, range.through])
                while rows < rowsMax, let row = try cursor.next() {
                    if let version, version != row[0] as String { continue }
                    guard
                        let block = decode(
                            row[2], row[1],
                            { try decodedPredictions($0, key: ModelVersion(model, row[0])) })
                    else { continue }
                    let inside = block.times.indices.filter { range.contains(block.times[$0]) }
                    found.append(inside.count == block.count ? block : block.selecting(inside))
                    rows += inside.count
                }
            }
        }
        return isNewest ? found.reversed() : found
    }

    /// The newest label of every id that came since a time; for joining with predictions.
    public func labels(_ model: String, arrivedSince time: Millis) throws(RecordError) -> [String:
        String]
    {
        var found: [String: String] = [:]
        let day = time.flooredDivision(by: 86_400_000)
        for file in dayFiles(in: folder) where file.day >= day {
            try read(file) { db in
                let cursor = try Row.fetchCursor(
                    db, sql: "SELECT checksum, bytes FROM labels WHERE model = ? ORDER BY id",
                    arguments: [model])
                while let row = try cursor.next() {
                    guard
                        let block = decode(row[1], row[0], { try decodedLabels($0, model: model) })
                    else { continue }
                    for index in 0..<block.count { found[block.ids[index]] = block.labels[index] }
                }
            }
        }
        return found
    }

    /// The arrival days that have a file, in days since the epoch, the oldest first.
    public var days: [Int64] { dayFiles(in: folder).map(\.day) }

    /// The models that have labels on an arrival day or later.
    public func labelledModels(arrivedSince day: Int64) throws(RecordError) -> Set<String> {
        var found: Set<String> = []
        for file in dayFiles(in: folder) where file.day >= day {
            try read(file) { db in
                found.formUnion(try String.fetchAll(db, sql: "SELECT DISTINCT model FROM labels"))
            }
        }
        return found
    }

    /// Hands over the predictions of one arrival day, block by block, so that a day need not fit into
    /// memory.
    ///
    /// - Parameters:
    ///   - model: nil for all.
    ///   - body: false ends the reading.
    public func forEachBlock(
        arrivedOn day: Int64, model: String? = nil, _ body: (PredictionBlock) -> Bool
    ) throws(RecordError) {
        for file in dayFiles(in: folder) where file.day == day {
            try read(file) { db in
                let clause = model == nil ? "" : "WHERE model = ?"
                let cursor = try Row.fetchCursor(
                    db,
                    sql: "SELECT model, version, checksum, bytes FROM blocks \(clause) ORDER BY id",
                    arguments: StatementArguments([model].compactMap(\.self)))
                while let row = try cursor.next() {
                    let key = ModelVersion(row[0], row[1])
                    guard
                        let block = decode(row[3], row[2], { try decodedPredictions($0, key: key) })
                    else { continue }
                    if !body(block) { break }
                }
            }
        }
    }

    /// What came since a place, oldest first.
    ///
    /// - Parameter rowsMax: reading ends after the block that reaches it.
    public func changes(
        since cursor: PredictionCursor, rowsMax: Int = 200_000
    ) throws(RecordError) -> PredictionChanges {
        var changes = PredictionChanges(cursor: cursor)
        var rows = 0
        for file in dayFiles(in: folder) where file.day >= cursor.day {
            if rows >= rowsMax {
                changes.hasMore = true
                break
            }
            if file.day > changes.cursor.day {
                changes.cursor = PredictionCursor(day: file.day)
            }
            try read(file) { db in
                let blocks = try Row.fetchCursor(
                    db,
                    sql: """
                        SELECT id, model, version, checksum, bytes FROM blocks
                        WHERE id > ? ORDER BY id
                        """, arguments: [changes.cursor.block])
                while rows < rowsMax, let row = try blocks.next() {
                    changes.cursor.block = row[0]
                    let key = ModelVersion(row[1], row[2])
                    guard
                        let block = decode(row[4], row[3], { try decodedPredictions($0, key: key) })
                    else { continue }
                    changes.blocks.append(block)
                    rows += block.count
                }
                let labels = try Row.fetchCursor(
                    db,
                    sql: "SELECT id, model, checksum, bytes FROM labels WHERE id > ? ORDER BY id",
                    arguments: [changes.cursor.label])
                while rows < rowsMax, let row = try labels.next() {
                    changes.cursor.label = row[0]
                    guard
                        let block = decode(row[3], row[2], { try decodedLabels($0, model: row[1]) })
                    else { continue }
                    changes.labels.append(block)
                    rows += block.count
                }
            }
        }
        if rows >= rowsMax { changes.hasMore = true }
        return changes
    }

    private func decode<Block>(
        _ blob: Blob?, _ checksum: Int64, _ decode: ([UInt8]) throws -> Block
    ) -> Block? {
        if let blob, Int64(crc32c(blob.bytes)) == checksum, let block = try? decode(blob.bytes) {
            return block
        }
        damaged.add()
        return nil
    }

    private func read(
        _ file: DayFile, _ body: (Database) throws -> Void
    ) throws(RecordError) {
        var configuration = Configuration()
        configuration.label = "prediction reading"
        configuration.readOnlyUnlessInterrupted(file.path)
        configuration.busyMode = .timeout(5)
        do {
            try DatabaseQueue(path: file.path, configuration: configuration).read(body)
        } catch {
            throw RecordError(error, operation: "read predictions", path: file.path)
        }
    }
}
