// What is known of models beside their predictions: versions that somebody named (registry), looks at
// their answers, and the rows of references that were gathered from their own first answers. Looks and
// references outlive the predictions that they were made of.

public import Basics
internal import Bytes
internal import GRDB

/// A version in the registry.
public struct ModelEntry: Sendable, Equatable {
    public var key: ModelVersion
    /// `stage`, `commit`, `data_version`, `endpoint`, `service`, `reference`, `note`.
    public var fields: [String: String]
    public var time: Millis

    public init(key: ModelVersion, fields: [String: String], time: Millis) {
        self.key = key
        self.fields = fields
        self.time = time
    }
}

/// A look at a window, as JSON that its judge wrote.
public struct ModelLookRow: Sendable, Equatable {
    public var key: ModelVersion
    /// Empty for all rows together.
    public var segment: String
    public var through: Millis
    public var json: String

    public init(key: ModelVersion, segment: String, through: Millis, json: String) {
        self.key = key
        self.segment = segment
        self.through = through
        self.json = json
    }
}

/// The log of models.
public struct ModelLog: Sendable {
    let base: RecordBase

    /// Keeps versions; fields that are given take the place of those that were known.
    public func register(_ entries: [ModelEntry]) throws(RecordError) {
        if entries.isEmpty { return }
        try base.write("register a model") { db in
            for entry in entries {
                let known = try Row.fetchOne(
                    db, sql: "SELECT json, time FROM model_entries WHERE model = ? AND version = ?",
                    arguments: [entry.key.model, entry.key.version])
                var fields = known.map { modelFields($0[0]) } ?? [:]
                fields.merge(entry.fields) { $1 }
                var writer = JSONWriter()
                writer.labels(Labels(fields.map { ($0.key, $0.value) }))
                try db.execute(
                    sql: "INSERT OR REPLACE INTO model_entries VALUES (?, ?, ?, ?)",
                    arguments: [
                        entry.key.model, entry.key.version, (known?[1] as Millis?) ?? entry.time,
                        String(decoding: writer.bytes, as: UTF8.self),
                    ])
            }
        }
    }

    /// All versions that somebody named.
    public func entries() throws(RecordError) -> [ModelEntry] {
        try base.read("read the models") { db in
            try Row.fetchAll(
                db, sql: "SELECT model, version, time, json FROM model_entries ORDER BY 1, 3, 2"
            ).map { row in
                ModelEntry(
                    key: ModelVersion(row[0], row[1]), fields: modelFields(row[3]), time: row[2])
            }
        }
    }

    /// Keeps looks.
    public func keep(_ looks: [ModelLookRow]) throws(RecordError) {
        if looks.isEmpty { return }
        try base.write("keep looks at models") { db in
            for look in looks {
                try db.execute(
                    sql: """
                        INSERT INTO model_looks (model, version, segment, through, json)
                        VALUES (?, ?, ?, ?, ?)
                        """,
                    arguments: [
                        look.key.model, look.key.version, look.segment, look.through, look.json,
                    ])
            }
        }
    }

    /// All looks, in the order in which they were kept.
    public func looks(_ key: ModelVersion) throws(RecordError) -> [ModelLookRow] {
        try base.read("read looks at a model") { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT segment, through, json FROM model_looks
                    WHERE model = ? AND version = ? ORDER BY id
                    """, arguments: [key.model, key.version]
            ).map {
                ModelLookRow(key: key, segment: $0[0], through: $0[1], json: $0[2])
            }
        }
    }

    /// Keeps the rows of a version's gathered reference.
    public func keep(reference: PredictionBlock) throws(RecordError) {
        let bytes = encoded(reference)
        try base.write("keep a model's reference") { db in
            try db.execute(
                sql: "INSERT OR REPLACE INTO model_references VALUES (?, ?, ?)",
                arguments: [reference.key.model, reference.key.version, Blob(bytes)])
        }
    }

    /// The rows of all gathered references.
    public func references() throws(RecordError) -> [PredictionBlock] {
        try base.read("read the models' references") { db in
            try Row.fetchAll(db, sql: "SELECT model, version, bytes FROM model_references")
                .compactMap {
                    row in
                    let key = ModelVersion(row[0], row[1])
                    return (row[2] as Blob?).flatMap { try? decodedPredictions($0.bytes, key: key) }
                }
        }
    }

    /// Forgets looks before a time, and of each version and segment all but the newest `most`.
    public func prune(before time: Millis, most: Int = 5000) throws(RecordError) {
        try base.write("forget old looks at models") { db in
            try db.execute(sql: "DELETE FROM model_looks WHERE through < ?", arguments: [time])
            try db.execute(
                sql: """
                    DELETE FROM model_looks WHERE id IN (
                        SELECT id FROM (
                            SELECT id, row_number() OVER (
                                PARTITION BY model, version, segment ORDER BY id DESC
                            ) AS place FROM model_looks
                        ) WHERE place > ?
                    )
                    """, arguments: [most])
        }
    }
}

private func modelFields(_ text: String) -> [String: String] {
    Dictionary(
        ((try? JSON(text: text))?.fields ?? []).map { ($0.key, $0.value.text ?? "") },
        uniquingKeysWith: { $1 })
}

/// Adds the tables of models.
func registerModelMigration(_ migrator: inout DatabaseMigrator) {
    migrator.registerMigration("models-1") { db in
        try db.execute(
            sql: """
                CREATE TABLE model_entries (
                    model TEXT NOT NULL, version TEXT NOT NULL, time INTEGER NOT NULL,
                    json TEXT NOT NULL, PRIMARY KEY (model, version)
                ) WITHOUT ROWID;
                CREATE TABLE model_looks (
                    id INTEGER PRIMARY KEY AUTOINCREMENT, model TEXT NOT NULL,
                    version TEXT NOT NULL, segment TEXT NOT NULL, through INTEGER NOT NULL,
                    json TEXT NOT NULL
                );
                CREATE INDEX model_looks_by_key ON model_looks (model, version, segment, id);
                CREATE TABLE model_references (
                    model TEXT NOT NULL, version TEXT NOT NULL, bytes BLOB NOT NULL,
                    PRIMARY KEY (model, version)
                );
                """)
    }
}
