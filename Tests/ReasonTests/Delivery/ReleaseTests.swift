// Versions, branches, releases and their record, the watch after them, and traceability.

import Basics
import Reason
import Testing

private func deployed(
    _ version: String, _ time: Millis, _ more: [String: EventValue] = [:]
) -> Event {
    var fields: [String: EventValue] = [
        "deployment": .text("d-\(version)"), "environment": .text("production"),
        "version": .text(version), "status": .text("success"), "sha": .text("c-\(version)"),
    ]
    fields.merge(more) { _, new in new }
    return event(.deployment, "dep-\(version)-\(time)", time, service: "shop", fields)
}

@Suite struct ReleaseTests {
    @Test(arguments: [
        [
            "v1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "v1.0.0-rc2", "1.0.0-rc10",
            "1.0.0", "v1.0.1",
        ],
        ["2022-11-16-weekly", "2023.03.15", "2023.03.15.2", "20230401", "v2024-01-02"],
        ["001", "002", "10", "v11"],
        ["0.9", "0.10", "1.2.3", "1.2.3.4", "release/2.0.0"],
    ])
    func `names of one kind are ordered`(_ names: [String]) {
        let (ordered, unrecognised) = orderedVersions(names.reversed())
        #expect(ordered.map(\.text) == names && unrecognised.isEmpty)
    }

    @Test(arguments: ["latest", "alphabeetle", "v", "1..2", "1.x", "", "1.2.3-", "-1", "2023-13"])
    func `an unrecognised name is reported`(_ name: String) {
        #expect(VersionName(name) == nil)
    }

    @Test func `dates are no semantic versions`() {
        #expect(VersionName("2023.03.15")?.kind == .date)
        #expect(VersionName("1.0.0")?.kind == .semantic && VersionName("001")?.kind == .counter)
        #expect(VersionName("v1.0.0-rc1")?.isPreRelease == true)
    }

    @Test func `branch names follow rules that can be set`() {
        var rules = BranchRules()
        #expect(
            rules.allows("feature/login") && rules.allows("release/v1.0") && rules.allows("main"))
        #expect(!rules.allows("feature/") && !rules.allows("login") && !rules.allows("Main"))
        rules.prefixes = ["topic/"]
        #expect(rules.allows("topic/x") && !rules.allows("feature/login"))
    }

    @Test func `a release succeeds when its window is over without rollback, hotfix or incident`()
        throws
    {
        let events = [
            deployed("1.0.0", day), deployed("1.1.0", 10 * day), deployed("1.2.0", 20 * day),
            deployed("1.2.1", 21 * day, ["isUnplanned": .bool(true)]), deployed("1.3.0", 30 * day),
            event(
                .incident, "i", 30 * day + hour, service: "shop",
                ["incident": .text("i"), "action": .text("opened")]),
            deployed("1.4.0", 40 * day),
            deployed("1.4.0", 40 * day + hour, ["status": .text("rolled_back")]),
            deployed("1.5.0", 49 * day),
        ]
        let now = 50 * day
        let state = DeliveryState(events: events)
        let reports = state.releaseReports(now: now)
        let outcome = Dictionary(
            uniqueKeysWithValues: reports.map { ($0.version, $0.succeeded) })
        #expect(outcome["1.0.0"] == true && outcome["1.1.0"] == true && outcome["1.2.1"] == true)
        #expect(outcome["1.2.0"] == false && outcome["1.3.0"] == false && outcome["1.4.0"] == false)
        #expect(outcome["1.5.0"] == .some(nil))
        let rate = try #require(KPIDefinition.named("release_success_rate"))
            .kpi(state, window: TimeRange(from: 0, through: now), now: now)
        #expect(rate.value == 0.5 && rate.n == 6 && rate.open.count == 1)
        #expect(caseStudySuccessRate == 0.98)
        #expect(reports.first { $0.version == "1.4.0" }?.rolledBackAt == 40 * day + hour)
        #expect(reports.first { $0.version == "1.3.0" }?.confidence == .medium)
    }

    @Test func `the seven steps, and what is missing`() throws {
        func step(_ step: String, _ time: Millis) -> Event {
            event(
                .release, "s-\(step)", time, service: "shop",
                [
                    "version": .text("2.0.0"), "step": .text(step), "person": .text("Quiet Rail"),
                    "evidence": .text("run 7"),
                ])
        }
        let state = DeliveryState(events: [
            step("requirement", 1), step("review", 2), step("test", 3), step("backup", 4),
        ])
        let report = try #require(state.releaseReports(now: 10).first)
        #expect(report.missingSteps == ["plan", "branch", "deploy", "monitor", "documents"])
        #expect(report.record?.entry("test")?.person == "Quiet Rail" && report.succeeded == nil)
    }

    @Test func `events tell of steps that nobody wrote down, and never of the others`() throws {
        let review: [Event] = [
            event(
                .change, "o", day, repository: "r", actor: "Auk",
                ["change": .text("1"), "action": .text("opened")]),
            event(
                .review, "w", day + hour, repository: "r", actor: "Wren",
                ["change": .text("1"), "state": .text("approved")]),
            event(
                .change, "m", 2 * day, repository: "r", actor: "Auk",
                ["change": .text("1"), "action": .text("merged")]),
        ]
        func release(_ status: String, _ more: [Event] = []) throws -> ReleaseReport {
            var out = deployed("1.0.0", 3 * day)
            out.repository = "r"
            let build = event(
                .build, "b", 2 * day + hour, repository: "r",
                [
                    "build": .text("7"), "sha": .text("c-1.0.0"), "status": .text(status),
                    "branch": .text("release/1.0"),
                ])
            let state = DeliveryState(events: [out, build] + more)
            return try #require(state.releaseReports(now: 20 * day).first)
        }
        let whole = try release("success", review)
        #expect(whole.missingSteps == ["backup", "plan", "requirement", "documents"])
        #expect(whole.toldSteps["test"] == "test/7" && whole.toldSteps["review"] == "r#1")
        // A failed build is no test, and a merge without an answer no review.
        let poor = try release("failure", review.filter { $0.kind == .change })
        #expect(poor.missingSteps.contains("test") && poor.missingSteps.contains("review"))
        #expect(poor.toldSteps["monitor"] == "test/d-1.0.0")
    }

    @Test func `the watch compares equal windows and needs data on both sides`() throws {
        var events = [deployed("1.0.0", 30 * day)]
        for index in 0..<200 {
            let time = 20 * day + Millis(index) * 2 * hour
            let isBad = time > 30 * day ? index % 2 == 0 : index % 10 == 0
            events.append(
                event(
                    .build, "b\(index)", time, service: "shop",
                    ["build": .text("b\(index)"), "status": .text(isBad ? "failure" : "success")]))
        }
        let state = DeliveryState(events: events)
        let now = 40 * day
        let release = try #require(state.releaseReports(now: now).first)
        let watch = try #require(state.watch(release, now: now))
        #expect(watch.isComplete && watch.after.through - watch.after.from == 7 * day - 1)
        let builds = try #require(watch.rows.first { $0.kpi == "build_success_rate" })
        #expect(builds.verdict == .worse && builds.interval.map { $0.high < 0 } == true)
        let feedback = try #require(watch.rows.first { $0.kpi == "satisfaction" })
        #expect(feedback.verdict == .notEnoughData && feedback.difference == nil)
    }

    @Test func `a watch opens by itself when something goes out, and ends with its window`() throws
    {
        let state = DeliveryState(events: [
            deployed("1.0.0", 30 * day), deployed("1.1.0", 33 * day),
            event(
                .deployment, "x", 34 * day, service: "pay",
                [
                    "deployment": .text("77"), "environment": .text("production"),
                    "status": .text("success"),
                ]),
        ])
        #expect(state.openWatches(now: 29 * day).isEmpty)
        let first = try #require(state.openWatches(now: 31 * day).first)
        #expect(first.version == "1.0.0" && !first.isComplete && first.verdict == .notEnoughData)
        // The next release of a place takes its turn; a deployment without a version is watched too.
        let watches = state.openWatches(now: 35 * day)
        #expect(watches.map(\.version) == ["77", "1.1.0"])
        #expect(watches.last?.overlapping.count == 1)
        #expect(state.openWatches(scope: KPIScope(service: "pay"), now: 35 * day).count == 1)
        #expect(state.openWatches(now: 50 * day).isEmpty)
    }

    @Test func `what belongs together is found from any end`() {
        let events = [
            deployed("1.0.0", 5 * day),
            event(
                .release, "r", 4 * day, service: "shop",
                [
                    "version": .text("1.0.0"), "sha": .text("c-1.0.0"), "model": .text("bert-7"),
                    "dataVersion": .text("data-3"),
                ]),
            event(
                .build, "b", 3 * day,
                ["build": .text("77"), "sha": .text("c-1.0.0"), "status": .text("success")]),
            event(.feedback, "f", 6 * day, ["version": .text("1.0.0"), "score": .number(4)]),
        ]
        let graph = DeliveryState(events: events).lineage
        let model = LineageNode(.model, "bert-7")
        let ends: [LineageNode] = [
            LineageNode(.feedback, "f"), LineageNode(.data, "data-3"),
            LineageNode(.build, "test/77"),
            LineageNode(.deployment, "test/d-1.0.0"),
        ]
        for end in ends {
            #expect(graph.around(end).contains { $0.node == model }, "\(end)")
            #expect(graph.around(model).contains { $0.node == end }, "\(end)")
        }
    }

    @Test(.enabled(if: sharedData("histories/tigerbeetle.jsonl") != nil, "histories are not here"))
    func `lead times of a real history, with tags as deployments`() throws {
        let state = DeliveryState(events: try history("tigerbeetle"))
        let now = try #require(state.events.last?.time)
        let window = TimeRange(from: 0, through: now)
        let lead = try #require(KPIDefinition.named("change_lead_time_hours"))
            .kpi(state, window: window, now: now)
        let deploy = try #require(KPIDefinition.named("pr_deploy_hours"))
            .kpi(state, window: window, now: now)
        print(
            "tigerbeetle: commit to release median", lead.value ?? -1, "of", lead.n, "open",
            lead.open.count, "excluded", lead.excluded.count, "; merge to release median",
            deploy.value ?? -1, "of", deploy.n, "(reference 122.6 and 97.8 h over the commit graph)"
        )
        // Events carry no commit graph: the main line is read as time, which shortens waits of
        // branches.
        #expect((60...170).contains(lead.value ?? 0) && (60...130).contains(deploy.value ?? 0))
        #expect(lead.notes.contains { $0.key == "kpi.note.tags_as_deployments" })
        #expect(state.unrecognisedVersions.contains("alphabeetle"))
    }
}
