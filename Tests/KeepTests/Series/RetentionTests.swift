// A wrong date and retention: what a right date would keep is there until the date has lasted a day, also when
// the agent is started again meanwhile; a date that is right is believed then.

import Basics
import Testing

@testable import Keep

struct RetentionTests {
    private static let day = 24 * hour

    /// Twelve days of samples in a store whose wall clock can be moved.
    private struct World {
        let bench: Bench
        let shift = Lock(Millis(0))
        var keeper: SeriesKeeper

        init(days: Int = 12) throws {
            bench = try Bench { $0.retentionMillis = 10 * day }
            keeper = try World.open(bench, shift)
            try live(hours: days * 24)
        }

        static func open(_ bench: Bench, _ shift: Lock<Millis>) throws -> SeriesKeeper {
            let time = bench.time
            let clock = Clock(
                now: { time.now + shift.withLock { $0 } }, monotonic: { time.now * 1_000_000 },
                sleep: { _ in })
            return try SeriesKeeper.open(
                folder: bench.folder.path, options: bench.options, files: .system, clock: clock,
                registry: Registry()
            ).keeper
        }

        mutating func restart() throws {
            keeper = try World.open(bench, shift)
            _ = keeper.maintain(now: wall)
        }

        var wall: Millis { bench.time.now + shift.withLock { $0 } }

        func live(hours: Int) throws {
            for _ in 0..<hours {
                _ = keeper.maintain(now: wall)
                #expect(try keeper.put(["a": "1"], [(wall, 1)]).accepted == 1)
                bench.time.advance(by: .seconds(3600))
            }
            _ = keeper.maintain(now: wall)
        }

        func move(_ millis: Millis) {
            shift.withLock { $0 += millis }
            _ = keeper.maintain(now: wall)
        }

        /// Samples from before a moment.
        func count(before time: Millis) throws -> Int {
            try keeper.all().series.reduce(0) { $0 + $1.times.filter { $0 < time }.count }
        }
    }

    @Test(arguments: [365, 8]) func `a clock far ahead for less than a day loses nothing`(days: Int)
        throws
    {
        var world = try World()
        let moment = world.wall
        let known = try world.count(before: moment)
        #expect(known >= 10 * 24)
        world.move(Millis(days) * Self.day)
        for part in 0..<4 {
            try world.live(hours: 5)
            if part == 1 { try world.restart() }
            // What the right date lets go may go: the oldest day.
            #expect(try world.count(before: moment) >= known - 24, "part \(part)")
            #expect(world.keeper.meters.retentionHeld.value > 0)
        }
        world.move(-Millis(days) * Self.day)
        try world.live(hours: 1)
        #expect(try world.count(before: moment) >= known - 48)
        #expect(world.keeper.meters.retentionHeld.value == 0)
    }

    @Test func `a date that has lasted a day is believed`() throws {
        let world = try World()
        let moment = world.wall
        world.move(365 * Self.day)
        try world.live(hours: 23)
        #expect(try world.count(before: moment) > 0)
        try world.live(hours: 3)
        #expect(try world.count(before: moment) == 0)
        #expect(try world.count(before: .max) == 26)
    }

    @Test func `a machine that sleeps every night is believed`() throws {
        let world = try World()
        for _ in 0..<20 {
            try world.live(hours: 10)
            world.move(14 * hour)
        }
        let oldest = try #require(world.keeper.stats.oldestTime)
        #expect(oldest >= world.wall - 12 * Self.day)
        #expect(world.keeper.meters.retentionHeld.value == 0)
    }

    @Test func `an absence of weeks keeps the old for a day`() throws {
        var world = try World()
        let known = try world.count(before: .max)
        world.bench.time.advance(by: .seconds(20 * 86_400))
        try world.restart()
        try world.live(hours: 10)
        #expect(try world.count(before: .max) >= known + 10 - 24)
        try world.live(hours: 20)
        #expect(try world.count(before: .max) == 30)
    }
}
