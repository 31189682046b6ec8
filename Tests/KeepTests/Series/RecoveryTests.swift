// The start reads the journal on several threads: the samples, what is reported and its places are those of
// one thread, whatever lies in the segments.

import Basics
import Testing

@testable import Keep

struct RecoveryTests {
    @Test(arguments: [1, 2, .random(in: 3 ... .max)] as [UInt64])
    func `what comes back is the same with any number of threads`(seed: UInt64) throws {
        var random = SeededNumbers(seed)
        let bench = try Bench {
            $0.journalSegmentBytesMax = 40_000
            $0.windowMillis = 40 * 60_000
        }
        let (keeper, _) = try bench.open()
        for step in 0..<90 {
            var batch = SampleBatch()
            for number in 0..<400 where Int.random(in: 0..<20, using: &random) > 0 {
                let id = try keeper.id(["n": "\(number + step / 20 * 100)"])
                // Some are late, some repeat a time with another value.
                let late = Int.random(in: 0..<9, using: &random) == 0 ? Millis(step) / 2 : 0
                batch.append(id, bench.time.now - late * 60_000, random.value())
            }
            _ = try keeper.append(batch)
            bench.time.advance(by: .seconds(240))
            if step == 50 { _ = keeper.maintain(now: bench.time.now) }
        }
        let expected = try keeper.all().series
        let folder = bench.folder.path + "/journal/"
        let names = try Files.system.list(folder)
        #expect(names.count > 2)
        let found = try outcomes(bench)
        for (threads, outcome) in found {
            #expect(outcome.series == expected, "seed \(seed), \(threads) threads")
            #expect(outcome.report == found[0].outcome.report, "seed \(seed), \(threads) threads")
            #expect(outcome.report.badFrames.isEmpty && outcome.report.samplesInBlocks > 0)
        }
        for name in names {
            let size = try contents(of: folder + name).count
            for _ in 0..<3 {
                try flipBit(
                    in: folder + name, at: .random(in: 16..<size, using: &random),
                    bit: .random(in: 0..<8, using: &random))
            }
        }
        let damaged = try outcomes(bench)
        for (threads, outcome) in damaged {
            #expect(outcome == damaged[0].outcome, "seed \(seed), \(threads) threads")
            #expect(!outcome.report.badFrames.isEmpty)
        }
    }

    @Test func `frames are read in groups of bounded size, each once`() {
        var random = SeededNumbers(4)
        var frames: [JournalReader.Frame] = []
        var offset = 16
        for sequence in 0..<3000 {
            let length = Int.random(in: 1...(sequence % 50 == 0 ? 5_000_000 : 9000), using: &random)
            let payload = (offset + 17)..<(offset + 17 + length)
            frames.append(
                .init(
                    kind: .samples, sequence: UInt64(sequence), offset: offset, payload: payload))
            offset = payload.upperBound + 4
        }
        let groups = SegmentReplay.groups(frames)
        #expect(groups.flatMap { Array($0) } == Array(frames.indices))
        for group in groups {
            let bytes =
                frames[group.upperBound - 1].payload.upperBound - frames[group.lowerBound].offset
            #expect(group.count <= 128 && (group.count == 1 || bytes <= 4 << 20))
        }
        #expect(SegmentReplay.groups([]).isEmpty)
    }

    private struct Outcome: Equatable {
        var series: [Series]
        var report: RecoveryReport
    }

    private func outcomes(_ bench: Bench) throws -> [(threads: Int, outcome: Outcome)] {
        try [1, 2, 4].map { threads in
            var bench = bench
            bench.options.recoveryThreads = threads
            let (keeper, report) = try bench.open()
            #expect(keeper.stats.headSpilledBytes > 10_000)
            var timeless = report
            timeless.durationMillis = 0
            return (threads, Outcome(series: try keeper.all().series, report: timeless))
        }
    }
}
