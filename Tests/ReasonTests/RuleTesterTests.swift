import Basics
import Bytes
import Testing

@testable import Reason

private let examples = "\(dataFolder)/promql/promtool-rule-tests"

@Suite struct RuleTesting {
    /// What promtool says to its own examples: met, failed and histogram expectations.
    static let outcomes: [(String, Int, Int, Int)] = [
        ("at-modifier-test.yml", 0, 0, 0), ("failing.yml", 0, 4, 0), ("long-period.yml", 4, 0, 0),
        ("rules_run.yml", 1, 1, 0), ("rules_run_no_fuzzy.yml", 0, 2, 0), ("unittest.yml", 23, 0, 3),
    ]

    @Test(
        .enabled(if: !dataFiles("promql/promtool-rule-tests").isEmpty, "no shared data"),
        arguments: outcomes)
    func `agrees with promtool on its examples`(
        _ name: String, _ passed: Int, _ failed: Int, _ skipped: Int
    ) {
        let report = RuleTester().run("\(examples)/\(name)")
        #expect(
            report.passedCount == passed,
            "\(report.failures.map(\.description).joined(separator: "\n"))")
        #expect(
            report.failures.count == failed,
            "\(report.failures.map(\.description).joined(separator: "\n"))")
        #expect(report.skippedCount == skipped)
        #expect(report.problems.isEmpty)
    }

    @Test(.enabled(if: !dataFiles("promql/promtool-rule-tests").isEmpty, "no shared data"))
    func `a rule file with a fault stops the run and says where`() {
        let report = RuleTester().run("\(examples)/bad-rules-syntax-test.yml")
        #expect(!report.isGood)
        #expect(report.problems.first?.file.hasSuffix("/bad-rules-syntax.yml") == true)
        #expect(report.problems.first?.line == 7)
    }

    @Test func `an altered expectation fails and shows the difference`() {
        func run(_ value: String) -> RuleTestReport {
            RuleTester().run(
                text: """
                    tests:
                      - name: t
                        input_series: [{series: 'x{a="b"}', values: '1+1x5'}]
                        promql_expr_test:
                          - {expr: x, eval_time: 2m, exp_samples: [{labels: 'x{a="b"}', value: \(value)}]}
                    """, path: "t.yml")
        }
        #expect(run("3").isGood)
        #expect(run("3").summary == "t.yml: 1 passed, 0 failed")
        let report = run("4")
        #expect(
            report.failures.map(\.description) == [
                "t.yml:5: t: x at 2m:\n  - x{a=\"b\"} 4\n  + x{a=\"b\"} 3"
            ])
    }

    @Test func `faults of the test file have their place`() {
        let report = RuleTester().run(
            text: "tests:\n- input_series: [{series: 'x{', values: '1'}]\n  evalu: 1\n",
            path: "t.yml")
        #expect(report.problems.map(\.line) == [2, 3])
        #expect(!report.isGood)
    }

    @Test func `a mistyped time does not run for hours`() {
        let report = RuleTester().run(
            text:
                "evaluation_interval: 1ms\ntests:\n- promql_expr_test:\n  - {expr: '1', eval_time: 90d}\n",
            path: "t.yml")
        #expect(report.failures.count == 1)
    }
}
