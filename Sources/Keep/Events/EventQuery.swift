// Reading events: by kind, time, team, repository, service, source; and by what came since.

public import Basics
internal import Bytes
internal import GRDB

/// Which events are wanted; an empty list or text does not narrow.
public struct EventQuery: Sendable, Equatable {
    public var kinds: [EventKind] = []
    /// By the event's own time, both ends included.
    public var range: TimeRange?
    public var team = ""
    public var repository = ""
    public var service = ""
    public var source = ""
    /// At most so many, the oldest first unless ``newestFirst``.
    public var limit: Int?
    public var newestFirst = false

    public init(kinds: [EventKind] = [], range: TimeRange? = nil) {
        self.kinds = kinds
        self.range = range
    }
}

/// What came since a number, and the number to ask with next time.
public struct EventChanges: Sendable, Equatable {
    public var events: [Event]
    /// Grows with every event kept; kept by whoever computes.
    public var cursor: Int64
    /// There are more; ask again.
    public var hasMore: Bool
}

extension EventKeeper {
    /// The events of a query, by time and then by id.
    public func events(_ query: EventQuery) throws(RecordError) -> [Event] {
        var conditions: [String] = []
        var arguments = StatementArguments()
        if !query.kinds.isEmpty {
            let marks = query.kinds.map { _ in "?" }.joined(separator: ", ")
            conditions.append("kind IN (\(marks))")
            for kind in query.kinds { arguments += [kind.rawValue] }
        }
        if let range = query.range {
            conditions.append("time BETWEEN ? AND ?")
            arguments += [range.from, range.through]
        }
        for (column, value) in [
            ("team", query.team), ("repository", query.repository), ("service", query.service),
            ("source", query.source),
        ] where !value.isEmpty {
            conditions.append("\(column) = ?")
            arguments += [value]
        }
        let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        let order = query.newestFirst ? "time DESC, id DESC" : "time, id"
        let limit = query.limit.map { "LIMIT \(max(0, $0))" } ?? ""
        return try base.read("read events") { db in
            try Row.fetchAll(
                db,
                sql: "SELECT \(columns) FROM delivery_events \(filter) ORDER BY \(order) \(limit)",
                arguments: arguments
            ).compactMap(event)
        }
    }

    /// Events that were kept after a number, in the order in which they were kept.
    ///
    /// - Parameter cursor: 0 for all.
    public func changed(
        since cursor: Int64, limit: Int = 10_000
    ) throws(RecordError) -> EventChanges {
        try base.read("read new events") { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT \(columns) FROM delivery_events WHERE number > ? ORDER BY number LIMIT ?
                    """,
                arguments: [cursor, limit])
            return EventChanges(
                events: rows.compactMap(event), cursor: rows.last.map { $0[0] as Int64 } ?? cursor,
                hasMore: rows.count == limit)
        }
    }

    /// How many events there are, by kind.
    public func counts() throws(RecordError) -> [EventKind: Int] {
        try base.read("count events") { db in
            var counts: [EventKind: Int] = [:]
            for row in try Row.fetchAll(
                db, sql: "SELECT kind, count(*) FROM delivery_events GROUP BY kind")
            {
                if let kind = EventKind(rawValue: row[0]) { counts[kind] = row[1] }
            }
            return counts
        }
    }
}

private let columns =
    "number, source, id, kind, time, team, repository, service, actor, is_bot, fields"

/// The event of a row; nil for a kind that a later version wrote.
private func event(_ row: Row) -> Event? {
    guard let kind = EventKind(rawValue: row[3]) else { return nil }
    let text: String = row[10]
    return Event(
        id: row[2], source: row[1], kind: kind, time: row[4], team: row[5], repository: row[6],
        service: row[7], actor: row[8], isBot: row[9],
        fields: Event.fields(try? JSON(text: text)))
}
