// What is known of each group of notifications: its alerts, when it is due, what was sent. The state
// is Send's own document and is not read here; it is written in the transaction of the messages that
// it led to, so that neither exists without the other.

internal import Basics
internal import GRDB

/// A group's state under its name.
public struct GroupDocument: Sendable, Equatable {
    public var key: String
    public var state: [UInt8]

    public init(key: String, state: [UInt8]) {
        self.key = key
        self.state = state
    }
}

/// The states of all groups; written by ``Outbox/enqueue(_:groups:ended:now:)``.
public struct GroupStates: Sendable {
    let base: RecordBase

    public func all() throws(RecordError) -> [GroupDocument] {
        try base.read("read the group states") { db in
            try Row.fetchAll(db, sql: "SELECT key, hex(state) FROM group_states ORDER BY key").map {
                row in
                GroupDocument(key: row[0], state: bytes(fromHex: row[1]))
            }
        }
    }

    static func save(_ group: GroupDocument, _ db: Database) throws {
        try db.execute(
            sql: "INSERT OR REPLACE INTO group_states VALUES (?, \(blobLiteral(group.state)))",
            arguments: [group.key])
    }

    static func forget(_ key: String, _ db: Database) throws {
        try db.execute(sql: "DELETE FROM group_states WHERE key = ?", arguments: [key])
    }
}
