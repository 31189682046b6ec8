// Findings as judges gave them, in `martlet.db`: a row each, changed by the judge that opened it until
// it is over, and kept after that for a time. Phrases stand as JSON and are worded where they are shown.

public import Basics
internal import Bytes
internal import GRDB

/// The log of findings.
public struct FindingLog: Sendable {
    let base: RecordBase

    /// Keeps findings; one whose id is known takes the place of what was said before.
    public func keep(_ findings: [Finding]) throws(RecordError) {
        guard !findings.isEmpty else { return }
        try base.write("keep findings") { db in
            for finding in findings {
                try db.execute(
                    sql: "INSERT OR REPLACE INTO findings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    arguments: [
                        finding.id, finding.kind.rawValue, finding.subject,
                        text { $0.labels(Labels(finding.labels.map { ($0.key, $0.value) })) },
                        finding.severity.rawValue, finding.start, finding.end,
                        text { $0.phrases([finding.summary]) },
                        text { $0.phrases(finding.evidence) }, finding.link,
                    ])
            }
        }
    }

    /// Ends a finding; one that is over, or unknown, stays as it is.
    public func end(_ id: String, at time: Millis) throws(RecordError) {
        try base.write("end a finding") { db in
            try db.execute(
                sql: "UPDATE findings SET ended_at = ? WHERE id = ? AND ended_at IS NULL",
                arguments: [time, id])
        }
    }

    /// The finding of an id.
    public func finding(_ id: String) throws(RecordError) -> Finding? {
        try base.read("read a finding") { db in
            try Row.fetchOne(db, sql: "SELECT * FROM findings WHERE id = ?", arguments: [id])
                .map(finding(from:))
        }
    }

    /// Findings that overlap a span, the newest first.
    ///
    /// - Parameters:
    ///   - open: only those that last.
    ///   - kind: only those of one judge.
    public func newest(
        limit: Int = 200, open: Bool = false, kind: FindingKind? = nil,
        from: Millis = .min, to: Millis = .max
    ) throws(RecordError) -> [Finding] {
        let ending = open ? "ended_at IS NULL" : "(ended_at IS NULL OR ended_at >= :from)"
        return try base.read("list findings") { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM findings WHERE started_at <= :to AND \(ending)
                    AND (:kind IS NULL OR kind = :kind)
                    ORDER BY started_at DESC, id LIMIT :limit
                    """,
                arguments: [
                    "to": to, "kind": kind?.rawValue, "limit": limit,
                ] + (open ? [:] : ["from": from])
            ).map(finding(from:))
        }
    }

    /// Forgets what was over before a time; answers how many.
    @discardableResult
    public func prune(before time: Millis) throws(RecordError) -> Int {
        try base.write("forget old findings") { db in
            try db.execute(sql: "DELETE FROM findings WHERE ended_at < ?", arguments: [time])
            return db.changesCount
        }
    }
}

private func text(_ write: (inout JSONWriter) -> Void) -> String {
    var writer = JSONWriter()
    write(&writer)
    return String(decoding: writer.bytes, as: UTF8.self)
}

private func finding(from row: Row) -> Finding {
    let evidence: String = row["evidence"]
    let summary: String = row["summary"]
    let labels = (try? JSON(text: row["labels"]))?.fields ?? []
    return Finding(
        id: row["id"], kind: FindingKind(rawValue: row["kind"]) ?? .risk, subject: row["subject"],
        labels: Dictionary(labels.map { ($0.key, $0.value.text ?? "") }) { first, _ in first },
        severity: Finding.Severity(rawValue: row["severity"]) ?? .info, start: row["started_at"],
        end: row["ended_at"], summary: phrases(summary).first ?? Phrase("finding.unreadable"),
        evidence: phrases(evidence), link: row["link"])
}

private func phrases(_ text: String) -> [Phrase] {
    ((try? JSON(text: text))?.items ?? []).map { item in
        let arguments = item["arguments"]?.fields ?? []
        return Phrase(
            item["key"]?.text ?? "",
            Dictionary(arguments.map { ($0.key, $0.value.text ?? "") }) { first, _ in first })
    }
}

extension JSONWriter {
    fileprivate mutating func phrases(_ phrases: [Phrase]) {
        beginArray()
        for phrase in phrases {
            beginObject()
            field("key", phrase.key)
            key("arguments")
            beginObject()
            for (name, value) in phrase.arguments.sorted(by: { $0.key < $1.key }) {
                field(name, value)
            }
            endObject()
            endObject()
        }
        endArray()
    }
}

/// Adds the table of findings.
func registerFindingMigration(_ migrator: inout DatabaseMigrator) {
    migrator.registerMigration("findings-1") { db in
        try db.execute(
            sql: """
                CREATE TABLE findings (
                    id TEXT PRIMARY KEY NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,
                    labels TEXT NOT NULL, severity TEXT NOT NULL,
                    started_at INTEGER NOT NULL, ended_at INTEGER,
                    summary TEXT NOT NULL, evidence TEXT NOT NULL, link TEXT NOT NULL
                ) WITHOUT ROWID;
                CREATE INDEX findings_by_time ON findings (started_at);
                CREATE INDEX findings_open ON findings (kind) WHERE ended_at IS NULL;
                """)
    }
}
