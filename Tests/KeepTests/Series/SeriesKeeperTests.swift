// The store as a whole, over simulated days: nothing is lost on the way from head to block to merged block,
// restarts may come at any time, and the clock may jump.

import Basics
import Dispatch
import Glibc
import Testing

@testable import Keep

struct SeriesKeeperTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `three simulated days with restarts give back every sample`(seed: UInt64) throws {
        let bench = try Bench()
        var random = SeededNumbers(seed)
        var (keeper, _) = try bench.open()
        var model: [String: [Millis: UInt64]] = [:]
        let minute: Millis = 60_000
        let end = startOfTest + 3 * 24 * hour
        while bench.time.now < end {
            let now = bench.time.now
            for name in ["a", "b", "c", "d"] {
                guard Int.random(in: 0..<10, using: &random) > 0 else { continue }
                let isLate = Int.random(in: 0..<20, using: &random) == 0
                let time = isLate ? now - .random(in: 0..<(2 * hour), using: &random) : now
                guard model[name]?[time] == nil else { continue }
                let value = random.value()
                model[name, default: [:]][time] = value.bitPattern
                #expect(try keeper.put(["n": name], [(time, value)]).accepted == 1, "seed \(seed)")
            }
            bench.time.advance(by: .milliseconds(4 * minute))
            if Int.random(in: 0..<8, using: &random) == 0 {
                #expect(keeper.maintain(now: bench.time.now).notices.isEmpty)
            }
            if Int.random(in: 0..<150, using: &random) == 0 {
                let report: RecoveryReport
                (keeper, report) = try bench.open()
                #expect(report.badFrames.isEmpty && report.badBlocks.isEmpty)
            }
        }
        _ = keeper.maintain(now: bench.time.now)
        let answer = try keeper.all()
        #expect(answer.warnings.isEmpty)
        for series in answer.series {
            let expected = try #require(model[series.labels["n"] ?? ""]).sorted { $0.key < $1.key }
            #expect(series.times == expected.map(\.key), "seed \(seed)")
            #expect(series.values.map(\.bitPattern) == expected.map(\.value), "seed \(seed)")
        }
        #expect(answer.series.count == 4)
        let stats = keeper.stats
        // Two whole days are merged, the third is in pieces.
        #expect(stats.blocks < 2 + 14, "seed \(seed): \(stats)")
        #expect(stats.journalSegments < 12, "seed \(seed): \(stats)")
    }

    @Test func `too old, too new and other values are refused, the same value is not`() throws {
        let bench = try Bench()
        let (keeper, _) = try bench.open()
        let now = startOfTest
        let outcome = try keeper.put(
            ["a": "1"],
            [
                (now - 3 * hour - 1, 1), (now - 3 * hour, 1), (now, 2), (now, 2), (now, 3),
                (now + 300_000, 4), (now + 300_001, 5),
            ])
        #expect(outcome.accepted == 4)
        #expect(outcome.refused == [.tooOld: 1, .duplicate: 1, .tooNew: 1])
        let series = try #require(try keeper.all().series.first)
        #expect(series.times == [now - 3 * hour, now, now + 300_000])
    }

    @Test func `what is imported is found, at any age, beside what is live`() throws {
        let bench = try Bench()
        let (keeper, _) = try bench.open()
        let labels: Labels = ["__name__": "team:speed"]
        let plain: Labels = ["__name__": "plain"]
        func history(_ labels: Labels, _ value: Double) -> Series {
            let times = (0..<(40 * 24)).map { startOfTest - Millis(40 * 24 - $0) * hour }
            return Series(labels: labels, times: times, values: times.map { _ in value })
        }
        let outcome = try keeper.backfill([history(labels, 1), history(plain, 2)])
        // Of the plain series only what retention keeps.
        #expect(outcome.refused == [.tooOld: 25 * 24])
        try keeper.put(labels, [(startOfTest, 9)])
        let exact = try keeper.all([Matcher("__name__", equals: "plain")])
        #expect(exact.series.first?.times.count == 15 * 24)
        let speed = [Matcher("__name__", equals: "team:speed")]
        let long = try keeper.all(speed, from: startOfTest - 80 * 24 * hour) {
            $0.rangeMillis = hour
        }
        #expect(long.infos == ["answered from the 10m tier"])
        let series = try #require(long.series.first)
        #expect(series.times.first == startOfTest - 40 * 24 * hour + 600_000)
        #expect(series.values.last == 9)
        #expect(series.times == series.times.sorted())
        // Imported again with another value, the later counts.
        _ = try keeper.backfill([history(plain, 3)])
        #expect(
            try keeper.all([Matcher("__name__", equals: "plain")]).series.first?.values.first == 3)
        #expect(try bench.open().keeper.all().series == keeper.all().series)
    }

    @Test func `retention removes whole blocks by time and by bytes`() throws {
        let bench = try Bench { $0.retentionMillis = 48 * hour }
        let (keeper, _) = try bench.open()
        for _ in 0..<(5 * 24) {
            try keeper.put(["a": "1"], [(bench.time.now, 1)])
            bench.time.advance(by: .seconds(3600))
            _ = keeper.maintain(now: bench.time.now)
        }
        let oldest = try #require(keeper.stats.oldestTime)
        #expect(oldest >= bench.time.now - 73 * hour && oldest <= bench.time.now - 47 * hour)
        var small = bench
        small.options.retentionBytes = keeper.stats.blockBytes / 2
        let (second, _) = try small.open()
        #expect(second.maintain(now: bench.time.now).blocksExpired > 0)
        #expect(second.stats.blockBytes <= keeper.stats.blockBytes / 2)
    }

    @Test func `a jump of the clock seals the head and holds retention back`() throws {
        let bench = try Bench()
        var wall = startOfTest
        let shift = Lock(Millis(0))
        let time = bench.time
        let clock = Clock(
            now: { time.now + shift.withLock { $0 } }, monotonic: { time.now * 1_000_000 },
            sleep: { _ in })
        let (keeper, _) = try SeriesKeeper.open(
            folder: bench.folder.path, options: bench.options, files: .system, clock: clock,
            registry: bench.registry)
        for _ in 0..<30 {
            try keeper.put(["a": "1"], [(clock.now(), 1)])
            try keeper.put(["__name__": "team:kpi"], [(clock.now(), 1)])
            time.advance(by: .seconds(1800))
            _ = keeper.maintain(now: clock.now())
        }
        let blocks = keeper.stats.blocks
        #expect(blocks > 3)
        shift.withLock { $0 = 365 * 24 * hour }
        wall = clock.now()
        let report = keeper.maintain(now: wall)
        #expect(report.notices.contains { $0.contains("jumped") })
        #expect(report.notices.contains { $0.contains("set the clock if it is wrong") })
        #expect(
            report.blocksExpired == 0
                && keeper.meters.retentionHeld.value == Double(keeper.stats.blocks))
        #expect(keeper.maintain(now: clock.now()).notices.isEmpty)
        #expect(try keeper.put(["a": "1"], [(wall, 2)]).accepted == 1)
        // The clock comes back: time goes on as if nothing had been, and all samples are there.
        shift.withLock { $0 = 0 }
        _ = keeper.maintain(now: clock.now())
        #expect(try keeper.put(["a": "1"], [(clock.now(), 3)]).accepted == 1)
        #expect(keeper.maintain(now: clock.now()).blocksExpired == 0)
        let plain = [Matcher("a", equals: "1")]
        let series = try #require(try keeper.all(plain).series.first)
        #expect(series.times.contains(wall) && series.times.contains(clock.now()))
        let again = try SeriesKeeper.open(
            folder: bench.folder.path, options: bench.options, files: .system, clock: clock,
            registry: Registry()
        ).keeper
        #expect(try again.all(plain).series == [series])
    }

    @Test func `a seal that fails is tried again, and no sample is missing meanwhile`() throws {
        for failing in 1...12 {
            let bench = try Bench()
            let disk = FaultyDisk()
            let (keeper, _) = try bench.open(disk.files)
            for _ in 0..<20 {
                try keeper.put(["a": "1"], [(bench.time.now, Double(bench.time.now))])
                bench.time.advance(by: .seconds(1200))
            }
            let before = try keeper.all().series
            disk.state.withLock { $0.failsAt = $0.changes + failing }
            for _ in 0..<3 {
                _ = keeper.maintain(now: bench.time.now)
                #expect(try keeper.all().series == before, "failing at \(failing)")
            }
            #expect(keeper.stats.blocks > 0, "failing at \(failing)")
            #expect(try bench.open().keeper.all().series == before, "failing at \(failing)")
        }
    }

    @Test func `within a second or so the journal is synced by itself`() throws {
        let bench = try Bench { $0.journalSync = .everySecond }
        let disk = FaultyDisk()
        let (keeper, _) = try bench.open(disk.files)
        try keeper.put(["a": "1"], [(startOfTest, 1)])
        let began = Clock.system.monotonic()
        let isSynced = {
            disk.state.withLock {
                $0.syncedBytes.contains { $0.value > 0 && $0.key.hasSuffix("l") }
            }
        }
        // Real time, because the thread that syncs waits in real time; ten seconds for slow machines.
        while !isSynced() && Clock.system.monotonic() - began < 10_000_000_000 { usleep(20_000) }
        #expect(isSynced())
        try disk.losePower()
        #expect(try bench.open().keeper.all().series.count == 1)
        try keeper.close()
    }

    @Test func `appends, queries and maintenance go on beside each other`() throws {
        let bench = try Bench { $0.journalSegmentBytesMax = 100_000 }
        let (keeper, _) = try bench.open()
        let failures = Lock<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 4) { worker in
            do {
                for step in 0..<300 {
                    switch worker {
                    case 0, 1:
                        let time = bench.time.now
                        try keeper.put(
                            ["w": "\(worker)", "s": "\(step % 20)"],
                            [(time + Millis(step / 20), Double(step))])
                    case 2:
                        bench.time.advance(by: .seconds(120))
                        _ = keeper.maintain(now: bench.time.now)
                    default:
                        for series in try keeper.all().series
                        where series.times != series.times.sorted() {
                            failures.withLock { $0.append("\(series.labels) is out of order") }
                        }
                    }
                }
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
        }
        #expect(failures.withLock { $0 } == [])
        let count = try keeper.all().series.reduce(0) { $0 + $1.times.count }
        #expect(try bench.open().keeper.all().series.reduce(0) { $0 + $1.times.count } == count)
        #expect(count > 0)
    }

    @Test func `the query's limit of samples is kept`() throws {
        let bench = try Bench()
        let (keeper, _) = try bench.open()
        try keeper.put(["a": "1"], (0..<100).map { (startOfTest + Millis($0), 1) })
        #expect(throws: SourceError.self) { try keeper.all { $0.samplesMax = 99 } }
        #expect(try keeper.all { $0.samplesMax = 100 }.series.count == 1)
    }

    @Test func `labels are found by any group of matchers`() throws {
        let bench = try Bench()
        let (keeper, _) = try bench.open()
        for name in ["a", "b", "c"] { try keeper.put(["n": name], [(startOfTest, 1)]) }
        let range = TimeRange(from: startOfTest, through: startOfTest + 1)
        let groups = [[Matcher("n", equals: "c")], [Matcher("n", equals: "a")]]
        #expect(try keeper.source.series(groups, range) == [["n": "a"], ["n": "c"]])
        let before = TimeRange(from: 0, through: startOfTest - 1)
        #expect(try keeper.source.series(groups, before).isEmpty)
    }

    @Test func `the status names the largest metrics and labels`() throws {
        let bench = try Bench()
        let registry = Registry()
        let (keeper, _) = try SeriesKeeper.open(
            folder: bench.folder.path, options: bench.options, files: .system,
            clock: bench.time.clock, registry: registry)
        for index in 0..<5 {
            try keeper.put(
                ["__name__": index < 3 ? "x" : "y", "i": "\(index)"], [(startOfTest, 1)])
        }
        let status = keeper.tsdbStatus(limit: 2)
        #expect(
            status.seriesCountByMetricName == [
                .init(name: "x", value: 3), .init(name: "y", value: 2),
            ])
        #expect(status.labelValueCountByLabelName.first == .init(name: "i", value: 5))
        #expect(keeper.stats.series == 5 && keeper.stats.headSamples == 5)
        let families = registry.families()
        #expect(families.contains { $0.name == "martlet_head_series" && $0.samples[0].value == 5 })
        #expect(families.allSatisfy { !$0.metadata.help.isEmpty })
    }

    @Test func `a folder that cannot be used says so and what to do`() {
        let options = SeriesKeeperOptions()
        #expect(throws: KeepError.self) {
            try SeriesKeeper.open(
                folder: "/proc/none", options: options, files: .system, clock: .system,
                registry: Registry())
        }
        #expect(throws: KeepError.diskFull(path: "/x")) {
            throw KeepError(FileError(operation: "write", path: "/x", code: 28, reason: "full"))
        }
    }
}
