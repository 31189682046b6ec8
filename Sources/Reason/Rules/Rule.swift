// A rule as its file states it, checked and with its templates parsed, but without any state: what
// has happened so far lives in AlertingRule.State and GroupEvaluator.

public import Basics

/// A name with a text that may be a template.
public struct RuleText: Sendable {
    public var name: String
    public var source: String
    /// The parsed text; nil for the labels of recording rules, which are taken as they stand.
    public var template: Template?

    public init(name: String, source: String, template: Template?) {
        self.name = name
        self.source = source
        self.template = template
    }
}

/// One rule of a group.
public struct Rule: Sendable {
    public enum Kind: Sendable, Equatable {
        case recording
        /// Both in milliseconds.
        case alerting(holdMillis: Millis, keepFiringMillis: Millis)
    }

    public var kind: Kind
    /// The metric that a recording rule writes, or the alert's name.
    public var name: String
    public var expression: String
    /// The group's labels and the rule's own; the rule's own win.
    public var labels: [RuleText]
    /// Empty for recording rules.
    public var annotations: [RuleText]
    /// Where the rule begins in its file, counted from 1.
    public var line: Int

    public init(
        kind: Kind, name: String, expression: String, labels: [RuleText] = [],
        annotations: [RuleText] = [], line: Int = 1
    ) {
        self.kind = kind
        self.name = name
        self.expression = expression
        self.labels = labels
        self.annotations = annotations
        self.line = line
    }

    public var isAlerting: Bool { kind != .recording }

    public var holdMillis: Millis {
        if case .alerting(let hold, _) = kind { return hold }
        return 0
    }

    public var keepFiringMillis: Millis {
        if case .alerting(_, let keep) = kind { return keep }
        return 0
    }

    /// What makes two rules the same across a reload, as in Prometheus: kind, name and labels.
    ///
    /// A rule whose expression was edited keeps its alerts.
    public var identity: String {
        let pairs = labels.map { "\(quoted($0.name))=\(quoted($0.source))" }.sorted()
        return "\(isAlerting ? "alert" : "record") \(name) {\(pairs.joined(separator: ","))}"
    }

    /// Everything that matters to evaluation, for telling whether a group was changed at all.
    var fullText: String {
        let notes = annotations.map { "\(quoted($0.name))=\(quoted($0.source))" }
        return "\(identity) \(kind) \(quoted(expression)) [\(notes.joined(separator: ","))]"
    }
}

/// Rules that are evaluated together, one after the other, at one time.
public struct RuleGroup: Sendable {
    public var name: String
    public var file: String
    /// nil when the global interval applies.
    public var intervalMillis: Millis?
    /// How far the evaluation looks back from its own time; nil when the global offset applies.
    public var queryOffsetMillis: Millis?
    /// The most series or alerts that one rule may yield; 0 for no limit.
    public var limit: Int
    public var rules: [Rule]

    public init(
        name: String, file: String, intervalMillis: Millis? = nil,
        queryOffsetMillis: Millis? = nil, limit: Int = 0, rules: [Rule]
    ) {
        self.name = name
        self.file = file
        self.intervalMillis = intervalMillis
        self.queryOffsetMillis = queryOffsetMillis
        self.limit = limit
        self.rules = rules
    }

    /// Groups are told apart by file and name.
    public var key: String { "\(file);\(name)" }

    /// Everything that matters to evaluation.
    var fullText: String {
        let head = "\(key) \(intervalMillis ?? -1) \(queryOffsetMillis ?? -1) \(limit)"
        return ([head] + rules.map(\.fullText)).joined(separator: "\n")
    }
}

/// Why a rule has no result.
public struct RuleFault: Error, Sendable, CustomStringConvertible {
    public var reason: String

    public init(_ reason: String) { self.reason = reason }

    public var description: String { reason }
}
