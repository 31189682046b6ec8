// Days of ingest on a disk that fails, fills up and loses power, in a process that is killed, by a wall
// clock that jumps: whatever was acknowledged is there afterwards, with its bits. All of it follows from a
// printed seed. Two days a seed here; MARTLET_SIM_DAYS=60 MARTLET_SIM_SEED=7 runs longer, or one again.

import Basics
import Glibc
import Testing

@testable import Keep

private func setting(_ name: String) -> UInt64? {
    getenv(name).flatMap { UInt64(String(cString: $0)) }
}

/// A store in a hostile world, and what it has acknowledged.
private final class Simulation {
    static let step: Millis = 120_000

    let bench: Bench
    let shift = Lock(Millis(0))
    var random: SeededNumbers
    var disk = FaultyDisk()
    var keeper: SeriesKeeper
    /// Acknowledged samples, and those whose call threw: they may be there.
    var kept: [String: [Millis: UInt64]] = [:]
    var offered: [String: Set<Millis>] = [:]
    var fullUntil: Millis?
    var jumpUntil: Millis?
    /// Samples refused one after the other while the disk has room.
    var refusedInARow = 0
    var faults: [String] = []
    var counts: [String: Int] = [:]

    init(_ seed: UInt64) throws {
        random = SeededNumbers(seed)
        // Retention is another test's; here nothing may be missing, also when the year is wrong.
        bench = try Bench {
            $0.journalSync = .everyBatch
            $0.retentionMillis = 3650 * 24 * hour
            $0.journalSegmentBytesMax = 20_000
        }
        keeper = try Simulation.open(bench, disk, shift)
    }

    private static func open(
        _ bench: Bench, _ disk: FaultyDisk, _ shift: Lock<Millis>
    ) throws -> SeriesKeeper {
        let time = bench.time
        let clock = Clock(
            now: { time.now + shift.withLock { $0 } }, monotonic: { time.now * 1_000_000 },
            sleep: { _ in })
        let (keeper, report) = try SeriesKeeper.open(
            folder: bench.folder.path, options: bench.options, files: disk.files, clock: clock,
            registry: Registry())
        #expect(report.badBlocks.isEmpty && report.badFrames.isEmpty)
        return keeper
    }

    var wall: Millis { bench.time.now + shift.withLock { $0 } }

    func run(days: Int) throws {
        let end = bench.time.now + Millis(days) * 24 * hour
        while bench.time.now < end {
            try happen()
            ingest()
            if chance(5) { keeper.maintain(now: wall) }
            bench.time.advance(by: .milliseconds(Simulation.step))
        }
        fill(false)
        _ = keeper.maintain(now: wall)
        try reopen(afterPowerLoss: false)
        check("at the end")
    }

    /// Something bad, now and then.
    private func happen() throws {
        if let until = fullUntil, bench.time.now >= until { fill(false) }
        if let until = jumpUntil, bench.time.now >= until {
            shift.withLock { $0 = 0 }
            jumpUntil = nil
            // The agent looks at the clock every 15 s.
            keeper.maintain(now: wall)
        }
        if chance(150) { try reopen(afterPowerLoss: false) }
        if chance(200) { try reopen(afterPowerLoss: true) }
        if chance(60) {
            note("fault")
            let ahead = Int.random(in: 1...8, using: &random)
            disk.state.withLock { $0.failsAt = $0.changes + ahead }
        }
        if fullUntil == nil && chance(250) {
            fill(true)
            fullUntil = bench.time.now + .random(in: 1...4, using: &random) * hour
        }
        if jumpUntil == nil && chance(250) {
            note("jump")
            let isBack = Bool.random(using: &random)
            shift.withLock { $0 = isBack ? -hour - 60_000 : 365 * 24 * hour }
            jumpUntil = bench.time.now + .random(in: 2...30, using: &random) * hour
            keeper.maintain(now: wall)
        }
        if chance(200) { check("on the way") }
    }

    private func fill(_ isFull: Bool) {
        if isFull { note("full") }
        disk.state.withLock { $0.isFull = isFull }
        if !isFull { fullUntil = nil }
    }

    private func reopen(afterPowerLoss: Bool) throws {
        note(afterPowerLoss ? "power loss" : "kill")
        if afterPowerLoss { try disk.losePower() }
        // The new process has a disk that works; the old one's faults end with it.
        let isFull = fullUntil != nil
        disk = FaultyDisk()
        keeper = try Simulation.open(bench, disk, shift)
        disk.state.withLock { $0.isFull = isFull }
    }

    private func ingest() {
        for _ in 0..<4 {
            // Series come and go: each name lives about half a day.
            let age = Int((bench.time.now - startOfTest) / (12 * hour))
            let name = "s\(age + Int.random(in: 0..<3, using: &random))"
            let isLate = chance(15)
            let time = isLate ? wall - .random(in: 1..<hour, using: &random) : wall
            let isTaken = kept[name]?[time] != nil || offered[name]?.contains(time) == true
            if isTaken { continue }
            let value = random.value()
            do {
                let outcome = try keeper.put(["n": name], [(time, value)])
                if outcome.accepted == 1 {
                    kept[name, default: [:]][time] = value.bitPattern
                    refusedInARow = 0
                } else {
                    note("refused")
                    if fullUntil == nil { refusedInARow += 1 }
                    if refusedInARow == 200 { faults.append("ingest refuses for hours") }
                }
            } catch let error as IntakeError {
                note("threw")
                offered[name, default: []].insert(time)
                let isClear = error.reason.contains("space")
                if !isClear { faults.append("not a clear error: \(error.reason)") }
            } catch {
                faults.append("\(error)")
            }
        }
    }

    /// Queries answer whatever the disk does, and all that was acknowledged is in the answer.
    func check(_ place: String) {
        do {
            let answer = try keeper.all(from: .min / 4)
            if !answer.warnings.isEmpty { faults.append("\(place): \(answer.warnings)") }
            for (name, samples) in kept {
                let series = answer.series.first { $0.labels["n"] == name }
                let found = Dictionary(
                    zip(series?.times ?? [], series?.values ?? [])
                ) { first, _ in first }
                let lost = samples.filter { found[$0.key]?.bitPattern != $0.value }
                if !lost.isEmpty { faults.append("\(place): \(name) lost \(lost.count)") }
                let known = Set(samples.keys).union(offered[name] ?? [])
                let strange = found.keys.filter { !known.contains($0) }
                if !strange.isEmpty { faults.append("\(place): \(name) has \(strange.count) more") }
            }
        } catch {
            faults.append("\(place): \(error)")
        }
    }

    private func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }

    private func note(_ what: String) { counts[what, default: 0] += 1 }
}

struct SimulationTests {
    @Test(arguments: setting("MARTLET_SIM_SEED").map { [$0] } ?? [1, 2, .random(in: 3 ... .max)])
    func `nothing acknowledged is lost in days of faults, kills and jumps`(seed: UInt64) throws {
        let simulation = try Simulation(seed)
        try simulation.run(days: Int(setting("MARTLET_SIM_DAYS") ?? 2))
        #expect(
            simulation.faults.isEmpty,
            "seed \(seed), \(simulation.counts): \(simulation.faults.prefix(5))")
        print("seed \(seed): \(simulation.counts.sorted { $0.key < $1.key })")
        let kept = simulation.kept.values.reduce(0) { $0 + $1.count }
        #expect(kept > 1000, "seed \(seed): only \(kept) were kept, \(simulation.counts)")
    }

    @Test func `on a full disk ingest says so, queries go on, and all comes back by itself`() throws
    {
        let bench = try Bench()
        let disk = FaultyDisk()
        let registry = Registry()
        let (keeper, _) = try SeriesKeeper.open(
            folder: bench.folder.path, options: bench.options, files: disk.files,
            clock: bench.time.clock, registry: registry)
        try keeper.put(["a": "1"], [(startOfTest, 1)])
        disk.state.withLock { $0.isFull = true }
        var reason = ""
        for second in 1...3 {
            do {
                try keeper.put(["a": "1"], [(startOfTest + Millis(second) * 1000, 2)])
            } catch let error as IntakeError {
                reason = error.reason
            }
            #expect(reason.contains("no space left"), "\(reason)")
            #expect(try keeper.all().series.first?.values.first == 1)
            #expect(try keeper.all().warnings.isEmpty)
        }
        let refused = registry.families().first { $0.name == "martlet_head_samples_refused" }
        let full = refused?.samples.first { $0.labels["reason"] == "disk_full" }
        #expect(full?.value == 3)
        // A block due meanwhile cannot be written either, and is not missed.
        bench.time.advance(by: .seconds(8 * 3600))
        _ = keeper.maintain(now: bench.time.now)
        #expect(try keeper.all().series.first?.values.first == 1)
        disk.state.withLock { $0.isFull = false }
        try keeper.put(["a": "1"], [(bench.time.now, 3)])
        #expect(keeper.stats.owedSamples == 0)
        #expect(keeper.maintain(now: bench.time.now).notices.isEmpty)
        #expect(try bench.open().keeper.all().series == keeper.all().series)
        #expect(try keeper.all().series.first?.values.last == 3)
    }
}

extension SimulationTests {
    @Test func `a clock that comes back while the disk is full refuses nothing afterwards`() throws
    {
        let simulation = try Simulation(1)
        let keeper = simulation.keeper
        func move(_ shift: Millis) {
            simulation.shift.withLock { $0 = shift }
            keeper.maintain(now: simulation.wall)
        }
        func put(_ value: Double) throws -> Int {
            try keeper.put(["a": "1"], [(simulation.wall, value)]).accepted
        }
        #expect(try put(1) == 1)
        move(365 * 24 * hour)
        for step in 0..<40 {
            #expect(try put(Double(step)) == 1)
            simulation.bench.time.advance(by: .seconds(600))
            keeper.maintain(now: simulation.wall)
        }
        simulation.disk.state.withLock { $0.isFull = true }
        move(0)
        simulation.disk.state.withLock { $0.isFull = false }
        keeper.maintain(now: simulation.wall)
        #expect(try put(2) == 1)
        // Nor after a start, whose journal tells of blocks in a year that has not come.
        let clock = simulation.bench.time.clock
        let again = try SeriesKeeper.open(
            folder: simulation.bench.folder.path, options: simulation.bench.options,
            files: .system, clock: clock, registry: Registry()
        ).keeper
        simulation.bench.time.advance(by: .seconds(60))
        #expect(try again.put(["a": "1"], [(clock.now(), 3)]).accepted == 1)
        #expect(try again.all().series.first?.times.count == 43)
    }
}
