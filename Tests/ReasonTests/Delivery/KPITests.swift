// Figures, with the faults of other tools by name (delivery facts B5).

import Basics
import Reason
import Testing

private let all = TimeRange(from: 0, through: 1000 * day)

private func kpi(_ id: String, _ events: [Event], now: Millis = 1000 * day) throws -> KPI {
    try #require(KPIDefinition.named(id))
        .kpi(DeliveryState(events: events), window: all, now: now)
}

private func deployed(_ id: String, _ time: Millis, _ more: [String: EventValue] = [:]) -> Event {
    var fields: [String: EventValue] = [
        "deployment": .text(id), "environment": .text("production"), "status": .text("success"),
    ]
    fields.merge(more) { _, new in new }
    return event(.deployment, "dep-\(id)-\(time)", time, service: "shop", fields)
}

private func incident(_ id: String, _ time: Millis, _ more: [String: EventValue] = [:]) -> Event {
    var fields: [String: EventValue] = ["incident": .text(id), "action": .text("opened")]
    fields.merge(more) { _, new in new }
    return event(.incident, "inc-\(id)-\(time)", time, service: "shop", fields)
}

@Suite struct KPITests {
    @Test func `fault 1: the change fail rate counts deployments, not incidents`() throws {
        var events = (0..<23).map { deployed("d\($0)", Millis($0 * 3 + 1) * day) }
        // Six incidents on four deployments.
        for (index, target) in [2, 2, 5, 9, 9, 20].enumerated() {
            events.append(
                incident("i\(index)", Millis(target * 3 + 1) * day + Millis(index + 1) * hour))
        }
        let rate = try kpi("change_fail_rate", events)
        #expect(rate.n == 23 && rate.value == 4.0 / 23)
        #expect(((rate.value ?? 0) * 1000).rounded() / 10 == 17.4)
        let failed = rate.rows.filter { $0.value == 1 }.map(\.id)
        #expect(failed == ["test/d2", "test/d5", "test/d9", "test/d20"])
        #expect(rate.rows.first { $0.id == "test/d2" }?.links.count == 2)
        #expect(rate.interval.map { $0.low < 0.174 && $0.high > 0.174 } == true)
    }

    @Test func `fault 2: an incident six days after the last deployment is unlinked`() throws {
        let events = [deployed("a", day), incident("i", 7 * day)]
        let state = DeliveryState(events: events)
        let link = try #require(state.incidentLinks["test/i"])
        #expect(link.deployment == nil && link.candidates.isEmpty)
        #expect(try kpi("change_fail_rate", events).value == 0)
        #expect(try kpi("unlinked_incident_share", events).value == 1)
    }

    @Test func `fault 3: links depend on nothing but event times`() throws {
        var events = (0..<20).map { deployed("d\($0)", Millis($0) * 20 * hour) }
        for index in 0..<12 {
            events.append(incident("i\(index)", Millis(index) * 31 * hour + hour))
        }
        let links = DeliveryState(events: events).incidentLinks
        #expect(DeliveryState(events: events.reversed()).incidentLinks == links)
        // A later start of collection: links of what is left stay the same.
        let late = DeliveryState(events: events.filter { $0.time >= 100 * hour }).incidentLinks
        var compared = 0
        for (key, link) in late where link.candidates.count == links[key]?.candidates.count {
            #expect(link == links[key])
            compared += 1
        }
        #expect(compared >= 7)
    }

    @Test func `two deployments in the window: both shown, nearest chosen, confidence low`() throws
    {
        let state = DeliveryState(events: [
            deployed("a", 10 * hour), deployed("b", 20 * hour), incident("i", 22 * hour),
        ])
        let link = try #require(state.incidentLinks["test/i"])
        #expect(link.deployment == "test/b" && link.candidates == ["test/b", "test/a"])
        #expect(link.confidence == .low)
    }

    @Test func `an incident that names its cause is linked to it however long ago`() throws {
        let state = DeliveryState(events: [
            deployed("a", day, ["sha": .text("abc123")]), deployed("b", 30 * day),
            incident("i", 30 * day + hour, ["rootCause": .text("abc123")]),
            incident("j", 40 * day, ["deployment": .text("a")]),
        ])
        #expect(state.incidentLinks["test/i"]?.deployment == "test/a")
        #expect(state.incidentLinks["test/i"]?.confidence == .high)
        #expect(state.incidentLinks["test/j"]?.deployment == "test/a")
    }

    @Test func `fault 4: the text of a yardstick comes from the table that decides`() throws {
        for yardstick in Yardstick.all {
            for (id, limits) in yardstick.limits {
                let text = try #require(yardstick.text(id))
                for (level, limit) in zip(yardstick.levels, limits) {
                    #expect(text.contains("\(level) \(limit.text)"))
                }
                #expect(KPIDefinition.named(id) != nil)
            }
        }
        let dora = try #require(Yardstick.named("dora-2023"))
        #expect(dora.level("deployment_frequency", 5) == "elite")
        #expect(dora.level("deployment_frequency", 4.9) == "high")
        #expect(dora.text("deployment_frequency")?.hasPrefix("elite ≥ 5, high ≥ 1") == true)
        #expect(dora.level("change_fail_rate", 0.16) == "low")
        #expect(dora.level("change_fail_rate", nil) == nil && dora.level("rework_rate", 0) == nil)
    }

    @Test func `without data every figure is nil with a reason, never 0`() {
        let state = DeliveryState(events: [])
        for kpi in state.kpis(window: all, now: 1000 * day) {
            #expect(kpi.value == nil && kpi.missing != nil && kpi.n == 0, "\(kpi.id)")
        }
    }

    @Test func `a deployment whose window is open is neither good nor bad`() throws {
        let rate = try kpi("change_fail_rate", [deployed("a", day)], now: day + hour)
        #expect(rate.value == nil && rate.open.map(\.id) == ["test/a"])
        #expect(rate.missing?.key == "kpi.missing.decided")
    }

    @Test func `frequency is the median of deployment days over full weeks, empty weeks as 0`()
        throws
    {
        // The epoch was a Thursday; day 4 is a Monday. Days per week: 2, 0, 1, 3; the fifth is not
        // full.
        let days = [4, 4, 6, 18, 25, 26, 27, 32]
        let events = days.enumerated().map { deployed("d\($0)", Millis($1) * day + hour) }
        let window = TimeRange(from: 0, through: 34 * day)
        let kpi = try #require(KPIDefinition.named("deployment_frequency"))
            .kpi(DeliveryState(events: events), window: window, now: 34 * day)
        #expect(kpi.n == 4 && kpi.value == 1.5)
    }

    @Test func `one deployment is one row, whatever the number of its commits`() throws {
        let events = [
            deployed("a", day, ["sha": .text("1")]), deployed("a", day + 1, ["sha": .text("2")]),
        ]
        #expect(try kpi("deployments", events).value == 1)
    }

    @Test func `tags stand in for deployments, and the value says so`() throws {
        func tag(_ version: String, _ time: Millis) -> Event {
            event(
                .release, version, time, repository: "r",
                ["version": .text(version), "sha": .text("c\(version)")])
        }
        let count = try kpi(
            "deployments",
            [tag("v1.0.0", day), tag("v1.1.0-rc1", 2 * day), tag("nightly", 3 * day)])
        #expect(count.value == 1 && count.notes.map(\.key) == ["kpi.note.tags_as_deployments"])
    }

    @Test func `recovery ends with the last resolution, open failures are shown apart`() throws {
        let events = [
            deployed("a", day), incident("i", day + hour),
            event(
                .incident, "r1", day + 2 * hour, service: "shop",
                ["incident": .text("i"), "action": .text("resolved")]),
            event(
                .incident, "o", day + 3 * hour, service: "shop",
                ["incident": .text("i"), "action": .text("reopened")]),
            event(
                .incident, "r2", day + 6 * hour, service: "shop",
                ["incident": .text("i"), "action": .text("resolved")]),
            deployed("b", 9 * day), incident("k", 9 * day + hour),
        ]
        let recovery = try kpi("recovery_time_hours", events)
        #expect(recovery.value == 6 && recovery.n == 1)
        #expect(recovery.open.map(\.id) == ["test/b"])
    }

    @Test func `unplanned deployments, hotfix branches and fixes of incidents are rework`() throws {
        let events = [
            deployed("a", day), deployed("b", 2 * day, ["isUnplanned": .bool(true)]),
            event(
                .commit, "c", 3 * day, repository: "r",
                ["sha": .text("h"), "branch": .text("hotfix/bug123")]),
            event(
                .deployment, "c-d", 3 * day + hour, repository: "r",
                [
                    "deployment": .text("c"), "environment": .text("prod"), "sha": .text("h"),
                ]),
            deployed("d", 4 * day),
        ]
        #expect(try kpi("rework_rate", events).value == 0.5)
    }

    @Test func `draft time is coding, own comments and bots are no reviews`() throws {
        func change(_ id: String, _ action: String, _ time: Millis, _ draft: Bool? = nil) -> Event {
            var fields: [String: EventValue] = ["change": .text("7"), "action": .text(action)]
            if let draft { fields["isDraft"] = .bool(draft) }
            fields["firstCommit"] = .number(0)
            return event(.change, id, time, repository: "r", actor: "Wren", fields)
        }
        func review(_ id: String, _ time: Millis, _ actor: String, isBot: Bool = false) -> Event {
            event(
                .review, id, time, repository: "r", actor: actor, isBot: isBot,
                ["change": .text("7"), "state": .text("commented")])
        }
        let events = [
            change("o", "opened", 2 * hour, true), change("r", "ready", 10 * hour),
            review("own", 11 * hour, "Wren"), review("bot", 12 * hour, "lint", isBot: true),
            review("auk", 14 * hour, "Auk"), change("m", "merged", 20 * hour),
        ]
        #expect(try kpi("pr_coding_hours", events).value == 10)
        #expect(try kpi("pr_pickup_hours", events).value == 4)
        #expect(try kpi("pr_review_hours", events).value == 6)
        #expect(try kpi("unreviewed_merge_share", events).value == 0)
        #expect(try kpi("approved_merge_share", events).value == 0)
        // Not deployed: the missing phase is missing, not 0.
        let cycle = try kpi("pr_cycle_hours", events)
        #expect(cycle.value == nil && cycle.open.count == 1)
    }

    @Test func `builds that were aborted are left out, and a build told of twice counts once`()
        throws
    {
        func build(_ id: String, _ number: String, _ status: String, _ time: Millis) -> Event {
            event(
                .build, id, time,
                ["build": .text(number), "status": .text(status), "job": .text("ci")])
        }
        let rate = try kpi(
            "build_success_rate",
            [
                build("1c", "1", "success", 1000), build("1f", "1", "success", 2000),
                build("2", "2", "failure", 3000), build("3", "3", "aborted", 4000),
            ])
        #expect(rate.value == 0.5 && rate.n == 2)
        #expect(rate.excluded.map(\.reason.key) == ["kpi.excluded.build_aborted"])
    }

    @Test func `a backward move adds to rework and erases nothing`() throws {
        func move(_ id: String, _ stage: String, _ time: Millis) -> Event {
            event(.workItem, id, time, ["item": .text("A"), "stage": .text(stage)])
        }
        let events = [
            move("1", "To Do", 0), move("2", "In Progress", 2 * hour),
            move("3", "In Review", 6 * hour),
            move("4", "In Progress", 7 * hour), move("5", "In Review", 10 * hour),
            move("6", "Done", 12 * hour),
        ]
        #expect(try kpi("item_cycle_time_hours", events).value == 10)
        #expect(try kpi("item_lead_time_hours", events).value == 12)
        #expect(try kpi("item_rework_hours", events).value == 3)
        // Active: 2 to 6 and 7 to 10 of the ten hours.
        #expect(try kpi("flow_efficiency", events).value == 0.7)
    }

    @Test func `defects are counted against completed items and changed lines`() throws {
        let events = busyTeam(seed: 5, days: 20)
        let rate = try kpi("defect_rate", events)
        let bugs = DeliveryState(events: events).items.values.filter { $0.type == "bug" }.count
        let done = try kpi("items_done", events).value
        #expect(rate.value == done.map { Double(bugs) / $0 })
        #expect(try kpi("defects_per_1000_lines", events).value != nil)
    }

    @Test func `without a tracker nobody knows of defects, and lines alone are no good news`()
        throws
    {
        let lines: [String: EventValue] = [
            "sha": .text("a"), "added": .number(500), "deleted": .number(500),
        ]
        let commit = event(.commit, "a", day, repository: "r", lines)
        #expect(try kpi("defects_per_1000_lines", [commit]).value == nil)
        #expect(try kpi("commits", [commit]).value == 1)
        let bug = event(
            .workItem, "b", day, team: "alpha",
            ["item": .text("B-1"), "action": .text("created"), "type": .text("bug")])
        #expect(try kpi("defects_per_1000_lines", [commit, bug]).value == 1)
        // The tracker knows no repositories, so none of them has a figure of its own.
        let one = try #require(KPIDefinition.named("defects_per_1000_lines")).kpi(
            DeliveryState(events: [commit, bug]), scope: KPIScope(repository: "r"), window: all,
            now: 1000 * day)
        #expect(one.value == nil)
    }

    @Test func `a week without deployments is 0 once there were some, unknown before`() throws {
        let state = DeliveryState(events: [deployed("a", 10 * day)])
        let count = try #require(KPIDefinition.named("deployments"))
        func value(_ from: Int, _ to: Int) -> Double? {
            let window = TimeRange(from: Millis(from) * day, through: Millis(to) * day)
            return count.kpi(state, window: window, now: 30 * day).value
        }
        #expect(value(0, 5) == nil && value(8, 15) == 1 && value(16, 20) == 0)
    }

    @Test func `a past window is judged by what is known now`() throws {
        let rate = try #require(KPIDefinition.named("change_fail_rate"))
        let state = DeliveryState(events: [deployed("a", 10 * day)])
        let window = TimeRange(from: 0, through: 10 * day + hour)
        #expect(rate.kpi(state, window: window, now: 30 * day).value == 0)
        #expect(rate.kpi(state, window: window, now: 10 * day + hour).value == nil)
    }

    @Test func `tags stand in for the repositories without deployments, and only there`() throws {
        let tag = event(
            .release, "v1", 3 * day, repository: "lib",
            ["version": .text("1.0.0"), "sha": .text("x")])
        let real = event(
            .deployment, "d", 4 * day, repository: "app",
            ["deployment": .text("d"), "environment": .text("production"), "sha": .text("y")])
        let named = event(
            .release, "v2", 4 * day, repository: "app",
            ["version": .text("2.0.0"), "sha": .text("y")])
        let state = DeliveryState(events: [tag, real, named])
        let count = try #require(KPIDefinition.named("deployments"))
        func kpi(_ name: String) -> KPI {
            count.kpi(state, scope: KPIScope(repository: name), window: all, now: 9 * day)
        }
        #expect(kpi("lib").value == 1 && kpi("lib").notes.count == 1)
        #expect(kpi("app").value == 1 && kpi("app").notes.isEmpty)
    }

    @Test func `work is split by type`() throws {
        let state = DeliveryState(events: try fixture("three-sprints.jsonl"))
        let now = at("2026-04-15")
        let split = state.investment(window: TimeRange(from: 0, through: now), now: now)
        #expect(split.first?.type == "story" && split.reduce(0) { $0 + $1.share } > 0.999)
        // Done bugs: 14, 23 and 32; 5 was deleted.
        #expect(split.first { $0.type == "bug" }?.items == 3)
    }
}
