// False alarms of the shipped defaults at level 0.05, simulated: the deciding test of numbers (with and
// without ties) and of categories, in few rounds with bounds that wide. `martlet-bench drift-null` prints
// the whole table, thousands of rounds a cell and up to 100,000 rows.

import Algebra
import Testing

@testable import Reason

@Suite struct LevelSimulationTests {
    private func check(_ alarms: Int, _ rounds: Int, _ what: String) {
        let share = Double(alarms) / Double(rounds)
        let slack = 2 * (0.05 * 0.95 / Double(rounds)).squareRoot()
        #expect(
            share >= 0.03 - slack && share <= 0.06 + slack, "\(what): \(alarms) of \(rounds)")
    }

    @Test(arguments: [50, 200, 1000], ["continuous", "5 values", "30 values"])
    func `numbers keep their level`(rows: Int, kind: String) throws {
        let rounds = 40_000 / rows.clamped(200, 400)
        var generator = Generator(seed: UInt64(rows))
        func draw() -> [Double] {
            (0..<rows).map { _ in
                switch kind {
                case "5 values": Double(generator.below(5))
                case "30 values": Double(generator.below(30))
                default: generator.normal()
                }
            }
        }
        var alarms = 0
        for _ in 0..<rounds {
            let drift = try #require(SortedPair(reference: draw(), current: draw()))
            if drift.kolmogorovTail().0.value <= 0.05 { alarms += 1 }
        }
        check(alarms, rounds, "numbers, \(kind), \(rows) rows, seed \(rows)")
    }

    @Test(arguments: [50, 1000], [2, 5, 20, 50])
    func `categories keep their level`(rows: Int, categories: Int) throws {
        let rounds = 200
        var generator = Generator(seed: UInt64(1000 * categories + rows))
        let names = (0..<categories).map { "\($0)" }
        var alarms = 0
        for round in 0..<rounds {
            var a = [Int](repeating: 0, count: categories)
            var b = a
            for _ in 0..<rows {
                a[generator.below(categories)] += 1
                b[generator.below(categories)] += 1
            }
            let drift = try #require(
                compareCounts(categories: names, reference: a, current: b, seed: UInt64(round)))
            if drift.probability.value <= 0.05 { alarms += 1 }
        }
        check(alarms, rounds, "categories, \(categories), \(rows) rows")
    }

    @Test(arguments: ["continuous", "5 values", "half zeros"])
    func `sized effects and Cramér-von Mises keep their level, with ties too`(kind: String) throws {
        let rounds = 200
        var generator = Generator(seed: 55)
        func draw() -> [Double] {
            (0..<80).map { _ in
                switch kind {
                case "5 values": Double(generator.below(5))
                case "half zeros": generator.uniform() < 0.5 ? 0 : abs(generator.normal())
                default: generator.normal()
                }
            }
        }
        var alarms = [0, 0, 0, 0]
        for _ in 0..<rounds {
            let drift = try #require(compareNumbers(reference: draw(), current: draw()))
            let found = [
                drift.stability.probability, drift.jensenShannon.probability,
                drift.wassersteinRelative.probability, drift.cramerVonMisesProbability,
            ]
            for (index, one) in found.enumerated() where one.value <= 0.05 { alarms[index] += 1 }
        }
        for (index, name) in ["PSI", "JS", "Wasserstein", "CvM"].enumerated() {
            check(alarms[index], rounds, "\(name), \(kind), 80 rows, seed 55")
        }
    }

    @Test func `watching a fixed reference keeps the level over many looks`() throws {
        var generator = Generator(seed: 77)
        let columns = 8
        let looks = 100
        var ever = 0
        for _ in 0..<columns {
            let reference = sortedAscending((0..<500).map { _ in generator.normal() })
            var watch = SequentialWatch()
            for _ in 0..<looks {
                let rows = sortedAscending((0..<50).map { _ in generator.normal() })
                let pair = try #require(SortedPair(sortedReference: reference, sortedCurrent: rows))
                _ = watch.look(distance: pair.merged.kolmogorov, rows: 50, referenceRows: 500)
            }
            if watch.alarmedAt != nil { ever += 1 }
        }
        #expect(Double(ever) <= 0.05 * Double(columns) + 0.5, "seed 77: \(ever) of \(columns)")
    }
}

extension Int {
    fileprivate func clamped(_ low: Int, _ high: Int) -> Int {
        Swift.min(Swift.max(self, low), high)
    }
}
