// The hand-written Jira project of three sprints and forty issues, as Jira's own webhooks and over the
// real server: in a random order of arrival the reports are those that were worked out by hand.

import Basics
import Bytes
import Carry
import Foundation
import Testing

private struct Shuffle: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }
}

private func keys(_ numbers: Int...) -> [String] { numbers.map { "SHOP-\($0)" }.sorted() }

@Suite struct JiraProjectTests {
    @Test
    func `three sprints in Jira's own words, in any order, give the reports worked out by hand`()
        async throws
    {
        let seed = UInt64.random(in: 0..<1_000_000)
        print("seed", seed)
        var random = Shuffle(state: seed)
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/jira-three-sprints.jsonl")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 136)
        let agent = try await Agent(
            configuration: """
                host: {enabled: false}
                hooks:
                  - {kind: jira, name: shop, proof: none, team: alpha,
                     estimate_fields: [customfield_10016, story points]}
                """)
        for (index, line) in lines.shuffled(using: &random).enumerated() {
            let answer = try await client.send(
                FetchRequest(
                    "POST", agent.url + "/hooks/jira/shop",
                    headers: [
                        ("Content-Type", "application/json"),
                        ("X-Atlassian-Webhook-Identifier", "d-\(index)"),
                    ], body: Array(line.utf8)))
            #expect(answer.status == 202, "\(text(answer))")
        }
        var reports: [String: JSON] = [:]
        try await until("three sprints are closed and all is read") {
            guard text(try await get(agent.url + "/metrics")).contains("martlet_ingest_waiting 0")
            else { return false }
            let answer = try await get(agent.url + "/api/martlet/v1/delivery/iterations")
            let found = try JSON(answer.body)["data"]?["iterations"]?.items ?? []
            reports = Dictionary(found.map { ($0["id"]?.text ?? "", $0) }) { first, _ in first }
            return reports.count == 3 && number("73", "completed") == 26
        }
        func number(_ id: String, _ name: String) -> Double? { reports[id]?[name]?.double }
        func list(_ id: String, _ name: String) -> [String] {
            (reports[id]?[name]?.items ?? []).compactMap(\.text)
        }
        let names = [
            "committed", "added", "removed", "reestimated", "completed", "completed_of_committed",
            "carried_over",
        ]
        let byHand: [String: [Double]] = [
            "71": [32, 4, 5, 3, 16, 17, 18], "72": [45, 10, 8, -2, 36, 28, 9],
            "73": [28, 6, 3, -1, 26, 23, 4],
        ]
        for (id, amounts) in byHand {
            #expect(names.map { number(id, $0) } == amounts, "sprint \(id), seed \(seed)")
        }
        #expect(list("71", "completed_items") == keys(1, 2, 3, 5, 6, 9, 10, 14))
        #expect(list("71", "carried_over_items") == keys(4, 8, 13))
        #expect(list("72", "removed_items") == keys(18, 24))
        #expect(list("72", "completed_items") == keys(4, 7, 8, 13, 16, 17, 19, 23))
        #expect(list("73", "completed_items") == keys(20, 21, 22, 25, 26, 27, 28, 29, 32))
    }
}
