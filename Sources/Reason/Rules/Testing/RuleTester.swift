// Runs unit tests of rules: input series into a store in memory, the groups evaluated step by step
// over the invented time by the same evaluator as in the agent, expectations compared on the way.

public import Basics
internal import Bytes
public import Query

/// Runs test files in promtool's format.
public struct RuleTester: Sendable {
    /// Makes the engine under test over a store.
    public var makeEngine: @Sendable (SeriesSource) -> Engine
    public var check: ExpressionCheck
    public var files: Files

    /// Evaluations of one test: a mistyped time must not run for hours.
    private static let stepsMax: Millis = 2_000_000

    public init(
        files: Files = .system,
        makeEngine: @escaping @Sendable (SeriesSource) -> Engine = { Engine.local(source: $0) },
        check: @escaping ExpressionCheck = { (text) throws(QueryError) in
            _ = try parseExpression(text)
        }
    ) {
        self.makeEngine = makeEngine
        self.check = check
        self.files = files
    }

    /// Runs one test file; rule files are found relative to it.
    public func run(_ path: String) -> RuleTestReport {
        var report = RuleTestReport(file: path)
        do {
            let handle = try files.open(path, .read)
            defer { files.close(handle) }
            let bytes = try files.read(handle, 0, try files.size(handle))
            return run(text: String(decoding: bytes, as: UTF8.self), path: path)
        } catch {
            report.problems = [
                Problem(.error, file: path, line: 1, column: 1, text: "\(error)")
            ]
            return report
        }
    }

    /// Runs a test file's text.
    public func run(text: String, path: String) -> RuleTestReport {
        var report = RuleTestReport(file: path)
        let problems = Problems(file: path)
        do {
            let root = Section(try YAML.parse(text), path: "", problems: problems)
            let file = RuleTestFile(root)
            let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
            let rules = RuleFile.load(file.ruleFiles, folder: folder, files: files, check: check)
            report.problems = problems.all + rules.problems
            guard report.isGood else { return report }
            let groups = ordered(rules.groups, file.groupOrder)
            for test in file.cases {
                var run = RuleTestRun(self, file, groups, test, path)
                run.run(stepsMax: Self.stepsMax, &report)
            }
        } catch {
            report.problems = [
                Problem(
                    .error, file: path, line: error.line, column: error.column, text: error.reason)
            ]
        }
        return report
    }

    private func ordered(_ groups: [RuleGroup], _ order: [String]) -> [RuleGroup] {
        func rank(_ group: RuleGroup) -> Int { order.firstIndex(of: group.name) ?? order.count }
        return groups.enumerated().sorted { left, right in
            (rank(left.element), left.offset) < (rank(right.element), right.offset)
        }.map(\.element)
    }
}

/// One test at work.
private struct RuleTestRun {
    private let store = BenchStore()
    private let engine: Engine
    private let file: RuleTestFile
    private let test: RuleTestFile.Case
    private let path: String
    private var evaluators: [GroupEvaluator]

    init(
        _ tester: RuleTester, _ file: RuleTestFile, _ groups: [RuleGroup],
        _ test: RuleTestFile.Case, _ path: String
    ) {
        self.file = file
        self.test = test
        self.path = path
        engine = tester.makeEngine(store.source)
        var world = RuleWorld(engine: engine, intake: store.intake)
        world.externalLabels = test.externalLabels
        world.externalURL = test.externalURL
        evaluators = groups.map { group in
            // promtool evaluates all groups at the file's interval.
            var group = group
            group.intervalMillis = file.intervalMillis
            return GroupEvaluator(group, world: world)
        }
    }

    mutating func run(stepsMax: Millis, _ report: inout RuleTestReport) {
        load()
        let times = test.alerts.map(\.atMillis) + test.queries.map(\.atMillis)
        let last = times.max() ?? 0
        guard last / file.intervalMillis <= stepsMax else {
            fail(
                test.line, "needs more than \(stepsMax) evaluations; is an eval_time mistyped?",
                &report)
            return
        }
        let checks = test.alerts.sorted { $0.atMillis < $1.atMillis }
        var next = 0
        for offset in stride(from: 0, through: last, by: Int(file.intervalMillis)) {
            for index in evaluators.indices {
                _ = evaluators[index].step(at: test.startMillis + offset)
                for rule in evaluators[index].snapshot.rules where rule.health == .err {
                    fail(
                        test.line,
                        "rule \(rule.rule.name), at \(durationText(offset)): "
                            + (rule.lastError ?? "failed"), &report)
                }
            }
            while next < checks.count, checks[next].atMillis < offset + file.intervalMillis {
                compare(checks[next], &report)
                next += 1
            }
        }
        for check in test.queries { compare(check, &report) }
    }

    private func load() {
        for (labels, items) in test.series {
            for (index, item) in items.enumerated() {
                guard case .value(let value) = item else { continue }
                store.append(labels, test.startMillis + Millis(index) * test.intervalMillis, value)
            }
        }
    }

    private func fail(_ line: Int, _ text: String, _ report: inout RuleTestReport) {
        report.failures.append(.init(file: path, line: line, test: test.name, text: text))
    }

    private func compare(_ check: RuleTestFile.AlertCheck, _ report: inout RuleTestReport) {
        let rules = evaluators.flatMap(\.snapshot.rules).filter {
            $0.rule.isAlerting && $0.rule.name == check.alert
        }
        let firing = rules.flatMap(\.alerts).filter { $0.state == .firing }
        func text(_ pairs: [(labels: Labels, annotations: Labels)]) -> [String] {
            pairs.sorted { $0.labels < $1.labels }.map { "\($0.labels) \($0.annotations)" }
        }
        let expected = text(check.expected)
        let got = text(firing.map { ($0.labels, $0.annotations) })
        if expected == got {
            report.passedCount += 1
        } else {
            fail(
                check.line,
                "alert \(check.alert) at \(durationText(check.atMillis)):"
                    + difference(expected, got), &report)
        }
    }

    private func compare(_ check: RuleTestFile.QueryCheck, _ report: inout RuleTestReport) {
        if check.isHistogram {
            report.skippedCount += 1
            return
        }
        let place = "\(check.query) at \(durationText(check.atMillis))"
        let at = test.startMillis + check.atMillis
        let answer: QueryAnswer
        do throws(QueryError) {
            answer = try engine.instant(check.query, at, QueryLimits())
        } catch {
            fail(check.line, "\(place): \(error.text(in: check.query))", &report)
            return
        }
        var got: [(labels: Labels, value: Double)]
        switch answer.value {
        case .vector(let samples): got = samples.map { ($0.labels, $0.value) }
        case .scalar(let value): got = [(.empty, value)]
        default:
            fail(check.line, "\(place): yields neither a vector nor a scalar", &report)
            return
        }
        let expected = check.expected.sorted { $0.labels < $1.labels }
        got.sort { $0.labels < $1.labels }
        let isSame = expected.elementsEqual(got) {
            $0.labels == $1.labels && equal($0.value, $1.value)
        }
        if isSame {
            report.passedCount += 1
        } else {
            func text(_ pairs: [(labels: Labels, value: Double)]) -> [String] {
                pairs.map { "\($0.labels) \(numberText($0.value))" }
            }
            fail(check.line, "\(place):\(difference(text(expected), text(got)))", &report)
        }
    }

    private func equal(_ left: Double, _ right: Double) -> Bool {
        if left.isNaN && right.isNaN || left == right { return true }
        guard file.isFuzzy else { return false }
        // The last bit of the mantissa may differ.
        return left.nextUp == right || left.nextDown == right
    }

    /// What was missed and what came instead, a line each.
    private func difference(_ expected: [String], _ got: [String]) -> String {
        let missing = expected.filter { !got.contains($0) }.map { "\n  - \($0)" }
        let extra = got.filter { !expected.contains($0) }.map { "\n  + \($0)" }
        return (missing + extra).joined()
    }
}
