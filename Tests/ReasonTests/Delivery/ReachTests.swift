// What reached production with what: by the commit graph where parents are told, by time where not.

import Basics
import Reason
import Testing

/// A commit; nil parents are not told.
private func commit(_ sha: String, _ time: Millis, parents: [String]?, change: String? = nil)
    -> Event
{
    var fields: [String: EventValue] = ["sha": .text(sha), "committed": .number(Double(time))]
    if let parents {
        fields["parentShas"] = .list(parents)
        fields["parents"] = .number(Double(parents.count))
    }
    if let change { fields["change"] = .text(change) }
    return event(.commit, "commit-\(sha)", time, repository: "r", fields)
}

private func deployed(_ id: String, _ sha: String, _ time: Millis) -> Event {
    event(
        .deployment, "dep-\(id)", time, repository: "r",
        [
            "deployment": .text(id), "environment": .text("production"), "sha": .text(sha),
            "status": .text("success"), "finished": .number(Double(time)),
        ])
}

private func leadTimes(_ events: [Event]) throws -> KPI {
    try #require(KPIDefinition.named("change_lead_time_hours")).kpi(
        DeliveryState(events: events), window: TimeRange(from: 0, through: 100 * day),
        now: 100 * day)
}

/// main: a - b - - m(erge of x, y) - c; side: x - y from a; deployed at b, then at c.
private func branchy(told: Bool) -> [Event] {
    func parents(_ shas: String...) -> [String]? { told ? shas : nil }
    return [
        commit("a", day, parents: told ? [] : nil),
        commit("x", 2 * day, parents: parents("a")),
        commit("y", 3 * day, parents: parents("x")),
        commit("b", 4 * day, parents: parents("a")),
        commit("m", 10 * day, parents: ["b", "y"]),
        commit("c", 11 * day, parents: parents("m")),
        deployed("one", "b", 5 * day), deployed("two", "c", 12 * day),
    ]
}

@Suite struct ReachTests {
    @Test func `a branch goes out with its merge, not with what was deployed meanwhile`() throws {
        let state = DeliveryState(events: branchy(told: true))
        #expect(state.reach.deploymentOfCommit["x"] == "test/two")
        #expect(state.reach.deploymentOfCommit["y"] == "test/two")
        #expect(state.reach.deploymentOfCommit["b"] == "test/one")
        let times = try leadTimes(branchy(told: true))
        // x 10 days, y 9, c 1; the merge counts for nothing, a and b were in the first one.
        #expect(times.rows.map(\.value).sorted() == [24, 216, 240])
        #expect(times.value == 216)
        #expect(
            times.excluded.filter { $0.reason.key == "kpi.excluded.first_deployment" }.count == 2)
        // By time alone x and y would have been in the first deployment, and would count for nothing.
        #expect(try leadTimes(branchy(told: false)).rows.map(\.value) == [24])
    }

    @Test func `a fix on an old branch brings only itself, and a way back nothing`() throws {
        let events = [
            commit("a", day, parents: []), commit("b", 2 * day, parents: ["a"]),
            commit("fix", 6 * day, parents: ["a"]), commit("c", 4 * day, parents: ["b"]),
            deployed("one", "a", day + hour), deployed("hot", "fix", 7 * day),
            deployed("back", "a", 8 * day), deployed("two", "c", 9 * day),
        ]
        let reach = DeliveryState(events: events).reach
        #expect(
            reach.deploymentOfCommit == [
                "a": "test/one", "fix": "test/hot", "b": "test/two", "c": "test/two",
            ])
    }

    @Test func `a commit whose parents are not told hands over to time`() throws {
        // An import told a, x and b; then pushes brought p and q without parents.
        let events = [
            commit("a", day, parents: []), commit("x", 2 * day, parents: ["a"]),
            commit("b", 3 * day, parents: ["a"]), commit("p", 5 * day, parents: nil),
            commit("q", 6 * day, parents: ["p"]),
            deployed("one", "b", 4 * day), deployed("two", "q", 7 * day),
        ]
        let reach = DeliveryState(events: events).reach
        #expect(reach.deploymentOfCommit["x"] == "test/two")
        #expect(reach.deploymentOfCommit["p"] == "test/two")
        #expect(reach.deploymentOfCommit["b"] == "test/one")
    }

    @Test func `a change goes out with its merge commit`() throws {
        var events = branchy(told: true)
        events.append(
            event(
                .change, "change-3", 10 * day, repository: "r",
                ["change": .text("3"), "action": .text("merged"), "sha": .text("m")]))
        events.append(
            event(
                .change, "change-4", 4 * day, repository: "r",
                ["change": .text("4"), "action": .text("merged"), "sha": .text("late")]))
        events.append(commit("late", 4 * day, parents: ["a"]))
        let reach = DeliveryState(events: events).reach
        #expect(reach.deploymentOfChange["r#3"] == "test/two")
        // Merged to some branch, and never an ancestor of what was deployed.
        #expect(reach.deploymentOfChange["r#4"] == nil)
    }

    @Test func `a push and a pull tell of one commit`() throws {
        var pulled = commit("a", day, parents: ["z"])
        pulled.id = "commit-a/pulled"
        let state = DeliveryState(events: [commit("a", day, parents: nil), pulled])
        #expect(state.commits.count == 1)
        #expect(state.commits["r@a"]?.parentShas == ["z"])
    }
}
