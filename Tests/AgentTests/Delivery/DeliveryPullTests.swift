// Pulling as the agent does it, against captured rows of the senders' APIs: everything comes once,
// whether it was pulled, hooked or both; limits are waited for; a restart goes on from the cursor.

import Basics
import Bytes
import Carry
import Foundation
import Testing

/// All builds that an agent knows, whatever became of them.
private func buildIDs(_ agent: Agent) async throws -> [String] {
    let path = "/api/martlet/v1/kpis/build_success_rate/rows?from=1500000000&to=2000000000"
    let data = try JSON(try await get(agent.url + path).body)["data"]
    return ["rows", "excluded", "open"].flatMap { data?[$0]?.items ?? [] }
        .compactMap { $0["id"]?.text }
}

private func words(_ rows: [JSON], _ name: String) -> [String] {
    rows.compactMap { $0[name]?.text ?? $0[name]?.int.map { String($0) } }
}

/// The runs of the sample that are over.
private func finishedRuns() throws -> [JSON] {
    try capturedRows("github._raw_github_api_runs.csv").filter {
        $0["conclusion"]?.text.map { !$0.isEmpty } ?? false
    }
}

@Suite(.serialized) struct DeliveryPullTests {
    @Test(.enabled(if: samplesAreThere, "the sample payloads are not here"))
    func `a repository is pulled whole, once, and a restart goes on from the cursor`() async throws
    {
        let runs = try finishedRuns()
        let (later, hooked, early) = (runs[0], runs[1], Array(runs.dropFirst()))
        let stub = try ForgeStub([
            "/repos/org/shop/actions/runs": early,
            "/repos/org/shop/issues": try capturedRows("github._raw_github_api_issues.csv"),
            "/repos/org/shop/pulls": try capturedRows(
                "github._raw_github_api_pull_requests_bot_filter.csv"),
        ])
        stub.limit("/repos/org/shop/issues", seconds: 3)
        let folder = try Scratch()
        let configuration = """
            host: {enabled: false}
            hooks: [{kind: github, name: shop, secret: s3cret}]
            sources: [{github: org/shop, url: "\(stub.url)", token: tok, every: 10s}]
            """
        let agent = try await Agent(configuration: configuration, folder: folder)
        try await until("all finished runs are known", seconds: 60) {
            Set(try await buildIDs(agent)).count == early.count
        }
        #expect(try await buildIDs(agent).count == early.count)
        // The whole list came page by page, and with the token.
        let asked = stub.asked
        let pages = asked.filter { $0.path.hasSuffix("/actions/runs") }.compactMap {
            $0.query["page"]
        }
        #expect(pages.prefix(2) == ["2", "3"])
        #expect(asked.allSatisfy { $0.authorization == "Bearer tok" })
        // The limit was waited for: a second at least, as its end is a whole second.
        let refused = try #require(asked.firstIndex { $0.status == 403 })
        let next = asked[refused + 1]
        #expect(next.path == asked[refused].path && next.query == asked[refused].query)
        #expect(next.at - asked[refused].at >= .seconds(1))

        // One that was pulled comes by hook too, and one by hook that will be pulled.
        for run in [hooked, later] {
            let body = JSON.object([
                ("action", .string("completed")), ("workflow_run", run),
                ("repository", .object([("full_name", .string("org/shop"))])),
            ]).encoded
            let code = try hmac("s3cret", Data(body)).map { String(format: "%02x", $0) }.joined()
            let answer = try await client.send(
                FetchRequest(
                    "POST", agent.url + "/hooks/github/shop",
                    headers: [
                        ("X-GitHub-Event", "workflow_run"),
                        ("X-GitHub-Delivery", words([run], "id").joined()),
                        ("X-Hub-Signature-256", "sha256=" + code),
                        ("Content-Type", "application/json"),
                    ], body: body))
            #expect(answer.status == 202, "\(text(answer))")
        }
        stub.set("/repos/org/shop/actions/runs", runs)
        try await until("the hooked run is known") {
            try await buildIDs(agent).count == runs.count
        }
        agent.child.send(SIGTERM)
        #expect(agent.child.wait() == 0)

        let before = stub.asked.count
        let again = try await Agent(configuration: configuration, folder: folder)
        try await until("a round is over", seconds: 60) {
            stub.asked.dropFirst(before).contains { $0.path.hasSuffix("/commits") }
        }
        // It goes on from where it was: GitHub's filters carry the cursor.
        let resumed = stub.asked.dropFirst(before)
        #expect(resumed.first { $0.path.hasSuffix("/issues") }?.query["since"] != nil)
        #expect(
            resumed.first { $0.path.hasSuffix("/runs") }?.query["created"]?.hasPrefix(">=") == true)
        try await until("the figures are there") { try await !buildIDs(again).isEmpty }
        let known = try await buildIDs(again)
        #expect(known.count == runs.count && Set(known).count == runs.count)
    }

    @Test(.enabled(if: samplesAreThere, "the sample payloads are not here"))
    func `GitLab, Jira and Jenkins are pulled by their own pages`() async throws {
        let pipelines = try capturedRows("gitlab._raw_gitlab_api_pipeline.csv")
        let builds = try capturedRows("jenkins._raw_jenkins_api_builds.csv")
        let sprints = try capturedRows("jira._raw_jira_api_sprints.csv")
        let stub = try ForgeStub([
            "/pipelines": pipelines, "/api/json": builds, "/sprint": sprints,
            "org/shop/issues": try capturedRows("gitlab._raw_gitlab_api_issues.csv"),
        ])
        let agent = try await Agent(
            configuration: """
                host: {enabled: false}
                sources:
                  - {gitlab: org/shop, url: "\(stub.url)", every: 1m}
                  - {jira: "8", url: "\(stub.url)", user: me, token: tok, every: 1m}
                  - {jenkins: job/devlake, url: "\(stub.url)", every: 1m}
                """)
        try await until("all builds are known", seconds: 60) {
            try await buildIDs(agent).count == pipelines.count + builds.count
        }
        try await until("every sprint that began is known") {
            let answer = try await get(agent.url + "/api/martlet/v1/delivery/iterations")
            return try JSON(answer.body)["data"]?["iterations"]?.items?.count == sprints.count
        }
        let asked = stub.asked
        #expect(asked.contains { $0.path.hasSuffix("/pipelines") && $0.query["page"] == "3" })
        #expect(asked.contains { $0.path.hasSuffix("/sprint") && $0.query["startAt"] == "20" })
        let login = "Basic " + Data("me:tok".utf8).base64EncodedString()
        #expect(
            asked.filter { $0.path.hasPrefix("/rest/agile") }
                .allSatisfy { $0.authorization == login })
    }

    @Test(.enabled(if: samplesAreThere, "the sample payloads are not here"))
    func `connect --pull asks once, writes the section, reloads and says when events came`()
        async throws
    {
        let stub = try ForgeStub(["/repos/org/shop/actions/runs": try finishedRuns()])
        let folder = try Scratch()
        let agent = try await Agent(configuration: "host: {enabled: false}\n", folder: folder)
        let file = folder.path + "/martlet.yml"
        let command = [
            "connect", "github", "org/shop", "--pull", "--from", stub.url, "--config", file,
            "--url",
            agent.url, "--wait", "1m",
        ]
        let made = try run(command)
        #expect(made.status == 0, "\(made.output)")
        #expect(made.output.contains("The first events came by"), "\(made.output)")
        let written = try String(contentsOfFile: file, encoding: .utf8)
        #expect(written.hasPrefix("host: {enabled: false}\n"))
        #expect(written.contains("- github: \"org/shop\"") && written.contains("every: 5m"))
        #expect(try run(["check", "config", file]).status == 0)
        #expect(try run(command).status == 2, "the same source twice")
        // An end that does not answer leaves the file as it is.
        let dead = try run([
            "connect", "gitlab", "org/shop", "--pull", "--from", "http://127.0.0.1:9", "--config",
            file,
        ])
        #expect(dead.status == 1, "\(dead.output)")
        #expect(try String(contentsOfFile: file, encoding: .utf8) == written)
    }
}
