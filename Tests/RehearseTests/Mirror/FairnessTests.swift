// The way a copy is asked must not look like a slow candidate.

import Basics
import Testing

@testable import Rehearse

private func answer(_ seconds: Double, _ text: String = "{}") -> Answer {
    Answer(
        status: 200, headers: [("content-type", "application/json")], body: Array(text.utf8),
        timing: AnswerTiming(firstByte: seconds, total: seconds))
}

@Suite struct FairnessTests {
    private func verdict(
        _ primary: Double, _ candidate: Double, second: Double? = nil
    ) -> Verdict {
        var trial = Trial(Fairness.policy(Policy(), hasSecond: second != nil))
        for number in 0..<600 {
            let request = CapturedRequest(id: "\(number)", time: Millis(number), path: "/x")
            let wobble = 1 + 0.02 * Double(number % 5)
            let copy = second.map { answer($0 * wobble) }
            let own = Fairness.timed(answer(primary * wobble), by: copy, .json)
            let pair = Pair(
                request: request, primary: own, candidate: answer(candidate * wobble), second: copy)
            var outcome = Comparison().outcome(of: pair)
            if copy == nil { Fairness.ballast(&outcome) }
            trial.add(outcome)
        }
        return trial.standing().verdict
    }

    @Test func `a copy that is measured some milliseconds later is not a slow candidate`() {
        #expect(verdict(0.0001, 0.002) == .promote)
        #expect(verdict(0.002, 0.02) == .promote)
        #expect(verdict(1, 1.01) == .promote)
    }

    @Test func `a candidate that is slow is one, also without a second copy`() {
        #expect(verdict(0.05, 0.5) == .reject)
        #expect(verdict(1, 1.5) == .reject)
    }

    @Test func `with a second copy its times stand for the primary's`() {
        #expect(verdict(0.0001, 0.002, second: 0.002) == .promote)
        #expect(verdict(0.0001, 0.004, second: 0.002) == .reject)
    }
}
