// The faults of other tools that `reference/models.md` §5 measured, 1 to 4 and 6 to 9, each as a test of
// what Martlet does instead. Seeds are fixed; rates are binomial, their bounds stand beside them.

import Algebra
import Foundation
import Testing

@testable import Reason

@Suite struct FaultTests {
    private func share(_ count: Int, _ rounds: Int) -> Double { Double(count) / Double(rounds) }

    @Test(arguments: [(3, 500), (10, 500), (20, 1000)])
    func `fault 1: the chi-square test takes both samples as samples`(categories: Int, rows: Int) {
        var generator = Generator(seed: 101)
        let rounds = 400
        var alarms = 0
        for _ in 0..<rounds {
            var a = [Int](repeating: 0, count: categories)
            var b = a
            for _ in 0..<rows {
                a[generator.below(categories)] += 1
                b[generator.below(categories)] += 1
            }
            let drift = compareCounts(
                categories: (0..<categories).map { "\($0)" }, reference: a, current: b)
            if (drift?.probability.value ?? 1) < 0.05 { alarms += 1 }
        }
        // 5 % of 400 is 20 ± 4.4; the one-sample test has 88 to 280.
        #expect(share(alarms, rounds) < 0.09, "seed 101: \(alarms) of \(rounds)")
        #expect(share(alarms, rounds) > 0.015, "seed 101: \(alarms) of \(rounds)")
    }

    @Test func `fault 1: a category that the reference lacks does not make p zero`() {
        let drift = compareCounts(categories: ["a", "b"], reference: [500, 0], current: [499, 1])
        #expect((drift?.probability.value ?? 0) > 0.3)
    }

    @Test func `fault 2: thresholds of effects know the sample size`() throws {
        var generator = Generator(seed: 102)
        let rounds = 200
        var fixed = [0, 0, 0]
        var sized = [0, 0, 0]
        for _ in 0..<rounds {
            let a = (0..<100).map { _ in generator.normal() }
            let b = (0..<100).map { _ in generator.normal() }
            let drift = try #require(compareNumbers(reference: a, current: b))
            let effects = [drift.stability, drift.jensenShannon, drift.wassersteinRelative]
            for (index, effect) in effects.enumerated() {
                if effect.value > 0.1 { fixed[index] += 1 }
                if effect.value > effect.threshold { sized[index] += 1 }
            }
        }
        for index in 0..<3 {
            // The threshold 0.1 alarms in most drift-free cases, ours in 10 ± 3 of 200.
            #expect(fixed[index] > 90, "seed 102: \(fixed)")
            #expect(sized[index] <= 20, "seed 102: \(sized)")
        }
        // A shift of 0.09 sd at 10,000 rows, which the fixed thresholds of PSI and JS never see.
        let still = (0..<10_000).map { _ in generator.normal() }
        let moved = (0..<10_000).map { _ in generator.normal() + 0.09 }
        let small = try #require(compareNumbers(reference: still, current: moved))
        #expect(small.stability.value < 0.1 && small.probability.value < 1e-4)
        // A shift of 0.15 sd at 10,000 rows: below 0.1, above the threshold.
        let a = (0..<10_000).map { _ in generator.normal() }
        let b = (0..<10_000).map { _ in generator.normal() + 0.15 }
        let drift = try #require(compareNumbers(reference: a, current: b))
        #expect(drift.stability.value < 0.1 && drift.stability.value > drift.stability.threshold)
        #expect(drift.jensenShannon.value > drift.jensenShannon.threshold)
        #expect(drift.wassersteinRelative.value > drift.wassersteinRelative.threshold)
    }

    @Test func `fault 3: one huge outlier does not blunt Kolmogorov-Smirnov`() throws {
        var generator = Generator(seed: 103)
        var a = (0..<12_000).map { _ in generator.normal() }
        let b = (0..<12_000).map { _ in generator.normal() + 1 }
        a[0] = 1e9
        let drift = try #require(compareNumbers(reference: a, current: b))
        #expect(abs(drift.kolmogorov - 0.383) < 0.02)
        #expect(drift.probability.log < -500)
    }

    @Test func `a hundred thousand rows of two values are judged without the exact walk`() throws {
        // Inside a run of equal values the walk's band grows: an exact walk would visit 10¹⁰ cells.
        func column(_ ones: Int) -> [Double] {
            Array(repeating: 0, count: 100_000 - ones) + Array(repeating: 1, count: ones)
        }
        let pair = try #require(
            SortedPair(sortedReference: column(50_000), sortedCurrent: column(50_001)))
        let (probability, method) = pair.kolmogorovTail()
        #expect(method == .tiedBridge && probability.value > 0.9)
    }

    @Test func `fault 4: a reference of chunks does not raise the false alarms`() throws {
        // Ten reference chunks of 100 rows against fresh chunks, judged by p-value, not by mean ± 3 std.
        var generator = Generator(seed: 104)
        let reference = (0..<1000).map { _ in generator.normal() }
        var alarms = 0
        for _ in 0..<300 {
            let chunk = (0..<100).map { _ in generator.normal() }
            let drift = try #require(compareNumbers(reference: reference, current: chunk))
            // Three sigma is 0.0027.
            if drift.probability.value < 0.0027 { alarms += 1 }
        }
        #expect(alarms <= 4, "seed 104: \(alarms) of 300")
    }

    @Test func `fault 6: a permutation p-value is never zero`() {
        var generator = Generator(seed: 106)
        func cloud(_ shift: Double) -> Matrix {
            Matrix(
                rows: 60, columns: 3, values: (0..<180).map { _ in generator.normal() + shift })
        }
        let far = kernelTest(reference: cloud(0), current: cloud(5), permutations: 99)
        #expect(abs(far.probability.value - 0.01) < 1e-12)
        let sparse = compareCounts(
            categories: (0..<30).map { "\($0)" },
            reference: (0..<30).map { $0 < 15 ? 3 : 0 }, current: (0..<30).map { $0 < 15 ? 0 : 3 })
        #expect(
            sparse?.isPermuted == true && abs((sparse?.probability.value ?? 0) - 1.0 / 2000) < 1e-9)
    }

    @Test func `fault 7: shifts in both directions are seen alike`() throws {
        var generator = Generator(seed: 107)
        let a = (0..<500).map { _ in generator.normal() }
        let b = (0..<500).map { _ in generator.normal() }
        let up = try #require(compareNumbers(reference: a, current: b.map { $0 + 0.5 }))
        let down = try #require(
            compareNumbers(reference: a.map { -$0 }, current: b.map { -$0 - 0.5 }))
        #expect(up.probability.value < 1e-6)
        #expect(abs(up.probability.log - down.probability.log) < 1e-6)
        #expect(up.kolmogorovSign == 1 && down.kolmogorovSign == -1)
        #expect(
            abs(
                mannWhitney(a, b.map { $0 + 0.5 }).logTail
                    - mannWhitney(b.map { $0 + 0.5 }, a).logTail) < 1e-9)
    }

    @Test func `fault 7: counts of different totals are compared as shares`() throws {
        // The G test on raw counts would cry drift because one sample is ten times the other.
        let drift = try #require(
            compareCounts(categories: ["a", "b"], reference: [5000, 5000], current: [500, 500]))
        #expect(drift.gTest == 0 && drift.gTestProbability.value == 1)
    }

    @Test func `fault 8: the estimated area does not depend on the order of tied scores`() {
        var generator = Generator(seed: 108)
        var scores = (0..<400).map { _ in (generator.uniform() * 10).rounded() / 10 }
        let labels = scores.map { generator.uniform() < $0 ? 1.0 : 0 }
        let estimator = ConfidenceEstimator(labels: labels, scores: scores, calibrates: false)
        let first = estimator.estimate(scores)
        generator.shuffle(&scores)
        let second = estimator.estimate(scores)
        #expect(abs(first.receiverArea.value - second.receiverArea.value) < 1e-12)
        #expect(abs(first.averagePrecision - second.averagePrecision) < 1e-12)
    }

    @Test func `fault 9: fifty columns in one look rarely cry wolf`() {
        var generator = Generator(seed: 109)
        var looksWithAlarm = 0
        var uncorrected = 0
        for _ in 0..<40 {
            let p = (0..<50).map { _ in generator.uniform() }
            if p.contains(where: { $0 <= 0.05 }) { uncorrected += 1 }
            if Correction.benjaminiHochberg(p).contains(where: { $0 <= 0.05 }) {
                looksWithAlarm += 1
            }
        }
        // Uncorrected, 92 % of looks would alarm; corrected 5 %: 2 ± 1.4 of 40.
        #expect(looksWithAlarm <= 7, "seed 109: \(looksWithAlarm) of 40")
        #expect(uncorrected >= 30, "seed 109: the fault itself shows in \(uncorrected) of 40")
    }

    @Test func `fault 9: thirty drift-free days of one column rarely cry wolf`() {
        var generator = Generator(seed: 112)
        let columns = 300
        var watched = 0
        var daily = 0
        for _ in 0..<columns {
            var watch = SequentialWatch()
            var isBelow = false
            for _ in 0..<30 {
                let p = max(generator.uniform(), 1e-300)
                if p <= 0.05 { isBelow = true }
                _ = watch.look(Probability(p))
            }
            if watch.alarmedAt != nil { watched += 1 }
            if isBelow { daily += 1 }
        }
        #expect(share(watched, columns) <= 0.05, "seed 112: \(watched) of \(columns)")
        #expect(share(daily, columns) > 0.7, "seed 112: the fault itself shows in \(daily)")
    }

    @Test func `fault 9: over a thousand drift-free looks at most 5 % of columns ever alarm`() {
        var generator = Generator(seed: 110)
        let columns = 400
        var ever = 0
        for _ in 0..<columns {
            var watch = SequentialWatch(level: 0.05)
            for _ in 0..<1000 { _ = watch.look(Probability(max(generator.uniform(), 1e-300))) }
            if watch.alarmedAt != nil { ever += 1 }
        }
        #expect(share(ever, columns) <= 0.05, "seed 110: \(ever) of \(columns)")
    }

    @Test func `a watched column that shifts by half a deviation is found within few looks`() throws
    {
        var generator = Generator(seed: 111)
        let reference = (0..<20_000).map { _ in generator.normal() }
        var delays: [Double] = []
        for _ in 0..<15 {
            var watch = SequentialWatch()
            for look in 0..<60 {
                let shift = look < 20 ? 0 : 0.5
                let rows = (0..<50).map { _ in generator.normal() + shift }
                let drift = try #require(compareNumbers(reference: reference, current: rows))
                if watch.look(distance: drift.kolmogorov, rows: 50, referenceRows: 20_000) {
                    delays.append(Double(look - 20 + 1) * 50)
                    break
                }
            }
        }
        // ADWIN's median is 111 points; looks of 50 rows see the shift in two to five of them.
        #expect(delays.count == 15 && quantile(delays.sorted(), 0.5) <= 250, "seed 111: \(delays)")
    }
}
