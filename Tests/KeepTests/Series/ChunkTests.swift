// The codec of chunks: whatever goes in comes out, bit by bit, and damage never stops the program.

import Basics
import Testing

@testable import Keep

struct ChunkTests {
    @Test(arguments: 0..<40 as Range<UInt64>)
    func `a chunk gives back every sample bit by bit`(seed: UInt64) {
        var random = SeededNumbers(seed)
        var time = Millis.random(in: -1_000_000...2_000_000_000_000, using: &random)
        let isJittered = Bool.random(using: &random)
        var times: [Millis] = []
        var values: [Double] = []
        var writer = ChunkWriter()
        for _ in 0..<Int.random(in: 1...700, using: &random) {
            let step: Millis = isJittered ? .random(in: 1...1 << 30, using: &random) : 15_000
            time += step
            times.append(time)
            values.append(random.value())
            writer.append(time, values[values.count - 1])
        }
        let chunk = writer.chunk()
        var read: Columns = ([], [])
        #expect(chunk.decode(in: .all, times: &read.times, values: &read.values))
        #expect(read.times == times, "seed \(seed)")
        #expect(read.values.map(\.bitPattern) == values.map(\.bitPattern), "seed \(seed)")
        var open: Columns = ([], [])
        writer.decode(in: .all, times: &open.times, values: &open.values)
        #expect(open.values.map(\.bitPattern) == values.map(\.bitPattern), "seed \(seed)")
        #expect(chunk.from == times.first && chunk.through == times.last)
    }

    @Test func `times at the ends of their range survive`() {
        var writer = ChunkWriter()
        let times: [Millis] = [.min, -1, 0, 1, .max - 1, .max]
        for time in times { writer.append(time, 1) }
        var read: Columns = ([], [])
        #expect(writer.chunk().decode(in: .all, times: &read.times, values: &read.values))
        #expect(read.times == times)
    }

    @Test func `a range yields exactly the samples within it`() {
        let times = (0..<300).map { Millis($0) * 15_000 }
        let values = times.map { Double($0) / 7 }
        for chunk in makeChunks(times, values, samplesMax: 300) {
            for (from, through) in [(0, 0), (1, 14_999), (15_000, 45_000), (4_000_000, 9_000_000)] {
                let range = TimeRange(from: Millis(from), through: Millis(through))
                var read: Columns = ([], [])
                _ = chunk.decode(in: range, times: &read.times, values: &read.values)
                #expect(read.times == times.filter(range.contains))
            }
        }
    }

    @Test func `steady counters and idle gauges cost less than a byte and a half a sample`() {
        func bytesPerSample(_ value: (Int) -> Double) -> Double {
            let times = (0..<1000).map { startOfTest + Millis($0) * 15_000 }
            let chunks = makeChunks(times, (0..<1000).map(value), samplesMax: 120)
            return Double(chunks.reduce(0) { $0 + $1.payload.count }) / 1000
        }
        var random = SeededNumbers(1)
        var counter = 1_000_000.0
        let idle = bytesPerSample { _ in 0.25 }
        let steady = bytesPerSample { Double($0) * 1500 }
        let noisy = bytesPerSample { _ in
            counter += Double(Int.random(in: 90...110, using: &random))
            return counter
        }
        print("chunk bytes per sample: idle \(idle), steady \(steady), noisy counter \(noisy)")
        #expect(idle < 0.45)
        #expect(steady < 1.5)
        #expect(noisy < 1.6)
    }

    @Test(arguments: 1...6)
    func `numbers with few decimals come back bit by bit and cost little more than whole ones`(
        _ decimals: Int
    ) throws {
        var random = SeededNumbers(UInt64(decimals))
        let unit = (0..<decimals).reduce(1.0) { product, _ in product * 10 }
        var count = 0
        let values = (0..<1000).map { index -> Double in
            // Now and then something that is no fraction, a stale marker, a minus zero.
            if index % 97 == 96 { return [Stale.marker, 1 / 3, -0.0, .infinity][index / 97 % 4] }
            count += Int.random(in: 90...110, using: &random)
            return Double(count) / unit
        }
        let times = (0..<1000).map { startOfTest + Millis($0) * 15_000 }
        let chunks = makeChunks(times, values, samplesMax: 1024)
        var read: Columns = ([], [])
        #expect(
            try #require(chunks.first).decode(in: .all, times: &read.times, values: &read.values))
        #expect(read.values.map(\.bitPattern) == values.map(\.bitPattern))
        let bytes = Double(chunks.reduce(0) { $0 + $1.payload.count }) / 1000
        #expect(bytes < 2.2, "\(bytes) bytes a sample")
    }

    @Test func `the decimals of a run are those of its fractions, unless most have none`() {
        #expect(Decimals.of([1, 2, 3]) == 0)
        #expect(Decimals.of([1, 2.5, 3.25]) == 2)
        #expect(Decimals.of([0.1, 0.12, .nan, 4]) == 2)
        #expect(Decimals.of([1 / 3, 2 / 7, 0.5]) == 0)
        #expect(Decimals.least((1e300).bitPattern) == nil)
    }

    @Test func `any flipped bit is decoded or refused but never stops the program`() {
        var random = SeededNumbers(7)
        var writer = ChunkWriter()
        for index in 0..<60 { writer.append(Millis(index) * 1000, random.value()) }
        let chunk = writer.chunk()
        for index in 0..<(chunk.payload.count * 8) {
            var damaged = chunk
            damaged.payload[index / 8] ^= 1 << UInt8(index % 8)
            var read: Columns = ([], [])
            _ = damaged.decode(in: .all, times: &read.times, values: &read.values)
            #expect(read.times.count <= chunk.payload.count * 8)
        }
        for length in 0..<chunk.payload.count {
            var cut = chunk
            cut.payload.removeLast(chunk.payload.count - length)
            var read: Columns = ([], [])
            #expect(!cut.decode(in: .all, times: &read.times, values: &read.values))
        }
    }
}
