// Inhibition: while one alert fires, others that follow from it are not told. Alertmanager's rules: the
// source must fire, the labels in `equal` must have the same values (a missing label is an empty one),
// and an alert that is a source and a target itself is not muted by another such one.

public import Basics

/// One rule of inhibition.
public struct InhibitRule: Sendable, Equatable {
    public var sources: [Matcher]
    public var targets: [Matcher]
    public var equal: [String]

    public init(sources: [Matcher], targets: [Matcher], equal: [String] = []) {
        self.sources = sources
        self.targets = targets
        self.equal = equal
    }
}

/// The sources that fire at one time, ready to be asked; made anew for each look.
struct Inhibition {
    /// The sources of a rule by the values of its `equal` labels.
    private let tables: [(rule: InhibitRule, sources: [[String]: [Labels]])]

    init(_ rules: [InhibitRule], firing: some Sequence<Labels>) {
        let firing = rules.isEmpty ? [] : Array(firing)
        tables = rules.map { rule in
            let sources = firing.filter { rule.sources.fit($0) }
            return (rule, Dictionary(grouping: sources) { Self.values($0, rule) })
        }
    }

    private static func values(_ labels: Labels, _ rule: InhibitRule) -> [String] {
        rule.equal.map { labels[$0] ?? "" }
    }

    /// The alert because of which this one is not told; nil when it is.
    func source(of labels: Labels) -> Labels? {
        for (rule, sources) in tables where rule.targets.fit(labels) {
            let isSource = rule.sources.fit(labels)
            let found = sources[Self.values(labels, rule)]?.first {
                !(isSource && rule.targets.fit($0))
            }
            if let found { return found }
        }
        return nil
    }
}
