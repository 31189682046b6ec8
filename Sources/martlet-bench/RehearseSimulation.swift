// How often the verdict of a rehearsal is wrong, and how soon it is right, by simulation:
//
//     martlet-bench rehearse-null      1,000 runs of 10,000 pairs, looked at after every pair
//     martlet-bench rehearse-power     beside one look of a t test and beside Kayenta's rule
//
// `--quick` runs a hundredth. Every table names its seed.

import Algebra
import Basics
import Foundation
import Rehearse

/// One pair of a simulated service.
typealias PairDraw = (inout Generator) -> Reading?

enum RehearseSimulation {
    static let seed: UInt64 = 20_261_126

    /// Simulated latencies have no answers.
    static var figuresOnly: Policy {
        var policy = Policy()
        policy.needsAnswers = false
        return policy
    }

    /// A scenario in which one of the verdicts is wrong.
    struct Scenario {
        var name: String
        var wrong: Verdict
        var draw: PairDraw
    }

    static func null(isQuick: Bool) {
        let (runs, pairs) = isQuick ? (50, 2_000) : (1_000, 10_000)
        print(
            "| equal models, or a loss of just the margin | wrong verdict | runs that ever had it |"
        )
        print("|---|---|---:|")
        for scenario in scenarios() {
            var generator = Generator(seed: seed)
            var wrong = 0
            for _ in 0..<runs {
                if isEver(scenario, pairs, &generator) { wrong += 1 }
            }
            let share = String(format: "%.1f %%", 100 * Double(wrong) / Double(runs))
            print(
                "| \(scenario.name) | \(scenario.wrong.rawValue) | \(wrong) of \(runs) (\(share)) |"
            )
        }
        print("\nLooked at after each of \(pairs) pairs, four slices; seed \(seed).")
    }

    private static func isEver(
        _ scenario: Scenario, _ pairs: Int, _ generator: inout Generator
    ) -> Bool {
        var trial = Trial(figuresOnly)
        for index in 0..<pairs {
            var outcome = PairOutcome(
                id: "", time: Millis(index), slices: [Slice("part", String(index & 3))])
            if let reading = scenario.draw(&generator) { outcome.readings = [reading] }
            trial.add(outcome)
            if scenario.wrong == .reject {
                if trial.failure != nil { return true }
            } else if trial.verdict == scenario.wrong {
                return true
            }
        }
        return false
    }

    private static func scenarios() -> [Scenario] {
        var all: [Scenario] = []
        for error in [0.01, 0.05, 0.1, 0.2, 0.35, 0.5] {
            all.append(
                Scenario(name: "labels, \(Int(100 * error)) % errors", wrong: .reject) {
                    generator in
                    .difference(
                        .accuracy, primary: generator.uniform() < error ? 0 : 1,
                        candidate: generator.uniform() < error ? 0 : 1)
                })
        }
        all.append(
            Scenario(name: "latencies, log-normal σ 0.6", wrong: .reject) {
                .ratio(.latency, primary: normal(&$0, 0.6), candidate: normal(&$0, 0.6))
            })
        all.append(
            Scenario(name: "latencies, bimodal 0.1 and 1 s", wrong: .reject) {
                .ratio(.latency, primary: bimodal(&$0), candidate: bimodal(&$0))
            })
        all.append(
            Scenario(name: "text similarity beside a second copy", wrong: .reject) {
                .difference(.feedback, primary: score(&$0, 0.7), candidate: score(&$0, 0.7))
            })
        for error in [0.05, 0.2] {
            all.append(
                Scenario(name: "labels, 1 point worse than \(Int(100 * error)) %", wrong: .promote)
                {
                    let half = error / 2
                    let draw = $0.uniform()
                    return .difference(
                        .accuracy, primary: draw < half ? 0 : 1,
                        candidate: draw >= half && draw < 2 * half + 0.01 ? 0 : 1)
                })
        }
        all.append(
            Scenario(name: "latencies, log-normal, 10 % slower", wrong: .promote) {
                .ratio(.latency, primary: normal(&$0, 0.2), candidate: 1.1 * normal(&$0, 0.2))
            })
        all.append(
            Scenario(name: "cosine of texts, mean at the floor of 0.98", wrong: .promote) {
                // Nine of ten at 0.99, one at 0.89: the mean is 0.98.
                .nearness(.cosine, $0.uniform() < 0.9 ? 0.99 : 0.89)
            })
        return all
    }

    private static func normal(_ generator: inout Generator, _ spread: Double) -> Double {
        exp(spread * generator.normal())
    }

    private static func bimodal(_ generator: inout Generator) -> Double {
        (generator.uniform() < 0.2 ? 1 : 0.1) * exp(0.2 * generator.normal())
    }

    /// A score in 0…1 about a mean.
    private static func score(_ generator: inout Generator, _ mean: Double) -> Double {
        min(max(mean + 0.2 * generator.normal(), 0), 1)
    }
}
