import Basics
import Bytes
import Collect
import Foundation
import Testing

/// The JSON documents of a back-fill file: what the sender's API answered, row by row.
private func documents(_ file: String) throws -> [JSON] {
    let table = rows(ofCSV: String(decoding: try payload("backfill/\(file)"), as: UTF8.self))
    let column = try #require(table.first?.firstIndex(of: "data"))
    return try table.dropFirst().map { try JSON(text: $0[column]) }
}

private func text(_ json: JSON) -> String { String(decoding: json.encoded, as: UTF8.self) }

private func config(_ kind: DeliveryKind, project: String = "org/shop") -> PullConfig {
    var config = PullConfig(source: testSource(kind), url: "https://api.test", project: project)
    config.token = DeliverySecret(text: "tok")
    return config
}

private func ok(_ body: String, _ headers: [(name: String, value: String)] = []) -> FetchResponse {
    FetchResponse(status: 200, headers: headers, body: Array(body.utf8))
}

/// Runs a round against answers by a part of the URL; everything else is an empty list.
private func round(
    _ config: PullConfig, cursor: String = "", answers: [(part: String, body: String)]
) -> (events: [Event], cursor: String, urls: [String], problems: [String]) {
    var session = PullSession(config, people: PeopleBook(salt: testSalt), cursor: cursor)
    var (events, urls) = ([Event](), [String]())
    while true {
        switch session.next(now: 0) {
        case .done(let cursor): return (events, cursor, urls, session.problems)
        case .wait: return (events, "waits", urls, session.problems)
        case .fetch(let request):
            urls.append(request.url)
            let body = answers.first { request.url.contains($0.part) }?.body ?? "[]"
            events += session.take(ok(body), now: 0).events
        }
        if urls.count > 500 { return (events, "does not end", urls, session.problems) }
    }
}

@Suite struct DeliveryPullTests {
    @Test(.enabled(if: payloads != nil, "the payloads are not here"))
    func `GitHub's runs come out as DevLake's snapshot of them`() throws {
        let runs = try documents("github._raw_github_api_runs.csv")
        let body = #"{"workflow_runs":[\#(runs.map(text).joined(separator: ","))]}"#
        let events = round(config(.github), answers: [("actions/runs", body)]).events
        let table = rows(
            ofCSV: String(
                decoding: try payload("backfill/expected.github.cicd_pipelines.csv"), as: UTF8.self)
        )
        let (id, result) = (
            try #require(table[0].firstIndex(of: "id")),
            try #require(table[0].firstIndex(of: "result"))
        )
        var compared = 0
        for row in table.dropFirst() {
            let number = row[id].split(separator: ":").last.map(String.init)
            let event = try #require(events.first { $0["build"]?.text == number }, "\(row[id])")
            switch row[result] {
            case "SUCCESS" where event["status"] != .text("unstable"):
                #expect(
                    event["status"] == .text("success") || event["status"] == .text("not_built"))
            case "FAILURE":
                let words = ["failure", "aborted"].map { EventValue.text($0) }
                #expect(words.contains(event["status"] ?? .text("")), "\(row[id])")
            default: break
            }
            compared += 1
        }
        #expect(compared == 35)
    }

    @Test(.enabled(if: payloads != nil, "the payloads are not here"))
    func `Jenkins' builds come out as DevLake's snapshot of them`() throws {
        let builds = try documents("jenkins._raw_jenkins_api_builds.csv")
        let body = #"{"builds":[\#(builds.map(text).joined(separator: ","))]}"#
        let result = round(config(.jenkins, project: "job/devlake"), answers: [("api/json", body)])
        let table = rows(
            ofCSV: String(
                decoding: try payload("backfill/expected.jenkins._tool_jenkins_builds.csv"),
                as: UTF8.self))
        let column = { (name: String) throws in try #require(table[0].firstIndex(of: name)) }
        let (number, status) = (try column("number"), try column("result"))
        let duration = try column("duration")
        for row in table.dropFirst() {
            let event = try #require(
                result.events.first { $0["build"] == .text("devlake#\(row[number])") }, "\(row)")
            let word = row[status] == "NOT_BUILD" ? "not_built" : row[status].lowercased()
            #expect(event["status"] == .text(word))
            #expect(event["durationMillis"]?.number == Double(row[duration]))
        }
        #expect(result.events.contains { $0["sha"] != nil && $0["branch"] == .text("main") })
    }

    @Test(.enabled(if: payloads != nil, "the payloads are not here"))
    func `CircleCI's workflows come out as DevLake's snapshot of them`() throws {
        // CircleCI is heard by webhook; the rows of its API are the same facts in another envelope.
        let events = try documents("circleci._raw_circleci_api_workflows.csv").flatMap { row in
            let stopped = row["stopped_at"]?.text ?? ""
            let hook = JSON.object([
                ("type", .string("workflow-completed")), ("happened_at", .string(stopped)),
                ("workflow", row), ("project", .object([("name", .string("coldgust"))])),
            ])
            return try read(.circleci, hook.encoded).events
        }
        let table = rows(
            ofCSV: String(
                decoding: try payload("backfill/expected.circleci.cicd_pipelines.csv"),
                as: UTF8.self))
        let column = { (name: String) throws in try #require(table[0].firstIndex(of: name)) }
        let (id, result) = (try column("id"), try column("result"))
        let (seconds, started) = (try column("duration_sec"), try column("started_date"))
        for row in table.dropFirst() {
            let build = row[id].split(separator: ":").last.map(String.init)
            let event = try #require(events.first { $0["build"]?.text == build }, "\(row[id])")
            #expect(event["status"] == .text(row[result].lowercased()))
            #expect(event["started"]?.number == parseStamp(row[started]).map(Double.init))
            if row[seconds] == "0" {
                print(
                    "\(build ?? ""): DevLake 0 s, Martlet none: it ended before it began, and a negative span is left out"
                )
                #expect(event["durationMillis"] == nil)
            } else {
                #expect(event["durationMillis"]?.number == Double(row[seconds]).map { $0 * 1000 })
            }
        }
        #expect(table.count == 10)
        // A tenth row has no times at all: both leave it out.
        #expect(Set(events.map(\.id)).count == table.count - 1)
    }

    @Test(.enabled(if: payloads != nil, "the payloads are not here"))
    func `GitLab's lists and Jira's sprints are read whole`() throws {
        func body(_ file: String) throws -> String {
            "[" + (try documents(file)).map(text).joined(separator: ",") + "]"
        }
        let gitlab = round(
            config(.gitlab),
            answers: [
                ("/issues", try body("gitlab._raw_gitlab_api_issues.csv")),
                ("/pipelines", try body("gitlab._raw_gitlab_api_pipeline.csv")),
                ("/deployments", try body("gitlab._raw_gitlab_api_deployments.csv")),
            ])
        #expect(gitlab.events.count { $0.kind == .build } == 29)
        #expect(gitlab.events.count { $0.kind == .workItem } >= 16)
        let deployments = gitlab.events.filter { $0.kind == .deployment }
        #expect(!deployments.isEmpty && deployments.allSatisfy { $0["sha"]?.text?.count == 40 })
        let sprints = try documents("jira._raw_jira_api_sprints.csv").map(text).joined(
            separator: ",")
        let jira = round(
            config(.jira, project: "8"),
            answers: [("/sprint?", #"{"isLast":true,"values":[\#(sprints)]}"#)])
        #expect(jira.events.count { $0["action"] == .text("started") } == 30)
        let names = "\(gitlab.events)\(jira.events)"
        for name in ["Taylor", "文宇祥", "hackwaly"] { #expect(!names.contains(name)) }
    }

    @Test func `what is pulled and hooked has one id`() throws {
        let pull = #"""
            {"number":3,"user":{"login":"ann"},"created_at":"2024-01-01T00:00:00Z",
            "updated_at":"2024-01-02T00:00:01Z","closed_at":"2024-01-02T00:00:00Z",
            "merged_at":"2024-01-02T00:00:00Z","merge_commit_sha":"abc"}
            """#
        let pulled = round(config(.github), answers: [("/pulls", "[\(pull)]")]).events
        let hooked = try read(
            .github,
            json:
                #"{"action":"closed","repository":{"full_name":"org/shop"},"pull_request":\#(pull)}"#
        ).events
        #expect(Set(pulled.map(\.id)) == Set(hooked.map(\.id)) && pulled.count == 2)
        #expect(pulled.first?.source == hooked.first?.source)
    }

    @Test func `pulled commits tell their parents, which no push does`() throws {
        let commit = #"""
            {"sha":"m1","commit":{"message":"Merge pull request #3 from ann/x",
            "author":{"name":"Ann Lee","email":"ann@example.org","date":"2024-01-01T00:00:00Z"},
            "committer":{"date":"2024-01-02T00:00:00Z"}},"author":{"login":"ann"},
            "parents":[{"sha":"a"},{"sha":"b"}]}
            """#
        let event = try #require(
            round(config(.github), answers: [("/commits", "[\(commit)]")]).events.first)
        #expect(event["parentShas"] == .list(["a", "b"]) && event["parents"] == .number(2))
        #expect(event["change"] == .text("3") && event.time == 1_704_153_600_000)
        let row = #"""
            {"id":"m2","parent_ids":[],"title":"Begin","author_name":"Ann Lee",
            "author_email":"ann@example.org","authored_date":"2024-01-01T00:00:00Z",
            "committed_date":"2024-01-01T00:00:00Z"}
            """#
        let first = try #require(
            round(config(.gitlab), answers: [("/commits", "[\(row)]")]).events.first)
        #expect(first["parentShas"] == .list([]) && first["sha"] == .text("m2"))
        #expect(!"\(event)\(first)".contains("Lee"))
    }

    @Test func `the next round begins where the last one ended`() {
        let issue =
            #"[{"number":1,"state":"open","created_at":"2024-01-01T00:00:00Z","updated_at":"2024-03-01T00:00:00Z"}]"#
        let first = round(config(.github), answers: [("/issues", issue)])
        #expect(first.events.count == 1)
        let second = round(config(.github), cursor: first.cursor, answers: [])
        #expect(second.urls.contains { $0.contains("since=2024-02-29T23:50:00.000Z") })
        #expect(second.cursor == first.cursor)
    }

    @Test func `a branch that is merged today brings its commits of last week`() {
        let cursor = #"{"commits":1709251200000}"#
        let old = #"""
            [{"sha":"a","commit":{"message":"x","author":{"date":"2024-02-22T00:00:00Z"},
            "committer":{"date":"2024-02-22T00:00:00Z"}},"parents":[]}]
            """#
        let result = round(config(.github), cursor: cursor, answers: [("/commits", old)])
        #expect(result.urls.contains { $0.contains("since=2024-02-16T00:00:00.000Z") })
        #expect(result.events.map { $0["sha"] } == [.text("a")] && result.cursor == cursor)
    }

    @Test func `an old pull request ends the reading of newer ones`() {
        let cursor = #"{"pulls":1704067200000}"#
        var session = PullSession(
            config(.github), people: PeopleBook(salt: testSalt), cursor: cursor)
        let page = ok(
            #"[{"number":2,"created_at":"2024-02-01T00:00:00Z","updated_at":"2024-02-01T00:00:00Z"},{"number":1,"created_at":"2020-01-01T00:00:00Z","updated_at":"2020-01-01T00:00:00Z"}]"#,
            [("link", #"<https://api.test/repos/org/shop/pulls?page=2>; rel="next""#)])
        #expect(session.take(page, now: 0).events.map { $0["change"] } == [.text("2")])
        guard case .fetch(let request) = session.next(now: 0) else {
            Issue.record("no request")
            return
        }
        #expect(request.url.contains("/issues"))
    }

    @Test func `a next page on another host is not followed`() {
        var session = PullSession(config(.github), people: PeopleBook(salt: testSalt))
        _ = session.take(
            ok("[]", [("link", #"<https://evil.test/repos/x?page=2>; rel="next""#)]), now: 0)
        guard case .fetch(let request) = session.next(now: 0) else {
            Issue.record("no request")
            return
        }
        #expect(request.url.hasPrefix("https://api.test/"))
        #expect(!request.followsRedirects)
        #expect(request.headers.contains { $0 == ("Authorization", "Bearer tok") })
    }

    @Test func `a rate limit is waited for, a fault is tried again and then given up`() {
        var session = PullSession(config(.jenkins), people: PeopleBook(salt: testSalt))
        _ = session.take(FetchResponse(status: 429, headers: [("retry-after", "7")]), now: 1000)
        guard case .wait(until: 8000) = session.next(now: 1000) else {
            Issue.record("does not wait")
            return
        }
        for _ in 0..<5 { session.fail(.timedOut("x"), now: 8000) }
        #expect(session.problems.count == 1)
        guard case .done(let cursor) = session.next(now: 1_000_000) else {
            Issue.record("is not over")
            return
        }
        #expect(cursor == "{}")
    }

    @Test func `a deployment's states are asked for one by one`() {
        let list =
            #"[{"id":9,"sha":"abc","environment":"prod","created_at":"2024-01-01T00:00:00Z","updated_at":"2024-01-01T00:00:00Z"}]"#
        let states =
            #"[{"id":1,"state":"success","environment":"prod","created_at":"2024-01-01T00:05:00Z"}]"#
        let result = round(
            config(.github),
            answers: [("/deployments/9/statuses", states), ("/deployments?", list)])
        #expect(result.events.map { $0["status"]?.text } == ["started", "success"])
        #expect(result.problems.isEmpty)
    }

    @Test func `Jira's issues give their change logs, with each change's own stage`() {
        let issue = #"""
            {"issues":[{"key":"A-1","fields":{"created":"2024-01-01T00:00:00.000+0000",
            "updated":"2024-01-03T00:00:00.000+0000",
            "status":{"name":"Done","statusCategory":{"key":"done"}},"issuetype":{"name":"Story"}},
            "changelog":{"histories":[
            {"id":"2","created":"2024-01-03T00:00:00.000+0000","items":[
            {"field":"status","fromString":"Doing","toString":"Done"}]},
            {"id":"1","created":"2024-01-02T00:00:00.000+0000","items":[
            {"field":"status","fromString":"To Do","toString":"Doing"}]}]}}],"total":1,"startAt":0}
            """#
        let events = round(config(.jira, project: "8"), answers: [("/issue?", issue)]).events
        let story = events.sorted { $0.time < $1.time }
        #expect(story.map { $0["stage"]?.text } == ["To Do", "Doing", "Done"])
        #expect(story.map { $0["isDone"]?.bool } == [false, false, true])
    }

    @Test func `what Jira never changed was so from the beginning`() throws {
        func first(_ fields: String, _ log: String) throws -> Event? {
            let issue = #"""
                {"issues":[{"key":"A-1","fields":{"created":"2024-01-01T00:00:00.000+0000",
                "updated":"2024-01-03T00:00:00.000+0000","status":{"name":"To Do"},
                "story points":5\#(fields)},"changelog":{"histories":[\#(log)]}}],"total":1}
                """#
            return round(config(.jira, project: "8"), answers: [("/issue?", issue)]).events
                .first { $0["action"] == .text("created") }
        }
        let sprint = #","sprint":{"id":7}"#
        let unchanged = try first(sprint, "")
        #expect(unchanged?["iteration"] == .text("7") && unchanged?["estimate"] == .number(5))
        let moved = #"""
            {"id":"1","created":"2024-01-02T00:00:00.000+0000","items":[
            {"field":"Sprint","from":"6","to":"7","fromString":"S6","toString":"S7"},
            {"field":"Story Points","fromString":"3","toString":"5"}]}
            """#
        let before = try first(sprint, moved)
        #expect(before?["iteration"] == .text("6") && before?["estimate"] == .number(3))
        let late = moved.replacing(#""from":"6""#, with: #""from":"""#)
            .replacing("S6", with: "")
        #expect(try first(sprint, late)?["iteration"] == nil)
    }

    @Test func `a loop keeps events before the cursor, and waits by the clock`() async throws {
        let clock = ManualClock(now: 0)
        let order = Lock<[String]>([])
        let loop = PullLoop(
            config: config(.jenkins), people: PeopleBook(salt: testSalt),
            fetch: Fetch { _ throws(FetchError) in
                ok(
                    #"{"builds":[{"number":1,"result":"SUCCESS","timestamp":1700000000000,"duration":5}]}"#
                )
            }, clock: clock.clock,
            keep: { result in order.withLock { $0.append("keep \(result.events.count)") } },
            loadCursor: { "" },
            saveCursor: { cursor in order.withLock { $0.append("save \(cursor)") } },
            report: { _ in })
        try await loop.round()
        #expect(order.withLock { $0 } == ["keep 1", #"save {"builds":1700000000000}"#])
    }
}
