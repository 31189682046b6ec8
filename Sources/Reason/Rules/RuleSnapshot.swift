// How rules stand right now, as plain values: what `/api/v1/rules`, `/api/v1/alerts` and the pages
// show.

public import Basics

/// Whether a rule's last evaluation worked.
public enum RuleHealth: String, Sendable {
    /// Not evaluated yet.
    case unknown
    case ok
    /// Failed; see the last error.
    case err
}

/// A rule with its last evaluation.
public struct RuleSnapshot: Sendable {
    public var rule: Rule
    public var health = RuleHealth.unknown
    public var lastError: String?
    public var lastEvaluationAt: Millis?
    /// How long the last evaluation took.
    public var evaluationSeconds: Double = 0
    /// The worst of the rule's alerts.
    public var state = AlertState.inactive
    /// Pending and firing alerts, sorted by labels.
    public var alerts: [ActiveAlert] = []

    public init(rule: Rule) { self.rule = rule }
}

/// A group with its last evaluation.
public struct RuleGroupSnapshot: Sendable {
    public var group: RuleGroup
    /// The interval in force.
    public var intervalMillis: Millis
    public var lastEvaluationAt: Millis?
    /// How long the last evaluation of the whole group took.
    public var evaluationSeconds: Double = 0
    public var rules: [RuleSnapshot]
    public var counts = RuleCounts()

    public init(group: RuleGroup, intervalMillis: Millis) {
        self.group = group
        self.intervalMillis = intervalMillis
        rules = group.rules.map(RuleSnapshot.init)
    }
}

/// What has happened to a group since it was loaded.
public struct RuleCounts: Sendable, Equatable {
    public var iterations = 0
    public var iterationsMissed = 0
    public var evaluations = 0
    public var failures = 0
    /// Samples written by the last iteration.
    public var samples = 0
    /// Results that the store refused.
    public var refused = 0
    /// Alert states that could not be remembered.
    public var memoryFailures = 0

    public init() {}
}
