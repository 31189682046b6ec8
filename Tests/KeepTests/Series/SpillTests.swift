// Full chunks in the files of the head: what goes to the disk comes back bit by bit, and whatever the disk
// does costs no sample and no more than a chunk of an answer.

import Basics
import Glibc
import Testing

@testable import Keep

/// A head over a disk that can break, and what it was given.
private struct Story {
    let disk = FaultyDisk()
    let failures = Lock(0)
    let head: Head
    var given: [String: [Millis: UInt64]] = [:]
    var random: SeededNumbers

    init(_ seed: UInt64 = 3, pageBytes: Int = 1500) {
        random = SeededNumbers(seed)
        let spill = Spill.ofTests(disk.files, pageBytes: pageBytes) { [failures] in
            failures.withLock { $0 += 1 }
        }
        head = Head(seriesMax: 100, spill: spill)
    }

    /// Some series over seven and a half hours, a part of the samples late.
    mutating func run(series: Int = 3, steps: Int = 900, lateOneIn: Int = 20) throws {
        for step in 0..<steps {
            var batch = SampleBatch()
            for number in 0..<series {
                let isLate = Int.random(in: 0..<lateOneIn, using: &random) == 0
                let back = isLate ? Millis.random(in: 0..<hour, using: &random) : 0
                let time = startOfTest + Millis(step) * 30_000 - back
                if given["\(number)"]?[time] != nil { continue }
                let value = random.value()
                batch.append(try head.resolve(["n": "\(number)"]).get(), time, value)
                given["\(number)", default: [:]][time] = value.bitPattern
            }
            let outcome = head.append(batch, window: .all).outcome
            try #require(outcome.accepted == batch.count)
        }
    }

    /// What the head does not give back as it was given, and what it reports.
    func faults() throws -> (lost: Int, reports: [String]) {
        var (lost, reports) = (0, [String]())
        for read in try head.read([], in: .all) {
            let columns = read.samples(in: .all) { reports.append("\($0)") }
            let found = Dictionary(
                uniqueKeysWithValues: zip(columns.times, columns.values.map(\.bitPattern)))
            lost += (given[read.labels()["n"] ?? ""] ?? [:]).count { found[$0.key] != $0.value }
        }
        return (lost, reports)
    }

    /// The open files without a name.
    var scratchFiles: [FileHandle] {
        disk.state.withLock { state in
            state.paths.filter { $0.value.contains("/head/") }.map(\.key)
        }
    }

    /// Flips bits further apart than a chunk is long.
    func flipBits() throws -> Int {
        var flipped = 0
        for handle in scratchFiles {
            let size = try Files.system.size(handle)
            for offset in stride(from: 20, to: size, by: 2500) {
                try flipBit(in: "/proc/self/fd/\(handle.descriptor)", at: offset, bit: 3)
                flipped += 1
            }
        }
        return flipped
    }
}

struct SpillTests {
    @Test func `a full chunk takes 24 bytes of memory, a series less than 100`() {
        #expect(MemoryLayout<HeadChunk>.stride == 24)
        #expect(MemoryLayout<HeadSeries>.stride < 100)
    }

    @Test(arguments: [1, 2, .random(in: 3 ... .max)] as [UInt64])
    func `what went to the disk comes back bit by bit, late samples too`(seed: UInt64) throws {
        var story = Story(seed)
        try story.run()
        let totals = story.head.chunkTotals
        #expect(totals.spilledBytes > 10_000 && totals.chunks > 20, "seed \(seed)")
        // A page for each of four spans, and what is open.
        #expect(totals.bytes < 4 * 1500 + 3 * 2200, "seed \(seed)")
        let (lost, reports) = try story.faults()
        #expect(lost == 0 && reports.isEmpty, "seed \(seed)")
        #expect(story.failures.withLock { $0 } == 0)
    }

    @Test func `nothing is lost wherever the disk breaks under the head`() throws {
        var whole = Story()
        try whole.run()
        let changes = whole.disk.state.withLock { $0.changes }
        #expect(changes > 16)
        for place in 1...changes {
            for (isTorn, stays) in [(true, false), (false, false), (true, true)] {
                var story = Story()
                story.disk.state.withLock { state in
                    state.isTorn = isTorn
                    if stays { state.stopsAt = place } else { state.failsAt = place }
                }
                try story.run()
                let (lost, reports) = try story.faults()
                #expect(lost == 0 && reports.isEmpty, "change \(place), torn \(isTorn)")
                #expect(story.failures.withLock { $0 } > 0, "change \(place) was not met")
            }
        }
    }

    @Test func `on a full disk chunks stay in memory, and go to it when it has room`() throws {
        var story = Story()
        story.disk.state.withLock { $0.isFull = true }
        try story.run()
        let full = story.head.chunkTotals
        #expect(full.spilledBytes == 0 && full.bytes > 4000)
        #expect(try story.faults().lost == 0)
        let fault = try #require(story.head.spill.retry())
        #expect(fault.isFull)
        story.disk.state.withLock { $0.isFull = false }
        #expect(story.head.spill.retry() == nil)
        let free = story.head.chunkTotals
        #expect(free.spilledBytes > 4000 && free.bytes < full.bytes / 2)
        let (lost, reports) = try story.faults()
        #expect(lost == 0 && reports.isEmpty)
    }

    @Test func `a read that fails costs one chunk of one answer`() throws {
        var story = Story()
        try story.run()
        _ = try story.faults()
        let reads = story.disk.state.withLock { $0.reads }
        #expect(reads > 8)
        var costly = 0
        for place in 1...8 {
            story.disk.state.withLock { $0.failsReadAt = $0.reads + place }
            let (lost, reports) = try story.faults()
            // What was only read ahead costs nothing.
            #expect(reports.count <= 1 && (lost > 0) == !reports.isEmpty)
            #expect(lost <= Chunk.headSamplesMax)
            costly += reports.count { $0.contains("cannot be read (broken)") }
            let after = try story.faults()
            #expect(after.lost == 0 && after.reports.isEmpty)
        }
        #expect(costly > 3)
    }

    @Test func `a flipped bit is found, told with its place, and costs its chunk`() throws {
        var story = Story()
        try story.run(lateOneIn: .max)
        let flipped = try story.flipBits()
        let (lost, reports) = try story.faults()
        #expect(flipped > 4 && reports.count == flipped)
        #expect(lost > 0 && lost <= flipped * Chunk.headSamplesMax)
        #expect(reports.allSatisfy { $0.contains("at byte ") && $0.contains("checksum") })
    }

    @Test func `late samples beside a damaged chunk are kept, and it costs nothing else`() throws {
        var story = Story()
        try story.run(series: 1, lateOneIn: .max)
        let flipped = try story.flipBits()
        let before = try story.faults()
        // Enough to be folded in, between those that are there.
        let id = try story.head.resolve(["n": "0"]).get()
        for step in 0..<1100 {
            let time = startOfTest + Millis(step) * 10_000 + 1
            var batch = SampleBatch()
            batch.append(id, time, Double(step))
            #expect(story.head.append(batch, window: .all).outcome.accepted == 1)
            story.given["0"]?[time] = Double(step).bitPattern
        }
        let after = try story.faults()
        #expect(flipped > 0 && before.lost > 0)
        #expect(after.lost == before.lost && after.reports == before.reports)
    }

    @Test func `a file goes with its span, but not under a reader`() throws {
        var story = Story()
        try story.run()
        let files = Set(story.scratchFiles)
        #expect(files.count == 4)
        let folder = story.head.spill.folder
        #expect(try Files.system.list(folder).isEmpty)
        let boundary = startOfTest + 2 * Block.spanMillis
        var reads = try story.head.read([], in: .all)
        story.head.drop(before: boundary)
        #expect(Set(story.scratchFiles) == files)
        var count = 0
        for read in reads {
            count += read.samples(in: .all) { Issue.record("\($0)") }.times.count
        }
        #expect(count == story.given.values.reduce(0) { $0 + $1.count })
        reads = []
        #expect(story.scratchFiles.count == 2)
        story.given = story.given.mapValues { $0.filter { $0.key >= boundary } }
        let (lost, reports) = try story.faults()
        #expect(lost == 0 && reports.isEmpty)
    }

    @Test func `neighbours are read in one go, and one by one where that fails`() throws {
        let bench = try Bench { $0.spillPageBytes = 64 << 10 }
        let disk = FaultyDisk()
        let (keeper, _) = try bench.open(disk.files)
        let ids = try (0..<100).map { try keeper.id(["n": "\(100 + $0)"]) }
        for step in 0..<900 {
            var batch = SampleBatch()
            for (number, id) in ids.enumerated() {
                batch.append(id, startOfTest + Millis(step), Double(step * number))
            }
            #expect(try keeper.append(batch).accepted == ids.count)
        }
        let chunks = keeper.stats.headChunks - ids.count
        let first = try keeper.all()
        let reads = disk.state.withLock { $0.reads }
        #expect(chunks > 600 && reads > 10 && reads < chunks / 5, "\(reads) of \(chunks)")
        for (number, series) in first.series.enumerated() {
            #expect(series.values == (0..<900).map { Double($0 * number) })
        }
        // Whichever read fails first is of more than one chunk or of one: that is left out at most.
        for place in stride(from: 1, through: reads, by: 7) {
            disk.state.withLock { $0.failsReadAt = $0.reads + place }
            let answer = try keeper.all()
            let missing = zip(answer.series, first.series).reduce(0) {
                $0 + $1.1.times.count - $1.0.times.count
            }
            #expect(answer.warnings.count <= 1 && missing <= Chunk.headSamplesMax)
            #expect(answer.warnings.isEmpty == (missing == 0))
        }
        #expect(try keeper.all().series == first.series)
    }

    @Test func `a start removes what a kill left of a file, and leaves nothing itself`() throws {
        let bench = try Bench()
        let folder = bench.folder.path + "/head"
        try Files.system.makeFolder(folder)
        Files.system.close(try Files.system.open(folder + "/1795219200000", .create))
        let (keeper, _) = try bench.open()
        #expect(try Files.system.list(folder).isEmpty)
        let samples = (0..<2000).map { (startOfTest + Millis($0), Double($0 * $0) / 7) }
        try keeper.put(["a": "1"], samples)
        #expect(keeper.stats.headSpilledBytes > 2000)
        #expect(try Files.system.list(folder).isEmpty)
        #expect(try keeper.all().series.first?.values == samples.map(\.1))
    }
}

struct SalvageTests {
    private let bench: Bench
    private let disk = FaultyDisk()
    private let registry = Registry()
    private let keeper: SeriesKeeper
    private let given: [String: [Double]]

    init() throws {
        bench = try Bench()
        keeper = try SeriesKeeper.open(
            folder: bench.folder.path, options: bench.options, files: disk.files,
            clock: bench.time.clock, registry: registry
        ).keeper
        var given: [String: [Double]] = [:]
        for step in 0..<480 {
            for number in 0..<4 {
                let value = Double(step * step * 17 + number) / 7
                try keeper.put(["n": "\(number)"], [(bench.time.now, value)])
                given["\(number)", default: []].append(value)
            }
            bench.time.advance(by: .milliseconds(15_000))
        }
        self.given = given
    }

    @Test func `a seal takes from the journal what the disk does not give back`() throws {
        let handles = disk.state.withLock { state in
            state.paths.filter { $0.value.contains("/head/") }.map(\.key)
        }
        #expect(!handles.isEmpty)
        for handle in handles {
            try flipBit(in: "/proc/self/fd/\(handle.descriptor)", at: 50)
        }
        #expect(try keeper.all().warnings.count == handles.count)
        let report = try sealed()
        #expect(report.blocksSealed == 1 && report.notices.count == 1)
        #expect(report.notices.first?.contains("taken from the journal") == true)
    }

    @Test func `a seal that can read none of its files takes them from the journal`() throws {
        disk.state.withLock {
            $0.brokenHandles = Set($0.paths.filter { $0.value.contains("/head/") }.keys)
        }
        #expect(try keeper.all().warnings.count > 8)
        let report = try sealed()
        #expect(report.notices.first?.contains("taken from the journal") == true)
    }

    @Test func `a seal whose reads fail loses nothing`() throws {
        disk.state.withLock { $0.failsReadAt = $0.reads + 2 }
        let report = try sealed()
        #expect(report.notices.first?.contains("cannot be read (broken)") == true)
    }

    @Test func `a disk that takes no chunks is told of and loses nothing`() throws {
        disk.state.withLock { $0.refused = "/head/" }
        for step in 0..<2000 {
            try keeper.put(["n": "late"], [(bench.time.now + Millis(step), Double(step) / 3)])
        }
        let notices = keeper.maintain(now: bench.time.now).notices
        #expect(notices.contains { $0.contains("stay in memory") })
        disk.state.withLock { $0.refused = nil }
        #expect(keeper.maintain(now: bench.time.now).notices.isEmpty)
        _ = try sealed()
    }

    private func sealed() throws -> MaintenanceReport {
        bench.time.advance(by: .seconds(4 * 3600))
        let report = keeper.maintain(now: bench.time.now)
        let answer = try keeper.all()
        #expect(answer.warnings.isEmpty)
        for (name, values) in given {
            #expect(answer.series.first { $0.labels["n"] == name }?.values == values)
        }
        return report
    }
}
