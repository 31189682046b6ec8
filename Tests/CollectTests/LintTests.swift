// The strict checker against the OpenMetrics test cases, and the scrape parser against the good ones.

import Basics
import Bytes
import Testing

@testable import Collect

private let caseFolder = (openMetricsFolder ?? "") + "/parsers"
private let cases = (try? Files.system.list(caseFolder)) ?? []

@Suite(.enabled(if: openMetricsFolder != nil, "no shared test data on this machine"))
struct OpenMetricsCases {
    @Test(arguments: cases)
    func `the checker agrees`(_ name: String) throws {
        let text = try readAll("\(caseFolder)/\(name)/metrics")
        let verdict = try JSON(readAll("\(caseFolder)/\(name)/test.json"))
        let shouldParse = verdict["shouldParse"]?.boolean == true
        let errors = lintExposition(text, format: .openMetrics).filter { $0.level == .error }
        #expect(errors.isEmpty == shouldParse, "\(errors)")
        if shouldParse {
            _ = try readExposition(text, openMetrics: true)
        } else {
            #expect(errors.allSatisfy { $0.line > 0 })
        }
    }
}

@Suite struct LintTests {
    @Test func `every fault is reported, not only the first`() {
        let text = "# TYPE a counter\na_total -1\na_total x\n\n# TYPE b thing\n"
        let found = lintExposition(bytes(text), format: .openMetrics)
        #expect(found.map(\.line) == [2, 3, 4, 5, 5])
        #expect(
            found.first?.description
                == "line 2: error: a: a sample ending in _total cannot be negative")
    }

    @Test func `the text format is checked for faults and for practices`() {
        let text = """
            # HELP a_count Help
            # TYPE a_count gauge
            a_count 1
            a_count 1
            # TYPE a_count gauge
            fooBar_milliseconds{someLabel="1"} 1
            b 1 x
            """
        let found = lintExposition(bytes(text), format: .text)
        let errors = found.filter { $0.level == .error }
        #expect(errors.map(\.line) == [4, 5, 5, 7])
        let warnings = found.filter { $0.level == .warning }.map { "\($0.metric) \($0.text)" }
        #expect(
            warnings.contains(
                "fooBar_milliseconds use the base unit seconds instead of milliseconds"))
        #expect(warnings.contains("a_count only histograms and summaries should have _count"))
        #expect(
            warnings.contains(
                "fooBar_milliseconds label someLabel: names are written in snake_case"))
    }

    @Test(.enabled(if: openMetricsFolder != nil, "no shared test data on this machine"))
    func `an exposition that promtool likes has no errors`() throws {
        let text = try readAll((openMetricsFolder ?? "") + "/promtool-metrics-test.prom")
        #expect(lintExposition(text, format: .text).filter { $0.level == .error } == [])
    }
}
