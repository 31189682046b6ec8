// Predictions at rest: what was acknowledged is read back the same, from whichever thread it came; damage
// costs its block or its day; small blocks are joined without loss.

import Basics
import GRDB
import Testing

@testable import Keep

private let noon: Millis = 1_764_000_000_000

private func block(_ rows: Int, _ seed: UInt64 = 1, version: String = "1") -> PredictionBlock {
    var random = RecordsRandom(seed: seed)
    func unit() -> Double { Double(random.next() >> 11) / 9_007_199_254_740_992 }
    return PredictionBlock(
        key: ModelVersion("m", version), times: (0..<rows).map { noon + Millis($0) * 10 },
        ids: TextRun((0..<rows).map { "\(seed)-\($0)" }),
        columns: [
            PredictionColumn(
                role: .feature, name: "a",
                values: .numbers((0..<rows).map { $0 % 7 == 0 ? .nan : unit() })),
            PredictionColumn(
                role: .feature, name: "n", values: .numbers((0..<rows).map { Double($0) })),
            PredictionColumn(
                role: .output,
                values: .categories(
                    codes: (0..<rows).map { Int32($0 % 3) - 1 }, names: ["yes", "no"])),
            PredictionColumn(
                role: .answer, values: .texts(TextRun((0..<rows).map { "text \($0) 好" }))),
            PredictionColumn(
                role: .feature, name: "v",
                values: .vectors((0..<(rows * 4)).map { Float($0) / 3 }, width: 4)),
        ])
}

private func isSame(_ a: PredictionBlock?, _ b: PredictionBlock?) -> Bool {
    // NaN is missing and equal to itself here.
    "\(String(describing: a))" == "\(String(describing: b))"
}

private func open(_ scratch: RecordsScratch, now: Millis = noon) throws -> PredictionKeeper {
    try PredictionKeeper.open(
        folder: scratch.path, clock: ManualClock(now: now).clock, registry: Registry())
}

private let all = TimeRange(from: 0, through: .max / 2)

@Suite struct PredictionsTests {
    @Test func `a block is decoded as it was`() throws {
        for rows in [0, 1, 2, 255, 3000] {
            let whole = block(rows)
            #expect(isSame(try decodedPredictions(encoded(whole), key: whole.key), whole))
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `a damaged block is a fault and never a crash`(_ seed: UInt64) throws {
        var random = RecordsRandom(seed: seed)
        let whole = encoded(block(50))
        var refused = 0
        for _ in 0..<2000 {
            var bytes = whole
            bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(
                truncatingIfNeeded: random.next())
            if (try? decodedPredictions(bytes, key: ModelVersion("m", "1"))) == nil { refused += 1 }
        }
        #expect(refused > 1500)
    }

    @Test func `what was kept is there after a new start, in the order of arrival`() throws {
        let scratch = RecordsScratch()
        let keeper = try open(scratch)
        try keeper.append([block(10, 1)])
        try keeper.append([block(5, 2), block(7, 3, version: "2")])
        try keeper.close()
        let again = try open(scratch)
        let found = try again.predictions("m", version: "1", range: all)
        #expect(isSame(found.first, block(10, 1)) && isSame(found.last, block(5, 2)))
        #expect(try again.predictions("m", range: all).map(\.count) == [10, 5, 7])
        #expect(try again.predictions("x", range: all).isEmpty)
        let part = try again.predictions(
            "m", version: "1", range: TimeRange(from: noon + 20, through: noon + 40))
        #expect(part.map(\.count) == [3, 3])
    }

    @Test func `callers from many threads share transactions and all are kept`() async throws {
        let scratch = RecordsScratch()
        let keeper = try open(scratch)
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<16 {
                group.addTask {
                    await withCheckedContinuation { done in
                        startThread("append-\(index)") {
                            for turn in 0..<10 {
                                try? keeper.append([block(20, UInt64(index * 100 + turn))])
                            }
                            done.resume()
                        }
                    }
                }
            }
        }
        let found = try keeper.predictions("m", range: all)
        let ids = Set(found.flatMap { block in (0..<block.count).map { block.ids[$0] } })
        #expect(ids.count == 16 * 10 * 20)
    }

    @Test func `a reader goes on where it stopped`() throws {
        let scratch = RecordsScratch()
        let keeper = try open(scratch)
        try keeper.append([block(10, 1)])
        let labels = LabelBlock(
            model: "m", times: [noon, noon], ids: TextRun(["1-0", "1-1"]),
            labels: TextRun(["yes", "no"]))
        try keeper.append([], labels: [labels])
        var changes = try keeper.changes(since: PredictionCursor())
        #expect(changes.blocks.map(\.count) == [10] && changes.labels == [labels])
        try keeper.append([block(5, 2)])
        changes = try keeper.changes(since: changes.cursor)
        #expect(changes.blocks.map(\.count) == [5] && changes.labels.isEmpty)
        #expect(try keeper.changes(since: changes.cursor).blocks.isEmpty)
    }

    @Test func `the later label of an id replaces the earlier one`() throws {
        let scratch = RecordsScratch()
        let keeper = try open(scratch)
        for label in ["yes", "no"] {
            let labels = LabelBlock(
                model: "m", times: [noon], ids: TextRun(["a"]), labels: TextRun([label]))
            try keeper.append([], labels: [labels])
        }
        #expect(try keeper.labels("m", arrivedSince: noon) == ["a": "no"])
    }

    @Test func `small blocks are joined without loss, but for those not read yet`() throws {
        let scratch = RecordsScratch()
        let keeper = try open(scratch)
        for index in 0..<50 { try keeper.append([block(3, UInt64(index))]) }
        let before = try keeper.predictions("m", range: all)
        let cursor = PredictionCursor(day: noon / 86_400_000, block: 40)
        keeper.maintain(now: noon, read: cursor)
        let after = try keeper.predictions("m", range: all)
        #expect(after.count == 11 && after.first?.count == 120)
        #expect(isSame(PredictionBlock.joining(before), PredictionBlock.joining(after)))
        #expect(try keeper.changes(since: cursor).blocks.count == 10)
    }

    @Test func `a place in a followed file is kept with its predictions`() throws {
        let scratch = RecordsScratch()
        let keeper = try open(scratch)
        let place = LogPosition(
            source: "m:/f", device: 1, inode: 2, offset: 99, headChecksum: 3, headBytes: 4)
        try keeper.append([block(1)], position: place)
        try keeper.close()
        #expect(try open(scratch).position("m:/f") == place)
    }

    @Test func `retention removes whole days and keeps places`() throws {
        let scratch = RecordsScratch()
        let clock = ManualClock(now: noon)
        var options = PredictionKeeperOptions()
        options.daysMax = 2
        let keeper = try PredictionKeeper.open(
            folder: scratch.path, options: options, clock: clock.clock, registry: Registry())
        let place = LogPosition(
            source: "s", device: 1, inode: 2, offset: 9, headChecksum: 3, headBytes: 4)
        try keeper.append([block(1)], position: place)
        clock.advance(by: .seconds(4 * 86_400))
        try keeper.append([block(2)])
        keeper.maintain(now: clock.now, read: PredictionCursor())
        #expect(try keeper.predictions("m", range: all).map(\.count) == [2])
        try keeper.close()
        #expect(try open(scratch, now: clock.now).position("s") == place)
    }

    @Test func `a flipped bit costs its block and is counted`() throws {
        let scratch = RecordsScratch()
        let registry = Registry()
        let keeper = try PredictionKeeper.open(
            folder: scratch.path, clock: ManualClock(now: noon).clock, registry: registry)
        try keeper.append([block(10, 1)])
        try keeper.append([block(10, 2)])
        try keeper.close()
        let path = scratch.path + "/predictions/2025-11-24.db"
        try DatabaseQueue(path: path).write { db in
            try db.execute(sql: "UPDATE blocks SET checksum = checksum + 1 WHERE id = 1")
        }
        let found = try keeper.predictions("m", range: all)
        #expect(found.count == 1 && isSame(found.first, block(10, 2)))
        let damaged = registry.families().first { $0.name == "martlet_prediction_store_damaged" }
        #expect(damaged?.samples.first?.value == 1)
    }
}
