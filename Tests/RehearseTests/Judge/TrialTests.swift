// What a trial says about real models and about itself: the digits' oracle, sticky failures, states
// that are written and read, no data.

import Basics
import Foundation
import Rehearse
import Testing

@Suite struct TrialTests {
    private func trial(_ candidate: String, upTo count: Int = 899) throws -> (Trial, [Int]) {
        let digits = try Digits()
        var trial = Trial()
        var failedAt: [Int] = []
        for index in 0..<count {
            trial.add(digits.outcome(index, candidate: candidate))
            if trial.failure != nil && failedAt.isEmpty { failedAt.append(index + 1) }
        }
        return (trial, failedAt)
    }

    @Test func `digits v2 is rejected for the digit 8`() throws {
        let (trial, failedAt) = try trial("v2")
        let standing = trial.standing()
        #expect(standing.verdict == .reject)
        #expect(standing.failure?.slice == Slice("label", "8"))
        #expect(standing.reasons.first?.key == "rehearse.reason.slice_failed")
        #expect(try #require(failedAt.first) < 899)
        let overall = try #require(
            standing.metrics.first { $0.metric == .accuracy && $0.slice == nil })
        #expect(overall.primaryAlone == 26 && overall.candidateAlone == 7)
        #expect(abs(try #require(overall.primary) - 0.9633) < 5e-5)
        #expect(abs(try #require(overall.candidate) - 0.9422) < 5e-5)
    }

    @Test func `digits v2 is never promoted, whenever one looks`() throws {
        let digits = try Digits()
        var trial = Trial()
        for index in 0..<899 {
            trial.add(digits.outcome(index, candidate: "v2"))
            if index % 10 == 9 { #expect(trial.standing().verdict != .promote) }
        }
    }

    @Test func `digits v3 is promoted within 899 requests`() throws {
        let (trial, failedAt) = try trial("v3")
        let standing = trial.standing()
        #expect(failedAt.isEmpty)
        #expect(standing.verdict == .promote)
        #expect(standing.reasons.first?.key == "rehearse.reason.better")
        let overall = try #require(
            standing.metrics.first { $0.metric == .accuracy && $0.slice == nil })
        #expect(overall.primaryAlone == 1 && overall.candidateAlone == 17)
    }

    @Test func `digits v1 against itself shows no difference`() throws {
        let standing = try trial("v1").0.standing()
        #expect(standing.verdict == .promote)
        #expect(standing.reasons.map(\.key) == ["rehearse.reason.no_difference"])
    }

    @Test func `evidence for the digits reaches twenty where the reference says`() throws {
        let digits = try Digits()
        var at: [String: Int] = [:]
        for candidate in ["v2", "v3"] {
            var (b, c) = (0, 0)
            for (index, row) in digits.rows.enumerated() where at[candidate] == nil {
                let primary = row.said["v1"] == row.label
                let other = row.said[candidate] == row.label
                if primary && !other { b += 1 }
                if other && !primary { c += 1 }
                if Discordance(b, c).logEvidence() >= log(20) { at[candidate] = index + 1 }
            }
        }
        #expect(at == ["v2": 866, "v3": 327])
        #expect(exp(Discordance(23, 0).logEvidence()).rounded() == 349_525)
    }

    @Test func `no data is not a pass`() {
        let standing = Trial().standing()
        #expect(standing.verdict == .notEnoughData)
        #expect(standing.reasons.map(\.key) == ["rehearse.reason.too_few"])
    }

    @Test func `few pairs say how many more are needed`() throws {
        let standing = try trial("v3", upTo: 120).0.standing()
        #expect(standing.verdict == .hold)
        let needed = try #require(standing.pairsNeeded)
        #expect(needed > 20 && needed < 2_000)
    }

    @Test func `a promotion waits for the least time`() throws {
        let digits = try Digits()
        var policy = Policy()
        policy.durationMin = 3_600_000
        var trial = Trial(policy)
        for index in 0..<899 { trial.add(digits.outcome(index, candidate: "v3")) }
        let standing = trial.standing()
        #expect(standing.verdict == .hold)
        #expect(standing.reasons.map(\.key) == ["rehearse.reason.too_young"])
    }

    @Test func `a failure stays until a person overrides it, with a reason`() throws {
        let digits = try Digits()
        var (trial, _) = try trial("v2")
        for index in 0..<800 { trial.add(digits.outcome(index, candidate: "v1")) }
        #expect(trial.standing().verdict == .reject)
        let isTakenWithout = trial.override(person: "p1", reason: "  ", time: 1)
        #expect(!isTakenWithout)
        let isTaken = trial.override(person: "p1", reason: "8 is retired", time: 1)
        #expect(isTaken)
        #expect(trial.standing().verdict != .reject)
        #expect(trial.overrides.map(\.reason) == ["8 is retired"])
        for index in 0..<899 { trial.add(digits.outcome(index, candidate: "v2")) }
        #expect(trial.standing().verdict == .reject)
    }

    @Test func `a trial that is written and read goes on as if nothing had been`() throws {
        let digits = try Digits()
        var whole = Trial()
        var broken = Trial()
        for index in 0..<899 {
            let outcome = digits.outcome(index, candidate: "v2")
            whole.add(outcome)
            broken.add(outcome)
            if index % 300 == 299 {
                broken = try Trial(decoding: broken.encoded(), policy: Policy())
            }
        }
        let (a, b) = (whole.standing(), broken.standing())
        #expect(a.failure == b.failure && a.reasons == b.reasons && a.pairs == b.pairs)
        for (left, right) in zip(a.metrics, b.metrics) {
            #expect(left.logHarm == right.logHarm && left.logSafe == right.logSafe)
            #expect(left.interval == right.interval && left.gain == right.gain)
        }
    }

    @Test func `evidence under another margin is not taken over`() throws {
        let (trial, _) = try trial("v3")
        var policy = Policy()
        policy.rules[.accuracy] = MetricRule(margin: 0.002)
        let other = try Trial(decoding: trial.encoded(), policy: policy)
        #expect(other.standing().verdict != .promote)
        #expect(throws: TrialStateError.self) {
            try Trial(decoding: Array("{}".utf8), policy: policy)
        }
    }
}
