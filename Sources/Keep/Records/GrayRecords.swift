// Gray releases at rest: the state of each as the judge wrote it, committed together with what follows
// from it (the messages that go out, the record of the decision). So after a crash neither a failure
// stands without its signal, nor is one told twice.

public import Basics
internal import GRDB

/// A gray release as it is kept.
public struct GrayRow: Sendable, Equatable {
    public var name: String
    /// What Rehearse wrote, as JSON.
    public var state: String
    public var changedAt: Millis

    public init(name: String, state: String, changedAt: Millis) {
        self.name = name
        self.state = state
        self.changedAt = changedAt
    }
}

/// All gray releases.
public struct GrayRecords: Sendable {
    let base: RecordBase

    public func all() throws(RecordError) -> [GrayRow] {
        try base.read("read the gray releases") { db in
            try Row.fetchAll(
                db, sql: "SELECT name, state, changed_at FROM gray_releases ORDER BY name"
            ).map { GrayRow(name: $0[0], state: $0[1], changedAt: $0[2]) }
        }
    }

    /// Keeps a state with what follows from it, all or nothing.
    public func save(
        _ row: GrayRow, decisions: [DecisionRow] = [], messages: [OutboxDraft] = []
    ) throws(RecordError) {
        try base.write("keep a gray release") { db in
            try db.execute(
                sql: "INSERT OR REPLACE INTO gray_releases VALUES (?, ?, ?)",
                arguments: [row.name, row.state, row.changedAt])
            for decision in decisions { try DecisionLog.insert(decision, db) }
            for message in messages { try Outbox.insert(message, row.changedAt, db) }
        }
    }
}

/// Adds the table of gray releases.
func registerGrayMigration(_ migrator: inout DatabaseMigrator) {
    migrator.registerMigration("gray-1") { db in
        try db.execute(
            sql: """
                CREATE TABLE gray_releases (
                    name TEXT PRIMARY KEY NOT NULL, state TEXT NOT NULL,
                    changed_at INTEGER NOT NULL
                ) WITHOUT ROWID;
                """)
    }
}
