// This project's own cases, and the proof that the runner sees what is wrong.

import Basics
import Query
import Testing

@Suite struct CaseTests {
    @Test(arguments: [
        "aggregations", "errors", "histograms", "labels", "matching", "numbers", "vectors",
        "windows",
    ])
    func `the project's own cases pass`(_ name: String) throws {
        let text = try #require(contents(of: "\(testFolder)/Cases/\(name).test"))
        let report = ScriptRunner().run(text, named: name)
        for failure in report.failures { Issue.record("\(failure)") }
        #expect(report.skips.isEmpty)
        #expect(report.passedCount > 10)
    }

    @Test func `every case whose expected value is altered fails`() throws {
        for name in [
            "aggregations", "histograms", "labels", "matching", "numbers", "vectors", "windows",
        ] {
            let text = try #require(contents(of: "\(testFolder)/Cases/\(name).test"))
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(
                String.init)
            var alteredCount = 0
            for index in lines.indices {
                // A result: an indented line that ends in a plain number.
                guard lines[index].hasPrefix("  "), !lines[index].contains("expect "),
                    let start = lines[index].lastIndex(of: " "),
                    let value = Double(lines[index][lines[index].index(after: start)...]),
                    value.isFinite, isBelowEval(lines, index)
                else { continue }
                var altered = lines
                altered[index] = lines[index][...start] + "\(value * 1.001 + 0.013)"
                let report = ScriptRunner().run(altered.joined(separator: "\n"), named: name)
                #expect(report.failures.count == 1, "\(name) line \(index + 1): \(altered[index])")
                alteredCount += 1
            }
            #expect(alteredCount > 8, "\(name)")
        }
    }

    private func isBelowEval(_ lines: [String], _ index: Int) -> Bool {
        var above = index
        while above > 0, lines[above].hasPrefix("  ") { above -= 1 }
        return lines[above].hasPrefix("eval")
    }

    private func failures(_ script: String) -> [String] {
        ScriptRunner().run(script, named: "inline").failures.map(\.reason)
    }

    @Test func `a missing, an unexpected and a doubled series fail`() {
        let load = "load 1m\n  a{x=\"1\"} 1\n  a{x=\"2\"} 2\n\n"
        #expect(failures(load + "eval instant at 0 a\n  a{x=\"1\"} 1\n").count == 1)
        #expect(
            failures(
                load + "eval instant at 0 a\n  a{x=\"1\"} 1\n  a{x=\"2\"} 2\n  a{x=\"3\"} 3\n"
            ).count == 1)
        #expect(failures(load + "eval instant at 0 a\n  a{x=\"1\"} 1\n  a{x=\"2\"} 2\n").isEmpty)
    }

    @Test func `order, annotations and errors are compared`() {
        let load = "load 1m\n  a{x=\"1\"} 1 2\n  a{x=\"2\"} 2 3\n\n"
        let ordered = "eval instant at 0 sort(a)\n  expect ordered\n"
        #expect(failures(load + ordered + "  a{x=\"1\"} 1\n  a{x=\"2\"} 2\n").isEmpty)
        #expect(failures(load + ordered + "  a{x=\"2\"} 2\n  a{x=\"1\"} 1\n").count == 1)
        let rate =
            "eval instant at 1m rate(a[2m])\n  {x=\"1\"} 0.016666667\n  {x=\"2\"} 0.016666667\n"
        #expect(failures(load + rate).isEmpty)
        #expect(failures(load + rate + "  expect no_info\n").count == 1)
        #expect(failures(load + rate + "  expect info regex: might not be a counter\n").isEmpty)
        #expect(failures(load + rate + "  expect info msg: something else\n").count == 1)
        #expect(failures(load + rate + "  expect warn\n").count == 1)
        #expect(failures("eval instant at 0 1\n  expect fail\n").count == 1)
        #expect(failures("eval instant at 0 1 +\n  2\n").count == 1)
    }

    @Test func `what cannot be read costs only itself and names its line`() {
        let script = """
            load soon
              a 1

            frobnicate

            eval instant at noon 1
              1

            load 1m
              a 1x

            eval instant at 0 1
              expect surprise

            eval instant at 0 1 + 1
              2

            load 9000000000000000s
              a 1x9

            eval instant at -9000000000000000s 1
              1

            eval instant at 292y 1
              1
            """
        let report = ScriptRunner().run(script, named: "broken")
        #expect(report.passedCount == 2)
        #expect(report.failures.map(\.line) == [1, 4, 6, 9, 12, 18, 21])
        #expect(report.failures[3].reason.contains("line 10"))
    }

    @Test func `cases that touch native histograms are skipped and counted`() {
        let script = """
            load 1m
              h {{schema:0 sum:1 count:1}}x3
              f 1

            load_with_nhcb 1m
              b_bucket{le="+Inf"} 1

            eval instant at 0 h
              h {{schema:0 sum:1 count:1}}

            eval instant at 0 count({__name__=~"f|h"})
              {} 2

            eval instant at 0 b

            eval instant at 0 f
              f 1
            """
        let report = ScriptRunner().run(script, named: "native")
        #expect(report.summary == "1 passed, 0 failed, 3 skipped")
        #expect(report.skips.map(\.query) == ["h", "count({__name__=~\"f|h\"})", "b"])
    }

    @Test func `series are written as promtool writes them`() throws {
        func values(_ text: String) throws -> [Double?] {
            try parseSequence(text).map { item in
                if case .value(let value) = item { value } else { nil }
            }
        }
        #expect(try values("5x3") == [5, 5, 5, 5])
        #expect(try values("_x3 1 _") == [nil, nil, nil, 1, nil])
        #expect(try values("1+2x2 -1-0.5x1") == [1, 3, 5, -1, -1.5])
        #expect(try values("1e2 .5 +3 -Inf") == [100, 0.5, 3, -.infinity])
        #expect(try values("stale").first??.bitPattern == Stale.bits)
        #expect(
            try parseSequence("{{sum:1 count:2}}x2 3") == [
                .histogram, .histogram, .histogram, .value(3),
            ])
        for text in ["1x", "1+x2", "one", "1+2", "{{sum:1", "1,2", "x3", "1x99999999999999999999"] {
            #expect(throws: NotationError.self, "\(text)") { try parseSequence(text) }
        }
        let (labels, _) = try parseSeriesDescription("a { b = \"c d\" , \"e.f\"='}' } 1")
        #expect(labels == Labels(name: "a", ("b", "c d"), ("e.f", "}")))
        #expect(throws: NotationError.self) { try parseMetric("a{b!=\"c\"}") }
    }
}
