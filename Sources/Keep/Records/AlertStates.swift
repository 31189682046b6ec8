// The alerts that rules hold at the moment, kept so that a restart neither forgets that one is firing
// nor begins its `for` anew. A rule group is replaced as a whole after an evaluation that changed it.

public import Basics
internal import GRDB

/// One alert as its rule sees it.
public struct AlertState: Sendable, Equatable {
    public var group: String
    public var rule: String
    public var labels: Labels
    public var annotations: Labels
    /// The value of the expression when it was last evaluated.
    public var value: Double
    /// When its expression began to hold.
    public var activeAt: Millis
    /// When it began to fire; nil while pending.
    public var firedAt: Millis?
    public var keepFiringSince: Millis?
    public var resolvedAt: Millis?
    public var lastSentAt: Millis?
    /// When its rule was last evaluated.
    public var seenAt: Millis

    public init(
        group: String, rule: String, labels: Labels, annotations: Labels = .empty, value: Double,
        activeAt: Millis, firedAt: Millis? = nil, keepFiringSince: Millis? = nil,
        resolvedAt: Millis? = nil, lastSentAt: Millis? = nil, seenAt: Millis = 0
    ) {
        self.group = group
        self.rule = rule
        self.labels = labels
        self.annotations = annotations
        self.value = value
        self.activeAt = activeAt
        self.firedAt = firedAt
        self.keepFiringSince = keepFiringSince
        self.resolvedAt = resolvedAt
        self.lastSentAt = lastSentAt
        self.seenAt = seenAt
    }
}

/// The states of all alerts.
public struct AlertStates: Sendable {
    let base: RecordBase

    /// All alerts, or those of one rule group.
    public func all(group: String? = nil) throws(RecordError) -> [AlertState] {
        try base.read("read the alert states") { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT rule_group, rule, labels, annotations, value, active_at, fired_at,
                        keep_firing_since, resolved_at, last_sent_at, seen_at
                    FROM alert_states WHERE ?1 IS NULL OR rule_group = ?1
                    ORDER BY rule_group, rule, labels
                    """,
                arguments: [group]
            ).map { row in
                AlertState(
                    group: row[0], rule: row[1], labels: labels(fromText: row[2]),
                    annotations: labels(fromText: row[3]), value: (row[4] as Double?) ?? .nan,
                    activeAt: row[5], firedAt: row[6], keepFiringSince: row[7],
                    resolvedAt: row[8], lastSentAt: row[9], seenAt: row[10])
            }
        }
    }

    /// Replaces the alerts of a rule group.
    public func replace(group: String, with states: [AlertState]) throws(RecordError) {
        try base.write("write the alert states of \(group)") { db in
            try db.execute(
                sql: "DELETE FROM alert_states WHERE rule_group = ?", arguments: [group])
            let insert = try db.cachedStatement(
                sql: "INSERT OR REPLACE INTO alert_states VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            for state in states {
                try insert.execute(arguments: [
                    group, state.rule, labelsText(state.labels), labelsText(state.annotations),
                    state.value, state.activeAt, state.firedAt, state.keepFiringSince,
                    state.resolvedAt, state.lastSentAt, state.seenAt,
                ])
            }
        }
    }

    /// Forgets the groups that the rule files no longer have.
    public func keepOnly(groups: Set<String>) throws(RecordError) {
        try base.write("prune the alert states") { db in
            let known = try String.fetchAll(db, sql: "SELECT DISTINCT rule_group FROM alert_states")
            for group in known where !groups.contains(group) {
                try db.execute(
                    sql: "DELETE FROM alert_states WHERE rule_group = ?", arguments: [group])
            }
        }
    }
}
