// Where the tools that a team would otherwise use go wrong, by name: Diffy's noise rule and Kayenta's
// judge (and what users of Spinnaker, Argo Rollouts and Flagger complained of).

import Algebra
import Basics
import Foundation
import Testing

@testable import Rehearse

/// Outcomes of a service whose answers differ at one path with given chances.
private func trial(
    pairs: Int, seed: UInt64, _ draw: (inout Generator) -> (candidate: Bool, second: Bool?)
) -> Trial {
    var generator = Generator(seed: seed)
    var trial = Trial()
    for index in 0..<pairs {
        let (candidate, second) = draw(&generator)
        var outcome = PairOutcome(id: "r\(index)", time: Millis(index))
        outcome.isCompared = true
        outcome.hasSecond = second != nil
        outcome.readings = [.difference(.errors, primary: 1, candidate: 1)]
        var path = PathReading("scores[*]")
        path.candidate = candidate ? .value : nil
        path.second = second == true ? .value : nil
        if candidate || second == true { outcome.paths = [path] }
        trial.add(outcome)
    }
    return trial
}

/// Rules for what has figures and no answers.
private var timesOnly: Policy {
    var policy = Policy()
    policy.needsAnswers = false
    return policy
}

/// A trial of latencies in seconds.
private func latencies(_ pairs: [(primary: Double, candidate: Double)]) -> Trial {
    var trial = Trial(timesOnly)
    for (index, pair) in pairs.enumerated() {
        var outcome = PairOutcome(id: "r\(index)", time: Millis(index))
        outcome.readings = [
            .difference(.errors, primary: 1, candidate: 1),
            Reading.ratio(.latency, primary: pair.primary, candidate: pair.candidate),
        ].compactMap(\.self)
        trial.add(outcome)
    }
    return trial
}

@Suite struct DiffyFaultTests {
    @Test func `three differences against one in a thousand are not called a difference`() {
        // raw 3, noise 1: |3 − 1|/4 is 50 % and 2/1000 is 0.2 %, so Diffy shows the field.
        var index = 0
        let standing = trial(pairs: 1000, seed: 1) { _ in
            index += 1
            return (index % 333 == 0, index == 500)
        }.standing()
        let path = standing.paths.first
        #expect(path?.differs == 3 && path?.secondDiffers == 1)
        #expect(path?.state == .noise)
        #expect(standing.verdict != .reject)
    }

    @Test func `a field that is noise in six of ten pairs is found when it is wrong in eight`() {
        // (0.8 − 0.6)/1.4 is 14 %, under Diffy's 20 %, so Diffy hides it.
        let standing = trial(pairs: 1000, seed: 2) { ($0.uniform() < 0.8, $0.uniform() < 0.6) }
            .standing()
        #expect(standing.paths.first?.state == .differs, "seed 2")
    }

    @Test func `a field that is noise stays noise when the candidate is as noisy`() {
        var wrong = 0
        for seed in 0..<40 {
            let standing = trial(pairs: 500, seed: UInt64(100 + seed)) {
                ($0.uniform() < 0.6, $0.uniform() < 0.6)
            }.standing()
            if standing.paths.first?.state == .differs { wrong += 1 }
        }
        #expect(wrong <= 2, "seeds 100 to 139: \(wrong) of 40")
    }

    @Test func `noise is told by value and not only by field`() {
        // Every pair differs a little, so a count of differences is blind; the candidate lies farther.
        var generator = Generator(seed: 3)
        var trial = Trial()
        for index in 0..<200 {
            var outcome = PairOutcome(id: "r\(index)", time: Millis(index))
            outcome.isCompared = true
            outcome.hasSecond = true
            var path = PathReading("score")
            path.candidate = .value
            path.second = .value
            path.candidateDistance = 0.5 * generator.uniform()
            path.secondDistance = 0.01 * generator.uniform()
            outcome.paths = [path]
            trial.add(outcome)
        }
        #expect(trial.standing().paths.first?.state == .differs)
    }

    @Test func `a value that only the candidate says is found in a field that is always noise`() {
        var generator = Generator(seed: 4)
        var trial = Trial()
        for index in 0..<300 {
            var outcome = PairOutcome(id: "r\(index)", time: Millis(index))
            outcome.isCompared = true
            outcome.hasSecond = true
            var path = PathReading("status")
            path.candidate = .value
            path.second = .value
            path.candidateValue = UInt64(generator.below(3))
            path.secondValue = UInt64(generator.below(2))
            outcome.paths = [path]
            trial.add(outcome)
        }
        #expect(trial.standing().paths.first?.state == .differs)
    }

    @Test func `noise is learnt from a part of the pairs, not from three times the load`() {
        var index = 0
        let standing = trial(pairs: 600, seed: 5) {
            index += 1
            let asksSecond = index % 5 == 0
            return ($0.uniform() < 0.9, asksSecond ? $0.uniform() < 0.2 : nil)
        }.standing()
        let path = standing.paths.first
        #expect(path?.secondPairs == 120 && path?.state == .differs)
    }

    @Test func `a random id is noise, and does not hide what else is wrong`() {
        var trial = Trial()
        for index in 0..<200 {
            var outcome = PairOutcome(id: "r\(index)", time: Millis(index))
            outcome.isCompared = true
            outcome.hasSecond = true
            var id = PathReading("id")
            id.candidate = .value
            id.second = .value
            id.candidateDistance = 1
            id.secondDistance = 1
            id.candidateValue = UInt64(index)
            id.secondValue = UInt64(100_000 + index)
            var scores = PathReading("scores")
            scores.candidate = .missing
            outcome.paths = [id, scores]
            outcome.readings = [.difference(.shape, primary: 1, candidate: 0)]
            trial.add(outcome)
        }
        let standing = trial.standing()
        #expect(standing.verdict == .reject && standing.failure?.path == "scores")
        #expect(standing.paths.first { $0.path == "id" }?.state == .noise)
    }

    /// A number that differs on every answer; the candidate is always asked a moment after the second.
    private func asked(_ over: Millis, _ value: (Int) -> Double) -> Trial {
        var trial = Trial()
        for index in 0..<200 {
            let said = value(index)
            var outcome = PairOutcome(id: "r\(index)", time: Millis(index) * 10)
            outcome.over = outcome.time + over
            outcome.isCompared = true
            outcome.hasSecond = true
            var path = PathReading("generated_at")
            path.candidate = .value
            path.second = .value
            path.primaryNumber = said
            path.secondDistance = 1e-9
            path.candidateDistance = 2e-9
            path.lean = 1
            outcome.paths = [path]
            trial.add(outcome)
        }
        return trial
    }

    @Test func `a clock is noise, though the candidate is always asked after the second copy`()
        throws
    {
        var generator = Generator(seed: 7)
        let clock = asked(25) { 1_795_724_100 + Double($0) }
        #expect(clock.standing().paths.first?.state == .noise)
        let again = try Trial(decoding: clock.encoded(), policy: clock.policy)
        #expect(again.paths == clock.paths && again.standing().paths.first?.state == .noise)
        let left = asked(5) { 10_000 - Double($0) }
        #expect(left.standing().paths.first?.state == .noise)
        let score = asked(25) { _ in generator.uniform() }
        #expect(score.standing().paths.first?.state == .differs)
        let unknown = asked(1_000_000) { Double($0) }
        #expect(unknown.standing().paths.first?.state == .differs, "all requests overlapped")
    }

    @Test func `the same answers, slower, do not pass`() {
        var generator = Generator(seed: 6)
        let trial = latencies(
            (0..<1000).map { _ in
                let base = exp(0.3 * generator.normal())
                return (base, base * 1.3 * exp(0.2 * generator.normal()))
            })
        #expect(trial.standing().verdict == .reject)
        #expect(trial.failure?.metric == .latency)
    }
}

@Suite struct KayentaFaultTests {
    @Test func `a tripled variance does not pass`() {
        // kayenta#780: same median, three times the variance.
        var generator = Generator(seed: 11)
        let trial = latencies(
            (0..<2000).map { _ in
                (exp(0.5 * generator.normal()), exp(0.5 * 3.squareRoot() * generator.normal()))
            })
        #expect(trial.standing().verdict == .reject)
        #expect(trial.failure?.metric == .tail)
    }

    @Test func `seven of ten values a hundred times too high do not pass`() {
        var generator = Generator(seed: 12)
        let trial = latencies(
            (0..<200).map { index in
                (exp(0.1 * generator.normal()), index % 10 < 7 ? 100 : 1)
            })
        #expect(trial.standing().verdict == .reject)
    }

    @Test func `a slow mode beside a fast one does not pass`() {
        // Four of five answers faster, one five times slower: the median improves.
        var generator = Generator(seed: 13)
        let trial = latencies(
            (0..<2000).map { _ in
                let isStalled = generator.uniform() < 0.2
                return (exp(0.2 * generator.normal()), isStalled ? 5 : 0.7)
            })
        #expect(trial.standing().verdict == .reject)
        #expect(trial.failure?.metric == .tail)
    }

    private func errors(_ windows: [Int], requests: Int) -> Trial {
        var trial = Trial(timesOnly)
        var index = 0
        for failed in windows {
            for request in 0..<requests {
                var outcome = PairOutcome(id: "r\(index)", time: Millis(index))
                outcome.readings = [
                    .difference(.errors, primary: 1, candidate: request < failed ? 0 : 1)
                ]
                trial.add(outcome)
                index += 1
            }
        }
        return trial
    }

    @Test func `sparse errors against none do not pass`() {
        // kayenta#426: [0, 1, 2, 1, 0, 0] against six zeros.
        let windows = [0, 1, 2, 1, 0, 0]
        let standing = errors(windows, requests: 50).standing()
        #expect(standing.verdict == .hold)
        #expect(standing.metrics.first { $0.metric == .errors }?.primaryAlone == 4)
        #expect(standing.pairsNeeded ?? 0 > 0)
        // Twice as dense, gone on, it is a reject.
        let more = errors((0..<10).flatMap { _ in windows }, requests: 15)
        #expect(more.standing().verdict == .reject)
    }

    @Test func `a baseline without errors excuses no errors`() {
        // spinnaker#5622, kayenta#377: the mean ratio of a zero baseline is NaN, which passed.
        let shares = [0, 0.048, 0, 0.18, 0.089, 0, 0.098, 0.035, 0, 0]
        let trial = errors(shares.map { Int(($0 * 100).rounded()) }, requests: 100)
        #expect(trial.standing().verdict == .reject)
        #expect(trial.failure?.metric == .errors)
    }

    @Test func `a failed verdict is not overwritten by a later success`() {
        // argo-rollouts#1411, flagger#1801.
        var trial = errors([30], requests: 100)
        #expect(trial.verdict == .reject)
        for index in 0..<5000 {
            var outcome = PairOutcome(id: "late\(index)", time: Millis(1000 + index))
            outcome.readings = [.difference(.errors, primary: 1, candidate: 1)]
            trial.add(outcome)
        }
        #expect(trial.verdict == .reject)
    }

    @Test func `no data is neither success nor failure`() {
        // argo-rollouts#1905, flagger#1035.
        let standing = errors([0], requests: 10).standing()
        #expect(standing.verdict == .notEnoughData)
        #expect(standing.reasons.first?.arguments["asked"] == "50")
        #expect(standing.pairsNeeded ?? 0 >= 40)
    }

    @Test func `every verdict carries the numbers of its test`() {
        // kayenta#521.
        let standing = errors([0, 3, 1], requests: 100).standing()
        for metric in standing.metrics {
            #expect(metric.interval != nil && metric.logHarm.isFinite && metric.logSafe.isFinite)
            #expect(metric.interval?.contains(metric.gain) == true)
        }
    }
}
