// The disk breaks at the n-th change that the store makes through the `Files` seam: the change fails once, or
// the process stops there, or the power goes. Whatever was acknowledged is there afterwards, with its bits,
// and nothing is unreadable. The run is made of sections, each begun over what the one before left, so that
// a place far into it costs no more than one near its start. `make faults` tries each of 2,000 places.

import Basics
import Foundation
import Testing

@testable import Keep

private let places = ProcessInfo.processInfo.environment["MARTLET_FAULTS"].flatMap(Int.init) ?? 60

/// How a place breaks.
private enum Way: CaseIterable {
    case failsOnce, stops, losesPower
}

/// A store at work, and what it has acknowledged.
private struct Story {
    static let step: Millis = 300_000
    /// Two and a half hours: each section seals a block.
    static let steps = 30

    let folder: ScratchFolder
    var now = startOfTest
    var kept: [String: [Millis: UInt64]] = [:]
    var random = SeededNumbers(9)

    init() throws { folder = try ScratchFolder(inMemory: true) }

    /// The same store in a folder of its own.
    func copied() throws -> Story {
        let other = try Story(folder: ScratchFolder(inMemory: true), like: self)
        try? FileManager.default.removeItem(atPath: other.folder.path)
        try FileManager.default.copyItem(atPath: folder.path, toPath: other.folder.path)
        return other
    }

    private init(folder: ScratchFolder, like story: Story) {
        self.folder = folder
        now = story.now
        kept = story.kept
        random = story.random
    }

    private func open(
        _ files: Files, _ clock: Clock
    ) throws -> (keeper: SeriesKeeper, report: RecoveryReport) {
        var options = SeriesKeeperOptions()
        options.windowMillis = 600_000
        options.journalSync = .everyBatch
        options.journalSegmentBytesMax = 3000
        // A page is full with the second chunk.
        options.spillPageBytes = 300
        return try SeriesKeeper.open(
            folder: folder.path, options: options, files: files, clock: clock, registry: Registry())
    }

    /// Runs a section, until the disk stops.
    mutating func run(on disk: FaultyDisk) {
        let time = ManualClock(now: now)
        defer { now = time.now }
        var opened = try? open(disk.files, time.clock).keeper
        if opened == nil && !disk.hasStopped { opened = try? open(disk.files, time.clock).keeper }
        guard let keeper = opened else { return }
        for step in 0..<Story.steps where !disk.hasStopped {
            var batch = SampleBatch()
            var offered: [(name: String, time: Millis, value: Double)] = []
            for number in 0..<4 {
                let name = "s\(number + step / 10)"
                let late: Millis = number == 3 ? 60_000 : 0
                guard let id = try? keeper.id(["n": name]) else { continue }
                let sample = (name, time.now - late, random.value())
                offered.append(sample)
                batch.append(id, sample.1, sample.2)
            }
            // Offered again after a failure, as a collector does.
            for _ in 0..<2 {
                guard let outcome = try? keeper.append(batch) else { continue }
                guard outcome.accepted == offered.count else { break }
                for one in offered { kept[one.name, default: [:]][one.time] = one.value.bitPattern }
                break
            }
            if step % 3 == 2 { _ = keeper.maintain(now: time.now) }
            time.advance(by: .milliseconds(Story.step))
        }
        if !disk.hasStopped { try? keeper.close() }
    }

    /// What is missing or unreadable.
    func faults() throws -> [String] {
        let (keeper, report) = try open(.system, ManualClock(now: now).clock)
        var faults = report.badFrames.map(\.description) + report.badBlocks.map { "\($0)" }
        let answer = try keeper.all()
        faults += answer.warnings
        for (name, samples) in kept {
            let series = answer.series.first { $0.labels["n"] == name }
            let pairs = zip(series?.times ?? [], series?.values ?? [])
            let found = Dictionary(pairs) { first, _ in first }
            let lost = samples.filter { found[$0.key]?.bitPattern != $0.value }.count
            if lost > 0 { faults.append("\(name) lost \(lost) of \(samples.count)") }
        }
        return faults
    }
}

struct BrokenDiskTests {
    @Test func `a store whose disk breaks at any change loses nothing acknowledged`() throws {
        // A few of each section's places every day, all of them for the night.
        let isLong = places >= 2000
        var (base, sections, tried, seen, lost) = (try Story(), 0, 0, 0, [String]())
        let began = Clock.system.monotonic()
        while tried < places {
            let disk = FaultyDisk()
            var whole = try base.copied()
            whole.run(on: disk)
            let changes = disk.state.withLock { $0.changes }
            try #require(changes > Story.steps && whole.kept.count > base.kept.count / 2)
            let every = isLong ? 1 : 9
            for place in stride(from: 1 + sections % every, through: changes, by: every)
            where tried < places {
                tried += 1
                for way in Way.allCases {
                    let faults = try broken(way, at: place, base)
                    lost += faults.map { "\(way) at \(place) of section \(sections): \($0)" }
                }
            }
            seen += changes
            sections += 1
            base = whole
            if isLong { tell(tried, lost.count, seconds: Clock.system.monotonic() - began) }
        }
        if isLong {
            print("Files seam: \(tried) places × \(Way.allCases.count) ways, \(lost.count) losses")
        }
        #expect(lost.isEmpty, "\(lost.prefix(5).joined(separator: "\n"))")
        #expect(try base.faults().isEmpty && tried == places && seen >= places)
    }

    private func broken(_ way: Way, at place: Int, _ base: Story) throws -> [String] {
        let disk = FaultyDisk()
        disk.state.withLock { state in
            state.isTorn = place % 2 == 0
            if way == .failsOnce { state.failsAt = place } else { state.stopsAt = place }
        }
        var story = try base.copied()
        story.run(on: disk)
        if way == .losesPower { try disk.losePower() }
        return try story.faults()
    }

    private func tell(_ tried: Int, _ lost: Int, seconds nanoseconds: Int64) {
        let seconds = Double(nanoseconds) / 1e9
        let left = seconds * Double(places - tried) / Double(max(tried, 1))
        let line = "Files seam: \(tried) of \(places) places, \(lost) losses, \(Int(left)) s left\n"
        FileHandle.standardError.write(Data(line.utf8))
    }
}
