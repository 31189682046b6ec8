// The tables of events and of the inbox, as a migration of `martlet.db`.

internal import GRDB

/// Adds the tables; the first sketch of `events`, which nothing ever wrote to, goes.
func registerEventMigration(_ migrator: inout DatabaseMigrator) {
    migrator.registerMigration("events-1") { db in
        try db.execute(
            sql: """
                DROP TABLE IF EXISTS events;

                CREATE TABLE delivery_events (
                    number INTEGER PRIMARY KEY AUTOINCREMENT,
                    source TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL,
                    time INTEGER NOT NULL, team TEXT NOT NULL, repository TEXT NOT NULL,
                    service TEXT NOT NULL, actor TEXT NOT NULL, is_bot INTEGER NOT NULL,
                    fields TEXT NOT NULL,
                    UNIQUE (source, id)
                );
                CREATE INDEX delivery_events_by_kind ON delivery_events (kind, time);
                CREATE INDEX delivery_events_by_time ON delivery_events (time);

                CREATE TABLE pseudonyms (
                    digest TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL UNIQUE
                ) WITHOUT ROWID;

                CREATE TABLE inbox (
                    number INTEGER PRIMARY KEY AUTOINCREMENT,
                    source TEXT NOT NULL, id TEXT NOT NULL, received_at INTEGER NOT NULL,
                    headers TEXT NOT NULL, subpath TEXT NOT NULL, body BLOB NOT NULL,
                    attempts INTEGER NOT NULL DEFAULT 0, last_error TEXT NOT NULL DEFAULT ''
                );
                CREATE TABLE inbox_seen (
                    source TEXT NOT NULL, id TEXT NOT NULL, received_at INTEGER NOT NULL,
                    PRIMARY KEY (source, id)
                ) WITHOUT ROWID;
                CREATE INDEX inbox_seen_by_time ON inbox_seen (received_at);
                """)
    }
}
