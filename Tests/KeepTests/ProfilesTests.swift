// Profiles at rest: a day's are replaced together, so that each answer is counted once; rows leave only
// after whoever profiles them was told; age forgets profiles, not arrival.

import Basics
import Testing

@testable import Keep

private let day: Millis = 86_400_000

private func kept(_ since: Int64, _ rows: Int, _ segment: String = "") -> KeptProfile {
    KeptProfile(
        key: ModelVersion("m", "1"), segment: segment, since: since * day, rows: rows,
        bytes: [UInt8](repeating: UInt8(rows & 255), count: 40))
}

private let all = TimeRange(from: 0, through: .max / 2)

/// The profiles of all answers of the model.
private func whole(_ keeper: ProfileKeeper, _ version: String?) throws -> [KeptProfile] {
    try keeper.profiles("m", version: version, segment: "", ranges: [all]).byRange[0]
}

@Suite struct ProfilesTests {
    @Test func `a day that is profiled again replaces what it had`() throws {
        let scratch = RecordsScratch()
        let keeper = try ProfileKeeper(folder: scratch.path, registry: Registry())
        try keeper.replace(arrival: 10, [kept(9, 5), kept(10, 50), kept(10, 20, "eu")], at: 0)
        try keeper.replace(arrival: 11, [kept(10, 7)], at: 0)
        try keeper.replace(arrival: 10, [kept(9, 5), kept(10, 60), kept(10, 30, "eu")], at: 1)
        let found = try whole(keeper, nil)
        #expect(
            found.map(\.rows) == [5, 60, 7] && found.map(\.since) == [9 * day, 10 * day, 10 * day])
        #expect(try whole(keeper, "2").isEmpty)
        #expect(try keeper.segments("m") == ["eu"])
        #expect(try keeper.arrivals() == [10: 1, 11: 0])
        #expect(keeper.stats.profiles == 4 && keeper.stats.bytes > 0)
    }

    @Test func `spans that are compared are read at one moment, with the days in them`() throws {
        let scratch = RecordsScratch()
        let keeper = try ProfileKeeper(folder: scratch.path, registry: Registry())
        for arrival: Int64 in 1...4 {
            try keeper.replace(arrival: arrival, [kept(arrival, Int(arrival))], at: 0)
        }
        let read = try keeper.profiles(
            "m", version: nil, segment: "",
            ranges: [
                TimeRange(from: day, through: 2 * day), TimeRange(from: 2 * day, through: 3 * day),
            ])
        #expect(read.byRange.map { $0.map(\.rows) } == [[1, 2], [2, 3]])
        #expect(read.arrivals == [1, 2, 3, 4])
    }

    @Test func `a day that was looked at again is noted, one without profile is not`() throws {
        let scratch = RecordsScratch()
        let keeper = try ProfileKeeper(folder: scratch.path, registry: Registry())
        try keeper.replace(arrival: 3, [kept(3, 5)], at: 4 * day)
        try keeper.confirm(arrival: 3, at: 5 * day)
        try keeper.confirm(arrival: 4, at: 5 * day)
        #expect(try keeper.arrivals() == [3: 5 * day])
        #expect(try whole(keeper, nil).map(\.rows) == [5])
    }

    @Test func `profiles are there after a new start and leave by age`() throws {
        let scratch = RecordsScratch()
        let keeper = try ProfileKeeper(folder: scratch.path, registry: Registry())
        for arrival in 1...5 {
            try keeper.replace(arrival: Int64(arrival), [kept(Int64(arrival), arrival)], at: 0)
        }
        try keeper.close()
        let again = try ProfileKeeper(folder: scratch.path, registry: Registry())
        #expect(try whole(again, "1").count == 5)
        try again.prune(before: 4 * day)
        #expect(
            try whole(again, "1").map(\.rows) == [4, 5])
        #expect(try again.arrivals().keys.sorted() == [4, 5])
    }

    @Test func `rows leave after their last profile was asked for`() throws {
        let scratch = RecordsScratch()
        let clock = ManualClock(now: 100 * day)
        let keeper = try PredictionKeeper.open(
            folder: scratch.path, clock: clock.clock, registry: Registry())
        func block(_ id: String) -> PredictionBlock {
            PredictionBlock(
                key: ModelVersion("m", "1"), times: [clock.clock.now()], ids: TextRun([id]),
                columns: [PredictionColumn(role: .score, values: .numbers([0.5]))])
        }
        try keeper.append([block("a")])
        clock.advance(by: .seconds(40 * 86_400))
        try keeper.append([block("b")])
        var seen: [(day: Int64, rows: Int)] = []
        keeper.maintain(now: clock.clock.now(), read: PredictionCursor(day: 140)) { day in
            var rows = 0
            try? keeper.forEachBlock(arrivedOn: day) { block in
                rows += block.count
                return true
            }
            seen.append((day, rows))
        }
        #expect(seen.map(\.day) == [100] && seen.map(\.rows) == [1])
        #expect(keeper.days == [140])
    }
}
