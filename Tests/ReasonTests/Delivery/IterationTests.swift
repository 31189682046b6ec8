// A hand-written project of three sprints and forty issues (late start, added, removed,
// re-estimated, carried over, re-opened, deleted, edited after the close); the report was worked
// out by hand.

import Basics
import Reason
import Testing

@Suite struct IterationTests {
    let state: DeliveryState
    let now = at("2026-04-15T00:00:00Z")

    init() throws { state = DeliveryState(events: try fixture("three-sprints.jsonl")) }

    private func keys(_ numbers: Int...) -> [String] { numbers.map { "SHOP-\($0)" }.sorted() }

    @Test func `forty issues and three sprints are read`() {
        #expect(state.items.count == 40)
        #expect(state.iterations.count == 3)
    }

    @Test func `the first sprint, started a day late`() throws {
        let report = try #require(state.iterationReport("71", now: now))
        #expect(report.started == at("2026-03-03T10:00:00Z"))
        #expect(report.plannedStart == at("2026-03-02T09:00:00Z"))
        #expect(report.usesPoints)
        #expect(report.committed.points == 32 && report.committed.items == 10)
        #expect(report.committed.unestimated == 1)
        #expect(report.added.points == 4 && report.addedItems == keys(13, 14))
        #expect(report.removed.points == 5 && report.removedItems == keys(7))
        #expect(report.reestimated == 3 && report.reestimatedAbsolute == 7)
        #expect(report.reestimatedItems == keys(2, 4))
        #expect(report.completed.points == 16)
        #expect(report.completedItems == keys(1, 2, 3, 5, 6, 9, 10, 14))
        #expect(report.completedOfCommitted.points == 17)
        #expect(report.completedOfCommitted.items == 7)
        #expect(report.completionRate == 17.0 / 32)
        #expect(report.capacityAccuracy == 16.0 / 32)
        #expect(report.carriedOver.points == 18 && report.carriedOverItems == keys(4, 8, 13))
        #expect(report.finalScope == 34)
        #expect(report.reopenedItems == keys(3) && report.doneBeforeItems == keys(11))
        #expect(report.carriedInItems.isEmpty && report.endMoves.isEmpty)
    }

    @Test func `the second sprint, whose end moved and whose work was re-estimated and removed`()
        throws
    {
        let report = try #require(state.iterationReport("72", now: now))
        #expect(report.committed.points == 45 && report.committed.items == 10)
        #expect(report.carriedInItems == keys(4, 8, 13))
        #expect(report.added.points == 10 && report.addedItems == keys(7, 23, 24))
        #expect(report.removed.points == 8 && report.removedItems == keys(18, 24))
        #expect(report.reestimated == -2 && report.reestimatedAbsolute == 8)
        #expect(report.completed.points == 36)
        #expect(report.completedItems == keys(4, 7, 8, 13, 16, 17, 19, 23))
        #expect(report.completedOfCommitted.points == 28)
        #expect(report.carriedOver.points == 9 && report.carriedOverItems == keys(20, 21, 22))
        #expect(report.finalScope == 45)
        #expect(report.reopenedItems == keys(20))
        #expect(report.endMoves.map(\.value.end) == [at("2026-03-30T17:00:00Z")])
    }

    @Test func `the third sprint, with work done at and after its close`() throws {
        let report = try #require(state.iterationReport("73", now: now))
        #expect(report.committed.points == 28 && report.committed.items == 9)
        #expect(report.carriedInItems == keys(20, 21))
        #expect(report.added.points == 6 && report.added.unestimated == 1)
        #expect(report.addedItems == keys(22, 32, 33))
        #expect(report.removed.points == 3 && report.removedItems == keys(31))
        #expect(report.reestimated == -1 && report.reestimatedAbsolute == 5)
        #expect(report.completed.points == 26)
        #expect(report.completedItems == keys(20, 21, 22, 25, 26, 27, 28, 29, 32))
        #expect(report.completedOfCommitted.points == 23)
        #expect(report.carriedOver.points == 4 && report.carriedOverItems == keys(30, 33))
        #expect(report.finalScope == 30)
    }

    @Test func `velocity has a spread`() throws {
        let velocity = try #require(state.velocity(now: now))
        #expect(velocity.values.map(\.completed) == [16, 36, 26])
        #expect(velocity.mean == 26 && velocity.deviation == 10)
        #expect(velocity.low == 16 && velocity.high == 36)
    }

    @Test func `figures of the iterations`() throws {
        let window = TimeRange(from: 0, through: now)
        func value(_ id: String) throws -> Double? {
            try #require(KPIDefinition.named(id)).kpi(state, window: window, now: now).value
        }
        #expect(try value("velocity") == 26)
        #expect(try value("iteration_commitment") == 35)
        #expect(try value("completion_rate") == 68.0 / 105)
        #expect(try value("capacity_accuracy") == 78.0 / 105)
        // |added| + |removed| + |re-estimated|: 16, 26 and 14 points.
        #expect(try value("scope_change_share") == 56.0 / 105)
    }

    @Test func `fault 9: a commitment is frozen at the start, later edits do not change it`() throws
    {
        let events = try fixture("three-sprints.jsonl")
        let close = at("2026-03-13T17:00:00Z")
        let then = DeliveryState(events: events, through: close)
        #expect(then.iterationReport("71", now: close) == state.iterationReport("71", now: now))
    }

    @Test func `the burn-up moves scope and done apart`() throws {
        let points = state.burnUp("71", now: now)
        #expect(points.first?.scope == 32 && points.first?.done == 0)
        #expect(points.last?.scope == 34 && points.last?.done == 16)
        let lateStart = state.burnUp("73", now: now)
        #expect(lateStart.last?.scope == 30 && lateStart.last?.done == 26)
    }

    @Test func `cumulative flow, ageing, limits and the bottleneck`() throws {
        var settings = DeliverySettings()
        settings.workInProgressMax = ["In Progress": 0]
        let state = DeliveryState(events: try fixture("three-sprints.jsonl"), settings: settings)
        let window = TimeRange(from: at("2026-04-01T00:00:00Z"), through: now)
        let flow = state.cumulativeFlow(window)
        let last = try #require(flow.last)
        // Forty less the deleted 5 and 31 and the sub-task 12.
        #expect(last.counts.values.reduce(0, +) == 37)
        #expect(last.counts["In Progress"] == 1)
        #expect(state.ageing(now: now).map(\.key) == ["SHOP-37"])
        let bottleneck = try #require(state.bottleneck(window: window))
        #expect(bottleneck.stage == "In Progress" && bottleneck.isBreached)
    }

    @Test func `workload is in order of names, not of size`() {
        var events: [Event] = []
        for (index, name) in ["Wren", "Auk", "Wren", "Coot"].enumerated() {
            events.append(
                event(
                    .workItem, "w\(index)", 1000,
                    [
                        "item": .text("A-\(index)"), "stage": .text("In Progress"),
                        "assignee": .text(name), "estimate": .number(2),
                    ]))
        }
        let loads = DeliveryState(events: events).workloads(now: 2000)
        #expect(loads.map(\.pseudonym) == ["Auk", "Coot", "Wren"])
        #expect(loads.map(\.openItems) == [1, 1, 2] && loads.last?.openPoints == 4)
    }
}
