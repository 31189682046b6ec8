// The tables of `martlet.db`. A migration that has been released is never edited; a change is a new
// one below it. Labels stand as JSON with sorted keys: one text a set, so equal sets are equal texts,
// and a person with the sqlite3 tool can read them.

internal import Basics
internal import Bytes
internal import GRDB

/// All migrations, oldest first.
func recordMigrator() -> DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("records-1") { db in
        try db.execute(
            sql: """
                CREATE TABLE settings (
                    key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL
                ) WITHOUT ROWID;

                CREATE TABLE outbox (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    receiver TEXT NOT NULL, group_key TEXT NOT NULL, payload BLOB NOT NULL,
                    created_at INTEGER NOT NULL, not_before INTEGER NOT NULL,
                    attempts INTEGER NOT NULL DEFAULT 0, last_error TEXT NOT NULL DEFAULT '',
                    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'given_up'))
                );
                CREATE INDEX outbox_due ON outbox (state, not_before, id);

                CREATE TABLE notifications (
                    id INTEGER PRIMARY KEY,
                    receiver TEXT NOT NULL, group_key TEXT NOT NULL, payload BLOB NOT NULL,
                    created_at INTEGER NOT NULL, ended_at INTEGER NOT NULL,
                    attempts INTEGER NOT NULL, delivered INTEGER NOT NULL, answer TEXT NOT NULL
                );
                CREATE INDEX notifications_by_time ON notifications (ended_at, id);

                CREATE TABLE group_states (
                    receiver TEXT NOT NULL, group_key TEXT NOT NULL,
                    firing TEXT NOT NULL, resolved TEXT NOT NULL,
                    sent_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
                    PRIMARY KEY (receiver, group_key)
                ) WITHOUT ROWID;

                CREATE TABLE alert_states (
                    rule_group TEXT NOT NULL, rule TEXT NOT NULL, labels TEXT NOT NULL,
                    annotations TEXT NOT NULL, value REAL,
                    active_at INTEGER NOT NULL, fired_at INTEGER, keep_firing_since INTEGER,
                    resolved_at INTEGER, last_sent_at INTEGER, seen_at INTEGER NOT NULL,
                    PRIMARY KEY (rule_group, rule, labels)
                ) WITHOUT ROWID;

                CREATE TABLE kpi_series (id INTEGER PRIMARY KEY, labels TEXT NOT NULL UNIQUE);
                CREATE TABLE kpi_history (
                    series INTEGER NOT NULL REFERENCES kpi_series (id),
                    bucket_start INTEGER NOT NULL, bucket_millis INTEGER NOT NULL,
                    value REAL, n INTEGER NOT NULL,
                    PRIMARY KEY (series, bucket_start, bucket_millis)
                ) WITHOUT ROWID;

                CREATE TABLE events (
                    id TEXT PRIMARY KEY NOT NULL, source TEXT NOT NULL, kind TEXT NOT NULL,
                    time INTEGER NOT NULL, json TEXT NOT NULL
                );
                CREATE INDEX events_by_kind ON events (kind, time);
                """)
    }
    registerEventMigration(&migrator)
    registerDecisionMigration(&migrator)
    registerFindingMigration(&migrator)
    registerModelMigration(&migrator)
    registerAlertingMigration(&migrator)
    registerGrayMigration(&migrator)
    return migrator
}

/// A set of labels as JSON with sorted keys.
func labelsText(_ labels: Labels) -> String {
    var writer = JSONWriter(capacity: labels.bytes.count * 2)
    writer.labels(labels)
    return String(decoding: writer.bytes, as: UTF8.self)
}

/// The set that ``labelsText(_:)`` wrote; anything else reads as the empty set.
func labels(fromText text: String) -> Labels {
    guard let fields = try? JSON(text: text).fields else { return .empty }
    return Labels(fields.map { ($0.key, $0.value.text ?? "") })
}
