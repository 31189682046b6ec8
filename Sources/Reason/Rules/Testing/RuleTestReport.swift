// What a run of rule tests found.

public import Bytes

/// The outcome of one test file.
public struct RuleTestReport: Sendable {
    /// An expectation that was not met.
    public struct Failure: Sendable, CustomStringConvertible {
        public var file: String
        public var line: Int
        /// The name of the test.
        public var test: String
        /// What was checked, what was expected, what came.
        public var text: String

        public var description: String {
            "\(file):\(line): \(test.isEmpty ? "" : "\(test): ")\(text)"
        }
    }

    public var file: String
    /// Expectations that were met.
    public var passedCount = 0
    public var failures: [Failure] = []
    /// Expectations that need native histograms.
    public var skippedCount = 0
    /// What is wrong with the test file or the rule files; with an error nothing was run.
    public var problems: [Problem] = []

    public init(file: String) { self.file = file }

    public var isGood: Bool { failures.isEmpty && !problems.contains { $0.level == .error } }

    /// `N passed, N failed`, and what was skipped.
    public var summary: String {
        let skipped = skippedCount > 0 ? ", \(skippedCount) skipped (native histograms)" : ""
        return "\(file): \(passedCount) passed, \(failures.count) failed\(skipped)"
    }
}
