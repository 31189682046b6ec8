// What happened to alerts, for people: every change of state, and every attempt to tell somebody, with
// the answer. Rows are only added, and removed when they are old.

public import Basics
internal import GRDB

/// An alert that changed its state.
public struct TransitionRow: Sendable, Equatable {
    public var id: Int64
    public var at: Millis
    public var alert: String
    public var labels: Labels
    /// `pending`, `firing`, `resolved`, or `inactive` for one that never fired.
    public var state: String
    /// NaN when the expression no longer has one.
    public var value: Double

    public init(
        id: Int64 = 0, at: Millis, alert: String, labels: Labels, state: String, value: Double
    ) {
        self.id = id
        self.at = at
        self.alert = alert
        self.labels = labels
        self.state = state
        self.value = value
    }
}

/// One attempt to deliver a notification.
public struct AttemptRow: Sendable, Equatable {
    public var id: Int64
    public var at: Millis
    /// The receiver and the place of its integration: `ops/0`.
    public var target: String
    public var groupKey: String
    /// The message in the outbox.
    public var message: Int64
    /// Counted from 1.
    public var number: Int
    /// `delivered`, `failed` or `given_up`.
    public var outcome: String
    public var answer: String
    public var seconds: Double

    public init(
        id: Int64 = 0, at: Millis, target: String, groupKey: String, message: Int64, number: Int,
        outcome: String, answer: String, seconds: Double
    ) {
        self.id = id
        self.at = at
        self.target = target
        self.groupKey = groupKey
        self.message = message
        self.number = number
        self.outcome = outcome
        self.answer = answer
        self.seconds = seconds
    }
}

/// The history of alerts and of their deliveries.
public struct AlertHistory: Sendable {
    let base: RecordBase

    public func append(_ rows: [TransitionRow]) throws(RecordError) {
        if rows.isEmpty { return }
        try base.write("keep the changes of alerts") { db in
            let insert = try db.cachedStatement(
                sql: """
                    INSERT INTO alert_transitions (at, alert, labels, state, value)
                    VALUES (?, ?, ?, ?, ?)
                    """)
            for row in rows {
                try insert.execute(arguments: [
                    row.at, row.alert, labelsText(row.labels), row.state,
                    row.value.isFinite ? row.value : nil,
                ])
            }
        }
    }

    public func append(_ row: AttemptRow) throws(RecordError) {
        try base.write("keep an attempt to deliver") { db in
            try db.execute(
                sql: """
                    INSERT INTO delivery_attempts
                        (at, target, group_key, message, number, outcome, answer, seconds)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    row.at, row.target, row.groupKey, row.message, row.number, row.outcome,
                    row.answer, row.seconds,
                ])
        }
    }

    /// Changes of state, newest first.
    ///
    /// - Parameter alert: only of alerts of this name.
    public func transitions(
        alert: String? = nil, before id: Int64 = .max, limit: Int = 100
    ) throws(RecordError) -> [TransitionRow] {
        try base.read("read the changes of alerts") { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT id, at, alert, labels, state, value FROM alert_transitions
                    WHERE id < ?1 AND (?2 IS NULL OR alert = ?2) ORDER BY id DESC LIMIT ?3
                    """,
                arguments: [id, alert, limit]
            ).map { row in
                TransitionRow(
                    id: row[0], at: row[1], alert: row[2], labels: labels(fromText: row[3]),
                    state: row[4], value: (row[5] as Double?) ?? .nan)
            }
        }
    }

    /// Attempts to deliver, newest first.
    public func attempts(
        before id: Int64 = .max, limit: Int = 100
    ) throws(RecordError) -> [AttemptRow] {
        try base.read("read the attempts to deliver") { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT id, at, target, group_key, message, number, outcome, answer, seconds
                    FROM delivery_attempts WHERE id < ? ORDER BY id DESC LIMIT ?
                    """,
                arguments: [id, limit]
            ).map { row in
                AttemptRow(
                    id: row[0], at: row[1], target: row[2], groupKey: row[3], message: row[4],
                    number: row[5], outcome: row[6], answer: row[7], seconds: row[8])
            }
        }
    }

    /// Forgets what is older than a time.
    public func prune(before time: Millis) throws(RecordError) {
        try base.write("prune the history of alerts") { db in
            for table in ["alert_transitions", "delivery_attempts"] {
                try db.execute(sql: "DELETE FROM \(table) WHERE at < ?", arguments: [time])
            }
        }
    }
}

/// Adds the tables of alerting.
func registerAlertingMigration(_ migrator: inout DatabaseMigrator) {
    migrator.registerMigration("alerting-1") { db in
        try db.execute(
            sql: """
                CREATE TABLE alert_transitions (
                    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL,
                    alert TEXT NOT NULL, labels TEXT NOT NULL, state TEXT NOT NULL, value REAL
                );
                CREATE INDEX alert_transitions_by_alert ON alert_transitions (alert, id);
                CREATE TABLE delivery_attempts (
                    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL,
                    target TEXT NOT NULL, group_key TEXT NOT NULL, message INTEGER NOT NULL,
                    number INTEGER NOT NULL, outcome TEXT NOT NULL, answer TEXT NOT NULL,
                    seconds REAL NOT NULL
                );
                CREATE TABLE silences (
                    id TEXT PRIMARY KEY NOT NULL, ends_at INTEGER NOT NULL, json TEXT NOT NULL
                ) WITHOUT ROWID;
                CREATE TABLE alert_lessons (
                    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL,
                    alert TEXT NOT NULL, labels TEXT NOT NULL, author TEXT NOT NULL,
                    cause TEXT NOT NULL, measure TEXT NOT NULL
                );
                """)
    }
}
