// DevLake's end-to-end sets: the same rows where Martlet means the same, and every difference on
// purpose printed with its reason.

import Basics
import Foundation
import Reason
import Testing

private let hasGolden = sharedData("payloads/dora-golden/change_lead_time.repos.csv") != nil

@Suite(.enabled(if: hasGolden, "shared/data/payloads/dora-golden is not here"))
struct GoldenTests {
    private func rows(_ name: String) throws -> [[String: String]] {
        try csv(try #require(sharedData("payloads/dora-golden/\(name).csv")))
    }

    /// A deployment-commit row as an event; the pipeline's scope stands for the service.
    private func deployment(_ row: [String: String], ids: inout [String: String]) -> Event? {
        guard let id = row["id"], let started = row["started_date"].flatMap(looseTime),
            let finished = row["finished_date"].flatMap(looseTime)
        else { return nil }
        ids["row-\(id)"] = id
        return event(
            .deployment, "row-\(id)", finished, repository: row["repo_url"] ?? "",
            service: row["cicd_scope_id"] ?? "",
            [
                "deployment": .text(row["cicd_deployment_id"] ?? ""),
                "environment": .text(row["environment"] ?? ""),
                "status": .text(row["result"] == "SUCCESS" ? "success" : "failure"),
                "sha": .text(row["commit_sha"] ?? ""), "started": .number(Double(started)),
                "finished": .number(Double(finished)),
            ])
    }

    @Test func `the previous successful deployment of every commit`() throws {
        var ids: [String: String] = [:]
        let before = try rows("prev_success_deployment_commit.cicd_deployment_commits_before")
        let events = before.compactMap { deployment($0, ids: &ids) }
        #expect(events.count == 16)
        let links = DeliveryState(events: events).previousSuccess
        var expected: [String: String] = [:]
        for row in try rows("prev_success_deployment_commit.cicd_deployment_commits_after") {
            if let id = row["id"], let previous = row["prev_success_deployment_commit_id"],
                !previous.isEmpty
            {
                expected["row-\(id)"] = "row-\(previous)"
            }
        }
        #expect(expected.count == 7)
        #expect(links == expected)
    }

    private func state() throws -> DeliveryState {
        var ids: [String: String] = [:]
        var events = try rows("change_lead_time.cicd_deployment_commits").compactMap {
            deployment($0, ids: &ids)
        }
        // The set's commit graph as committer times: a deployed commit holds the merges that its
        // row of differences names, so it is as old as the last of them; one without such a row
        // holds none.
        let merges = Dictionary(
            try rows("change_lead_time.pull_requests").map {
                ($0["merge_commit_sha"] ?? "", $0["merged_date"].flatMap(looseTime) ?? 0)
            }, uniquingKeysWith: max)
        var holds: [String: Millis] = [:]
        for row in try rows("change_lead_time.commits_diffs") {
            let sha = row["new_commit_sha"] ?? ""
            holds[sha] = max(holds[sha] ?? 0, merges[row["commit_sha"] ?? ""] ?? 0)
        }
        for row in try rows("change_lead_time.cicd_deployment_commits") {
            let sha = row["commit_sha"] ?? ""
            let committed = Double(holds[sha] ?? at("2022-01-01"))
            events.append(
                event(
                    .commit, "commit-\(sha)", Millis(committed), repository: row["repo_url"] ?? "",
                    ["sha": .text(sha), "committed": .number(committed)]))
        }
        let firsts = Dictionary(
            grouping: try rows("change_lead_time.pull_request_commits"),
            by: { $0["pull_request_id"] ?? "" }
        ).mapValues { rows in
            rows.compactMap { $0["commit_authored_date"].flatMap(looseTime) }.min()
        }
        for row in try rows("change_lead_time.pull_requests") {
            guard let id = row["id"], let created = row["created_date"].flatMap(looseTime) else {
                continue
            }
            // repo1 is REPO111 in the set's deployments.
            func change(_ action: String, _ time: Millis, _ more: [String: EventValue]) -> Event {
                var fields: [String: EventValue] = ["change": .text(id), "action": .text(action)]
                fields.merge(more) { _, new in new }
                return event(
                    .change, "\(id)-\(action)", time, repository: "REPO111",
                    actor: row["author_id"] ?? "", fields)
            }
            var first: [String: EventValue] = [:]
            if let time = firsts[id] ?? nil { first["firstCommit"] = .number(Double(time)) }
            events.append(change("opened", created, first))
            if let merged = row["merged_date"].flatMap(looseTime) {
                events.append(
                    change("merged", merged, ["sha": .text(row["merge_commit_sha"] ?? "")]))
            }
        }
        for row in try rows("change_lead_time.pull_request_comments") {
            guard let id = row["id"], let time = row["created_date"].flatMap(looseTime) else {
                continue
            }
            events.append(
                event(
                    .review, id, time, repository: "REPO111", actor: row["account_id"] ?? "",
                    ["change": .text(row["pull_request_id"] ?? ""), "state": .text("commented")]))
        }
        return DeliveryState(events: events)
    }

    @Test func `the phases of every change`() throws {
        let state = try state()
        let now = at("2023-05-01")
        let window = TimeRange(from: 0, through: now)
        // Minutes are rounded up in the set.
        func minutes(_ id: String) throws -> [String: Int] {
            let kpi = try #require(KPIDefinition.named(id)).kpi(state, window: window, now: now)
            return Dictionary(
                uniqueKeysWithValues: kpi.rows.map {
                    (
                        String($0.id.dropFirst("REPO111#".count)),
                        Int(($0.value * 60 - 1e-6).rounded(.up))
                    )
                })
        }
        let phases = [
            "pr_coding_time": try minutes("pr_coding_hours"),
            "pr_pickup_time": try minutes("pr_pickup_hours"),
            "pr_review_time": try minutes("pr_review_hours"),
            "pr_deploy_time": try minutes("pr_deploy_hours"),
            "pr_cycle_time": try minutes("pr_cycle_hours"),
        ]
        let reasons = onPurpose
        var equal = 0
        for row in try rows("change_lead_time.project_pr_metrics") {
            guard let id = row["id"] else { continue }
            for (column, values) in phases.sorted(by: { $0.key < $1.key }) {
                let expected = row[column].flatMap { Int($0) }
                let got = values[id]
                if expected == got {
                    equal += 1
                } else if let reason = reasons["\(id) \(column)"] {
                    print(
                        "\(id) \(column): DevLake \(expected ?? -1), Martlet \(got ?? -1): \(reason)"
                    )
                } else {
                    Issue.record("\(id) \(column): DevLake \(expected ?? -1), Martlet \(got ?? -1)")
                }
            }
        }
        #expect(equal + reasons.count == 30)
    }

    /// Differences on purpose, each with its reason.
    private var onPurpose: [String: String] {
        let early = "an answer before the opening is none; the first one after it counts"
        let late = "the answer came after the merge or before the opening: merged unreviewed"
        let partial = "a cycle without its deployment is open, not shorter"
        return [
            "pr0 pr_cycle_time": partial, "pr4 pr_cycle_time": partial,
            "pr5 pr_cycle_time": partial,
            "pr2 pr_cycle_time": "its first commit is later than its opening: a phase is negative",
            "pr3 pr_pickup_time": early, "pr3 pr_review_time": early,
            "pr3 pr_cycle_time": "it was merged after the deployment that DevLake credits with it",
            "pr4 pr_pickup_time": late, "pr5 pr_review_time": late,
        ]
    }
}
