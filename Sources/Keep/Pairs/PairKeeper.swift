// The pairs of rehearsals at rest: `pairs.db`, one SQLite file. A trial's state is committed in the same
// transaction as the pairs that it has taken in, so after `kill -9` the verdict goes on where it was and
// no pair is counted twice or lost. The figures of a bounded number of pairs are kept, the texts of
// fewer, the worst ones always. What a pair and a state mean is Rehearse's affair; here they are JSON.
// The calls block; never on the cooperative pool.

public import Basics
internal import GRDB

/// A pair as it is kept.
public struct KeptPair: Sendable, Equatable {
    /// The request's id; labels and feedback come with it.
    public var id: String
    public var time: Millis
    /// How bad it was for the candidate; 0 for nothing to see.
    public var badness: Double
    /// The figures, as JSON.
    public var figures: String
    /// Request and answers, scrubbed, as JSON; nil when they are not kept.
    public var texts: String?
    public var label: String?

    public init(
        id: String, time: Millis, badness: Double, figures: String, texts: String? = nil,
        label: String? = nil
    ) {
        self.id = id
        self.time = time
        self.badness = badness
        self.figures = figures
        self.texts = texts
        self.label = label
    }
}

/// Whose pairs: a rehearsal and one of its candidates.
public struct PairOwner: Sendable, Hashable {
    public var rehearsal: String
    public var candidate: String

    public init(rehearsal: String, candidate: String) {
        self.rehearsal = rehearsal
        self.candidate = candidate
    }
}

/// How much is kept of each owner.
public struct PairBounds: Sendable, Equatable {
    /// Pairs with figures.
    public var pairsMax = 20_000
    /// Pairs with texts.
    public var textsMax = 500
    /// The worst of each, whatever their age.
    public var worstMax = 20

    public init() {}
}

/// The pairs and the states of trials at rest.
public final class PairKeeper: Sendable {
    private let base: RecordBase

    /// Opens `folder/pairs.db` or makes it.
    public init(folder: String, registry: Registry) throws(RecordError) {
        let failures = registry.counter(
            "martlet_pair_failures_total", "Reads and writes of pairs.db that failed.")
        base = try RecordBase.open(
            "pairs.db", in: folder, overwrites: true, failures: failures, migrator: pairMigrator())
    }

    /// The state that was committed last, and what was counted beside it; nil for an owner never seen.
    public func state(of owner: PairOwner) throws(RecordError) -> (state: String, counts: String)? {
        try base.read("read a trial") { db in
            try Row.fetchOne(
                db, sql: "SELECT state, counts FROM trials WHERE rehearsal = ? AND candidate = ?",
                arguments: [owner.rehearsal, owner.candidate]
            ).map { ($0["state"], $0["counts"]) }
        }
    }

    /// Commits pairs and the state that has taken them in, all or none.
    public func commit(
        _ pairs: [KeptPair], of owner: PairOwner, state: String, counts: String, at time: Millis,
        bounds: PairBounds
    ) throws(RecordError) {
        try base.write("keep pairs") { db in
            try db.execute(
                sql: """
                    INSERT INTO trials VALUES (:rehearsal, :candidate, :state, :counts, :time, :rows)
                    ON CONFLICT (rehearsal, candidate) DO UPDATE SET
                    state = excluded.state, counts = excluded.counts,
                    changed_at = excluded.changed_at, pair_count = pair_count + :rows
                    """,
                arguments: [
                    "rehearsal": owner.rehearsal, "candidate": owner.candidate, "state": state,
                    "counts": counts, "time": time, "rows": pairs.count,
                ])
            let statement = try db.cachedStatement(
                sql: """
                    INSERT INTO pairs (rehearsal, candidate, id, time, badness, figures, texts, label)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """)
            for pair in pairs {
                try statement.execute(arguments: [
                    owner.rehearsal, owner.candidate, pair.id, pair.time, pair.badness,
                    pair.figures, pair.texts, pair.label,
                ])
            }
            try trim(db, owner, bounds)
        }
    }

    private func trim(_ db: Database, _ owner: PairOwner, _ bounds: PairBounds) throws {
        let whose = "rehearsal = :rehearsal AND candidate = :candidate"
        let worst = """
            number NOT IN (SELECT number FROM pairs WHERE \(whose) AND badness > 0
            ORDER BY badness DESC, number LIMIT :worst)
            """
        let arguments: StatementArguments = [
            "rehearsal": owner.rehearsal, "candidate": owner.candidate, "worst": bounds.worstMax,
        ]
        // To find the oldest that stays is a walk over all of them: only once in a while.
        let count =
            try Int.fetchOne(
                db, sql: "SELECT pair_count FROM trials WHERE rehearsal = ? AND candidate = ?",
                arguments: [owner.rehearsal, owner.candidate]) ?? 0
        if count > bounds.pairsMax + bounds.pairsMax / 16 {
            try trimPairs(db, owner, whose, worst, arguments, bounds)
        }
        try db.execute(
            sql: """
                UPDATE pairs SET texts = NULL WHERE \(whose) AND texts IS NOT NULL AND number <= (
                SELECT number FROM pairs WHERE \(whose) AND texts IS NOT NULL
                ORDER BY number DESC LIMIT 1 OFFSET \(bounds.textsMax)) AND \(worst)
                """, arguments: arguments)
    }

    private func trimPairs(
        _ db: Database, _ owner: PairOwner, _ whose: String, _ worst: String,
        _ arguments: StatementArguments, _ bounds: PairBounds
    ) throws {
        try db.execute(
            sql: """
                DELETE FROM pairs WHERE \(whose) AND number <= (
                SELECT number FROM pairs WHERE \(whose)
                ORDER BY number DESC LIMIT 1 OFFSET \(bounds.pairsMax)) AND \(worst)
                """, arguments: arguments)
        try db.execute(
            sql: """
                UPDATE trials SET pair_count = pair_count - ?
                WHERE rehearsal = ? AND candidate = ?
                """, arguments: [db.changesCount, owner.rehearsal, owner.candidate])
    }

    /// The worst pairs, the worst first.
    public func worst(of owner: PairOwner, limit: Int) throws(RecordError) -> [KeptPair] {
        try pairs(
            "WHERE rehearsal = ? AND candidate = ? AND badness > 0 ORDER BY badness DESC, number",
            [owner.rehearsal, owner.candidate], limit)
    }

    /// The newest pairs that have their texts.
    public func newest(of owner: PairOwner, limit: Int) throws(RecordError) -> [KeptPair] {
        try pairs(
            "WHERE rehearsal = ? AND candidate = ? AND texts IS NOT NULL ORDER BY number DESC",
            [owner.rehearsal, owner.candidate], limit)
    }

    /// The pairs of a request.
    public func pairs(of owner: PairOwner, id: String) throws(RecordError) -> [KeptPair] {
        try pairs(
            "WHERE rehearsal = ? AND candidate = ? AND id = ? ORDER BY number",
            [owner.rehearsal, owner.candidate, id], 100)
    }

    /// Notes labels that came later, in the transaction of the state that has learnt from them.
    public func note(
        labels: [(id: String, label: String)], of owner: PairOwner, state: String, counts: String,
        at time: Millis
    ) throws(RecordError) {
        try base.write("keep labels") { db in
            let update = try db.cachedStatement(
                sql: "UPDATE pairs SET label = ? WHERE rehearsal = ? AND candidate = ? AND id = ?")
            for (id, label) in labels {
                try update.execute(arguments: [label, owner.rehearsal, owner.candidate, id])
            }
            try db.execute(
                sql: """
                    UPDATE trials SET state = ?, counts = ?, changed_at = ?
                    WHERE rehearsal = ? AND candidate = ?
                    """,
                arguments: [state, counts, time, owner.rehearsal, owner.candidate])
        }
    }

    /// Forgets an owner, its pairs and its state.
    public func forget(_ owner: PairOwner) throws(RecordError) {
        try base.write("forget a rehearsal") { db in
            for table in ["pairs", "trials"] {
                try db.execute(
                    sql: "DELETE FROM \(table) WHERE rehearsal = ? AND candidate = ?",
                    arguments: [owner.rehearsal, owner.candidate])
            }
        }
    }

    /// Writes the log into the file and closes it.
    public func close() throws(RecordError) { try base.close() }

    private func pairs(
        _ clause: String, _ arguments: [String], _ limit: Int
    ) throws(RecordError) -> [KeptPair] {
        try base.read("read pairs") { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM pairs \(clause) LIMIT \(limit)",
                arguments: StatementArguments(arguments)
            ).map { row in
                KeptPair(
                    id: row["id"], time: row["time"], badness: row["badness"],
                    figures: row["figures"], texts: row["texts"], label: row["label"])
            }
        }
    }
}

private func pairMigrator() -> DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("pairs-1") { db in
        try db.execute(
            sql: """
                CREATE TABLE trials (
                    rehearsal TEXT NOT NULL, candidate TEXT NOT NULL, state TEXT NOT NULL,
                    counts TEXT NOT NULL, changed_at INTEGER NOT NULL,
                    pair_count INTEGER NOT NULL,
                    PRIMARY KEY (rehearsal, candidate)
                ) WITHOUT ROWID;
                CREATE TABLE pairs (
                    number INTEGER PRIMARY KEY AUTOINCREMENT,
                    rehearsal TEXT NOT NULL, candidate TEXT NOT NULL, id TEXT NOT NULL,
                    time INTEGER NOT NULL, badness REAL NOT NULL, figures TEXT NOT NULL,
                    texts TEXT, label TEXT
                );
                CREATE INDEX pairs_by_id ON pairs (rehearsal, candidate, id);
                CREATE INDEX pairs_by_number ON pairs (rehearsal, candidate, number);
                CREATE INDEX pairs_by_badness ON pairs (rehearsal, candidate, badness)
                    WHERE badness > 0;
                CREATE INDEX pairs_with_texts ON pairs (rehearsal, candidate, number)
                    WHERE texts IS NOT NULL;
                """)
    }
    return migrator
}
