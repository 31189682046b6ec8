// Events at rest, in `martlet.db`: each is there once by source and id, and on the disk when the call
// that brought it returns. Callers that come together share one transaction. Every row has a number
// that only grows; whoever computes from events asks for what came since a number, so that a late
// event finds its way into a history long past.

public import Basics
internal import Bytes
internal import GRDB

/// What became of events that were offered.
public struct EventOutcome: Sendable, Equatable {
    /// Events that were new.
    public var added = 0
    /// Events that were there already; nothing changed.
    public var known = 0

    public init(added: Int = 0, known: Int = 0) {
        self.added = added
        self.known = known
    }
}

/// The store of events, and the inbox before it.
public final class EventKeeper: Sendable {
    let base: RecordBase
    private let queue = CommitQueue<[Event], EventOutcome, RecordError>()
    let arrivals = CommitQueue<RawDelivery, Bool, RecordError>()
    private let added: Counter
    private let known: Counter

    init(base: RecordBase, registry: Registry) {
        self.base = base
        added = registry.counter("martlet_events_added_total", "Events that were new.")
        known = registry.counter(
            "martlet_events_repeated_total", "Events that were there already and changed nothing.")
    }

    /// Keeps events; those that are known by source and id change nothing.
    ///
    /// They are on the disk when this returns.
    @discardableResult
    public func append(_ events: [Event]) throws(RecordError) -> EventOutcome {
        if events.isEmpty { return EventOutcome() }
        let outcome = try queue.append(events) { entries in
            self.base.commit("keep events", entries, EventKeeper.insert)
        }
        count(outcome)
        return outcome
    }

    func count(_ outcome: EventOutcome) {
        added.add(Double(outcome.added))
        known.add(Double(outcome.known))
    }

    static func insert(_ events: [Event], _ db: Database) throws -> EventOutcome {
        var outcome = EventOutcome()
        let insert = try db.cachedStatement(
            sql: """
                INSERT OR IGNORE INTO delivery_events
                (source, id, kind, time, team, repository, service, actor, is_bot, fields)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        for event in events {
            try insert.execute(arguments: [
                event.source, event.id, event.kind.rawValue, event.time, event.team,
                event.repository, event.service, event.actor, event.isBot,
                String(decoding: event.fieldsJSON.encoded, as: UTF8.self),
            ])
            if db.changesCount > 0 { outcome.added += 1 } else { outcome.known += 1 }
        }
        return outcome
    }

    /// The pseudonym of a person by digest: the one it has, else the first candidate that is free.
    public func claimPseudonym(
        digest: String, candidate: (_ attempt: Int) -> String
    ) throws(RecordError) -> String {
        let find = "SELECT name FROM pseudonyms WHERE digest = ?"
        if let name = try base.read(
            "read a pseudonym", { try String.fetchOne($0, sql: find, arguments: [digest]) })
        {
            return name
        }
        return try base.write("keep a pseudonym") { db in
            if let name = try String.fetchOne(db, sql: find, arguments: [digest]) { return name }
            var attempt = 1
            while true {
                let name = candidate(attempt)
                try db.execute(
                    sql: "INSERT OR IGNORE INTO pseudonyms (digest, name) VALUES (?, ?)",
                    arguments: [digest, name])
                if db.changesCount > 0 { return name }
                attempt += 1
            }
        }
    }

    /// Removes a person: their pseudonym becomes empty in every event, and is free no more.
    ///
    /// - Returns: how many events named them.
    @discardableResult
    public func forget(pseudonym: String) throws(RecordError) -> Int {
        try base.write("forget a person") { db in
            try db.execute(
                sql: "UPDATE delivery_events SET actor = '' WHERE actor = ?", arguments: [pseudonym]
            )
            var count = db.changesCount
            for field in ["assignee", "person", "user"] {
                try db.execute(
                    sql: """
                        UPDATE delivery_events SET fields = json_remove(fields, ?)
                        WHERE json_extract(fields, ?) = ?
                        """,
                    arguments: ["$.\(field)", "$.\(field)", pseudonym])
                count += db.changesCount
            }
            return count
        }
    }

    /// Removes events of sources by an age; the number of a row is never given again.
    @discardableResult
    public func prune(before time: Millis) throws(RecordError) -> Int {
        try base.write("prune events") { db in
            try db.execute(sql: "DELETE FROM delivery_events WHERE time < ?", arguments: [time])
            return db.changesCount
        }
    }
}
