// Decisions as they were put to people, what people answered, and what came of them: tables to which
// rows are only ever added, and triggers that refuse anything else, so that nobody can have decided
// otherwise later. The records themselves are JSON that the judge wrote; they are not read here.

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
    /// What came of it as compact JSON; nil while that is not known.
    public var outcome: String?

    public init(
        id: String, name: String, subject: String, askedAt: Int64, json: String,
        answers: [String] = [], outcome: String? = nil
    ) {
        self.id = id
        self.name = name
        self.subject = subject
        self.askedAt = askedAt
        self.json = json
        self.answers = answers
        self.outcome = outcome
    }
}

/// A decision that waits for its outcome.
public struct WaitingDecision: Sendable, Equatable {
    public var row: DecisionRow
    /// When the same question was asked again.
    public var supersededAt: Int64?
}

/// The log of decisions.
public struct DecisionLog: Sendable {
    let base: RecordBase

    /// Keeps a decision; one that is known changes nothing.
    public func keep(_ row: DecisionRow) throws(RecordError) {
        try base.write("keep a decision") { try DecisionLog.insert(row, $0) }
    }

    /// Keeps a decision, inside a transaction of the caller's.
    static func insert(_ row: DecisionRow, _ db: Database) throws {
        try db.execute(
            sql: "INSERT OR IGNORE INTO decisions VALUES (?, ?, ?, ?, ?)",
            arguments: [row.id, row.name, row.subject, row.askedAt, row.json])
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

    /// Keeps what came of a decision; the first outcome stands.
    public func conclude(_ id: String, time: Int64, json: String) throws(RecordError) {
        try base.write("keep an outcome") { db in
            try db.execute(
                sql: """
                    INSERT OR IGNORE INTO decision_outcomes
                    SELECT id, ?, ? FROM decisions WHERE id = ?
                    """, arguments: [time, json, id])
        }
    }

    /// Decisions of a name without an outcome, the oldest first.
    ///
    /// - Parameters:
    ///   - since: not asked before this time.
    ///   - lastOfDay: of those that nobody answered only the last of each day, since what was asked
    ///     minutes apart is one question.
    public func waiting(
        _ name: String, since: Int64, lastOfDay: Bool, limit: Int = 1000
    ) throws(RecordError) -> [WaitingDecision] {
        let daily = """
            AND (next IS NULL OR next / 86400000 > asked_at / 86400000
                OR id IN (SELECT decision FROM decision_answers))
            """
        return try base.read("list decisions without an outcome") { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT id, name, subject, asked_at, json, next FROM (
                        SELECT *, lead(asked_at) OVER (PARTITION BY subject ORDER BY asked_at, id)
                            AS next
                        FROM decisions WHERE name = ? AND asked_at >= ?)
                    WHERE id NOT IN (SELECT decision FROM decision_outcomes)
                        \(lastOfDay ? daily : "")
                    ORDER BY asked_at, id LIMIT ?
                    """, arguments: [name, since, limit]
            ).map { WaitingDecision(row: try row($0, db), supersededAt: $0[5]) }
        }
    }

    /// Decisions whose outcome is known, the newest first.
    public func concluded(limit: Int = 1000) throws(RecordError) -> [DecisionRow] {
        try base.read("list decisions with an outcome") { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM decisions WHERE id IN (SELECT decision FROM decision_outcomes)
                    ORDER BY asked_at DESC, id LIMIT ?
                    """, arguments: [limit]
            ).map { try row($0, db) }
        }
    }

    /// Decisions, the newest first.
    ///
    /// - Parameter told: only those that somebody answered or whose outcome is known.
    public func newest(limit: Int = 50, told: Bool = false) throws(RecordError) -> [DecisionRow] {
        let filter =
            told
            ? """
            WHERE id IN (SELECT decision FROM decision_answers
                UNION SELECT decision FROM decision_outcomes)
            """ : ""
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
            arguments: [id]),
        outcome: try String.fetchOne(
            db, sql: "SELECT json FROM decision_outcomes WHERE decision = ?", arguments: [id]))
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
    migrator.registerMigration("decisions-2") { db in
        try db.execute(
            sql: """
                CREATE TABLE decision_outcomes (
                    decision TEXT PRIMARY KEY NOT NULL REFERENCES decisions (id),
                    time INTEGER NOT NULL, json TEXT NOT NULL
                ) WITHOUT ROWID;
                CREATE TRIGGER decision_outcomes_stay BEFORE UPDATE ON decision_outcomes
                BEGIN SELECT RAISE(ABORT, 'outcomes are append-only'); END;
                CREATE TRIGGER decision_outcomes_remain BEFORE DELETE ON decision_outcomes
                BEGIN SELECT RAISE(ABORT, 'outcomes are append-only'); END;
                """)
    }
}
