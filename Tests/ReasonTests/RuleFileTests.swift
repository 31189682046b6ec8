import Basics
import Bytes
import Query
import Testing

@testable import Reason

/// Refuses what the few expressions of these tests would be refused for; the real check is Query's.
let simpleCheck: ExpressionCheck = { (text) throws(QueryError) in
    if text.hasSuffix("+") || text == "rate(hi)" {
        throw .parse(
            reason: "unexpected end of input", from: text.utf8.count - 1, through: text.utf8.count)
    }
}

private func problems(_ text: String) -> [String] {
    RuleFile.parse(text, file: "f.yml", check: simpleCheck).problems.map(\.description)
}

@Suite struct RuleFiles {
    @Test func `read a group with all its keys`() throws {
        let text = """
            groups:
              - name: g
                interval: 30s
                query_offset: 1m
                limit: 7
                labels: {team: core, severity: info}
                rules:
                  - record: a:b
                    expr: sum(x)
                    labels: {team: own}
                  - alert: Down
                    expr: up == 0
                    for: 5m
                    keep_firing_for: 2m
                    labels: {severity: page}
                    annotations: {summary: "{{ $labels.job }} is down"}
            """
        let (groups, problems) = RuleFile.parse(text, file: "f.yml", check: simpleCheck)
        #expect(problems.isEmpty)
        let group = try #require(groups.first)
        #expect(group.key == "f.yml;g")
        #expect(group.intervalMillis == 30_000)
        #expect(group.queryOffsetMillis == 60_000)
        #expect(group.limit == 7)
        #expect(group.rules.count == 2)
        #expect(group.rules[0].kind == .recording)
        #expect(group.rules[0].labels.map(\.name) == ["severity", "team"])
        #expect(group.rules[0].labels.map(\.source) == ["info", "own"])
        #expect(group.rules[1].kind == .alerting(holdMillis: 300_000, keepFiringMillis: 120_000))
        #expect(group.rules[1].line == 11)
    }

    static let bad: [(String, String)] = [
        (
            "groups:\n- name: a\n- name: a\n",
            "f.yml:3:9: error: groups[1].name: groupname: \"a\" is repeated in the same file"
        ),
        ("groups:\n- rules: []\n", "f.yml:2:3: error: groups[0].name: a group needs a name"),
        (
            "groups:\n- name: a\n  rules:\n  - expr: 1\n",
            "f.yml:4:5: error: one of 'record' or 'alert' must be set"
        ),
        (
            "groups:\n- name: a\n  rules:\n  - record: b\n    alert: c\n    expr: 1\n",
            "f.yml:5:12: error: groups[0].rules[0].alert: only one of 'record' and 'alert' must be set"
        ),
        (
            "groups:\n- name: a\n  rules:\n  - record: b\n",
            "f.yml:4:5: error: groups[0].rules[0].expr: field 'expr' must be set in rule"
        ),
        (
            "groups:\n- name: a\n  rules:\n  - record: b\n    expr: 'test +'\n",
            "f.yml:5:11: error: groups[0].rules[0].expr: could not parse expression: 1:6: parse error: unexpected end of input"
        ),
        (
            "groups:\n- name: a\n  rules:\n  - record: b{c}\n    expr: 1\n",
            "f.yml:4:13: error: groups[0].rules[0].record: braces present in the recording rule name; should it be in expr?"
        ),
        (
            "groups:\n- name: a\n  rules:\n  - record: b\n    expr: 1\n    for: 1m\n",
            "f.yml:6:10: error: groups[0].rules[0].for: invalid field 'for' in recording rule"
        ),
        (
            "groups:\n- name: a\n  rules:\n  - alert: b\n    expr: 1\n    labels: {__name__: c}\n",
            "f.yml:6:13: error: groups[0].rules[0].labels: invalid label name: \"__name__\""
        ),
        (
            "groups:\n- name: a\n  rules:\n  - alert: b\n    exprr: 1\n    expr: 1\n",
            "f.yml:5:5: error: unknown key groups[0].rules[0].exprr; did you mean expr?"
        ),
        (
            "groups:\n- name: a\n  rules:\n  - alert: b\n    expr: 1\n    annotations:\n      s: 'x {{ $nope }}'\n",
            "f.yml:7:7: error: groups[0].rules[0].annotations: annotation \"s\": line 1, column 6 of the template: undefined variable \"$nope\""
        ),
        (
            "groups:\n- name: a\n  interval: soon\n",
            "f.yml:3:13: error: groups[0].interval must be a duration such as 30s or 5m"
        ),
        ("groups: [\n", "f.yml:2:1: error: did not find expected node content"),
    ]

    @Test(arguments: bad) func `say what is wrong, and where`(_ text: String, _ expected: String) {
        #expect(problems(text) == [expected])
    }

    @Test func `warn of the same rule twice`() {
        let text =
            "groups:\n- name: a\n  rules:\n  - {record: b, expr: 1}\n  - {record: b, expr: 2}\n"
        #expect(problems(text).map { $0.prefix(21) } == ["f.yml:5:5: warning: b"])
    }

    @Test(.enabled(if: !dataFiles("promql/rulefmt").isEmpty, "no shared data"))
    func `agree with Prometheus' own examples`() throws {
        for file in dataFiles("promql/rulefmt") where file.name.hasSuffix(".yaml") {
            let read = RuleFile.parse(file.text, file: file.name, check: simpleCheck)
            let isRefused = read.problems.contains { $0.level == .error }
            let isBad = file.name.contains(".bad.") && !file.name.contains("legacy_validation")
            #expect(isRefused == isBad, "\(file.name): \(read.problems)")
        }
        let bad = try #require(
            dataFiles("promql/promtool-rule-tests").first { $0.name == "rules-bad.yml" })
        let read = RuleFile.parse(bad.text, file: bad.name, check: simpleCheck)
        #expect(read.problems.count == 1)
        #expect(read.problems.first?.text.contains("undefined variable \"$label\"") == true)
    }
}
