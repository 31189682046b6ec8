// A block's index, seen through one connection: posting lists by label and value, as LabelIndex wants
// them. A list that fails its checksum is an error here; Block then reads the series themselves.

internal import Basics
internal import GRDB

struct BlockIndex: LabelIndex {
    let database: Database
    let path: String

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
        return ids
    }

    func labels(of ids: [UInt32]) throws -> [(id: UInt32, labels: Labels)] {
        let statement = try RowStatement(database, "SELECT labels, crc FROM series WHERE id = ?")
        return try ids.map { id in
            statement.bind(1, Int64(id))
            guard try statement.next() else {
                throw BadBlock(path: path, reason: "series \(id) is missing")
            }
            let bytes = statement.bytes(0)
            let checksum = statement.integer(1)
            statement.reset()
            guard checksum == BlockFormat.checksum([Int64(id)], bytes) else {
                throw BadBlock(path: path, reason: "series \(id) fails its checksum")
            }
            return (id, Labels(encoded: bytes))
        }
    }

    /// The series whose row is sound, from an id on.
    static func scan(
        _ database: Database, path: String, from first: UInt32 = 0, count: Int = .max,
        _ report: (BadBlock) -> Void
    ) throws -> [(id: UInt32, labels: Labels)] {
        let statement = try RowStatement(
            database, "SELECT id, labels, crc FROM series WHERE id >= ? AND id < ? ORDER BY id")
        statement.bind(1, Int64(first))
        statement.bind(2, count == .max ? .max : Int64(first) + Int64(count))
        var found: [(id: UInt32, labels: Labels)] = []
        while try statement.next() {
            let id = statement.integer(0)
            let bytes = statement.bytes(1)
            if statement.integer(2) == BlockFormat.checksum([id], bytes) {
                found.append((UInt32(clamping: id), Labels(encoded: bytes)))
            } else {
                report(BadBlock(path: path, reason: "series \(id) fails its checksum; left out"))
            }
        }
        return found
    }
}
