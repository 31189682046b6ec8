import Basics
import Bytes
import Query
import Testing

@testable import Reason

/// An engine that answers a few expressions from closures of the time.
func scripted(
    _ answers: [String: @Sendable (Millis) -> [VectorSample]]
) -> Engine {
    Engine(
        instant: { (query, at, _) throws(QueryError) in
            guard let answer = answers[query] else { throw .execution("no answer for \(query)") }
            return QueryAnswer(value: .vector(answer(at)))
        },
        range: { (_, _, _, _) throws(QueryError) in throw .execution("no ranges here") })
}

/// Answers a metric's name with the last samples of a store.
func lastValue(_ store: BenchStore, _ name: String) -> @Sendable (Millis) -> [VectorSample] {
    { at in
        store.all.compactMap { series in
            guard series.labels.metric == name,
                let index = series.times.lastIndex(where: { $0 <= at && $0 > at - 300_000 }),
                !Stale.isMarker(series.values[index])
            else { return nil }
            return VectorSample(labels: series.labels, time: at, value: series.values[index])
        }
    }
}

private func group(_ rules: String, interval: String = "15s", extra: String = "") -> RuleGroup {
    let text = "groups:\n- name: g\n  interval: \(interval)\n\(extra)  rules:\n\(rules)"
    let read = RuleFile.parse(text, file: "f.yml", check: { (_) throws(QueryError) in })
    precondition(read.problems.allSatisfy { $0.level == .warning }, "\(read.problems)")
    return read.groups[0]
}

private func texts(_ store: BenchStore) -> [String] {
    store.all.map { series in
        let points = zip(series.times, series.values).map { time, value in
            "\(Stale.isMarker(value) ? "stale" : numberText(value))@\(time / 1000)"
        }
        return "\(series.labels) \(points.joined(separator: " "))"
    }
}

@Suite struct GroupEvaluation {
    @Test func `a rule sees what the rule before it wrote`() {
        let store = BenchStore()
        let engine = scripted([
            "one": { at in [VectorSample(labels: ["a": "1"], time: at, value: 2)] },
            "first": lastValue(store, "first"),
        ])
        var evaluator = GroupEvaluator(
            group(
                "  - {record: first, expr: one}\n  - {record: second, expr: first, labels: {b: x}}\n"
            ),
            world: RuleWorld(engine: engine, intake: store.intake))
        #expect(evaluator.step(at: 15_000).isEmpty)
        #expect(texts(store) == ["first{a=\"1\"} 2@15", "second{a=\"1\", b=\"x\"} 2@15"])
        #expect(evaluator.snapshot.rules.allSatisfy { $0.health == .ok })
    }

    @Test func `a series that ends is marked, and a failing rule keeps its series`() {
        let store = BenchStore()
        let engine = scripted([
            "x": { at in
                let both = [
                    VectorSample(labels: ["n": "1"], time: at, value: 1),
                    VectorSample(labels: ["n": "2"], time: at, value: 1),
                ]
                return at == 15_000 ? both : Array(both.prefix(1))
            }
        ])
        var evaluator = GroupEvaluator(
            group("  - {record: r, expr: x}\n  - {record: bad, expr: missing}\n"),
            world: RuleWorld(engine: engine, intake: store.intake))
        _ = evaluator.step(at: 15_000)
        _ = evaluator.step(at: 30_000)
        #expect(texts(store) == ["r{n=\"1\"} 1@15 1@30", "r{n=\"2\"} 1@15 stale@30"])
        #expect(evaluator.snapshot.rules[1].health == .err)
        #expect(evaluator.snapshot.rules[1].lastError == "no answer for missing")
        #expect(evaluator.snapshot.counts.failures == 2)
    }

    @Test func `alerts write their series and carry expanded labels and annotations`() throws {
        let store = BenchStore()
        let engine = scripted([
            "up == 0": { at in
                at < 15_000 || at > 60_000
                    ? []
                    : [
                        VectorSample(labels: ["__name__": "up", "job": "j"], time: at, value: 0)
                    ]
            }
        ])
        var world = RuleWorld(engine: engine, intake: store.intake)
        world.externalLabels = ["site": "s", "job": "external"]
        world.externalURL = "http://m:1"
        var evaluator = GroupEvaluator(
            group(
                "  - alert: Down\n    expr: up == 0\n    for: 30s\n    labels: {severity: '{{ $value }}'}\n"
                    + "    annotations: {summary: '{{ $labels.job }} is down'}\n"),
            world: world)
        var sent: [Alert] = []
        for step in 0...5 { sent += evaluator.step(at: Millis(step) * 15_000) }
        #expect(
            texts(store) == [
                #"ALERTS{alertname="Down", alertstate="firing", job="j", severity="0"} 1@45 1@60 stale@75"#,
                #"ALERTS{alertname="Down", alertstate="pending", job="j", severity="0"} 1@15 1@30 stale@45"#,
                #"ALERTS_FOR_STATE{alertname="Down", job="j", severity="0"} 15@15 15@30 15@45 15@60 stale@75"#,
            ])
        #expect(sent.count == 2)
        let first = try #require(sent.first)
        #expect(first.labels == ["alertname": "Down", "job": "j", "severity": "0", "site": "s"])
        #expect(first.annotations == ["summary": "j is down"])
        #expect(first.startsAt == 45_000)
        #expect(first.endsAt == 45_000 + 240_000)
        #expect(first.generatorURL == "http://m:1/graph?g0.expr=up+%3D%3D+0&g0.tab=1")
        #expect(sent.last?.endsAt == 75_000)
    }

    @Test func `results beyond the limit and doubles are the rule's error`() {
        let store = BenchStore()
        let two: @Sendable (Millis) -> [VectorSample] = { at in
            ["1", "2"].map { VectorSample(labels: ["n": $0], time: at, value: 1) }
        }
        var evaluator = GroupEvaluator(
            group(
                "  - {record: r, expr: two}\n  - {record: s, expr: two, labels: {n: same}}\n",
                extra: "  limit: 1\n"),
            world: RuleWorld(engine: scripted(["two": two]), intake: store.intake))
        _ = evaluator.step(at: 0)
        #expect(evaluator.snapshot.rules[0].lastError == "exceeded limit of 1 with 2 series")
        #expect(evaluator.snapshot.rules[1].lastError?.contains("same labelset") == true)
        #expect(store.all.isEmpty)
    }

    @Test func `the query looks back by the offset and results carry that time`() {
        let store = BenchStore()
        let asked = Lock<[Millis]>([])
        let engine = scripted([
            "x": { at in
                asked.withLock { $0.append(at) }
                return [VectorSample(labels: .empty, time: at, value: 1)]
            }
        ])
        var evaluator = GroupEvaluator(
            group("  - {record: r, expr: x}\n", extra: "  query_offset: 5s\n"),
            world: RuleWorld(engine: engine, intake: store.intake))
        _ = evaluator.step(at: 20_000)
        #expect(asked.withLock { $0 } == [15_000])
        #expect(texts(store) == ["r 1@15"])
    }

    @Test func `state survives a restart through the memory`() {
        let (store, memory) = (BenchStore(), AlertMemory.inMemory())
        let engine = scripted(["x": { at in [VectorSample(labels: .empty, time: at, value: 1)] }])
        let world = RuleWorld(engine: engine, intake: store.intake, memory: memory)
        let rules = group("  - {alert: A, expr: x, for: 1m}\n")
        var before = GroupEvaluator(rules, world: world)
        for step in 0...3 { _ = before.step(at: Millis(step) * 15_000) }
        #expect(before.snapshot.rules[0].state == .pending)
        var after = GroupEvaluator(rules, world: world)
        // Saved at the first sight and not since: nothing had changed. 15 s of the minute are certain.
        var sent: [Alert] = []
        for step in 4...8 { sent += after.step(at: Millis(step) * 15_000) }
        #expect(sent.count == 1)
    }

    @Test func `a day of fifty rules takes a moment and tells nobody of nothing`() {
        let store = BenchStore()
        let quiet: @Sendable (Millis) -> [VectorSample] = { _ in [] }
        let rules = (0..<50).map { "  - {alert: A\($0), expr: quiet, for: 1m}\n" }.joined()
        var evaluator = GroupEvaluator(
            group(rules), world: RuleWorld(engine: scripted(["quiet": quiet]), intake: store.intake)
        )
        var sent = 0
        for step in 0..<5760 { sent += evaluator.step(at: Millis(step) * 15_000).count }
        #expect(sent == 0)
        #expect(store.all.isEmpty)
        #expect(evaluator.snapshot.counts.evaluations == 288_000)
    }
}

@Suite struct Schedules {
    @Test func `groups are spread over their interval and keep their times`() {
        let offsets = Set(
            (0..<20).map {
                RuleSchedule(key: "f;\($0)", intervalMillis: 60_000).slot(at: 600_000) % 60_000
            })
        #expect(offsets.count > 15)
        var schedule = RuleSchedule(key: "f;g", intervalMillis: 60_000)
        let start = schedule.slot(at: 1_000_000_000)
        #expect(schedule.due(at: start)?.time == start)
        #expect(schedule.due(at: start + 59_999) == nil)
        #expect(schedule.due(at: start + 60_000)?.missed == 0)
        #expect(schedule.due(at: start + 240_001)?.missed == 2)
        #expect(schedule.due(at: start - 3_600_000)?.missed == 0)
        #expect(schedule.wait(at: start + 1) == 59_999)
    }
}

@Suite struct Ruling {
    @Test func `groups run at their times, a reload keeps the state, stopping ends it`()
        async throws
    {
        let clock = ManualClock(now: 1_000_000_000)
        let store = BenchStore()
        let told = Lock<[Alert]>([])
        let engine = scripted([
            "x": { at in [VectorSample(labels: .empty, time: at, value: 1)] },
            "y": { at in [VectorSample(labels: .empty, time: at, value: 1)] },
        ])
        let registry = Registry()
        let ruler = Ruler(
            world: RuleWorld(engine: engine, intake: store.intake), clock: clock.clock,
            registry: registry
        ) { alerts in told.withLock { $0 += alerts } }
        await ruler.apply([group("  - {alert: A, expr: x, for: 1m}\n")])

        func run(_ steps: Int) async throws {
            for _ in 0..<steps {
                let before = ruler.snapshots.first?.counts.iterations ?? 0
                for _ in 0..<2000 where (ruler.snapshots.first?.counts.iterations ?? 0) == before {
                    clock.advance(by: .milliseconds(500))
                    try await Task.sleep(for: .milliseconds(1))
                }
            }
        }
        try await run(3)
        #expect(ruler.snapshots[0].rules[0].state == .pending)
        let activeAt = ruler.alerts.first?.activeAt
        // The expression changes, name and labels stay: the same alert.
        await ruler.apply([group("  - {alert: A, expr: y, for: 1m}\n")])
        #expect(ruler.alerts.first?.activeAt == activeAt)
        try await run(4)
        #expect(ruler.snapshots[0].rules[0].state == .firing)
        #expect(told.withLock { $0.count } == 1)
        let families = registry.families()
        #expect(families.contains { $0.name == "martlet_rule_evaluations" })
        await ruler.apply([])
        #expect(store.all.allSatisfy { $0.values.last.map(Stale.isMarker) == true })
        await ruler.stop()
        #expect(ruler.snapshots.isEmpty)
    }
}
