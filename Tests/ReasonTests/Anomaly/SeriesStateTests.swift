// Same input, same bits: after a restart, on any number of threads, and whatever the input is.

import Algebra
import Basics
import Dispatch
import Foundation
import Reason
import Testing

private let start: Millis = 1_767_225_600_000

/// A stream of everything that goes wrong: gaps, infinities, jumps of scale and clock, constants, resets.
private func wildStream(_ count: Int, seed: UInt64) -> [(time: Millis, value: Double)] {
    var generator = Generator(seed: seed)
    var time = start
    var level = 0.0
    var scale = 1.0
    return (0..<count).map { _ in
        let draw = generator.below(1000)
        time += Millis(generator.below(600_000))
        if draw < 2 { time += Millis(generator.below(90)) * 86_400_000 }
        if draw == 2 { time -= Millis(generator.below(4000)) * 86_400_000 }
        if draw == 3 { scale = pow(10, 300 * generator.uniform() - 150) }
        if draw == 4 { level = 1e12 * generator.normal() }
        if draw == 5 { (level, scale) = (0, 0) }
        if draw == 6 { (level, scale) = (0, 1) }
        switch generator.below(50) {
        case 0: return (time, .nan)
        case 1: return (time, generator.below(2) == 0 ? .infinity : -.infinity)
        default: return (time, level + scale * generator.normal())
        }
    }
}

/// A detector of changes that sums what it sees.
private struct Sum: ChangeDetector {
    var sum = 0.0
    init() {}
    mutating func observe(_ residual: Double) -> Double {
        sum = max(0, sum + residual - 0.5)
        return sum
    }
    mutating func reset() { sum = 0 }
    func encode(into bytes: inout [UInt8]) {
        withUnsafeBytes(of: sum.bitPattern.littleEndian) { bytes += $0 }
    }
    init(decoding bytes: UnsafeRawBufferPointer, at offset: inout Int) throws {
        sum = Double(bitPattern: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        offset += 8
    }
}

@Suite struct SeriesStateTests {
    @Test func `whatever comes, the reading is finite and within its bounds`() {
        for seed in UInt64(1)...8 {
            var model = SeriesModel(seed: seed)
            for (time, value) in wildStream(2500, seed: seed) {
                let reading = model.observe(time: time, value: value)
                let numbers = [
                    reading.score, reading.surprise, reading.evidence, reading.low, reading.high,
                    reading.expected,
                ]
                let isSound =
                    numbers.allSatisfy(\.isFinite) && (0...1).contains(reading.score)
                    && reading.low <= reading.high
                #expect(isSound, "seed \(seed), value \(value): \(reading)")
                if !isSound { return }
            }
        }
    }

    @Test func `a model that is kept and read back goes on with the same bits`() throws {
        let stream = wildStream(3000, seed: 99)
        var lasting = SeriesModel(seed: 7, changes: [Sum()])
        var restarted = SeriesModel(seed: 7, changes: [Sum()])
        for (index, observation) in stream.enumerated() {
            if index % 500 == 499 {
                restarted = try SeriesModel(
                    decoding: restarted.encoded(), changes: [Sum.self])
                if index == 999 {
                    lasting.forget(levelAt: observation.time)
                    restarted.forget(levelAt: observation.time)
                }
            }
            let a = lasting.observe(time: observation.time, value: observation.value)
            let b = restarted.observe(time: observation.time, value: observation.value)
            #expect(a == b && a.score.bitPattern == b.score.bitPattern)
        }
        #expect(lasting.encoded() == restarted.encoded())
    }

    @Test func `the state stays below 16 KB`() {
        var model = SeriesModel(seed: 1)
        for (time, value) in wildStream(3000, seed: 5) {
            _ = model.observe(time: time, value: value)
        }
        #expect(model.encoded().count <= 16_384)
    }

    @Test func `damaged, cut and foreign states are refused`() throws {
        var model = SeriesModel(seed: 1)
        for (time, value) in wildStream(300, seed: 6) {
            _ = model.observe(time: time, value: value)
        }
        let state = model.encoded()
        var damaged = state
        damaged[700] ^= 1
        var foreign = state
        foreign[0] = 99
        for bytes in [damaged, foreign, Array(state.dropLast()), [], [2]] {
            #expect(throws: ModelStateError.self) { try SeriesModel(decoding: bytes) }
        }
        #expect(throws: ModelStateError.self) {
            try SeriesModel(decoding: SeriesModel(seed: 1, changes: [Sum()]).encoded())
        }
    }

    @Test func `any number of threads gives the same bits`() {
        @Sendable func scores(_ seed: UInt64) -> [UInt64] {
            var model = SeriesModel(seed: seed)
            return wildStream(800, seed: seed).map {
                model.observe(time: $0.time, value: $0.value).score.bitPattern
            }
        }
        let alone = (0..<6).map { scores(UInt64($0)) }
        let together = Lock([[UInt64]](repeating: [], count: 6))
        DispatchQueue.concurrentPerform(iterations: 6) { index in
            let found = scores(UInt64(index))
            together.withLock { $0[index] = found }
        }
        #expect(together.withLock { $0 } == alone)
    }
}
