// A block that is open for reading: immutable, so SQLite takes no locks on it, and unlinking it under a
// reader is harmless. A row that fails its checksum is left out and reported with its place; when the
// index is damaged, the series are read one by one instead.

internal import Basics
internal import GRDB

/// Something in a block that is not as it was written.
public struct BadBlock: Error, Sendable, Equatable, CustomStringConvertible {
    public var path: String
    public var reason: String

    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    public var description: String { "\(path): \(reason)" }
}

/// One series of a block: chunks that overlap the asked range.
struct BlockRead: Sendable {
    var labels: Labels
    var chunks: [Chunk]
}

/// An immutable file of series.
final class Block: Sendable {
    /// The span that sealing writes as one block.
    static let spanMillis: Millis = 7_200_000
    /// Bytes of pages that one open block may hold in memory.
    private static let cacheBytes = 512 << 10

    let info: BlockInfo
    private let queue: DatabaseQueue

    /// Opens a block.
    ///
    /// - Throws: ``BadBlock`` when it is not one.
    init(_ named: BlockInfo, files: Files) throws(BadBlock) {
        var info = named
        do {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.label = "block"
            configuration.prepareDatabase { database in
                try database.execute(
                    sql: "PRAGMA cache_size = -\(Block.cacheBytes / 1024); PRAGMA mmap_size = 0")
            }
            let uri = "file:" + percentEncoded(info.path) + "?immutable=1"
            queue = try DatabaseQueue(path: uri, configuration: configuration)
            let meta = try queue.unsafeRead { database in
                try Row.fetchAll(database, sql: "SELECT key, value FROM meta").reduce(
                    into: [String: Int]()
                ) { $0[$1[0]] = $1[1] }
            }
            guard meta["format"] == Int(BlockFormat.version) else {
                throw BadBlock(path: info.path, reason: "not a block of format 1")
            }
            info.samples = meta["samples"] ?? 0
            info.series = meta["series"] ?? 0
            info.chunks = meta["chunks"] ?? 0
            let handle = try files.open(info.path, .read)
            defer { files.close(handle) }
            info.bytes = try files.size(handle)
        } catch let error as BadBlock {
            throw error
        } catch {
            throw BadBlock(path: named.path, reason: "cannot be read (\(error))")
        }
        self.info = info
    }

    func overlaps(_ range: TimeRange) -> Bool {
        info.from <= range.through && info.end > range.from
    }

    /// The series that satisfy all matchers, with their chunks in a range.
    ///
    /// - Parameter report: is told of each row that is damaged.
    /// - Throws: ``PatternError`` only; a block that cannot be read is reported.
    func read(
        _ matchers: [Matcher], in range: TimeRange, report: (BadBlock) -> Void
    ) throws(PatternError) -> [BlockRead] {
        try access(matchers, report) { database, found in
            let statement = try chunkStatement(database)
            return try found.compactMap { series in
                let chunks = try self.chunks(of: series, statement, range, report)
                return chunks.isEmpty ? nil : BlockRead(labels: series.labels, chunks: chunks)
            }
        }
    }

    /// The labels of the series that satisfy all matchers.
    func labels(_ matchers: [Matcher], report: (BadBlock) -> Void) throws(PatternError) -> [Labels]
    {
        try access(matchers, report) { _, found in found.map(\.labels) }
    }

    /// Some series from an id on, in the order of labels; where to go on; whether these are the last.
    func page(
        from id: UInt32, count: Int, report: (BadBlock) -> Void
    ) throws -> (series: [BlockRead], next: UInt32, isLast: Bool) {
        try queue.unsafeRead { database in
            let found = try BlockIndex.scan(
                database, path: info.path, from: id, count: count, report)
            let statement = try chunkStatement(database)
            let series = try found.map {
                BlockRead(labels: $0.labels, chunks: try chunks(of: $0, statement, .all, report))
            }
            let next = id + UInt32(count)
            return (series, next, Int(next) > info.series)
        }
    }

    private func chunkStatement(_ database: Database) throws -> RowStatement {
        try RowStatement(
            database,
            """
            SELECT id, start, end, count, data, crc FROM chunks
            WHERE id >= ? AND id < ? AND end >= ? AND start <= ? ORDER BY id
            """)
    }

    private func access<Element>(
        _ matchers: [Matcher], _ report: (BadBlock) -> Void,
        _ body: (Database, [IndexedSeries]) throws -> [Element]
    ) throws(PatternError) -> [Element] {
        do {
            return try queue.unsafeRead { database in
                try body(database, try find(matchers, database, report))
            }
        } catch let error as PatternError {
            throw error
        } catch {
            report(BadBlock(path: info.path, reason: "cannot be read (\(error))"))
            return []
        }
    }

    private func find(
        _ matchers: [Matcher], _ database: Database, _ report: (BadBlock) -> Void
    ) throws -> [IndexedSeries] {
        do {
            let index = BlockIndex(
                database: database, path: info.path, seriesCount: info.series)
            return try index.series(try index.select(matchers))
        } catch let error as PatternError {
            throw error
        } catch {
            report(BadBlock(path: info.path, reason: "the index is damaged (\(error))"))
            return try BlockIndex.scan(database, path: info.path, report).filter {
                let labels = $0.labels
                return try matchers.allSatisfy { try $0.matches(labels) }
            }
        }
    }

    private func chunks(
        of series: IndexedSeries, _ statement: RowStatement, _ range: TimeRange,
        _ report: (BadBlock) -> Void
    ) throws -> [Chunk] {
        let first = Int64(series.id) << BlockFormat.chunkBits
        statement.bind(1, first)
        statement.bind(2, first + (1 << BlockFormat.chunkBits))
        statement.bind(3, range.from)
        statement.bind(4, range.through)
        var chunks: [Chunk] = []
        var rows = 0
        while try statement.next() {
            rows += 1
            let numbers = (0..<4).map { statement.integer($0) }
            let data = statement.bytes(4)
            guard BlockFormat.checksum(numbers, data) == statement.integer(5) else {
                report(
                    BadBlock(
                        path: info.path, reason: "chunk \(numbers[0]) fails its checksum; left out")
                )
                continue
            }
            chunks.append(
                Chunk(from: numbers[1], through: numbers[2], count: Int(numbers[3]), payload: data))
        }
        let isWhole = range.from <= info.from && range.through >= info.end - 1
        if isWhole && rows != series.chunks {
            report(
                BadBlock(
                    path: info.path,
                    reason: "\(rows) of \(series.chunks) chunks of \(series.labels) are there"))
        }
        return chunks
    }
}

/// A path as part of a URI; what SQLite would take for something else is escaped.
private func percentEncoded(_ path: String) -> String {
    let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-_."
    let plain = Set(letters.utf8)
    var text = ""
    for byte in path.utf8 {
        let isPlain = plain.contains(byte)
        if isPlain {
            text.unicodeScalars.append(Unicode.Scalar(byte))
        } else {
            let hex = String(byte, radix: 16)
            text += "%" + (hex.count == 1 ? "0" : "") + hex
        }
    }
    return text
}
