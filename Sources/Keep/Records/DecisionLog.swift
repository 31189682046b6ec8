// Decisions as they were put to people, and what people answered: two tables to which rows are only
// ever added, and triggers that refuse anything else, so that nobody can have decided otherwise later.
// The record itself is JSON that the judge wrote; it is not read here.

internal import Basics
internal import GRDB

/// A decision that was put to somebody.
public struct DecisionRow: Sendable, Equatable {
    public var id: String
    public var name: String
    public var subject: String
    public var askedAt: Int64
    /// The record as compact JSON.
    public var json: String
    /// Answers as compact JSON, oldest first.
    public var answers: [String]

    public init(
        id: String, name: String, subject: String, askedAt: Int64, json: String,
        answers: [String] = []
    ) {
        self.id = id
        self.name = name
        self.subject = subject
        self.askedAt = askedAt
        self.json = json
        self.answers = answers
    }
}

/// The log of decisions.
public struct DecisionLog: Sendable {
    let base: RecordBase

    /// Keeps a decision; one that is known changes nothing.
    public func keep(_ row: DecisionRow) throws(RecordError) {
        try base.write("keep a decision") { db in
            try db.execute(
                sql: "INSERT OR IGNORE INTO decisions VALUES (?, ?, ?, ?, ?)",
                arguments: [row.id, row.name, row.subject, row.askedAt, row.json])
        }
    }

    /// Appends an answer.
    ///
    /// - Returns: false when there is no decision of this id.
    public func answer(_ id: String, time: Int64, json: String) throws(RecordError) -> Bool {
        try base.write("keep an answer") { db in
            let known = try Bool.fetchOne(
                db, sql: "SELECT count(*) > 0 FROM decisions WHERE id = ?", arguments: [id])
            guard known == true else { return false }
            try db.execute(
                sql: "INSERT INTO decision_answers (decision, time, json) VALUES (?, ?, ?)",
                arguments: [id, time, json])
            return true
        }
    }

    /// The decision of an id.
    public func decision(_ id: String) throws(RecordError) -> DecisionRow? {
        try base.read("read a decision") { db in
            try Row.fetchOne(
                db, sql: "SELECT * FROM decisions WHERE id = ?", arguments: [id]
            ).map { try row($0, db) }
        }
    }

    /// Decisions, the newest first.
    ///
    /// - Parameter answered: only those that somebody answered.
    public func newest(limit: Int = 50, answered: Bool = false) throws(RecordError) -> [DecisionRow]
    {
        let filter = answered ? "WHERE id IN (SELECT decision FROM decision_answers)" : ""
        return try base.read("list decisions") { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM decisions \(filter) ORDER BY asked_at DESC, id LIMIT ?",
                arguments: [limit]
            ).map { try row($0, db) }
        }
    }
}

private func row(_ row: Row, _ db: Database) throws -> DecisionRow {
    let id: String = row[0]
    return DecisionRow(
        id: id, name: row[1], subject: row[2], askedAt: row[3], json: row[4],
        answers: try String.fetchAll(
            db, sql: "SELECT json FROM decision_answers WHERE decision = ? ORDER BY number",
            arguments: [id]))
}

/// Adds the tables of decisions.
func registerDecisionMigration(_ migrator: inout DatabaseMigrator) {
    migrator.registerMigration("decisions-1") { db in
        try db.execute(
            sql: """
                CREATE TABLE decisions (
                    id TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL, subject TEXT NOT NULL,
                    asked_at INTEGER NOT NULL, json TEXT NOT NULL
                ) WITHOUT ROWID;
                CREATE INDEX decisions_by_time ON decisions (asked_at);
                CREATE TABLE decision_answers (
                    number INTEGER PRIMARY KEY AUTOINCREMENT,
                    decision TEXT NOT NULL REFERENCES decisions (id),
                    time INTEGER NOT NULL, json TEXT NOT NULL
                );
                CREATE INDEX decision_answers_by_decision ON decision_answers (decision);
                CREATE TRIGGER decisions_stay BEFORE UPDATE ON decisions
                BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END;
                CREATE TRIGGER decision_answers_stay BEFORE UPDATE ON decision_answers
                BEGIN SELECT RAISE(ABORT, 'answers are append-only'); END;
                CREATE TRIGGER decision_answers_remain BEFORE DELETE ON decision_answers
                BEGIN SELECT RAISE(ABORT, 'answers are append-only'); END;
                """)
    }
}
