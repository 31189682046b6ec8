// What a judge says: that something is not as it was, since when, how bad, and on what evidence. One
// word for every judge (anomaly, drift, quality, shadow, budget, risk), so that one list shows them and
// one rule language alerts on them. A finding is worded by Serve and Send from `lang/*.json`; it decides
// nothing itself: that is what a decision is for.

/// Which judge spoke.
public enum FindingKind: String, Sendable, CaseIterable {
    /// A series behaves unlike its own past.
    case anomaly
    /// What a model is asked or answers has moved.
    case drift
    /// A model answers worse than it did, or its data are broken.
    case quality
    /// A candidate's rehearsal came to a verdict.
    case shadow
    /// A budget (errors, tokens, money) is used up, or will be.
    case budget
    /// Something that may go wrong: a release, a capacity.
    case risk
}

/// One finding, open or ended.
public struct Finding: Sendable, Equatable {
    /// How much a finding asks of a person, in the words that alert rules use.
    public enum Severity: String, Sendable, CaseIterable {
        case info, warning, critical
    }

    /// The same for the same matter: a judge that speaks again about it changes the finding it opened.
    public var id: String
    public var kind: FindingKind
    /// What it is about, as a person would name it: a model and version, a series, a rehearsal.
    public var subject: String
    /// The names by which rules, routes and pages select it: `model`, `version`, `service`, `segment` and so on.
    public var labels: [String: String]
    public var severity: Severity
    /// When what was found began, not when it was noticed.
    public var start: Millis
    /// When it was over; nil while it lasts.
    public var end: Millis?
    /// The sentence.
    public var summary: Phrase
    /// The reasons, the strongest first.
    public var evidence: [Phrase]
    /// The page that shows it, relative to the agent's address, for example `/#/models/chat-7b`.
    public var link: String

    public init(
        id: String, kind: FindingKind, subject: String, labels: [String: String] = [:],
        severity: Severity, start: Millis, end: Millis? = nil, summary: Phrase,
        evidence: [Phrase] = [], link: String = ""
    ) {
        self.id = id
        self.kind = kind
        self.subject = subject
        self.labels = labels
        self.severity = severity
        self.start = start
        self.end = end
        self.summary = summary
        self.evidence = evidence
        self.link = link
    }
}
