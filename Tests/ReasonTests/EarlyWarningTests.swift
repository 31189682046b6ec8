// Early warning: objectives that become rules, trends that wild values do not bend, and rules over the past.

import Basics
import Bytes
import Keep
import Query
import Testing

@testable import Reason

private let origin: Millis = 1_700_000_000_000
private let check: ExpressionCheck = { (text) throws(QueryError) in _ = try parseExpression(text) }

@Suite struct Objectives {
    private let slo = SLO(
        name: "api", objective: 0.999, errors: #"sum(rate(bad[$window]))"#,
        total: "sum(rate(all[$window]))")

    /// Runs the rules over a service of which a share of 100 events a second fails.
    private func run(_ share: @escaping (Int) -> Double, minutes: Int) -> [AlertTransition] {
        let store = BenchStore()
        let news = Lock<[AlertTransition]>([])
        var world = RuleWorld(engine: .local(source: store.source), intake: store.intake)
        world.transitions = { all in news.withLock { $0 += all } }
        var evaluator = GroupEvaluator(slo.group(file: "slos"), world: world)
        var (bad, all) = (0.0, 0.0)
        for minute in 0...minutes {
            let time = origin + Millis(minute) * 60_000
            store.append(Labels(name: "bad"), time, bad)
            store.append(Labels(name: "all"), time, all)
            bad += 6000 * share(minute)
            all += 6000
            _ = evaluator.step(at: time)
            for rule in evaluator.snapshot.rules where rule.health == .err {
                Issue.record("\(rule.rule.expression): \(rule.lastError ?? "")")
            }
        }
        return news.withLock { $0 }
    }

    @Test func `every expression reads, and texts are in both languages`() throws {
        for rule in slo.group(file: "slos").rules {
            _ = try parseExpression(rule.expression)
            if rule.isAlerting {
                #expect(
                    rule.annotations.map(\.name) == [
                        "summary", "summary_zh", "action", "action_zh",
                    ])
                #expect(rule.annotations.allSatisfy { $0.template != nil })
            }
        }
        let alerts = slo.group(file: "slos").rules.filter(\.isAlerting)
        #expect(
            alerts.map { $0.labels.first { $0.name == "window" }?.source } == [
                "1h", "6h", "1d", "3d",
            ])
        #expect(
            alerts.first?.expression
                == #"(sum(slo:error_ratio{slo="api",window="1h"}) > 14.4 * 0.001) and (sum(slo:error_ratio{slo="api",window="5m"}) > 14.4 * 0.001)"#
        )
    }

    @Test func `two percent of errors page within minutes, one in ten thousand never`() {
        // From the second hour on one event in fifty fails: twenty times the budget's pace.
        let loud = run({ $0 >= 120 ? 0.02 : 0 }, minutes: 200)
        let first = loud.first { $0.state == .firing && $0.labels["window"] == "1h" }
        let minutes = first.map { ($0.at - origin) / 60_000 }
        // The hour's mean passes 1.44 % after three quarters of an hour of it.
        #expect(minutes.map { (160...175).contains($0) } == true, "\(minutes ?? -1)")
        let quiet = run({ _ in 0.0001 }, minutes: 200)
        #expect(quiet.isEmpty)
    }

    @Test func `a section is read, and its faults have their place`() throws {
        func read(_ text: String) throws -> ([SLO], [String]) {
            let problems = Problems(file: "m.yml")
            let root = Section(try YAML.parse(text), path: "", problems: problems)
            return (SLO.read(root, check: check), problems.all.map(\.description))
        }
        let (good, none) = try read(
            "slos:\n- {name: api, objective: 99.9, window: 7d, errors: 'sum(rate(a[$window]))', total: 'sum(rate(b[$window]))', labels: {team: core}}\n"
        )
        #expect(none.isEmpty && good.first?.windowMillis == 604_800_000)
        #expect(abs((good.first?.objective ?? 0) - 0.999) < 1e-12)
        let (_, faults) = try read(
            "slos:\n- {name: api, objective: 100, errors: 'sum(rate(a[5m]))', total: 'sum(rate(b[$window])'}\n"
        )
        #expect(faults.count == 3)
        #expect(faults[0].hasPrefix("m.yml:2:26: error: slos[0].objective"))
    }
}

@Suite struct RobustTrends {
    @Test func `a line is found exactly, and a tenth of wild values does not bend it`() throws {
        let times = (0..<100).map { Double($0) * 3600 }
        let line = times.map { 10 + $0 / 36_000 }
        let exact = try #require(RobustTrend(times: times, values: line))
        #expect(abs(exact.slope - 1 / 36_000) < 1e-12 && abs(exact.level - line[99]) < 1e-9)
        var wild = line
        for index in stride(from: 3, to: 100, by: 10) { wild[index] = 1000 }
        let robust = try #require(RobustTrend(times: times, values: wild))
        #expect(abs(robust.slope - 1 / 36_000) < 0.1 / 36_000)
        let until = robust.secondsUntil(30)
        let days = try #require(until.expected) / 86_400
        // (30 − 19.9) × 10 h.
        #expect(abs(days - 101.0 / 24) < 0.4)
        #expect((until.low ?? 0) <= (until.expected ?? 0))
    }

    @Test func `a trend that leads away never reaches the limit, and too few points say nothing`()
        throws
    {
        let times = (0..<50).map(Double.init)
        let falling = try #require(RobustTrend(times: times, values: times.map { 50 - $0 }))
        #expect(falling.secondsUntil(100).expected == nil)
        #expect(falling.secondsUntil(0).expected.map { abs($0 - 1) < 1e-9 } == true)
        #expect(RobustTrend(times: [1, 2, 3], values: [1, 2, 3]) == nil)
    }

    @Test func `eighty percent intervals of the slope hold about as often as they say`() {
        // Seeded, so that a failure can be repeated: a line with normal noise, 400 times.
        var state: UInt64 = 20_261_126
        func uniform() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (Double(state >> 11) + 0.5) / 9_007_199_254_740_992
        }
        func normal() -> Double {
            (0..<12).reduce(-6) { sum, _ in sum + uniform() }
        }
        var held = 0
        for _ in 0..<400 {
            let times = (0..<40).map(Double.init)
            let values = times.map { 0.5 * $0 + 3 * normal() }
            guard let trend = RobustTrend(times: times, values: values) else { continue }
            if trend.slopeLow <= 0.5 && trend.slopeHigh >= 0.5 { held += 1 }
        }
        #expect((290...350).contains(held), "\(held) of 400, seed 20261126")
    }

    @Test func `a watch becomes series, with the days until the limit and past hits`() throws {
        let store = BenchStore()
        for hour in 0..<500 {
            store.append(
                Labels(name: "disk", ("device", "sda")), origin + Millis(hour) * 3_600_000,
                Double(hour) / 10 + (hour % 3 == 0 ? 0.2 : -0.1))
        }
        let watch = CapacityWatch(name: "disk", expression: "disk", limit: 60)
        let now = origin + 499 * 3_600_000
        var limits = QueryLimits()
        limits.lookbackMillis = 2 * 3_600_000
        let readings = try watch.readings(.local(source: store.source), at: now, limits: limits)
        let reading = try #require(readings.first)
        let days = try #require(reading.expected) / 86_400
        #expect(abs(days - (60 - 49.9) * 10 / 24) < 0.3)
        #expect(reading.backtest.of > 5 && (reading.backtest.hitRate ?? 0) > 0.7)
        let named = watch.series(readings).map { $0.0.metric }
        #expect(
            named == [
                "martlet_capacity_days", "martlet_capacity_days_early",
                "martlet_capacity_days_late",
                "martlet_capacity_level", "martlet_capacity_hit_ratio",
            ])
    }
}

@Suite struct Replays {
    @Test func `rules over the past say what would have fired, and write nothing`() throws {
        let store = BenchStore()
        for minute in 0...600 {
            let isHigh =
                (100..<160).contains(minute) || minute >= 590 || (300..<303).contains(minute)
            store.append(Labels(name: "load"), origin + Millis(minute) * 60_000, isHigh ? 9 : 1)
        }
        let before = store.all.count
        let read = RuleFile.parse(
            """
            groups:
              - name: g
                rules:
                  - {record: "load:max", expr: "max(load)"}
                  - {alert: High, expr: "load:max > 5", for: 5m, labels: {severity: page}}
            """, file: "f.yml", check: check)
        let range = TimeRange(from: origin, through: origin + 600 * 60_000)
        let source = store.source
        let replay = try RuleReplay(read.groups, over: range) { written in
            .local(source: .merging([written, source]))
        }
        func minute(_ time: Millis?) -> Millis? { time.map { ($0 - origin) / 60_000 } }
        #expect(replay.episodes.map(\.alert) == ["High", "High"])
        #expect(replay.episodes.map { minute($0.from) } == [105, 595])
        #expect(replay.episodes.map { minute($0.to) } == [160, nil])
        #expect(replay.passedCount == 1 && replay.stepCount == 601 && replay.faults.isEmpty)
        #expect(store.all.count == before)
        #expect(throws: RuleFault.self) {
            let years = TimeRange(from: 0, through: origin)
            _ = try RuleReplay(read.groups, over: years) { .local(source: $0) }
        }
    }

    @Test func `a comparison is taken apart for its picture`() throws {
        let cases: [(String, String, Double?)] = [
            ("rate(x[5m]) > 0.5", "rate(x[5m])", 0.5), ("(up == 0)", "up", 0),
            ("3 < x and y > 1", "x", 3), ("x > -2", "x", -2), ("x > y", "x", nil), ("x", "x", nil),
        ]
        for (text, shown, threshold) in cases {
            let compared = ComparedExpression(try parseExpression(text))
            #expect(compared.text == shown && compared.threshold == threshold, "\(text)")
        }
    }
}
