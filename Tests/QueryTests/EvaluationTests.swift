// What the evaluator promises beside its values: one question to the source a selector, the same
// answer as an instant query at every step, limits that name themselves.

import Basics
import Foundation
import Query
import Testing

@Suite struct EvaluationTests {
    private static let options: EngineOptions = {
        var options = EngineOptions()
        options.parser = everything
        options.subqueryStepMillis = 10_000
        return options
    }()

    private func sample() throws -> MemorySource {
        try memory(
            "a{x=\"1\",y=\"p\"} 1 2 3 _ 5 stale 7 NaN 9 10 4 3",
            "a{x=\"2\",y=\"p\"} 4 4 4 4 4 4 -4 4 4 4 4 4",
            "a{x=\"3\"} _ _ _ _ 1e300 Inf 2 3 -Inf 0 -0 1",
            "b_total{x=\"1\"} 0 5 10 15 2 7 12 17 22 1 6 11",
            "b_total{x=\"2\",y=\"q\"} 1+3x11",
            "c_bucket{le=\"1\",x=\"1\"} 0+1x11",
            "c_bucket{le=\"2\",x=\"1\"} 0+2x11",
            "c_bucket{le=\"+Inf\",x=\"1\"} 0+3x11")
    }

    /// A vector by labels, the values by bits; NaN is NaN.
    private func bits(_ elements: [(Labels, Double)]) -> [Labels: UInt64] {
        var result: [Labels: UInt64] = [:]
        for (labels, value) in elements {
            result[labels] = value.isNaN ? Double.nan.bitPattern : value.bitPattern
        }
        return result
    }

    @Test(arguments: [21, 22, 23, 24] as [UInt64])
    func `a range query is an instant query at every step`(_ seed: UInt64) throws {
        print("seed \(seed)")
        var generator = QueryGenerator(seed: seed)
        var comparedCount = 0
        let source = try sample().source
        let steps = (0..<9).map { Millis($0) * 13_000 - 10_000 }
        for round in 0..<700 {
            var options = EvaluationTests.options
            options.delayedNameRemoval = round % 2 == 0
            let engine = Engine.local(source: source, options: options)
            let query = generator.query()
            // `start()` and `end()` mean something else in a range query.
            if query.contains("start()") || query.contains("end()") { continue }
            var whole: [Series]?
            if let answer = try? engine.range(
                query, TimeRange(from: steps[0], through: steps[8]), 13_000, QueryLimits()),
                case .matrix(let series) = answer.value
            {
                whole = series
            }
            var sawError = false
            for time in steps {
                guard let answer = try? engine.instant(query, time, QueryLimits()) else {
                    sawError = true
                    continue
                }
                guard let whole else { continue }
                var wanted: [(Labels, Double)] = []
                if case .vector(let elements) = answer.value {
                    wanted = elements.map { ($0.labels, $0.value) }
                    #expect(Set(elements.map(\.labels)).count == elements.count, "\(query)")
                } else if case .scalar(let value) = answer.value {
                    wanted = [(.empty, value)]
                }
                let got = whole.compactMap { one in
                    one.times.firstIndex(of: time).map { (one.labels, one.values[$0]) }
                }
                #expect(bits(got) == bits(wanted), "\(query) at \(time)")
                comparedCount += 1
            }
            #expect((whole == nil) == sawError, "\(query): one way failed and the other did not")
        }
        #expect(comparedCount > 2_000)
    }

    private struct Asked: Sendable, Equatable {
        var matchers: [Matcher]
        var from: Millis
        var through: Millis
        var function: String?
        var rangeMillis: Millis
        var stepMillis: Millis
    }

    private func asked(
        _ query: String, _ range: TimeRange = TimeRange(from: 600_000, through: 900_000),
        step: Millis = 60_000
    ) throws -> [Asked] {
        let log = Lock<[Asked]>([])
        let source = SeriesSource(
            select: { (matchers, range, hints) throws(SourceError) in
                log.withLock {
                    $0.append(
                        Asked(
                            matchers: matchers, from: range.from, through: range.through,
                            function: hints.function, rangeMillis: hints.rangeMillis,
                            stepMillis: hints.stepMillis))
                }
                return Selected()
            }, series: { (_, _) throws(SourceError) in [] })
        _ = try Engine.local(source: source, options: EvaluationTests.options)
            .range(query, range, step, QueryLimits())
        return log.withLock { $0 }
    }

    @Test func `a selector asks once, for all that its steps look at`() throws {
        let name = [Matcher("__name__", equals: "x")]
        #expect(
            try asked("x") == [
                Asked(
                    matchers: name, from: 300_001, through: 900_000, function: nil, rangeMillis: 0,
                    stepMillis: 60_000)
            ])
        #expect(
            try asked("sum(rate(x[2m] offset 1m))") == [
                Asked(
                    matchers: name, from: 420_001, through: 840_000, function: "rate",
                    rangeMillis: 120_000, stepMillis: 60_000)
            ])
        #expect(
            try asked("sum by (a) (x @ 100)") == [
                Asked(
                    matchers: name, from: -199_999, through: 100_000, function: "sum",
                    rangeMillis: 0,
                    stepMillis: 60_000)
            ])
        // The subquery's own steps are 550 s, 560 s, … 900 s.
        #expect(
            try asked("max_over_time(rate(x[1m])[1m:10s])") == [
                Asked(
                    matchers: name, from: 490_001, through: 900_000, function: "rate",
                    rangeMillis: 60_000, stepMillis: 60_000)
            ])
        #expect(try asked("x + x / x").count == 3)
    }

    @Test func `a query that holds too much names its limit`() throws {
        let registry = Registry()
        var options = EvaluationTests.options
        options.registry = registry
        let engine = Engine.local(source: try sample().source, options: options)
        var limits = QueryLimits()
        limits.samplesMax = 50
        let range = TimeRange(from: 0, through: 110_000)
        for query in [
            "{__name__=~\".+\"}", "rate({__name__=~\".+\"}[1m])", "a[100y:1ms]", "vector(1)",
        ] {
            do throws(QueryError) {
                if query.hasSuffix("]") {
                    _ = try engine.instant(query, 110_000, limits)
                } else {
                    _ = try engine.range(query, range, 1_000, limits)
                }
                Issue.record("\(query) was answered")
            } catch {
                guard case .execution(let reason) = error else {
                    Issue.record("\(query): \(error)")
                    continue
                }
                #expect(reason.contains("50 samples"), "\(reason)")
            }
        }
        // What a node no longer needs is given back.
        limits.samplesMax = 200
        #expect(registry.families().map(\.name) == ["martlet_limit_refusals"])
        #expect(registry.families()[0].samples.map(\.value) == [4])
        let sums = Array(repeating: "sum(a)", count: 60).joined(separator: " + ")
        #expect(throws: Never.self) { try engine.range(sums, range, 60_000, limits) }
    }

    @Test func `a query ends when its time is over or nobody waits`() throws {
        let clock = ManualClock(now: 0)
        let memory = try sample()
        let slow = SeriesSource(
            select: { (matchers, range, hints) throws(SourceError) in
                clock.advance(by: .seconds(3))
                return try memory.source.select(matchers, range, hints)
            }, series: { (_, _) throws(SourceError) in [] })
        var options = EvaluationTests.options
        options.clock = clock.clock
        let engine = Engine.local(source: slow, options: options)
        var limits = QueryLimits()
        limits.timeout = .seconds(5)
        #expect(throws: Never.self) { try engine.instant("a", 0, limits) }
        do throws(QueryError) {
            _ = try engine.instant("a + a + a", 0, limits)
            Issue.record("it was answered")
        } catch {
            guard case .timeout(let reason) = error else { throw error }
            #expect(reason.contains("5.0 s"))
        }
        limits.isCancelled = { true }
        #expect(throws: QueryError.cancelled) { try engine.instant("a", 0, limits) }
    }

    @Test func `a single long series cannot outlive the time limit`() throws {
        let memory = MemorySource([
            Series(
                labels: Labels(name: "m"), times: (0..<40_000).map { Millis($0) },
                values: (0..<40_000).map { Double($0 % 977) })
        ])
        var limits = QueryLimits()
        // Unhindered this sorts 40,000 values 10,000 times, which takes minutes.
        limits.timeout = .milliseconds(200)
        let began = ContinuousClock.now
        do throws(QueryError) {
            _ = try Engine.local(source: memory.source).range(
                "quantile_over_time(0.5, m[40s])", TimeRange(from: 30_000, through: 40_000), 1,
                limits)
            Issue.record("it was answered")
        } catch {
            guard case .timeout = error else { throw error }
        }
        #expect(ContinuousClock.now - began < .seconds(30))
    }

    @Test func `a source that fails, and one that has something to say`() throws {
        let failing = SeriesSource(
            select: { (_, _, _) throws(SourceError) in throw SourceError(reason: "block 7 is torn")
            },
            series: { (_, _) throws(SourceError) in [] })
        #expect(throws: QueryError.source("block 7 is torn")) {
            try Engine.local(source: failing).instant("a", 0, QueryLimits())
        }
        let telling = SeriesSource(
            select: { (_, _, _) throws(SourceError) in
                Selected(infos: ["answered from the 10 min tier"], warnings: ["a gap"])
            }, series: { (_, _) throws(SourceError) in [] })
        let answer = try Engine.local(source: telling).instant("a + a", 0, QueryLimits())
        #expect(answer.infos == ["answered from the 10 min tier"])
        #expect(answer.warnings == ["a gap"])
    }

    @Test func `times beyond all bounds are refused and never overflow`() throws {
        let engine = Engine.local(source: try sample().source, options: EvaluationTests.options)
        for time in [Millis.min, Millis.max, 1 << 60] {
            #expect(throws: QueryError.self) { try engine.instant("a", time, QueryLimits()) }
            for range in [TimeRange(from: 0, through: time), TimeRange(from: time, through: 0)] {
                #expect(throws: QueryError.self) { try engine.range("a", range, 1, QueryLimits()) }
            }
        }
        #expect(throws: QueryError.self) {
            try engine.range("a", TimeRange(from: 0, through: 1), 0, QueryLimits())
        }
        #expect(throws: QueryError.self) {
            try engine.range("a[5m]", TimeRange(from: 0, through: 1), 1, QueryLimits())
        }
        for query in [
            "a @ 8999999999999", "a[292y] offset 292y", "a @ -8999999999999 offset -292y",
        ] {
            #expect(throws: Never.self, "\(query)") { try engine.instant(query, 0, QueryLimits()) }
        }
    }

    @Test func `the highest tree that parses is evaluated on a small stack`() throws {
        let high = [
            Array(repeating: "a", count: 249).joined(separator: " + on (x) "),
            String(repeating: "abs(", count: 120) + "-a" + String(repeating: ")", count: 120),
            "vector(" + String(repeating: "(", count: 240) + "1"
                + String(repeating: ")", count: 240) + ")",
            String(repeating: "sum by (x) (", count: 240) + "a"
                + String(repeating: ")", count: 240),
        ]
        let engine = Engine.local(source: try sample().source, options: EvaluationTests.options)
        let outcome = Lock<[String]>([])
        let isDone = DispatchSemaphore(value: 0)
        let thread = Thread {
            for query in high {
                do throws(QueryError) {
                    _ = try engine.instant(query, 20_000, QueryLimits())
                    let text = try parseExpression(query).formatted
                    outcome.withLock { $0.append(text.isEmpty ? "nothing was printed" : "done") }
                } catch {
                    outcome.withLock { $0.append(error.text(in: query)) }
                }
            }
            isDone.signal()
        }
        // Half of Linux' default of 8 MB.
        thread.stackSize = 4 << 20
        thread.start()
        isDone.wait()
        #expect(outcome.withLock { $0 } == ["done", "done", "done", "done"])
    }

    @Test func `labels compare by byte`() throws {
        // The same letter, composed and decomposed: one text to Swift, two to Prometheus.
        let source = MemorySource([
            Series(labels: Labels(name: "m", ("l", "\u{e9}")), times: [0], values: [1]),
            Series(labels: Labels(name: "m", ("l", "e\u{301}")), times: [0], values: [2]),
        ])
        let engine = Engine.local(source: source.source)
        guard case .vector(let all) = try engine.instant("sum by (l) (m)", 0, QueryLimits()).value,
            case .vector(let one) = try engine.instant("m{l=\"\u{e9}\"}", 0, QueryLimits()).value
        else { throw QueryError.execution("not a vector") }
        #expect(all.map(\.value) == [2, 1])
        #expect(one.map(\.value) == [1])
    }

    @Test func `an explained query tells what each node cost`() throws {
        let source = try sample().source
        let explanation = try explain(
            "sum by (x) (rate(b_total[1m])) > 0", source: source,
            range: TimeRange(from: 60_000, through: 100_000), stepMillis: 20_000)
        #expect(explanation.text == "sum by (x) (rate(b_total[1m])) > 0")
        #expect(explanation.seriesCount == 2)
        #expect(explanation.cellCount == 6)
        #expect(explanation.children.map(\.text) == ["sum by (x) (rate(b_total[1m]))", "0"])
        let rate = explanation.children[0].children[0]
        #expect(rate.text == "rate(b_total[1m])")
        #expect(rate.children.map(\.text) == ["b_total[1m]"])
        #expect(rate.children[0].cellCount == 20)
        #expect(explanation.nanoseconds >= rate.nanoseconds)
    }
}
