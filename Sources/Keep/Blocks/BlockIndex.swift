// A block's index, seen through one connection: posting lists by label and value, as LabelIndex wants
// them. A list that fails its checksum is an error here; Block then reads the series themselves.

internal import Basics
internal import GRDB

struct BlockIndex: LabelIndex {
    let database: Database
    let path: String
    /// How many series there must be.
    let seriesCount: Int

    func ids(_ name: ByteKey, _ value: ByteKey) throws -> [UInt32] {
        let statement = try RowStatement(
            database, "SELECT ids, crc FROM postings WHERE name = ? AND value = ?")
        statement.bind(1, name.bytes)
        statement.bind(2, value.bytes)
        guard try statement.next() else { return [] }
        let encoded = statement.bytes(0)
        let checksum = statement.integer(1)
        statement.reset()
        guard checksum == BlockFormat.checksum([], name.bytes, value.bytes, encoded),
            let ids = BlockFormat.decode(encoded)
        else {
            throw BadBlock(path: path, reason: "the list of \(name.text)=\(quoted(value.text))")
        }
        return ids
    }

    func values(of name: ByteKey) throws -> [ByteKey] {
        let statement = try RowStatement(database, "SELECT value FROM postings WHERE name = ?")
        statement.bind(1, name.bytes)
        var values: [ByteKey] = []
        while try statement.next() { values.append(ByteKey(statement.bytes(0))) }
        return values
    }

    func allIDs() throws -> [UInt32] {
        let statement = try RowStatement(database, "SELECT id FROM series ORDER BY id")
        var ids: [UInt32] = []
        while try statement.next() { ids.append(UInt32(clamping: statement.integer(0))) }
        guard ids.count == seriesCount else {
            throw BadBlock(path: path, reason: "\(ids.count) of \(seriesCount) series are there")
        }
        return ids
    }

    func series(_ ids: [UInt32]) throws -> [IndexedSeries] {
        let statement = try RowStatement(
            database, "SELECT id, labels, chunks, crc FROM series WHERE id = ?")
        return try ids.map { id in
            statement.bind(1, Int64(id))
            guard try statement.next() else {
                throw BadBlock(path: path, reason: "series \(id) is missing")
            }
            let found = IndexedSeries(statement)
            statement.reset()
            guard let found, found.id == id else {
                throw BadBlock(path: path, reason: "series \(id) fails its checksum")
            }
            return found
        }
    }

    /// The series whose row is sound, from an id on.
    static func scan(
        _ database: Database, path: String, from first: UInt32 = 0, count: Int = .max,
        _ report: (BadBlock) -> Void
    ) throws -> [IndexedSeries] {
        let statement = try RowStatement(
            database,
            "SELECT id, labels, chunks, crc FROM series WHERE id >= ? AND id < ? ORDER BY id")
        statement.bind(1, Int64(first))
        statement.bind(2, count == .max ? .max : Int64(first) + Int64(count))
        var found: [IndexedSeries] = []
        while try statement.next() {
            if let series = IndexedSeries(statement) {
                found.append(series)
            } else {
                let id = statement.integer(0)
                report(BadBlock(path: path, reason: "series \(id) fails its checksum; left out"))
            }
        }
        return found
    }
}

/// A row of the series table.
struct IndexedSeries {
    var id: UInt32
    var labels: Labels
    var chunks: Int

    /// Reads the columns id, labels, chunks, crc; nil when the checksum is wrong.
    init?(_ statement: RowStatement) {
        let id = statement.integer(0)
        let bytes = statement.bytes(1)
        let chunks = statement.integer(2)
        guard let exact = UInt32(exactly: id),
            statement.integer(3) == BlockFormat.checksum([id, chunks], bytes)
        else { return nil }
        self.id = exact
        labels = Labels(encoded: bytes)
        self.chunks = Int(chunks)
    }
}
