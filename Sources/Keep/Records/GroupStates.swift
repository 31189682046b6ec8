// What a receiver was last told about a group of alerts (Alertmanager's notification log): the source
// of truth for "has this changed since" and "is it time to repeat", also after a restart.

public import Basics
internal import GRDB

/// The last notification of one group to one receiver.
public struct GroupState: Sendable, Equatable {
    public var receiver: String
    public var groupKey: String
    /// Fingerprints of the alerts that were firing in it.
    public var firing: [UInt64]
    public var resolved: [UInt64]
    public var sentAt: Millis
    /// From then on the group may be forgotten.
    public var expiresAt: Millis

    public init(
        receiver: String, groupKey: String, firing: [UInt64], resolved: [UInt64], sentAt: Millis,
        expiresAt: Millis
    ) {
        self.receiver = receiver
        self.groupKey = groupKey
        self.firing = firing
        self.resolved = resolved
        self.sentAt = sentAt
        self.expiresAt = expiresAt
    }
}

/// The states of all groups.
public struct GroupStates: Sendable {
    let base: RecordBase

    public func all() throws(RecordError) -> [GroupState] {
        try base.read("read the group states") { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT receiver, group_key, firing, resolved, sent_at, expires_at
                    FROM group_states ORDER BY receiver, group_key
                    """
            ).map { row in
                GroupState(
                    receiver: row[0], groupKey: row[1], firing: hashes(row[2]),
                    resolved: hashes(row[3]), sentAt: row[4], expiresAt: row[5])
            }
        }
    }

    public func save(_ states: [GroupState]) throws(RecordError) {
        try base.write("write the group states") { db in
            for state in states { try GroupStates.save(state, db) }
        }
    }

    /// Forgets the groups that expired.
    @discardableResult
    public func prune(now: Millis) throws(RecordError) -> Int {
        try base.write("prune the group states") { db in
            try db.execute(
                sql: "DELETE FROM group_states WHERE expires_at <= ?", arguments: [now])
            return db.changesCount
        }
    }

    static func save(_ state: GroupState, _ db: Database) throws {
        try db.execute(
            sql: "INSERT OR REPLACE INTO group_states VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [
                state.receiver, state.groupKey, hashesText(state.firing),
                hashesText(state.resolved), state.sentAt, state.expiresAt,
            ])
    }
}

private func hashesText(_ hashes: [UInt64]) -> String {
    hashes.map { String($0, radix: 16) }.joined(separator: " ")
}

private func hashes(_ text: String) -> [UInt64] {
    text.split(separator: " ").compactMap { UInt64($0, radix: 16) }
}
