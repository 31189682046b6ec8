// Prometheus' own scripts, when the data folder is there. They are inputs, not part of the project.
// The numbers of cases are written down, so that no case can slip from "passed" into "skipped".

import Basics
import Glibc
import Query
import Testing

private let scripts = dataFolder + "/promql/prometheus-3.5.5"

/// A script, and how many of its cases run; the others touch native histograms.
private struct Expected: Sendable, CustomTestStringConvertible {
    var name: String
    var passed: Int
    var skipped: Int

    var testDescription: String { name }
}

private let upstream = [
    Expected(name: "aggregators", passed: 121, skipped: 35),
    Expected(name: "at_modifier", passed: 45, skipped: 0),
    Expected(name: "collision", passed: 2, skipped: 0),
    Expected(name: "duration_expression", passed: 29, skipped: 0),
    Expected(name: "functions", passed: 257, skipped: 105),
    Expected(name: "histograms", passed: 56, skipped: 60),
    Expected(name: "limit", passed: 1, skipped: 36),
    Expected(name: "literals", passed: 20, skipped: 0),
    Expected(name: "name_label_dropping", passed: 20, skipped: 0),
    Expected(name: "native_histograms", passed: 0, skipped: 320),
    Expected(name: "operators", passed: 133, skipped: 72),
    Expected(name: "range_queries", passed: 8, skipped: 0),
    Expected(name: "selectors", passed: 31, skipped: 0),
    Expected(name: "staleness", passed: 17, skipped: 0),
    Expected(name: "subquery", passed: 32, skipped: 2),
    Expected(name: "trig_functions", passed: 19, skipped: 0),
    Expected(name: "type_and_unit", passed: 58, skipped: 0),
]

@Suite(.enabled(if: access(scripts, F_OK) == 0, "there is no folder \(scripts)"))
struct UpstreamScriptTests {
    @Test(arguments: upstream)
    private func `Prometheus' scripts pass but for native histograms`(_ expected: Expected) throws {
        let text = try #require(contents(of: "\(scripts)/\(expected.name).test"))
        let report = ScriptRunner().run(text, named: expected.name)
        for failure in report.failures { Issue.record("\(failure)") }
        #expect(report.passedCount == expected.passed)
        #expect(report.skips.count == expected.skipped)
    }

    /// Names may also go at each operator, as they do in a server without feature flags; only the
    /// script about the difference, and the one about types and units, then read differently.
    @Test(
        arguments: upstream.filter { !["name_label_dropping", "type_and_unit"].contains($0.name) })
    private func `Prometheus' scripts pass with the names dropped at once`(
        _ expected: Expected
    ) throws {
        let text = try #require(contents(of: "\(scripts)/\(expected.name).test"))
        var runner = ScriptRunner()
        runner.options.delayedNameRemoval = false
        runner.options.typeAndUnitLabels = false
        let report = runner.run(text, named: expected.name)
        for failure in report.failures { Issue.record("\(failure)") }
        #expect(report.passedCount == expected.passed)
    }
}
