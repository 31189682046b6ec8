// Deleting series: what matches is gone from memory, blocks and archive, also after a restart; all else
// stays as it was.

import Basics
import Testing

@testable import Keep

extension Bench {
    /// Appends samples of some series, 15 s apart, over hours that are sealed in between.
    fileprivate func fill(_ keeper: SeriesKeeper, series: Int, samples: Int) throws {
        for index in 0..<samples {
            for number in 0..<series {
                try keeper.put(
                    Labels(name: "delivery_x", ("n", "\(number)")), [(time.now, Double(index))])
            }
            if index % 240 == 239 { keeper.maintain(now: time.now) }
            time.advance(by: .seconds(15))
        }
    }
}

struct DeleteTests {
    private func matcher(_ name: String, _ value: String) throws -> [Matcher] {
        [try Matcher(name, .equal, value)]
    }

    @Test func `what matches is gone for good, and all else stays`() throws {
        let bench = try Bench()
        let (keeper, _) = try bench.open()
        try bench.fill(keeper, series: 6, samples: 2_000)
        let before = try keeper.all().series
        let deletion = try keeper.delete([try matcher("n", "3")], in: .all)
        #expect(deletion.series == 1)
        #expect(deletion.samples == before.first { $0.labels["n"] == "3" }?.times.count)
        let expected = before.filter { $0.labels["n"] != "3" }
        #expect(try keeper.all().series == expected)
        try keeper.close()
        let again = try bench.open().keeper
        #expect(try again.all().series == expected)
    }

    @Test func `a span is deleted and the rest of the series stays`() throws {
        let bench = try Bench()
        let (keeper, _) = try bench.open()
        try bench.fill(keeper, series: 2, samples: 1_000)
        let before = try keeper.all().series
        let times = try #require(before.first?.times)
        let range = TimeRange(from: times[200], through: times[299])
        let deletion = try keeper.delete([[]], in: range)
        #expect(deletion.samples == 200)
        for (old, new) in zip(before, try keeper.all().series) {
            #expect(new.times == old.times.filter { !range.contains($0) })
        }
    }

    @Test func `a deleted series may come back with new samples`() throws {
        let bench = try Bench()
        let (keeper, _) = try bench.open()
        try bench.fill(keeper, series: 1, samples: 10)
        _ = try keeper.delete([[]], in: .all)
        #expect(try keeper.all().series.isEmpty)
        try bench.fill(keeper, series: 1, samples: 5)
        #expect(try keeper.all().series.first?.times.count == 5)
    }
}
