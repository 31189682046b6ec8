// Silences at rest, and lessons: what an alert turned out to be and what helped. A silence is a text
// that Send reads; here it is only kept.

public import Basics
internal import GRDB

/// A silence as it is kept.
public struct SilenceRow: Sendable, Equatable {
    public var id: String
    public var endsAt: Millis
    public var json: String

    public init(id: String, endsAt: Millis, json: String) {
        self.id = id
        self.endsAt = endsAt
        self.json = json
    }
}

/// All silences.
public struct SilenceRecords: Sendable {
    let base: RecordBase

    public func all() throws(RecordError) -> [SilenceRow] {
        try base.read("read the silences") { db in
            try Row.fetchAll(db, sql: "SELECT id, ends_at, json FROM silences ORDER BY id").map {
                SilenceRow(id: $0[0], endsAt: $0[1], json: $0[2])
            }
        }
    }

    /// Keeps some and forgets others, all or nothing.
    public func save(_ changed: [SilenceRow], removing gone: [String]) throws(RecordError) {
        try base.write("write the silences") { db in
            for row in changed {
                try db.execute(
                    sql: "INSERT OR REPLACE INTO silences VALUES (?, ?, ?)",
                    arguments: [row.id, row.endsAt, row.json])
            }
            for id in gone {
                try db.execute(sql: "DELETE FROM silences WHERE id = ?", arguments: [id])
            }
        }
    }
}

/// What somebody learnt from an alert.
public struct LessonRow: Sendable, Equatable, Identifiable {
    public var id: Int64
    public var at: Millis
    public var alert: String
    /// The labels of the alert it was learnt from; may be empty.
    public var labels: Labels
    public var author: String
    public var cause: String
    public var measure: String

    public init(
        id: Int64 = 0, at: Millis, alert: String, labels: Labels, author: String, cause: String,
        measure: String
    ) {
        self.id = id
        self.at = at
        self.alert = alert
        self.labels = labels
        self.author = author
        self.cause = cause
        self.measure = measure
    }
}

/// All lessons.
public struct Lessons: Sendable {
    let base: RecordBase

    /// Lessons, newest first.
    public func all(alert: String? = nil, limit: Int = 1000) throws(RecordError) -> [LessonRow] {
        try base.read("read the lessons") { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT id, at, alert, labels, author, cause, measure FROM alert_lessons
                    WHERE ?1 IS NULL OR alert = ?1 ORDER BY id DESC LIMIT ?2
                    """,
                arguments: [alert, limit]
            ).map { row in
                LessonRow(
                    id: row[0], at: row[1], alert: row[2], labels: labels(fromText: row[3]),
                    author: row[4], cause: row[5], measure: row[6])
            }
        }
    }

    /// Keeps a lesson.
    ///
    /// - Returns: its id.
    public func add(_ row: LessonRow) throws(RecordError) -> Int64 {
        try base.write("keep a lesson") { db in
            try db.execute(
                sql: """
                    INSERT INTO alert_lessons (at, alert, labels, author, cause, measure)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    row.at, row.alert, labelsText(row.labels), row.author, row.cause, row.measure,
                ])
            return db.lastInsertedRowID
        }
    }

    /// Removes a lesson that was wrong.
    public func remove(_ id: Int64) throws(RecordError) {
        try base.write("remove a lesson") { db in
            try db.execute(sql: "DELETE FROM alert_lessons WHERE id = ?", arguments: [id])
        }
    }
}
