// The way a copy is asked must not look like a slow candidate.

import Basics
import Carry
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
    ) throws -> Verdict {
        let server = try #require(Server("http://127.0.0.1:1"))
        var settings = MirrorSettings(
            name: "x", relay: RelayOptions(server: server), candidates: [])
        if second != nil { settings.second = server }
        settings = Fairness.adapted(settings)
        var trial = Trial(settings.policy)
        for number in 0..<600 {
            let request = CapturedRequest(id: "\(number)", time: Millis(number), path: "/x")
            let wobble = 1 + 0.02 * Double(number % 5)
            let copy = second.map { answer($0 * wobble) }
            let own = Fairness.timed(answer(primary * wobble), by: copy, .json)
            let pair = Pair(
                request: request, primary: own, candidate: answer(candidate * wobble), second: copy)
            trial.add(Comparison(settings.comparison).outcome(of: pair))
        }
        return trial.standing().verdict
    }

    @Test func `a copy that is measured some milliseconds later is not a slow candidate`() throws {
        #expect(try verdict(0.0001, 0.002) == .promote)
        #expect(try verdict(0.002, 0.02) == .promote)
        #expect(try verdict(1, 1.01) == .promote)
    }

    @Test func `a candidate that is slow is one, also without a second copy`() throws {
        #expect(try verdict(0.05, 0.5) == .reject)
        #expect(try verdict(1, 1.5) == .reject)
    }

    @Test func `times that a busy machine could not take say nothing, and are no pass`() throws {
        let server = try #require(Server("http://127.0.0.1:1"))
        var settings = MirrorSettings(
            name: "x", relay: RelayOptions(server: server), candidates: [])
        settings.second = server
        var trial = Trial(settings.policy)
        for number in 0..<600 {
            let request = CapturedRequest(id: "\(number)", time: Millis(number), path: "/x")
            var late = answer(0.5)
            late.timing.held = 0.45
            let pair = Pair(
                request: request, primary: answer(0.05), candidate: late, second: answer(0.05))
            trial.add(Comparison(settings.comparison).outcome(of: pair))
        }
        let standing = trial.standing()
        #expect(standing.verdict == .hold && standing.failure == nil)
        #expect(standing.metrics.first { $0.metric == .latency }?.pairs == 0)
    }

    @Test func `with a second copy its times stand for the primary's`() throws {
        #expect(try verdict(0.1, 0.2, second: 0.2) == .promote)
        #expect(try verdict(0.1, 0.4, second: 0.2) == .reject)
    }
}
