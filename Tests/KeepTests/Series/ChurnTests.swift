// Series that come and go: a limit refuses only what is new and names who brought it, and what has gone is
// forgotten, so that a week of deployments takes no more memory than a day of them.

import Basics
import Testing

@testable import Keep

struct ChurnTests {
    @Test func `the limit refuses what is new, keeps what is known, and names who brought it`()
        throws
    {
        let bench = try Bench { $0.seriesMax = 3 }
        let registry = Registry()
        let (keeper, _) = try SeriesKeeper.open(
            folder: bench.folder.path, options: bench.options, files: .system,
            clock: bench.time.clock, registry: registry)
        func labels(_ job: String, _ number: Int) -> Labels {
            Labels([
                ("__name__", "flood"), ("instance", "h:1"), ("job", job), ("n", "\(number)"),
            ])
        }
        for number in 0..<3 { try keeper.put(labels("quiet", number), [(startOfTest, 1)]) }
        for number in 0..<5 {
            #expect(throws: Intake.ResolveError(.seriesLimit)) {
                try keeper.id(labels("loud", number))
            }
        }
        #expect(throws: Intake.ResolveError.self) { try keeper.id(["__name__": "push"]) }
        for number in 0..<3 {
            #expect(
                try keeper.put(labels("quiet", number), [(startOfTest + 1, 2)]).accepted == 1)
        }
        let status = keeper.tsdbStatus()
        #expect(
            status.seriesRefusedByTarget == [
                .init(name: "loud h:1", value: 5), .init(name: "no job", value: 1),
            ])
        #expect(
            status.seriesRefusedByMetricName == [
                .init(name: "flood", value: 5), .init(name: "push", value: 1),
            ])
        let family = registry.families().first { $0.name == "martlet_head_series_refused" }
        #expect(family?.samples.first { $0.labels["target"] == "loud h:1" }?.value == 5)
    }

    @Test func `who brought too much is remembered within bounds`() {
        var refusals = SeriesRefusals()
        for number in 0..<500 {
            refusals.count(["__name__": "m\(number)", "instance": "h\(number)", "job": "j"])
        }
        #expect(refusals.byTarget.count == 101 && refusals.byTarget["other"] == 400)
        #expect(refusals.byMetric.values.reduce(0, +) == 500)
    }

    @Test func `series that ended are forgotten, and an old id reaches no other series`() throws {
        let bench = try Bench()
        let (keeper, _) = try bench.open()
        let first = try keeper.id(["pod": "0"])
        var held = 0
        for pod in 0..<48 {
            for _ in 0..<4 {
                try keeper.put(["pod": "\(pod)"], [(bench.time.now, Double(pod))])
                try keeper.put(["stays": "1"], [(bench.time.now, 1)])
                bench.time.advance(by: .seconds(900))
                #expect(keeper.maintain(now: bench.time.now).notices.isEmpty)
            }
            let counts = keeper.head.counts
            held = max(held, counts.series + counts.quiet)
        }
        // Five hours are in memory, and for up to four more an id stays good.
        #expect(held <= 14, "\(held) of 49 series are held")
        var batch = SampleBatch()
        batch.append(first, bench.time.now, 7)
        #expect(try keeper.append(batch).refused == [.tooOld: 1])
        let back = try keeper.id(["pod": "0"])
        #expect(back != first)
        try keeper.put(["pod": "0"], [(bench.time.now, 8)])
        // Blocks, journal and head agree on who is who, also after a start.
        for store in [keeper, try bench.open().keeper] {
            let answer = try store.all()
            #expect(answer.series.count == 49)
            for series in answer.series where series.labels["pod"] != nil {
                let pod = Double(series.labels["pod"] ?? "") ?? -1
                let expected = pod == 0 ? [0, 0, 0, 0, 8] : [pod, pod, pod, pod]
                #expect(series.values == expected, "\(series.labels)")
            }
        }
    }
}
