// The inbox: verified deliveries that were answered and wait to be read. A delivery is on the disk
// before it is answered, and leaves in the transaction that keeps its events, so that a crash between
// the two loses nothing and doubles nothing. The ids of deliveries are remembered for longer than any
// sender repeats one.

public import Basics
internal import Bytes
internal import GRDB

/// A delivery that waits.
public struct InboxItem: Sendable, Equatable {
    public var number: Int64
    public var delivery: RawDelivery
    /// Readings that failed.
    public var attempts: Int
}

extension EventKeeper {
    /// How long the id of a delivery is remembered: Asana repeats for a day, GitHub's own redelivery by
    /// hand reaches back three; a week covers both with room.
    public static let seenMillis: Millis = 8 * 86_400_000
    /// A delivery that could not be read so often is laid aside.
    public static let attemptsMax = 5

    /// Keeps a delivery; it is on the disk when this returns.
    ///
    /// Deliveries that come together share one transaction.
    ///
    /// - Returns: false when a delivery of this id came before.
    public func accept(_ delivery: RawDelivery) throws(RecordError) -> Bool {
        try arrivals.append(delivery) { entries in
            self.base.commit("keep a delivery", entries, EventKeeper.insert)
        }
    }

    private static func insert(_ delivery: RawDelivery, _ db: Database) throws -> Bool {
        let see = try db.cachedStatement(sql: "INSERT OR IGNORE INTO inbox_seen VALUES (?, ?, ?)")
        try see.execute(arguments: [delivery.source, delivery.id, delivery.receivedAt])
        if db.changesCount == 0 { return false }
        var writer = JSONWriter()
        writer.beginObject()
        for (name, value) in delivery.headers.sorted(by: { $0.key < $1.key }) {
            writer.field(name, value)
        }
        writer.endObject()
        let keep = try db.cachedStatement(
            sql: """
                INSERT INTO inbox (source, id, received_at, headers, subpath, body)
                VALUES (?, ?, ?, ?, ?, ?)
                """)
        try keep.execute(
            arguments: [
                delivery.source, delivery.id, delivery.receivedAt,
                String(decoding: writer.bytes, as: UTF8.self), delivery.subpath,
                Blob(delivery.body),
            ])
        return true
    }

    /// Deliveries that wait to be read, in the order in which they came.
    public func waiting(limit: Int = 100) throws(RecordError) -> [InboxItem] {
        try base.read("read the inbox") { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT number, source, id, received_at, headers, subpath, body, attempts
                    FROM inbox WHERE attempts < ? ORDER BY number LIMIT ?
                    """,
                arguments: [EventKeeper.attemptsMax, limit]
            ).map { row in
                let headers = (try? JSON(text: row[4]))?.fields ?? []
                let body: Blob = row[6]
                return InboxItem(
                    number: row[0],
                    delivery: RawDelivery(
                        source: row[1], id: row[2], receivedAt: row[3],
                        headers: Dictionary(
                            headers.map { ($0.key, $0.value.text ?? "") }, uniquingKeysWith: { $1 }),
                        subpath: row[5], body: body.bytes),
                    attempts: row[7])
            }
        }
    }

    /// Takes deliveries out of the inbox and keeps what they said, all or none.
    @discardableResult
    public func settle(
        _ read: [(number: Int64, events: [Event])]
    ) throws(RecordError) -> EventOutcome {
        let outcome = try base.write("settle deliveries") { db in
            let outcome = try EventKeeper.insert(read.flatMap(\.events), db)
            let delete = try db.cachedStatement(sql: "DELETE FROM inbox WHERE number = ?")
            for one in read { try delete.execute(arguments: [one.number]) }
            return outcome
        }
        count(outcome)
        return outcome
    }

    /// Notes that a delivery could not be read; after ``attemptsMax`` it stays but is not offered.
    public func fail(_ number: Int64, error: String) throws(RecordError) {
        try base.write("note a failed delivery") { db in
            try db.execute(
                sql: "UPDATE inbox SET attempts = attempts + 1, last_error = ? WHERE number = ?",
                arguments: [error, number])
        }
    }

    /// Offers the deliveries that were laid aside once more: the reader may know better now.
    @discardableResult
    public func retryFailed() throws(RecordError) -> Int {
        try base.write("retry the inbox") { db in
            try db.execute(
                sql: "UPDATE inbox SET attempts = 0 WHERE attempts >= ?",
                arguments: [EventKeeper.attemptsMax])
            return db.changesCount
        }
    }

    /// Empties the write-ahead log into the file: deliveries that were read, and whom they name, are gone
    /// from both then.
    public func scrub() throws(RecordError) {
        try base.withoutTransaction("empty the write-ahead log") { db in
            _ = try db.checkpoint(.truncate)
        }
    }

    /// How many deliveries wait, and how many were laid aside.
    public func inboxCounts() throws(RecordError) -> (waiting: Int, laidAside: Int) {
        try base.read("count the inbox") { db in
            let aside =
                try Int.fetchOne(
                    db, sql: "SELECT count(*) FROM inbox WHERE attempts >= ?",
                    arguments: [EventKeeper.attemptsMax]) ?? 0
            let all = try Int.fetchOne(db, sql: "SELECT count(*) FROM inbox") ?? 0
            return (all - aside, aside)
        }
    }

    /// Forgets ids of deliveries that are older than any repetition, and what was laid aside as long.
    public func pruneInbox(now: Millis) throws(RecordError) {
        try base.write("prune the inbox") { db in
            let time = now - EventKeeper.seenMillis
            try db.execute(sql: "DELETE FROM inbox_seen WHERE received_at < ?", arguments: [time])
            try db.execute(
                sql: "DELETE FROM inbox WHERE attempts >= ? AND received_at < ?",
                arguments: [EventKeeper.attemptsMax, time])
        }
    }
}
