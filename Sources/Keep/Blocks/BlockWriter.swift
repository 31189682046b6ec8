// Writes a block: to a name that nobody reads, without SQLite's own journal (a half-written file is
// simply thrown away), then fsync, rename, fsync of the folder. What the caller gives is in the order of
// labels, so nothing but the index is held in memory.

internal import Basics
internal import GRDB

struct BlockWriter {
    let folder: String
    let files: Files

    static let temporarySuffix = ".tmp"

    /// Writes one block.
    ///
    /// - Parameter next: yields series in the order of their labels, then nil.
    /// - Returns: the block's place; nil when there was no series, and then no file.
    func write(
        from: Millis, end: Millis, serial: Int,
        next: () throws -> (labels: Labels, chunks: [Chunk])?
    ) throws(KeepError) -> BlockInfo? {
        let name = BlockInfo.fileName(from, end, serial)
        let path = folder + "/" + name
        let temporary = path + BlockWriter.temporarySuffix
        do {
            try? files.remove(temporary)
            let isEmpty = try fill(temporary, from, end, next)
            guard !isEmpty else {
                try files.remove(temporary)
                return nil
            }
            let handle = try files.open(temporary, .append)
            defer { files.close(handle) }
            try files.sync(handle)
            try files.rename(temporary, path)
            try files.syncFolder(folder)
        } catch {
            try? files.remove(temporary)
            throw KeepError(error, "write the block", path)
        }
        return BlockInfo(folder: folder, name: name)
    }

    private func fill(
        _ path: String, _ from: Millis, _ end: Millis,
        _ next: () throws -> (labels: Labels, chunks: [Chunk])?
    ) throws -> Bool {
        let queue = try DatabaseQueue(path: path)
        var counts = (series: 0, chunks: 0, samples: 0)
        try queue.writeWithoutTransaction { database in
            try database.execute(
                sql: """
                    PRAGMA page_size = 8192; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
                    PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -2000;
                    """)
            try database.inTransaction {
                try database.execute(sql: BlockFormat.schema)
                var index: [ByteKey: [ByteKey: [UInt32]]] = [:]
                while let (labels, chunks) = try next() {
                    guard !chunks.isEmpty else { continue }
                    counts.series += 1
                    try insert(labels, chunks, Int64(counts.series), database)
                    counts.chunks += chunks.count
                    counts.samples += chunks.reduce(0) { $0 + $1.count }
                    let id = UInt32(counts.series)
                    labels.forEachBytes { name, value in
                        index[ByteKey(name), default: [:]][ByteKey(value), default: []].append(id)
                    }
                }
                try insert(index, database)
                let meta: [(String, Int)] = [
                    ("format", Int(BlockFormat.version)), ("from", Int(from)), ("end", Int(end)),
                    ("series", counts.series), ("chunks", counts.chunks),
                    ("samples", counts.samples),
                ]
                for (key, value) in meta {
                    try database.execute(
                        sql: "INSERT INTO meta VALUES (?, ?)", arguments: [key, value])
                }
                return .commit
            }
        }
        try queue.close()
        return counts.series == 0
    }

    private func insert(
        _ labels: Labels, _ chunks: [Chunk], _ id: Int64, _ database: Database
    ) throws {
        let series = try RowStatement(database, "INSERT INTO series VALUES (?, ?, ?, ?)")
        series.bind(1, id)
        series.bind(2, labels.bytes)
        series.bind(3, Int64(chunks.count))
        series.bind(4, BlockFormat.checksum([id, Int64(chunks.count)], labels.bytes))
        try series.run()
        let statement = try RowStatement(database, "INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?)")
        for (number, chunk) in chunks.enumerated() {
            let row = id << BlockFormat.chunkBits | Int64(number)
            let numbers = [row, chunk.from, chunk.through, Int64(chunk.count)]
            for (place, value) in numbers.enumerated() { statement.bind(place + 1, value) }
            statement.bind(5, chunk.payload)
            statement.bind(6, BlockFormat.checksum(numbers, chunk.payload))
            try statement.run()
        }
    }

    private func insert(_ index: [ByteKey: [ByteKey: [UInt32]]], _ database: Database) throws {
        let statement = try RowStatement(database, "INSERT INTO postings VALUES (?, ?, ?, ?)")
        for (name, values) in index.sorted(by: { $0.key < $1.key }) {
            for (value, ids) in values.sorted(by: { $0.key < $1.key }) {
                let encoded = BlockFormat.encode(ids)
                statement.bind(1, name.bytes)
                statement.bind(2, value.bytes)
                statement.bind(3, encoded)
                statement.bind(4, BlockFormat.checksum([], name.bytes, value.bytes, encoded))
                try statement.run()
            }
        }
    }
}
