// The head against a model so simple that it is right by inspection: a dictionary per series.

import Basics
import Testing

@testable import Keep

struct HeadTests {
    @Test(arguments: 0..<12 as Range<UInt64>)
    func `the head agrees with a dictionary`(seed: UInt64) throws {
        var random = SeededNumbers(seed)
        let head = Head(seriesMax: 100)
        var model: [SeriesID: [Millis: UInt64]] = [:]
        let window = TimeRange(from: 0, through: 20_000_000)
        let ids = try (0..<5).map { try head.resolve(["n": "\($0)"]).get() }
        for step in 0..<400 {
            var batch = SampleBatch()
            var expected = AppendOutcome()
            for _ in 0..<Int.random(in: 1...20, using: &random) {
                let id = ids[Int.random(in: 0..<5, using: &random)]
                let isLate = Int.random(in: 0..<5, using: &random) == 0
                let time =
                    isLate
                    ? Millis.random(in: -10...21_000_000, using: &random)
                    : Millis(step) * 40_000 + .random(in: 0..<40_000, using: &random)
                let value = random.value()
                batch.append(id, time, value)
                if time < 0 {
                    expected.refuse(.tooOld)
                } else if time > 20_000_000 {
                    expected.refuse(.tooNew)
                } else if let known = model[id]?[time], known != value.bitPattern {
                    expected.refuse(.duplicate)
                } else {
                    model[id, default: [:]][time] = value.bitPattern
                    expected.accepted += 1
                }
            }
            let result = head.append(batch, window: window)
            #expect(result.outcome == expected, "seed \(seed) step \(step)")
        }
        #expect(head.counts.samples == model.values.reduce(0) { $0 + $1.count })
        for read in try head.read([], in: .all) {
            let (times, values) = read.samples(in: .all) { Issue.record("\($0)") }
            let sorted = (model[SeriesID(read.id)] ?? [:]).sorted { $0.key < $1.key }
            #expect(times == sorted.map(\.key), "seed \(seed)")
            #expect(values.map(\.bitPattern) == sorted.map(\.value), "seed \(seed)")
        }
        head.drop(before: Block.spanMillis)
        let kept = model.values.reduce(0) { sum, samples in
            sum + samples.keys.count { $0 >= Block.spanMillis }
        }
        #expect(head.counts.samples == kept, "seed \(seed)")
    }

    @Test func `matchers find what they should`() throws {
        let head = Head(seriesMax: 100)
        var batch = SampleBatch()
        for labels: Labels in [
            ["__name__": "up", "job": "a"], ["__name__": "up", "job": "b", "zone": "1"],
            ["__name__": "up"], ["__name__": "down", "job": "ab"],
        ] {
            batch.append(try head.resolve(labels).get(), 1, 1)
        }
        _ = head.append(batch, window: .all)
        func jobs(_ matchers: Matcher...) throws -> [String] {
            try head.read(matchers, in: .all).map { $0.labels()["job"] ?? "-" }
        }
        let up = Matcher("__name__", equals: "up")
        #expect(try jobs(up) == ["a", "b", "-"])
        #expect(try jobs(up, Matcher("job", .notEqual, "a")) == ["b", "-"])
        #expect(try jobs(up, Matcher("job", equals: "")) == ["-"])
        #expect(try jobs(up, Matcher("job", .notEqual, "")) == ["a", "b"])
        #expect(try jobs(Matcher("job", .matches, "a.*")) == ["a", "ab"])
        #expect(try jobs(Matcher("job", .matches, "a|b")) == ["a", "b"])
        #expect(try jobs(Matcher("job", .matches, "a|")) == ["a", "-"])
        #expect(try jobs(Matcher("job", .matchesNot, "a.*")) == ["b", "-"])
        #expect(try jobs(Matcher("job", .matchesNot, "a|")) == ["b", "ab"])
        #expect(try jobs(up, Matcher("zone", .matchesNot, ".+")) == ["a", "-"])
        #expect(try jobs(Matcher("nothing", .matches, ".+")).isEmpty)
        #expect(try jobs(Matcher("nothing", .matches, ".*")).count == 4)
    }

    @Test func `a full head refuses new series and keeps the known`() throws {
        let head = Head(seriesMax: 2)
        let first = try head.resolve(["a": "1"]).get()
        _ = try head.resolve(["a": "2"]).get()
        #expect(throws: Intake.ResolveError(.seriesLimit)) { try head.resolve(["a": "3"]).get() }
        #expect(try head.resolve(["a": "1"]).get() == first)
        let long = String(repeating: "x", count: Limits.labelBytesMax + 1)
        let roomy = Head(seriesMax: 3)
        #expect(throws: Intake.ResolveError(.labelLimit)) { try roomy.resolve(["a": long]).get() }
    }

    @Test func `a series that went quiet comes back under its old id`() throws {
        let head = Head(seriesMax: 2)
        let id = try head.resolve(["a": "1"]).get()
        var batch = SampleBatch()
        batch.append(id, 5, 1)
        _ = head.append(batch, window: .all)
        head.drop(before: Block.spanMillis)
        #expect(head.counts == (0, 1, 0))
        #expect(try head.read([Matcher("a", equals: "1")], in: .all).isEmpty)
        batch.times = [Block.spanMillis + 5]
        #expect(head.append(batch, window: .all).outcome.accepted == 1)
        #expect(try head.read([Matcher("a", equals: "1")], in: .all).count == 1)
        #expect(try head.resolve(["a": "1"]).get() == id)
    }

    @Test func `labels that look alike but differ by byte are two series`() throws {
        let head = Head(seriesMax: 10)
        let composed = try head.resolve(["a": "caf\u{e9}"]).get()
        let decomposed = try head.resolve(["a": "cafe\u{301}"]).get()
        #expect(composed != decomposed)
    }

    @Test func `a walk over the head meets each series whole while samples go on coming`() throws {
        let head = Head(seriesMax: 2000)
        let end = Block.spanMillis
        let ids = try (0..<1000).map { try head.resolve(["n": "\(1000 + $0 * 7 % 1000)"]).get() }
        func append(_ times: [Millis]) {
            var batch = SampleBatch()
            for time in times {
                for id in ids { batch.append(id, time, Double(time)) }
            }
            #expect(head.append(batch, window: .all).outcome.accepted == batch.count)
        }
        let times = [10, 20, 30, end - 1] as [Millis]
        append(times)
        head.raiseFloor(to: end)
        var cursor = HeadCursor(head, head.series(before: end))
        var walked: [Labels] = []
        while let read = cursor.next() {
            if walked.count % 50 == 0 { append([end + Millis(walked.count)]) }
            walked.append(read.labels())
            #expect(
                read.samples(in: TimeRange(from: .min, through: end - 1)) { _ in }.times == times)
        }
        #expect(walked.map { $0["n"] } == (1000..<2000).map { "\($0)" })
        head.drop(before: end)
        #expect(head.series(before: end).isEmpty && head.series(before: .max).count == 1000)
    }
}
