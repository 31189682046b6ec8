// The tables of a block: one SQLite file, written once, never changed. Each row that matters carries a
// CRC32C, because SQLite checks nothing by itself: over its numbers and bytes, so that a row that a
// damaged page shows under another key is found out too.
//
// meta     format 1; first and last sample; counts of series, chunks, samples; the covered span
// series   id (in the order of labels), labels, number of its chunks: a damaged page can hide rows
// postings label name, value, ids (varint count, then varint differences)
// chunks   id = series id << 20 | number, start, end, count, payload (Chunk.swift)

internal import Basics
internal import Bytes

enum BlockFormat {
    static let version: Int64 = 1
    /// Room for a million chunks of a series in one block.
    static let chunkBits: Int64 = 20

    static let schema = """
        CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE series (
            id INTEGER PRIMARY KEY, labels BLOB NOT NULL, chunks INTEGER NOT NULL,
            crc INTEGER NOT NULL);
        CREATE TABLE postings (
            name BLOB NOT NULL, value BLOB NOT NULL, ids BLOB NOT NULL, crc INTEGER NOT NULL,
            PRIMARY KEY (name, value)) WITHOUT ROWID;
        CREATE TABLE chunks (
            id INTEGER PRIMARY KEY, start INTEGER NOT NULL, end INTEGER NOT NULL,
            count INTEGER NOT NULL, data BLOB NOT NULL, crc INTEGER NOT NULL);
        """

    static func checksum(_ numbers: [Int64], _ bytes: [UInt8]...) -> Int64 {
        var seed = numbers.withUnsafeBytes { crc32c($0) }
        for part in bytes { seed = crc32c(part, seed: seed) }
        return Int64(seed)
    }

    static func encode(_ ids: [UInt32]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(ids.count + 4)
        appendVarint(UInt64(ids.count), to: &bytes)
        var last: UInt32 = 0
        for id in ids {
            appendVarint(UInt64(id - last), to: &bytes)
            last = id
        }
        return bytes
    }

    static func decode(_ bytes: [UInt8]) -> [UInt32]? {
        bytes.withUnsafeBytes { raw in
            var offset = 0
            guard let count = readVarint(raw, &offset), count <= UInt64(raw.count) else {
                return nil
            }
            var ids: [UInt32] = []
            ids.reserveCapacity(Int(count))
            var last: UInt64 = 0
            for _ in 0..<count {
                guard let step = readVarint(raw, &offset), last &+ step <= UInt64(UInt32.max)
                else { return nil }
                last += step
                ids.append(UInt32(last))
            }
            return ids
        }
    }
}

/// What a block holds, from its name and its meta table.
struct BlockInfo: Sendable, Equatable {
    var path: String
    /// The span it answers for: from, and the first millisecond behind it.
    var from: Millis
    var end: Millis
    /// Grows with each block written; of two blocks with one sample, the later one's counts.
    var serial: Int
    var samples = 0
    var series = 0
    var chunks = 0
    /// Bytes on disk.
    var bytes = 0

    var name: String { String(path.split(separator: "/").last ?? "") }

    static func fileName(_ from: Millis, _ end: Millis, _ serial: Int) -> String {
        "\(from)_\(end)_\(serial).db"
    }

    /// Reads a file's name; nil for other files.
    init?(folder: String, name: String) {
        guard name.hasSuffix(".db") else { return nil }
        let parts = name.dropLast(3).split(separator: "_")
        guard parts.count == 3, let from = Millis(parts[0]), let end = Millis(parts[1]),
            let serial = Int(parts[2]), from < end
        else { return nil }
        path = folder + "/" + name
        self.from = from
        self.end = end
        self.serial = serial
    }
}
