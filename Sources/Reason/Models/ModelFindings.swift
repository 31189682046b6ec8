// What the watch of a model says to people: findings, opened, changed and ended. One for drift and one
// for broken data per version and segment, one for quality per version. A finding's id holds when it
// began, so that the same looks taken again give the same findings, and a second episode a new one.

public import Basics

/// Where findings of a model link to.
private func link(_ key: ModelVersion) -> String {
    "/models?model=\(key.model)&version=\(key.version)"
}

private func labels(_ key: ModelVersion, _ segment: String) -> [String: String] {
    var labels = ["model": key.model, "version": key.version]
    if !segment.isEmpty { labels["segment"] = segment }
    return labels
}

/// The finding of a scope's drift; nil when no column is drifted.
public func driftFinding(_ key: ModelVersion, _ scope: ModelScope) -> Finding? {
    let drifted = scope.watch.drifted
    guard let first = drifted.first, let look = scope.watch.looks.last else { return nil }
    let found = drifted.compactMap { column in look.columns.first { $0.name == column.name } }
        .sorted { ($0.effect ?? 0) > ($1.effect ?? 0) }
    let most = found.first?.name ?? first.name
    let ending = scope.segment.isEmpty ? "" : "_segment"
    let name = drifted.count == 1 ? "models.finding.drift_one" : "models.finding.drift"
    return Finding(
        id: "drift/\(key.model)/\(key.version)/\(scope.segment)/\(first.since)", kind: .drift,
        subject: "\(key.model) \(key.version)", labels: labels(key, scope.segment),
        severity: .warning, start: first.since,
        summary: Phrase(
            name + ending,
            [
                "model": key.model, "version": key.version, "segment": scope.segment,
                "column": most, "more": "\(drifted.count - 1)",
            ]),
        evidence: found.prefix(10).compactMap(\.direction), link: link(key))
}

/// Counts looks in a row with something wrong, and says when it is enough.
public struct Persistence: Sendable, Equatable {
    /// Looks in a row that open a finding, and that end it: chance alone does not say the same thrice.
    public static let looksMin = 3

    public private(set) var since: Millis?
    private var first: Millis?
    private var count = 0
    private var calm = 0

    public init() {}

    /// Takes a look; `from` is the begin of its window.
    public mutating func take(isWrong: Bool, from: Millis) {
        if isWrong {
            calm = 0
            if count == 0 { first = from }
            count += 1
            if count >= Persistence.looksMin && since == nil { since = first }
        } else {
            calm += 1
            if since == nil || calm >= Persistence.looksMin {
                count = 0
                since = nil
            }
        }
    }
}

/// What is wrong with rows beside what drift says already: a new category of a drifted column is one
/// finding, not two, and no reason to repair the data first.
public func issuesBesideDrift(_ issues: [Phrase], drifted: [String]) -> [Phrase] {
    issues.filter { issue in
        issue.key != "quality.data.\(DataIssueKind.unseenValues.rawValue)"
            || !drifted.contains(issue.arguments["column"] ?? "")
    }
}

/// The finding of broken data; nil when nothing is wrong for long enough.
public func dataFinding(
    _ key: ModelVersion, _ persistence: Persistence, issues: [Phrase]
) -> Finding? {
    guard let since = persistence.since else { return nil }
    return Finding(
        id: "data/\(key.model)/\(key.version)/\(since)", kind: .quality,
        subject: "\(key.model) \(key.version)", labels: labels(key, ""), severity: .warning,
        start: since,
        summary: Phrase("models.finding.data", ["model": key.model, "version": key.version]),
        evidence: Array(issues.prefix(10)), link: link(key))
}

/// How a version answers now against its reference.
public struct QualityComparison: Sendable, Equatable {
    public var name: String
    public var before: Double
    public var now: Double
    public var interval: ClosedRange<Double>
    public var isEstimated: Bool
    public var rows: Int
    /// The whole interval is on the worse side of the reference's figure and of its own interval.
    public var isWorse: Bool

    /// Compares the first figure that both have; nil when there is none with an interval.
    public init?(reference: QualityReading, now: QualityReading, isEstimated: Bool) {
        for figure in now.figures {
            guard let before = reference.figures.first(where: { $0.name == figure.name }),
                let interval = figure.interval, let base = before.interval
            else { continue }
            name = figure.name
            self.before = before.value
            self.now = figure.value
            self.interval = interval
            self.isEstimated = isEstimated
            rows = now.rows
            isWorse =
                isHigherBetter(figure.name)
                ? interval.upperBound < base.lowerBound : interval.lowerBound > base.upperBound
            return
        }
        return nil
    }
}

/// The finding of worse answers; nil when they are not worse.
public func qualityFinding(
    _ key: ModelVersion, _ comparison: QualityComparison, since: Millis
) -> Finding? {
    guard comparison.isWorse else { return nil }
    func percent(_ value: Double) -> String { numberText((value * 1000).rounded() / 1000) }
    return Finding(
        id: "quality/\(key.model)/\(key.version)/\(since)", kind: .quality,
        subject: "\(key.model) \(key.version)", labels: labels(key, ""),
        severity: comparison.isEstimated ? .warning : .critical, start: since,
        summary: Phrase(
            comparison.isEstimated ? "models.finding.quality_estimated" : "models.finding.quality",
            [
                "model": key.model, "version": key.version, "metric": comparison.name,
                "before": percent(comparison.before), "now": percent(comparison.now),
                "rows": "\(comparison.rows)",
            ]), link: link(key))
}
