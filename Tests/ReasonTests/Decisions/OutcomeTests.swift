// What came of decisions: a commitment is held against what was delivered, a go against what broke,
// and nothing is said before it can be known.

import Basics
import Reason
import Testing

private func kept(_ decision: Decision) throws -> KeptDecision {
    try #require(KeptDecision(record: String(decoding: decision.encoded, as: UTF8.self)))
}

private func merged(_ number: Int, _ time: Millis) -> Event {
    event(
        .change, "m\(number)", time, repository: "r",
        ["change": .text(String(number)), "action": .text("merged")])
}

/// Two merges a day for a year, then as many as are asked for in the two weeks after.
private func team(_ after: Int) -> [Event] {
    let before = (0..<730).map { merged($0, Millis($0) * 12 * hour) }
    return before + (0..<after).map { merged(1000 + $0, 365 * day + Millis($0) * hour) }
}

private func deployed(_ id: String, _ time: Millis, _ more: [String: EventValue] = [:]) -> Event {
    var fields: [String: EventValue] = [
        "deployment": .text(id), "environment": .text("production"), "status": .text("success"),
        "version": .text(id), "finished": .number(Double(time)),
    ]
    fields.merge(more) { $1 }
    return event(.deployment, "dep-\(id)", time, service: "shop", fields)
}

private func go(_ inputs: GateInputs, at time: Millis) throws -> KeptDecision {
    try kept(
        GoDecision.decide(
            DeliveryState(events: []), scope: KPIScope(service: "shop"), inputs: inputs, now: time))
}

private func ready(_ change: (inout GateInputs) -> Void = { _ in }) -> GateInputs {
    var inputs = GateInputs()
    inputs.buildStatus = "success"
    inputs.testsFailed = 0
    inputs.testsRun = 9
    inputs.unreviewedMerges = []
    inputs.openBlockers = []
    inputs.openIncidents = []
    inputs.criticalAlerts = []
    change(&inputs)
    return inputs
}

@Suite struct OutcomeTests {
    @Test(arguments: [(28, true, true), (3, false, false), (90, true, false)])
    func `a commitment is held against what was delivered in its two weeks`(
        _ after: Int, _ isReached: Bool, _ isInBand: Bool
    ) throws {
        let now = 365 * day
        let asked = try kept(CommitDecision.decide(DeliveryState(events: team(0)), now: now))
        #expect(asked.unit == .changes && asked.low <= 28 && asked.high >= 28 && asked.sure > 3)
        let state = DeliveryState(events: team(after))
        #expect(asked.outcome(in: state, supersededAt: nil, now: now + 13 * day) == nil)
        let outcome = try #require(
            asked.outcome(in: state, supersededAt: nil, now: now + 14 * day))
        #expect(outcome.value == Double(after))
        #expect(outcome.cameTrue == isReached && outcome.isInBand == isInBand)
        #expect(outcome.said?.arguments["value"] == String(after))
        let record = String(decoding: outcome.encoded, as: UTF8.self)
        #expect(DecisionOutcome(record: record)?.isInBand == isInBand)
    }

    @Test func `a commitment by iterations waits for the next one to close`() throws {
        let events = regularIterations(21)
        // The last iteration starts on day 280 and closes on day 293.
        let before = DeliveryState(events: events, through: 279 * day)
        let asked = try kept(CommitDecision.decide(before, now: 279 * day))
        #expect(asked.unit == .points)
        let all = DeliveryState(events: events)
        #expect(
            asked.outcome(
                in: DeliveryState(events: events, through: 292 * day), supersededAt: nil,
                now: 292 * day) == nil)
        let outcome = try #require(asked.outcome(in: all, supersededAt: nil, now: 294 * day))
        #expect(outcome.value == 8 && outcome.rows == ["it120"])
        #expect(outcome.isInBand == true)
        // Asked again before it began: the later answer is what it was planned by.
        #expect(asked.outcome(in: all, supersededAt: 279 * day + hour, now: 294 * day) == nil)
        #expect(asked.outcome(in: all, supersededAt: 281 * day, now: 294 * day) != nil)
    }

    @Test func `a go that went well is known when the window for incidents is over`() throws {
        let asked = try go(ready(), at: 10 * day)
        let state = DeliveryState(events: [deployed("v1", 10 * day + hour)])
        #expect(asked.outcome(in: state, supersededAt: nil, now: 10 * day + 2 * hour) == nil)
        let outcome = try #require(
            asked.outcome(in: state, supersededAt: nil, now: 11 * day + hour))
        #expect(outcome.cameTrue && outcome.value == 0)
        #expect(outcome.said?.key == "decision.outcome.well")
    }

    @Test func `an incident or a way back after a go shows at once`() throws {
        let asked = try go(ready(), at: 10 * day)
        let broken = DeliveryState(events: [
            deployed("v1", 10 * day + hour),
            event(
                .incident, "i", 10 * day + 2 * hour, service: "shop",
                ["incident": .text("i"), "action": .text("opened")]),
        ])
        let failed = try #require(
            asked.outcome(in: broken, supersededAt: nil, now: 10 * day + 3 * hour))
        #expect(!failed.cameTrue && failed.value == 1 && failed.rows == ["test/v1", "test/i"])
        let back = DeliveryState(events: [
            deployed("v1", 10 * day + hour),
            deployed("v0", 10 * day + 2 * hour, ["rollbackOf": .text("v1")]),
        ])
        let taken = try #require(
            asked.outcome(in: back, supersededAt: nil, now: 10 * day + 3 * hour))
        #expect(!taken.cameTrue && taken.said?.key == "decision.outcome.rolled_back")
    }

    @Test func `a no-go that was overruled and broke came out as said`() throws {
        let asked = try go(ready { $0.openBlockers = ["SHOP-1"] }, at: 10 * day)
        #expect(asked.verdict == .noGo)
        let state = DeliveryState(events: [
            deployed("v1", 10 * day + hour),
            event(
                .incident, "i", 10 * day + 2 * hour, service: "shop",
                ["incident": .text("i"), "action": .text("opened")]),
        ])
        #expect(
            asked.outcome(in: state, supersededAt: nil, now: 11 * day)?.cameTrue == true)
    }

    @Test func `what went out on a later answer, or nothing at all, says nothing`() throws {
        let asked = try go(ready(), at: 10 * day)
        let state = DeliveryState(events: [deployed("v1", 10 * day + 2 * hour)])
        let later = 10 * day + hour
        #expect(asked.outcome(in: state, supersededAt: later, now: 20 * day) == nil)
        #expect(
            asked.outcome(in: DeliveryState(events: []), supersededAt: nil, now: 20 * day) == nil)
        let blind = try go(GateInputs(), at: 10 * day)
        #expect(blind.verdict == .notEnoughData)
        #expect(blind.outcome(in: state, supersededAt: nil, now: 20 * day) == nil)
    }

    @Test func `what was said is counted against what came true`() throws {
        let asked = try kept(
            CommitDecision.decide(DeliveryState(events: team(0)), now: 365 * day))
        let rows = (0..<5).map { index in
            (
                asked,
                DecisionOutcome(
                    time: 380 * day, value: 10, cameTrue: index != 0, isInBand: index > 2)
            )
        }
        let table = DecisionCalibration.table(rows.map { (asked: $0.0, outcome: $0.1) })
        #expect(table.map(\.promise) == [.amount, .band])
        #expect(table.map(\.of) == [5, 5] && table.map(\.cameTrue) == [4, 2])
        #expect(table.last?.said == 0.8)
    }
}
