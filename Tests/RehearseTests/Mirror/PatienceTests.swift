// What keeps the judge from letting pairs gather.

import Testing

@testable import Rehearse

struct PatienceTests {
    private let patience = Patience(budget: Budget(requests: 10), memoryBytesMax: 8000)

    @Test func `little that has come waits for more`() {
        #expect(!patience.isPressing(events: 0, answerBytes: 0, heldBytes: 0))
        #expect(
            !patience.isPressing(
                events: Patience.eventsMax, answerBytes: Patience.bytesMax - 1, heldBytes: 1000))
    }

    @Test func `many events, large answers and much memory held are looked at now`() {
        #expect(patience.isPressing(events: Patience.eventsMax + 1, answerBytes: 0, heldBytes: 0))
        #expect(patience.isPressing(events: 0, answerBytes: Patience.bytesMax, heldBytes: 0))
        #expect(patience.isPressing(events: 0, answerBytes: 0, heldBytes: 1001))
    }

    @Test(arguments: [Budget(tokens: 1000), Budget(money: 2.5)])
    func `what answers cost is known in time for the budget to hold`(budget: Budget) {
        let patience = Patience(budget: budget, memoryBytesMax: 8000)
        #expect(patience.isPressing(events: 0, answerBytes: 0, heldBytes: 0))
    }

    @Test func `what presses is looked at every step, and never without one between`() {
        var patience = patience
        let steps = (0..<6).map { _ in patience.next(isIdle: false, isPressing: true) }
        #expect(steps == [.wait, .look, .wait, .look, .wait, .look])
    }

    @Test func `what does not press is looked at after half a second`() {
        var patience = patience
        let steps = (0..<22).map { _ in patience.next(isIdle: false, isPressing: false) }
        let round = Array(repeating: Patience.Step.wait, count: Patience.stepsMax) + [.look]
        #expect(steps == round + round)
    }

    @Test func `with nothing under way it sleeps, and looks when it was woken`() {
        var patience = patience
        #expect(patience.next(isIdle: true, isPressing: false) == .sleep)
        #expect(patience.next(isIdle: false, isPressing: false) == .look)
        #expect(patience.next(isIdle: false, isPressing: true) == .wait)
    }
}
