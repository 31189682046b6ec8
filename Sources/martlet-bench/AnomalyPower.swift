// `martlet-bench anomaly-power`: how many injected anomalies are found within a day, and after how many
// minutes, at the same rate of false alarms for every detector: one in ten weeks of a series, which is
// the default budget of a service of ten. Thresholds come from quiet series of the same kind.

import Algebra
import Basics
import Dispatch
import Foundation
import Reason

enum AnomalyPower {
    static let step: Millis = 300_000
    static let start: Millis = 1_767_225_600_000
    static let learning = 14 * 288
    static let names = ["Martlet", "moving z", "Netdata k-means", "ADWIN"]

    static func detectors() -> [any Rival] {
        [MartletRival(), MovingScore(), NetdataMeans(), WindowRival()]
    }

    /// Noise of standard deviation 1 around a base.
    enum Base: Int, CaseIterable { case white, autoregressive, seasonal }

    struct Source {
        let base: Base
        var generator: Generator
        var state = 0.0

        /// What is usual at an index, and the deviation from it.
        mutating func next(_ index: Int) -> (usual: Double, noise: Double) {
            let drawn = generator.normal()
            let turn = 2 * Double.pi * Double(index) / 288
            switch base {
            case .white: return (20, drawn)
            case .autoregressive:
                state = 0.8 * state + 0.6 * drawn
                return (20, state)
            case .seasonal: return (20 + 6 * sin(turn) + 2 * sin(2 * turn), drawn)
            }
        }
    }

    enum Injected: String, CaseIterable {
        case spike, shift
        case dropOut = "drop-out"
        case flat = "flat line"
        case trend
        case frequency = "frequency change"

        var sizes: [(size: Double, text: String)] {
            switch self {
            case .spike: [(4, "4 sd"), (6, "6 sd"), (10, "10 sd")]
            case .shift: [(1, "1 sd"), (2, "2 sd"), (4, "4 sd")]
            case .dropOut: [(0.15, "by 15 %"), (0.4, "by 40 %"), (1, "to 0")]
            case .flat: [(12, "1 h"), (36, "3 h"), (144, "12 h")]
            case .trend: [(3, "3 sd a day"), (6, "6 sd a day"), (12, "12 sd a day")]
            case .frequency: [(48, "period 4 h"), (12, "period 1 h"), (4, "period 20 min")]
            }
        }

        /// The value `after` observations past the onset.
        func value(_ usual: Double, _ noise: Double, _ after: Int, _ size: Double, held: Double)
            -> Double
        {
            switch self {
            case .spike: usual + noise + (after < 1 ? size : 0)
            case .shift: usual + noise + size
            case .dropOut: after < 6 ? (usual + noise) * (1 - size) : usual + noise
            case .flat: Double(after) < size ? held : usual + noise
            case .trend: usual + noise + size * Double(after) / 288
            case .frequency: usual + 2.0.squareRoot() * sin(2 * Double.pi * Double(after) / size)
            }
        }
    }

    static func run(seed: UInt64, rounds: Int) {
        let thresholds = Base.allCases.map { Self.thresholds($0, seed: seed) }
        print(
            "\(3 * rounds) series a row, a third each white, autoregressive, seasonal; seed \(seed)"
        )
        print("| anomaly | size |" + names.map { " \($0) |" }.joined())
        print("|---|---|" + names.map { _ in "---:|" }.joined())
        for kind in Injected.allCases {
            for (size, text) in kind.sizes {
                let delays = Lock([[Int]](repeating: [], count: names.count))
                DispatchQueue.concurrentPerform(iterations: 3 * rounds) { index in
                    guard let base = Base(rawValue: index % 3) else { return }
                    let found = trial(
                        kind, size, base, thresholds[base.rawValue],
                        seed: seed &* 7919 &+ UInt64(index))
                    delays.withLock { all in
                        for (place, delay) in found.enumerated() {
                            if let delay { all[place].append(delay) }
                        }
                    }
                }
                let cells = delays.withLock { $0 }.map { found -> String in
                    if found.isEmpty { return " 0 % |" }
                    let median = found.sorted()[found.count / 2] * 5
                    return " \(100 * found.count / (3 * rounds)) %, \(median) min |"
                }
                print("| \(kind.rawValue) | \(text) |" + cells.joined())
            }
        }
    }

    /// The statistic that one half day in 140 passes.
    private static func thresholds(_ base: Base, seed: UInt64) -> [Double] {
        let maxima = Lock([[Double]](repeating: [], count: names.count))
        DispatchQueue.concurrentPerform(iterations: 40) { index in
            var source = Source(
                base: base,
                generator: Generator(seed: seed &* 31 &+ UInt64(index + 1000 * base.rawValue)))
            var rivals = detectors()
            var blocks = [[Double]](repeating: [], count: names.count)
            for index in 0..<(learning + 28 * 144) {
                let (usual, noise) = source.next(index)
                let time = start + Millis(index) * step
                for place in rivals.indices {
                    let found = rivals[place].statistic(time, usual + noise)
                    if index < learning { continue }
                    if (index - learning) % 144 == 0 { blocks[place].append(0) }
                    let last = blocks[place].count - 1
                    blocks[place][last] = max(blocks[place][last], found)
                }
            }
            maxima.withLock { all in
                for place in blocks.indices { all[place] += blocks[place] }
            }
        }
        return maxima.withLock { $0 }.map { found in
            found.sorted()[found.count - 1 - found.count / 140]
        }
    }

    /// The delay of each detector in observations; nil when it found nothing within a day.
    private static func trial(
        _ kind: Injected, _ size: Double, _ base: Base, _ thresholds: [Double], seed: UInt64
    ) -> [Int?] {
        var generator = Generator(seed: seed)
        let onset = learning + generator.below(288)
        var source = Source(base: base, generator: generator)
        var rivals = detectors()
        var delays = [Int?](repeating: nil, count: names.count)
        var held = 0.0
        for index in 0..<(onset + 288) {
            let (usual, noise) = source.next(index)
            var value = usual + noise
            if index < onset {
                held = value
            } else {
                value = kind.value(usual, noise, index - onset, size, held: held)
            }
            for place in rivals.indices {
                let found = rivals[place].statistic(start + Millis(index) * step, value)
                if index >= onset && delays[place] == nil && found > thresholds[place] {
                    delays[place] = index - onset
                }
            }
        }
        return delays
    }
}
