// The tests behind a verdict, held against reference values to their printed digits (mSPRT, McNemar
// and its e-process) and against simulation from a printed seed (bets).

import Algebra
import Foundation
import Testing

@testable import Rehearse

/// Equal in the six digits that the reference prints.
private func matches(_ value: Double, _ reference: Double) -> Bool {
    abs(value - reference) <= 5.1e-6 * max(abs(reference), 1e-300)
}

@Suite struct EvidenceTests {
    struct Mixture: Sendable {
        var n, mean, variance, spread, ratio, p, radius: Double
    }

    @Test(arguments: [
        Mixture(
            n: 100, mean: 0.3, variance: 1, spread: 0.05, ratio: 17.3592, p: 0.0576065,
            radius: 0.305612),
        Mixture(
            n: 50, mean: 0, variance: 1, spread: 0.1, ratio: 0.408248, p: 1, radius: 0.432201),
    ])
    func `the mixture test gives the reference's ratio, p and radius`(_ row: Mixture) {
        let test = NormalMixture(
            count: row.n, mean: row.mean, variance: row.variance, spread: row.spread)
        #expect(matches(exp(test.logRatio()), row.ratio))
        #expect(matches(test.probability(), row.p))
        #expect(matches(test.radius(), row.radius))
    }

    @Test(arguments: [
        Mixture(
            n: 899, mean: -0.021135, variance: 0.036260, spread: 0.0025, ratio: 29.3137,
            p: 0.0341137, radius: 0.020380),
        Mixture(
            n: 899, mean: 0.017798, variance: 0.019706, spread: 0.0025, ratio: 120.314,
            p: 0.00831161, radius: 0.015408),
    ])
    func `on the digits the mixture test gives the reference's values`(_ row: Mixture) {
        let test = NormalMixture(
            count: row.n, mean: row.mean, variance: row.variance, spread: row.spread)
        #expect(matches(exp(test.logRatio()), row.ratio))
        #expect(matches(test.probability(), row.p))
        #expect(abs(test.radius() - row.radius) < 5e-7)
    }

    struct Cell: Sendable {
        var b, c: Int
        var chi, corrected, exact, midP, even, half: Double
    }

    @Test(arguments: [
        Cell(
            b: 26, c: 7, chi: 10.9394, corrected: 9.8182, exact: 0.00131873, midP: 0.000821395,
            even: 59.1391, half: 46.3801),
        Cell(
            b: 1, c: 17, chi: 14.2222, corrected: 12.5, exact: 0.000144958, midP: 7.62939e-05,
            even: 766.503, half: 989.111),
        Cell(
            b: 83, c: 6, chi: 66.618, corrected: 64.8989, exact: 2.02005e-18, midP: 1.08122e-18,
            even: 1.18351e16, half: 1.48579e16),
        Cell(
            b: 5, c: 3, chi: 0.5, corrected: 0.125, exact: 0.726562, midP: 0.507812,
            even: 0.507937, half: 0.351563),
    ])
    func `discordant pairs give the reference's values`(_ row: Cell) {
        let pairs = Discordance(row.b, row.c)
        #expect(matches(pairs.chiSquare(), row.chi))
        #expect(matches(pairs.chiSquare(isCorrected: true), row.corrected))
        #expect(matches(pairs.exact, row.exact))
        #expect(matches(pairs.midP, row.midP))
        #expect(matches(exp(pairs.logEvidence()), row.even))
        #expect(matches(exp(pairs.logEvidence(prior: 0.5)), row.half))
    }

    @Test func `without discordant pairs there is no evidence at all`() {
        let none = Discordance()
        #expect(none.exact == 1 && none.midP == 1 && none.chiSquare() == 0)
        #expect(none.logEvidence() == 0)
    }

    @Test func `e-BH answers no question that has less evidence than m over alpha k`() {
        #expect(
            discoveries([log(99), 0, 0, 0, 0].map { $0 }, level: 0.05)
                == .init(
                    repeating: false, count: 5))
        #expect(discoveries([log(101), 0, 0, 0, 0], level: 0.05)[0])
        // Two with 50 each: m/(2α) is 50 for five questions.
        #expect(
            discoveries([log(51), log(51), 0, 0, 0], level: 0.05)
                == [true, true, false, false, false])
        #expect(!discoveries([log(101)], level: 0.05, questionsMin: 10)[0])
    }

    @Test func `a bet does not win when the mean is at the threshold, however it is looked at`() {
        var generator = Generator(seed: 20261126)
        var wins = 0
        let runs = 400
        for _ in 0..<runs {
            var bet = Bet(reach: 0.99, isPatient: true)
            var hasWon = false
            for _ in 0..<500 where !hasWon {
                let draw = generator.uniform()
                // Mean −0.01: the threshold itself.
                let gain = draw < 0.06 ? -1.0 : draw < 0.11 ? 1.0 : 0.0
                bet.add(gain + 0.01)
                hasWon = bet.logEvidence >= log(20)
            }
            if hasWon { wins += 1 }
        }
        #expect(Double(wins) <= 0.05 * Double(runs), "seed 20261126: \(wins) of \(runs)")
    }

    @Test func `a patient bet finds harm that begins after a long quiet time`() {
        var generator = Generator(seed: 7)
        var bet = Bet(reach: 1.01, isPatient: true)
        for _ in 0..<10_000 { bet.add(-0.01) }
        var late = 0
        while bet.logEvidence < log(20) && late < 2_000 {
            bet.add((generator.uniform() < 0.3 ? 1.0 : 0.0) - 0.01)
            late += 1
        }
        #expect(late < 200, "seed 7: \(late) pairs")
    }

    @Test func `capital survives a hundred thousand wins and losses`() {
        var winner = Bet(reach: 1, isPatient: true)
        var loser = Bet(reach: 1, isPatient: true)
        for _ in 0..<100_000 {
            winner.add(1)
            loser.add(-1)
        }
        #expect(winner.logEvidence.isFinite && winner.logEvidence > 10_000)
        #expect(loser.logEvidence.isFinite && loser.logEvidence < 0)
    }

    @Test func `an interval of labels holds the mean and shrinks`() {
        var few = Tally(low: -1, high: 1, steps: 200)
        var many = few
        for index in 0..<2_000 {
            let gain = index % 20 == 0 ? -1.0 : 0.0
            if index < 200 { few.add(gain) }
            many.add(gain)
        }
        let wide = few.interval(level: 0.05)
        let narrow = many.interval(level: 0.05)
        #expect(wide.contains(-0.05) && narrow.contains(-0.05))
        #expect(narrow.upperBound - narrow.lowerBound < 0.5 * (wide.upperBound - wide.lowerBound))
        #expect(narrow.upperBound < 0)
    }
}
