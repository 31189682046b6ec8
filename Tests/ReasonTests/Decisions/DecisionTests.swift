// Decisions: the same events give the same record, no data is its own verdict, unknown is never a
// pass, answers are appended and an override needs a reason.

import Basics
import Bytes
import Reason
import Testing

@Suite struct DecisionTests {
    @Test func `three closed sprints are not enough, and it says how many are missing`() throws {
        let state = DeliveryState(events: try fixture("three-sprints.jsonl"))
        let decision = CommitDecision.decide(
            state, scope: KPIScope(team: "alpha"), now: at("2026-04-15"))
        #expect(decision.verdict == .notEnoughData && decision.band == nil)
        #expect(
            decision.missing.first
                == Phrase("forecast.not_enough_iterations", ["have": "3", "need": "6"]))
        #expect(decision.flip?.arguments["need"] == "6")
    }

    @Test func `twenty sprints give a band, an amount and reasons with numbers and links`() throws {
        let events = regularIterations(20)
        let state = DeliveryState(events: events)
        let backlog = (0..<9).map { BacklogItem(key: "B-\($0)", estimate: 2) }
        let decision = CommitDecision.decide(state, backlog: backlog, now: 280 * day)
        #expect(decision.verdict == .take && decision.confidence != .low)
        let band = try #require(decision.band)
        #expect(band.unit == .points && band.used.count == 12)
        // Sprints complete 8 to 12 points.
        #expect(band.low >= 7 && band.high <= 13 && band.low <= band.sure && band.sure <= band.high)
        #expect(band.backlogLine == Int(band.sure) / 2)
        // The naive errors stand beside its own: a band without them cannot be weighed.
        let errors = [band.error, band.errorLastWindow, band.errorPlainMean].compactMap { $0 }
        #expect(errors.count == 3 && errors.allSatisfy { $0 > 0 })
        let record = try JSON(decision.encoded)["band"]
        #expect(record?["error_plain_mean"]?.double == band.errorPlainMean)
        #expect(!decision.reasons.isEmpty && decision.reasons.count <= Decision.reasonsMax)
        #expect(decision.reasons.allSatisfy { $0.number != nil && !$0.link.isEmpty })
        #expect(decision.chance ?? 0 >= 0.6 && decision.flip != nil)
    }

    @Test func `merged changes stand in while there are few iterations`() throws {
        let state = DeliveryState(events: busyTeam(seed: 3, days: 200))
        let decision = CommitDecision.decide(state, now: 200 * day)
        #expect(decision.band?.unit == .changes)
        #expect(decision.missing.map(\.key) == ["forecast.not_enough_iterations"])
        #expect(decision.verdict == .take || decision.verdict == .noSkill)
    }

    @Test func `a replay gives the same bytes`() throws {
        let events = busyTeam(seed: 8, days: 150)
        let now = 140 * day
        func ask(_ events: [Event]) -> [[UInt8]] {
            let state = DeliveryState(events: events, through: now)
            let scope = KPIScope(service: "shop")
            let inputs = GateInputs(state, scope: scope, now: now)
            return [
                CommitDecision.decide(state, now: now).encoded,
                GoDecision.decide(state, scope: scope, inputs: inputs, now: now).encoded,
            ]
        }
        let first = ask(events)
        #expect(ask(events.reversed() + events.prefix(9)) == first)
        for record in first { #expect(try JSON(record)["snapshot"]?["events_digest"] != nil) }
        // An event more, another record.
        let more = event(.incident, "new", now - hour, service: "shop", ["incident": .text("n")])
        #expect(ask(events + [more]) != first)
    }

    private func readyInputs() -> GateInputs {
        var inputs = GateInputs()
        inputs.buildStatus = "success"
        inputs.testsFailed = 0
        inputs.testsRun = 120
        inputs.lineCoverage = 0.81
        inputs.lineCoverageBefore = 0.812
        inputs.unreviewedMerges = []
        inputs.openBlockers = []
        inputs.openIncidents = []
        inputs.criticalAlerts = []
        inputs.backupTime = 99 * day
        inputs.planMissing = []
        inputs.shadow = GateReading(.pass, Phrase("shadow.no_worse"))
        inputs.drift = GateReading(.pass, Phrase("drift.none"))
        return inputs
    }

    private func go(_ inputs: GateInputs) -> Decision {
        GoDecision.decide(
            DeliveryState(events: []), scope: KPIScope(service: "shop"), inputs: inputs,
            now: 99 * day + hour)
    }

    @Test func `all gates passed is go`() {
        let decision = go(readyInputs())
        #expect(decision.verdict == .go && decision.missing.isEmpty && decision.confidence == .high)
        #expect(decision.gates.allSatisfy { $0.state == .pass })
        #expect(decision.chance == nil)
    }

    @Test func `nothing known is not enough data, never go`() {
        let decision = go(GateInputs())
        #expect(decision.verdict == .notEnoughData)
        #expect(decision.gates.allSatisfy { $0.state == .unknown })
        #expect(decision.missing.count == GateKind.allCases.count)
    }

    @Test func `each unknown gate alone keeps it from a plain go`() {
        let forget: [(GateKind, (inout GateInputs) -> Void)] = [
            (.build, { $0.buildStatus = nil }), (.tests, { $0.testsFailed = nil }),
            (.coverage, { $0.lineCoverage = nil }), (.reviews, { $0.unreviewedMerges = nil }),
            (.blockers, { $0.openBlockers = nil }), (.incidents, { $0.openIncidents = nil }),
            (.alerts, { $0.criticalAlerts = nil }), (.backup, { $0.backupTime = nil }),
            (.plan, { $0.planMissing = nil }), (.shadow, { $0.shadow = nil }),
            (.drift, { $0.drift = nil }),
        ]
        #expect(forget.count == GateKind.allCases.count)
        let must = GatePolicy().must
        for (kind, change) in forget {
            var inputs = readyInputs()
            change(&inputs)
            let decision = go(inputs)
            #expect(decision.gates.first { $0.kind == kind }?.state == .unknown, "\(kind)")
            #expect(
                decision.verdict == (must.contains(kind) ? .notEnoughData : .goWithConditions),
                "\(kind)")
        }
    }

    @Test func `a failed must stops it with its rows, a failed should makes a condition`() throws {
        var inputs = readyInputs()
        inputs.openBlockers = ["SHOP-9"]
        let stopped = go(inputs)
        #expect(stopped.verdict == .noGo && stopped.flip?.arguments["gates"] == "blockers")
        #expect(stopped.gates.first { $0.kind == .blockers }?.rows == ["SHOP-9"])
        #expect(stopped.reasons.first?.phrase.key == "gate.blockers.fail")
        inputs = readyInputs()
        inputs.backupTime = 90 * day
        #expect(go(inputs).verdict == .goWithConditions)
        inputs = readyInputs()
        inputs.testsRun = 0
        #expect(go(inputs).verdict == .notEnoughData)
    }

    @Test func `gates are filled from events where events tell`() throws {
        let state = DeliveryState(events: busyTeam(seed: 8, days: 60))
        let inputs = GateInputs(state, scope: KPIScope(service: "shop"), now: 61 * day)
        #expect(inputs.buildStatus != nil && inputs.testsRun ?? 0 > 0)
        #expect(inputs.unreviewedMerges != nil && inputs.openBlockers == [])
        #expect(inputs.openIncidents == [])
        #expect(inputs.criticalAlerts == nil && inputs.backupTime == nil)
        #expect(inputs.shadow == nil && inputs.drift == nil && inputs.planMissing == nil)
    }

    @Test func `answers are appended, and an override needs a reason`() throws {
        let decision = go(readyInputs())
        let time = decision.askedAt + 1
        #expect(throws: DecisionError.overrideNeedsReason(decision.id)) {
            try decision.answered(
                DecisionAnswer(kind: .override, time: time, person: "Wren", reason: "  "))
        }
        let accepted = try decision.answered(
            DecisionAnswer(kind: .accept, time: time, person: "Wren"))
        let changed = try accepted.answered(
            DecisionAnswer(
                kind: .override, time: time + 1, person: "Auk", choice: "no_go", reason: "freeze"))
        #expect(decision.answers.isEmpty && changed.answers.count == 2)
        #expect(changed.answer?.person == "Auk" && changed.id == decision.id)
    }

    @Test func `a back-up that was told of counts for its service, one of everything for all`() {
        func backup(_ id: String, _ time: Millis, service: String = "") -> Event {
            event(.release, id, time, service: service, ["step": .text("backup")])
        }
        let state = DeliveryState(events: [
            backup("all", 10 * day), backup("shop", 12 * day, service: "shop"),
        ])
        func time(_ service: String, now: Millis) -> Millis? {
            GateInputs(state, scope: KPIScope(service: service), now: now).backupTime
        }
        #expect(time("shop", now: 9 * day) == nil)
        #expect(time("shop", now: 11 * day) == 10 * day && time("shop", now: 13 * day) == 12 * day)
        #expect(time("pay", now: 13 * day) == 10 * day)
        // Not a release of its own, as it names no version.
        #expect(state.releases.isEmpty)
    }
}
