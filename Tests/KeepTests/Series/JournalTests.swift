// What the journal promises: after a kill all samples, after a power loss all but the unsynced, beside a
// flipped bit all but that frame, and a disk that fails at any step loses nothing that was acknowledged.

import Basics
import Bytes
import Testing

@testable import Keep

struct JournalTests {
    @Test(arguments: 0..<10 as Range<UInt64>)
    func `a frame of samples gives back its columns`(seed: UInt64) throws {
        var random = SeededNumbers(seed)
        let count = Int.random(in: 0...500, using: &random)
        let series = (0..<count).map { _ in UInt32.random(in: 0...9, using: &random) * 1000 }
        let times = (0..<count).map { _ in Millis.random(in: .min ... .max, using: &random) }
        let values = (0..<count).map { _ in random.value() }
        let payload = SampleFrame.encode(
            series: series, times: times, values: values, 0..<count)
        let frame = try #require(payload.withUnsafeBytes { SampleFrame($0) })
        #expect(frame.series == series && frame.times == times)
        #expect(frame.values == values.map(\.bitPattern))
        for length in 0..<payload.count {
            #expect(payload[..<length].withUnsafeBytes { SampleFrame($0) } == nil)
        }
    }

    @Test func `a compressed frame gives back its columns, and a cut one is refused`() throws {
        let series = (0..<500).map { UInt32($0) }
        let times = series.map { _ in startOfTest }
        let values = series.map { Double($0 / 7) / 100 }
        let payload = SampleFrame.encode(series: series, times: times, values: values, 0..<500)
        let packed = try #require(ZstdPacker().pack(payload))
        #expect(packed.count < payload.count / 2)
        let unpacker = ZstdUnpacker()
        let frame = packed.withUnsafeBytes {
            SampleFrame($0, isPacked: true, unpacker: unpacker)
        }
        #expect(frame?.series == series && frame?.values == values.map(\.bitPattern))
        for length in 0..<packed.count {
            let torn = packed[..<length].withUnsafeBytes {
                SampleFrame($0, isPacked: true, unpacker: unpacker)
            }
            #expect(torn == nil)
        }
    }

    @Test func `all samples survive a kill`() throws {
        let bench = try Bench()
        let expected = try filled(bench, FaultyDisk())
        let (keeper, report) = try bench.open()
        #expect(try keeper.all().series == expected)
        #expect(
            report.badFrames.isEmpty && report.samples == expected.reduce(0) { $0 + $1.times.count }
        )
    }

    @Test func `a power loss costs only what was not synced`() throws {
        let bench = try Bench()
        let disk = FaultyDisk()
        let (keeper, _) = try bench.open(disk.files)
        try keeper.put(["a": "1"], [(startOfTest, 1)])
        try keeper.flush()
        try keeper.put(["a": "2"], [(startOfTest, 2)])
        try disk.losePower()
        let (after, report) = try bench.open()
        #expect(try after.all().series.map(\.labels) == [["a": "1"]])
        #expect(report.badFrames.isEmpty)
        var everyBatch = bench
        everyBatch.options.journalSync = .everyBatch
        let (second, _) = try everyBatch.open(disk.files)
        try second.put(["a": "3"], [(startOfTest, 3)])
        try disk.losePower()
        #expect(try bench.open().keeper.all().series.map(\.labels) == [["a": "1"], ["a": "3"]])
    }

    @Test func `a torn end costs only the batch that was being written`() throws {
        let bench = try Bench()
        let expected = try filled(bench, FaultyDisk(), batches: 3)
        let path = bench.folder.path + "/journal/0000000001.journal"
        let whole = try contents(of: path)
        for length in stride(from: whole.count - 1, to: 0, by: -3) {
            let reader = whole[..<length].withUnsafeBytes { JournalReader($0, file: "x") }
            #expect(reader.bad.isEmpty, "cut at \(length)")
        }
        #expect(expected.count == 3)
    }

    @Test func `a flipped bit costs only its frame and is reported with its place`() throws {
        let bench = try Bench()
        _ = try filled(bench, FaultyDisk(), batches: 4)
        let path = bench.folder.path + "/journal/0000000001.journal"
        let whole = try contents(of: path)
        let sound = whole.withUnsafeBytes { JournalReader($0, file: path) }
        let (frames, count) = (sound.frames, whole.count)
        #expect(sound.bad.isEmpty && frames.count >= 8)
        for offset in 0..<count {
            var damaged = whole
            damaged[offset] ^= 1 << UInt8(offset % 8)
            let reader = damaged.withUnsafeBytes { JournalReader($0, file: path) }
            let hit = frames.filter { offset >= $0.offset && offset < $0.payload.upperBound + 4 }
            let kept = frames.filter { !hit.contains($0) }
            #expect(reader.frames == kept, "byte \(offset)")
            let isReported = reader.bad.map(\.offset) == [hit.first?.offset ?? 0]
            let isTornEnd = hit.first == frames.last && reader.tornBytes > 0
            #expect(isReported || isTornEnd, "byte \(offset): \(reader.bad)")
        }
    }

    @Test func `losing a definition loses no sample of other frames`() throws {
        let bench = try Bench()
        let expected = try filled(bench, FaultyDisk(), batches: 4)
        let path = bench.folder.path + "/journal/0000000001.journal"
        let whole = try contents(of: path)
        let frames = whole.withUnsafeBytes { JournalReader($0, file: path) }.frames
        for frame in frames.filter({ $0.kind == .series }).dropLast() {
            try flipBit(in: path, at: frame.payload.lowerBound)
            let (keeper, report) = try bench.open()
            #expect(report.badFrames.map(\.offset) == [frame.offset])
            #expect(try keeper.all().series == expected)
            try flipBit(in: path, at: frame.payload.lowerBound)
        }
    }

    @Test func `a disk that fails at its n-th change loses nothing acknowledged`() throws {
        for failing in 1...60 {
            let bench = try Bench { $0.journalSegmentBytesMax = 600 }
            let disk = FaultyDisk()
            disk.state.withLock {
                $0.failsAt = failing
                $0.isTorn = failing % 2 == 0
            }
            guard let (keeper, _) = try? bench.open(disk.files) else { continue }
            var acknowledged: [Millis] = []
            for step in 0..<30 {
                let time = startOfTest + Millis(step)
                for _ in 0..<2 {
                    // Offered again after a failure, as a collector does.
                    if (try? keeper.put(["step": "\(step % 7)"], [(time, Double(step))])) != nil {
                        acknowledged.append(time)
                        break
                    }
                }
                if step % 10 == 9 { _ = try? keeper.flush() }
            }
            #expect(acknowledged.count == 30, "failing at \(failing)")
            let (after, report) = try bench.open()
            let times = try after.all().series.flatMap(\.times).sorted()
            #expect(times == acknowledged, "failing at \(failing): \(report.badFrames)")
        }
    }

    @Test func `a full disk refuses samples and goes on by itself`() throws {
        let bench = try Bench()
        let disk = FaultyDisk()
        let (keeper, _) = try bench.open(disk.files)
        try keeper.put(["a": "1"], [(startOfTest, 1)])
        disk.state.withLock { $0.isFull = true }
        #expect(throws: IntakeError.self) { try keeper.put(["a": "1"], [(startOfTest + 1, 2)]) }
        #expect(throws: IntakeError.self) { try keeper.put(["a": "1"], [(startOfTest + 2, 3)]) }
        #expect(try keeper.all().series.count == 1)
        disk.state.withLock { $0.isFull = false }
        #expect(try keeper.put(["a": "1"], [(startOfTest + 1, 2)]).accepted == 1)
        #expect(keeper.stats.owedSamples == 0)
        let (after, _) = try bench.open()
        #expect(try after.all().series.first?.values == [1, 2])
    }

    @Test func `the byte cap drops the oldest segment and counts it`() throws {
        let bench = try Bench {
            $0.journalSegmentBytesMax = 2000
            $0.journalBytesMax = 6000
        }
        let (keeper, _) = try bench.open()
        for step in 0..<400 {
            try keeper.put(["a": "1"], [(startOfTest + Millis(step), Double(step) / 3)])
        }
        #expect(keeper.stats.journalBytes < 9000)
        #expect(keeper.meters.journalDropped.value > 0)
        #expect(try keeper.all().series.first?.times.count == 400)
    }

    @Test func `a segment that is sealed goes, one of a later version stays`() throws {
        let bench = try Bench()
        let folder = bench.folder.path + "/journal"
        let (first, _) = try bench.open()
        try first.put(["a": "1"], [(startOfTest, 1)])
        try first.close()
        // A version from the future, with a right checksum.
        var header = JournalFormat.fileMagic
        JournalFormat.append(UInt32(9), to: &header)
        JournalFormat.append(crc32c(header), to: &header)
        let handle = try Files.system.open(folder + "/0000000000.journal", .create)
        header.withUnsafeBytes { try? Files.system.write(handle, $0) }
        Files.system.close(handle)
        let (keeper, report) = try bench.open()
        #expect(report.badFrames.count == 1 && report.badFrames[0].offset == 8)
        bench.time.advance(by: .seconds(6 * 3600))
        try keeper.put(["a": "1"], [(bench.time.now, 2)])
        #expect(keeper.maintain(now: bench.time.now).blocksSealed == 1)
        let names = try Files.system.list(folder)
        #expect(names == ["0000000000.journal", "0000000002.journal"])
        #expect(try bench.open().keeper.all().series.first?.values == [1, 2])
    }

    @Test func `what is known of metrics survives`() throws {
        let bench = try Bench()
        let (keeper, _) = try bench.open()
        let known = MetricMetadata(kind: .counter, help: "Requests, 请求.", unit: "")
        try keeper.put(["a": "1"], [(startOfTest, 1)])
        keeper.describe("requests_total", known)
        #expect(try bench.open().keeper.source.metadata() == ["requests_total": known])
    }

    @Test func `a million samples are read back, and how fast is printed`() throws {
        let bench = try Bench()
        let (keeper, _) = try bench.open()
        let ids = try (0..<1000).map { try keeper.id(["__name__": "m", "n": "\($0)"]) }
        for step in 0..<1000 {
            var batch = SampleBatch()
            for (index, id) in ids.enumerated() {
                batch.append(id, startOfTest + Millis(step), Double(step * index))
            }
            _ = try keeper.append(batch)
        }
        let began = Clock.system.monotonic()
        let (_, report) = try bench.open()
        let seconds = Double(Clock.system.monotonic() - began) / 1e9
        print(
            "recovered \(report.samples) samples in \(seconds) s,",
            "\(keeper.stats.journalBytes / 1_000_000) MB of journal")
        #expect(report.samples == 1_000_000)
    }

    /// A keeper that was given some batches and then killed; what it held.
    private func filled(
        _ bench: Bench, _ disk: FaultyDisk, batches: Int = 20
    ) throws -> [Series] {
        let (keeper, _) = try bench.open(disk.files)
        var random = SeededNumbers(3)
        for batch in 0..<batches {
            let samples = (0..<5).map { (startOfTest + Millis(batch * 5 + $0), random.value()) }
            try keeper.put(["__name__": "x", "batch": "\(batch % 7)"], samples)
        }
        return try keeper.all().series
    }
}
