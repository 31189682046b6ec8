// A matcher is a test on one label of a series: `name="x"`, `!=`, `=~`, `!~`. A label that a series
// does not have counts as the empty string. Regular expressions are anchored, as in Prometheus.

/// One test on a label.
public struct Matcher: Sendable {
    public enum Operation: String, Sendable {
        case equal = "="
        case notEqual = "!="
        case matches = "=~"
        case matchesNot = "!~"
    }

    public let name: String
    public let operation: Operation
    public let value: String
    /// The compiled expression of `=~` and `!~`.
    public let pattern: Pattern?

    /// Makes a matcher.
    ///
    /// - Throws: ``PatternError`` when the operation is a regular expression that RE2 would refuse.
    public init(_ name: String, _ operation: Operation, _ value: String) throws(PatternError) {
        self.name = name
        self.operation = operation
        self.value = value
        switch operation {
        case .equal, .notEqual: pattern = nil
        case .matches, .matchesNot: pattern = try Pattern(value, anchored: true)
        }
    }

    /// An equality; it cannot fail.
    public init(_ name: String, equals value: String) {
        self.name = name
        self.operation = .equal
        self.value = value
        self.pattern = nil
    }

    /// Tests a label's value; the empty string stands for a missing label.
    ///
    /// - Throws: ``PatternError`` when the expression gave up on its match limit.
    public func matches(_ text: String) throws(PatternError) -> Bool {
        switch operation {
        case .equal: text.utf8.elementsEqual(value.utf8)
        case .notEqual: !text.utf8.elementsEqual(value.utf8)
        case .matches: try pattern?.matches(text) ?? false
        case .matchesNot: try !(pattern?.matches(text) ?? false)
        }
    }

    /// Tests a set of labels.
    public func matches(_ labels: Labels) throws(PatternError) -> Bool {
        try matches(labels[name] ?? "")
    }
}

extension Matcher: CustomStringConvertible {
    public var description: String {
        let label = isLegacyLabelName(name) ? name : quoted(name)
        return label + operation.rawValue + quoted(value)
    }
}

extension Matcher: Hashable {
    public static func == (left: Matcher, right: Matcher) -> Bool {
        left.name == right.name && left.operation == right.operation && left.value == right.value
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(operation)
        hasher.combine(value)
    }
}
