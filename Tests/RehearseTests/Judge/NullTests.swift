// How often a verdict is wrong, by simulation, looked at after every pair. A small part of what
// `martlet-bench rehearse-null` runs.

import Algebra
import Basics
import Foundation
import Rehearse
import Testing

@Suite struct NullTests {
    /// Runs of `pairs` pairs each; how many ever had one of the verdicts.
    private func ever(
        _ verdicts: Set<Verdict>, runs: Int, pairs: Int, seed: UInt64,
        _ draw: (inout Generator) -> [Reading?]
    ) -> Int {
        var generator = Generator(seed: seed)
        var wrong = 0
        for _ in 0..<runs {
            var trial = Trial()
            for index in 0..<pairs {
                var outcome = PairOutcome(id: "", time: Millis(index))
                outcome.slices = [Slice("part", String(index % 4))]
                outcome.readings = draw(&generator).compactMap(\.self)
                trial.add(outcome)
                if verdicts.contains(trial.verdict) {
                    wrong += 1
                    break
                }
            }
        }
        return wrong
    }

    @Test(arguments: [0.01, 0.2, 0.5])
    func `labels of equal models are not rejected`(_ error: Double) {
        let wrong = ever([.reject], runs: 25, pairs: 400, seed: 31) { generator in
            [
                .difference(
                    .accuracy, primary: generator.uniform() < error ? 0 : 1,
                    candidate: generator.uniform() < error ? 0 : 1)
            ]
        }
        #expect(wrong <= 2, "seed 31, error \(error): \(wrong) of 25")
    }

    @Test func `latencies of equal models are not rejected`() {
        let wrong = ever([.reject], runs: 25, pairs: 400, seed: 32) { generator in
            func draw() -> Double {
                let isSlow = generator.uniform() < 0.2
                return (isSlow ? 1 : 0.1) * exp(0.3 * generator.normal())
            }
            return [.ratio(.latency, primary: draw(), candidate: draw())]
        }
        #expect(wrong <= 2, "seed 32: \(wrong) of 25")
    }

    @Test func `a loss of the whole margin is not promoted`() {
        let wrong = ever([.promote], runs: 25, pairs: 600, seed: 33) { generator in
            let draw = generator.uniform()
            return [
                .difference(
                    .accuracy, primary: draw < 0.03 ? 0 : 1,
                    candidate: draw >= 0.03 && draw < 0.07 ? 0 : 1)
            ]
        }
        #expect(wrong <= 3, "seed 33: \(wrong) of 25")
    }
}
