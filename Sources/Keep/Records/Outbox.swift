// What is to be delivered, kept before the first attempt: a notification and the state of its group
// are written in one transaction, so that after a crash neither stands without the other. Whoever
// delivers asks for what is due, tries, and says how it went; when to try again is the caller's
// judgement. A delivered message moves to the log of notifications in the same transaction.

public import Basics
internal import GRDB

/// A message to be put into the outbox.
public struct OutboxDraft: Sendable, Equatable {
    public var receiver: String
    public var groupKey: String
    public var payload: [UInt8]
    /// Not to be tried before this time.
    public var notBefore: Millis

    public init(receiver: String, groupKey: String, payload: [UInt8], notBefore: Millis = 0) {
        self.receiver = receiver
        self.groupKey = groupKey
        self.payload = payload
        self.notBefore = notBefore
    }
}

/// A message that waits, or that was given up.
public struct OutboxItem: Sendable, Equatable, Identifiable {
    public var id: Int64
    public var receiver: String
    public var groupKey: String
    public var payload: [UInt8]
    public var createdAt: Millis
    public var notBefore: Millis
    /// Attempts that failed.
    public var attempts: Int
    public var lastError: String
}

/// A message that was delivered or given up.
public struct NotificationEntry: Sendable, Equatable, Identifiable {
    public var id: Int64
    public var receiver: String
    public var groupKey: String
    public var payload: [UInt8]
    public var createdAt: Millis
    /// When it was delivered or given up.
    public var endedAt: Millis
    /// All attempts, the successful one included.
    public var attempts: Int
    public var isDelivered: Bool
    /// What the receiver answered, or why it was given up.
    public var answer: String
}

/// How full the outbox is.
public struct OutboxCounts: Sendable, Equatable {
    public var waiting: Int
    public var givenUp: Int
    /// When the oldest waiting message was written; nil when none waits.
    public var oldestWaiting: Millis?
}

/// Messages on their way out.
public struct Outbox: Sendable {
    let base: RecordBase

    /// Keeps messages and the states of their groups, all or none.
    ///
    /// - Returns: the ids of the messages, in order.
    @discardableResult
    public func enqueue(
        _ drafts: [OutboxDraft], groups: [GroupState] = [], now: Millis
    ) throws(RecordError) -> [Int64] {
        try base.write("put a notification into the outbox") { db in
            for group in groups { try GroupStates.save(group, db) }
            return try drafts.map { try Outbox.insert($0, now, db) }
        }
    }

    /// Puts a message in, inside a transaction of the caller's.
    @discardableResult
    static func insert(_ draft: OutboxDraft, _ now: Millis, _ db: Database) throws -> Int64 {
        try db.execute(
            sql: """
                INSERT INTO outbox (receiver, group_key, payload, created_at, not_before)
                VALUES (?, ?, \(blobLiteral(draft.payload)), ?, ?)
                """,
            arguments: [draft.receiver, draft.groupKey, now, draft.notBefore])
        return db.lastInsertedRowID
    }

    /// The messages whose time has come, the longest waiting first.
    public func due(now: Millis, limit: Int = 100) throws(RecordError) -> [OutboxItem] {
        try items(where: "state = 'waiting' AND not_before <= ?", [now], "not_before, id", limit)
    }

    /// What waits for a receiver, oldest first, due or not.
    public func waiting(for receiver: String, limit: Int) throws(RecordError) -> [OutboxItem] {
        try items(where: "state = 'waiting' AND receiver = ?", [receiver], "id", limit)
    }

    /// When the next message is due; nil when none waits.
    public func nextDue() throws(RecordError) -> Millis? {
        try base.read("read the outbox") { db in
            try Int64.fetchOne(
                db, sql: "SELECT min(not_before) FROM outbox WHERE state = 'waiting'")
        }
    }

    /// The messages that were given up and can still be tried by hand, newest first.
    public func givenUp(limit: Int = 100) throws(RecordError) -> [OutboxItem] {
        try items(where: "state = 'given_up'", [], "id DESC", limit)
    }

    /// Moves a message to the log as delivered.
    public func succeed(_ id: Int64, answer: String, now: Millis) throws(RecordError) {
        try base.write("note a delivery") { db in
            try log(id, isDelivered: true, answer, now, db)
            try db.execute(sql: "DELETE FROM outbox WHERE id = ?", arguments: [id])
        }
    }

    /// Notes a failed attempt and when to try again.
    public func fail(_ id: Int64, error: String, retryAt: Millis) throws(RecordError) {
        try base.write("note a failed delivery") { db in
            try db.execute(
                sql: """
                    UPDATE outbox SET attempts = attempts + 1, last_error = ?, not_before = ?
                    WHERE id = ? AND state = 'waiting'
                    """,
                arguments: [error, retryAt, id])
        }
    }

    /// Stops trying; the message stays for ``retry(_:now:)`` and is logged as not delivered.
    public func giveUp(_ id: Int64, error: String, now: Millis) throws(RecordError) {
        try base.write("give a notification up") { db in
            try log(id, isDelivered: false, error, now, db)
            try db.execute(
                sql: """
                    UPDATE outbox SET attempts = attempts + 1, last_error = ?, state = 'given_up'
                    WHERE id = ?
                    """,
                arguments: [error, id])
        }
    }

    /// Puts a message that was given up back among the waiting ones.
    public func retry(_ id: Int64, now: Millis) throws(RecordError) {
        try base.write("retry a notification") { db in
            try db.execute(
                sql: "UPDATE outbox SET state = 'waiting', not_before = ? WHERE id = ?",
                arguments: [now, id])
        }
    }

    public func counts() throws(RecordError) -> OutboxCounts {
        try base.read("count the outbox") { db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT count(*) FILTER (WHERE state = 'waiting'),
                        count(*) FILTER (WHERE state = 'given_up'),
                        min(created_at) FILTER (WHERE state = 'waiting') FROM outbox
                    """)
            return OutboxCounts(
                waiting: row?[0] ?? 0, givenUp: row?[1] ?? 0, oldestWaiting: row?[2])
        }
    }

    /// The log of what was delivered and given up, newest first, from before a cursor.
    public func log(
        limit: Int = 100, before id: Int64 = .max
    ) throws(RecordError) -> [NotificationEntry] {
        try base.read("read the log of notifications") { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT id, receiver, group_key, hex(payload), created_at, ended_at, attempts,
                        delivered, answer
                    FROM notifications WHERE id < ? ORDER BY id DESC LIMIT ?
                    """,
                arguments: [id, limit]
            ).map { row in
                NotificationEntry(
                    id: row[0], receiver: row[1], groupKey: row[2], payload: bytes(fromHex: row[3]),
                    createdAt: row[4], endedAt: row[5], attempts: row[6], isDelivered: row[7],
                    answer: row[8])
            }
        }
    }

    /// Forgets log entries, and messages given up, that ended before a time.
    ///
    /// - Returns: how many.
    @discardableResult
    public func prune(before time: Millis) throws(RecordError) -> Int {
        try base.write("prune the log of notifications") { db in
            try db.execute(sql: "DELETE FROM notifications WHERE ended_at < ?", arguments: [time])
            let entries = db.changesCount
            try db.execute(
                sql: "DELETE FROM outbox WHERE state = 'given_up' AND created_at < ?",
                arguments: [time])
            return entries + db.changesCount
        }
    }

    private func items(
        where condition: String, _ arguments: StatementArguments, _ order: String, _ limit: Int
    ) throws(RecordError) -> [OutboxItem] {
        try base.read("read the outbox") { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT id, receiver, group_key, hex(payload), created_at, not_before, attempts,
                        last_error
                    FROM outbox WHERE \(condition) ORDER BY \(order) LIMIT \(limit)
                    """,
                arguments: arguments
            ).map { row in
                OutboxItem(
                    id: row[0], receiver: row[1], groupKey: row[2], payload: bytes(fromHex: row[3]),
                    createdAt: row[4], notBefore: row[5], attempts: row[6], lastError: row[7])
            }
        }
    }

    private func log(
        _ id: Int64, isDelivered: Bool, _ answer: String, _ now: Millis, _ db: Database
    ) throws {
        try db.execute(
            sql: """
                INSERT INTO notifications (receiver, group_key, payload, created_at, ended_at,
                    attempts, delivered, answer)
                SELECT receiver, group_key, payload, created_at, ?, attempts + 1, ?, ?
                FROM outbox WHERE id = ?
                """,
            arguments: [now, isDelivered, answer, id])
    }
}
