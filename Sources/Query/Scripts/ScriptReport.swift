// What came of a script, case by case.

/// The outcome of a script.
public struct ScriptReport: Sendable {
    /// A case that did not come out as written.
    public struct Failure: Sendable, CustomStringConvertible {
        /// From 1.
        public var line: Int
        public var query: String
        /// What was expected and what came, one difference a line.
        public var reason: String

        public var description: String { "line \(line): \(query)\n\(reason)" }
    }

    /// A case that this build cannot run.
    public struct Skip: Sendable {
        public var line: Int
        public var query: String
        public var reason: String
    }

    public var name: String
    public var passedCount = 0
    public var failures: [Failure] = []
    public var skips: [Skip] = []

    public init(name: String) { self.name = name }

    /// `N passed, N failed, N skipped`.
    public var summary: String {
        "\(passedCount) passed, \(failures.count) failed, \(skips.count) skipped"
    }
}
