// What a trial says about what is still to come, against simulation.

import Algebra
import Foundation
import Testing

@testable import Rehearse

@Suite struct OutlookTests {
    @Test func `the loss that is said to be visible would have been seen`() throws {
        var generator = Generator(seed: 41)
        let rule = MetricRule()
        var seen = MetricTest(.accuracy, rule: rule)
        func draw(_ extra: Double, _ generator: inout Generator) -> Reading {
            let chance = generator.uniform()
            let gain = chance < 0.03 ? -1.0 : chance < 0.06 ? 1.0 : 0.0
            let isLost = generator.uniform() < extra
            return Reading(.accuracy, primary: 1, candidate: 1, gain: isLost ? -1 : gain)
        }
        for _ in 0..<400 { seen.add(draw(0, &generator)) }
        let bar = log(160.0)
        let visible = try #require(seen.visibleGain(logBar: bar))
        #expect(visible < seen.threshold)
        var found = 0
        for _ in 0..<60 {
            var bet = Bet(reach: 1 + seen.threshold * -1, isPatient: true)
            var isFound = false
            for _ in 0..<400 where !isFound {
                bet.add(seen.threshold - draw(-visible, &generator).gain)
                isFound = bet.logEvidence >= bar
            }
            if isFound { found += 1 }
        }
        #expect(found >= 50, "seed 41: \(found) of 60")
    }

    @Test func `the number of pairs still needed is about right`() throws {
        var test = MetricTest(.accuracy, rule: MetricRule())
        for _ in 0..<100 { test.add(.difference(.accuracy, primary: 1, candidate: 1)) }
        let needed = try #require(test.pairsNeeded(logBar: log(160), logSafeBar: log(20)))
        var more = 0
        while test.safe.logEvidence < log(20) {
            test.add(.difference(.accuracy, primary: 1, candidate: 1))
            more += 1
        }
        #expect(abs(more - needed) < 60, "\(needed) said, \(more) needed")
    }

    @Test func `where the loss is just the margin nothing is foreseen`() {
        var test = MetricTest(.accuracy, rule: MetricRule(margin: 0.1))
        for index in 0..<1000 {
            test.add(.difference(.accuracy, primary: 1, candidate: index % 10 == 0 ? 0 : 1))
        }
        let needed = test.pairsNeeded(logBar: log(160), logSafeBar: log(20))
        #expect(needed == nil || needed ?? 0 > 10_000)
    }
}
