// How soon a slower candidate is noticed: Martlet looked at after every pair, a t test of one look at
// the end, and Kayenta's rule on minutes of 200 requests (Mann–Whitney at 98 %, a quarter of the
// Hodges–Lehmann shift as tolerance). The effects and sizes are those of the reference's table.

import Algebra
import Basics
import Foundation
import Rehearse

extension RehearseSimulation {
    private static let perMinute = 200
    private static let spread = 0.6

    static func power(isQuick: Bool) {
        let runs = isQuick ? 20 : 500
        let columns = [
            "minutes of \(perMinute) requests", "slower by",
            "Martlet, a look after each pair", "the same, ρ 0.8 between the sides",
            "t test, one look", "Kayenta", "Martlet rejects (beyond 10 %, ρ 0.8)",
        ]
        print("| " + columns.joined(separator: " | ") + " |")
        print("|---:|---:|---:|---:|---:|---:|---:|")
        for minutes in [10, 30, 60] {
            for effect in [0.0, 0.02, 0.05, 0.1, 0.2] {
                print(row(minutes, effect, runs))
            }
        }
        print("\n\(runs) runs each, log-normal latencies with σ \(spread); seed \(seed).")
    }

    private static func row(_ minutes: Int, _ effect: Double, _ runs: Int) -> String {
        var generator = Generator(seed: seed)
        var counts = [0, 0, 0, 0, 0]
        let pairs = minutes * perMinute
        for _ in 0..<runs {
            var (free, alike) = (Bet(reach: Metric.ratioMax), Bet(reach: Metric.ratioMax))
            var trial = Trial(figuresOnly)
            var hits = [false, false, false, false, false]
            var ratios: [Double] = []
            var (control, canary): ([Double], [Double]) = ([], [])
            var (controlSum, canarySum) = (0.0, 0.0)
            for index in 0..<pairs {
                let a = spread * generator.normal()
                let b = spread * generator.normal() + log(1 + effect)
                // The same request costs both sides alike: correlation 0.8.
                let c = 0.8 * a + 0.6 * spread * generator.normal() + log(1 + effect)
                let gain = min(max(a - b, -Metric.ratioMax), Metric.ratioMax)
                free.add(-gain)
                alike.add(-min(max(a - c, -Metric.ratioMax), Metric.ratioMax))
                // Two-sided at 5 %, as the others are: half of it for slower.
                if free.logEvidence >= log(40) { hits[0] = true }
                if alike.logEvidence >= log(40) { hits[1] = true }
                ratios.append(b - a)
                var outcome = PairOutcome(id: "", time: Millis(index))
                outcome.readings = [
                    Reading.ratio(.latency, primary: exp(a), candidate: exp(c))
                ].compactMap(\.self)
                trial.add(outcome)
                controlSum += exp(a)
                canarySum += exp(b)
                if (index + 1) % perMinute == 0 {
                    control.append(controlSum / Double(perMinute))
                    canary.append(canarySum / Double(perMinute))
                    (controlSum, canarySum) = (0, 0)
                }
            }
            hits[2] = tTest(ratios)
            hits[3] = kayentaFlags(control: control, canary: canary)
            hits[4] = trial.failure != nil
            for index in hits.indices where hits[index] { counts[index] += 1 }
        }
        let shares = counts.map { String(format: "%.1f %%", 100 * Double($0) / Double(runs)) }
        return "| \(minutes) | \(Int(100 * effect)) % | \(shares.joined(separator: " | ")) |"
    }

    /// Two-sided at 5 %.
    private static func tTest(_ values: [Double]) -> Bool {
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
        let t = mean / (variance / count).squareRoot()
        return mean > 0 && StudentT.logTwoSided(t, degrees: count - 1) < log(0.05)
    }

    /// Kayenta's High or Low: the 98 % interval of the shift lies beyond a quarter of its estimate.
    private static func kayentaFlags(control: [Double], canary: [Double]) -> Bool {
        var shifts: [Double] = []
        for x in canary { for y in control { shifts.append(x - y) } }
        shifts.sort()
        let (m, n) = (Double(canary.count), Double(control.count))
        let estimate = 0.5 * (shifts[(shifts.count - 1) / 2] + shifts[shifts.count / 2])
        let deviation = (m * n * (m + n + 1) / 12).squareRoot()
        let place = max(Int((m * n / 2 - Normal.quantile(0.99) * deviation).rounded(.down)), 0)
        let (low, high) = (shifts[place], shifts[shifts.count - 1 - place])
        return low > 0.25 * abs(estimate) || high < -0.25 * abs(estimate)
    }
}
