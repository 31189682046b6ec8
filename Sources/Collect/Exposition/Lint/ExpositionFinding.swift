// What the strict checker says, and its door. The scraper is lenient, because a fault in somebody's
// exporter must not blind its owner; `martlet check metrics` is strict, because an exporter's author
// wants to hear everything. OpenMetrics is checked against its specification 1.0; the text format for
// what parses and then for Prometheus' naming practices, which are warnings.

internal import Basics

/// One remark on an exposition.
public struct ExpositionFinding: Sendable, Equatable, CustomStringConvertible {
    public enum Level: String, Sendable {
        /// The format forbids it.
        case error
        /// It parses, but goes against the practices of naming.
        case warning
    }

    public var level: Level
    /// Counted from 1; 0 when it concerns a whole metric.
    public var line: Int
    /// The metric concerned, when one is.
    public var metric: String
    public var text: String

    public init(_ level: Level, line: Int, metric: String = "", text: String) {
        self.level = level
        self.line = line
        self.metric = metric
        self.text = text
    }

    public var description: String {
        let place = line > 0 ? "line \(line): " : ""
        let subject = metric.isEmpty ? "" : "\(metric): "
        return "\(place)\(level.rawValue): \(subject)\(text)"
    }
}

/// Checks an exposition strictly.
///
/// - Returns: all that is wrong, in order of lines; nothing of level `error` means that it parses.
public func lintExposition(_ bytes: [UInt8], format: ExpositionFormat) -> [ExpositionFinding] {
    let findings: [ExpositionFinding]
    if format.isOpenMetrics {
        var lint = OpenMetricsLint()
        findings = lint.run(bytes)
    } else {
        var lint = TextLint()
        findings = lint.run(bytes)
    }
    return findings.sorted { $0.line < $1.line }
}
