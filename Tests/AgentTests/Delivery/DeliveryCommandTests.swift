// From a repository to figures and decisions, as a person does it: five commands.

import Basics
import Bytes
import Carry
import Foundation
import Testing

/// Runs git in a folder, with a clock and an author of its own.
private func git(_ arguments: [String], in folder: String, at time: Int = 0) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/git")
    process.arguments = ["-C", folder] + arguments
    var environment = ProcessInfo.processInfo.environment
    for (name, value) in [
        ("GIT_AUTHOR_NAME", "Ada Lovelace"), ("GIT_AUTHOR_EMAIL", "ada@lovelace.example"),
        ("GIT_COMMITTER_NAME", "Ada Lovelace"), ("GIT_COMMITTER_EMAIL", "ada@lovelace.example"),
        ("GIT_AUTHOR_DATE", "@\(time) +0000"), ("GIT_COMMITTER_DATE", "@\(time) +0000"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ] { environment[name] = value }
    process.environment = environment
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
        throw TestFailure("git \(arguments.joined(separator: " ")) failed")
    }
}

/// A repository of 20 merged changes in 20 weeks, a release every second week.
private func makeRepository(_ folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try git(["init", "-q", "-b", "main"], in: folder)
    let week = 604_800
    let start = Int(Date().timeIntervalSince1970) - 21 * week
    for index in 0..<20 {
        let time = start + index * week
        try "line \(index)\n".write(toFile: folder + "/file.txt", atomically: true, encoding: .utf8)
        try git(["add", "."], in: folder)
        try git(["commit", "-q", "-m", "Add step \(index) (#\(index + 1))"], in: folder, at: time)
        if index % 2 == 1 {
            try git(
                ["tag", "-a", "v1.\(index / 2).0", "-m", "release"], in: folder, at: time + 7200)
        }
    }
}

@Suite(.serialized) struct DeliveryCommandTests {
    @Test(.enabled(if: find("git") != nil, "git is not installed"))
    func `five commands lead from a repository to figures and a decision`() async throws {
        let agent = try await Agent(configuration: "host: {enabled: false}\n")
        let repository = agent.folder.path + "/shop"
        try makeRepository(repository)
        let url = ["--url", agent.url]
        let first = try run(["import", "git", repository, "--service", "shop"] + url)
        #expect(first.status == 0, "\(first.output)")
        let again = try run(["import", "git", repository, "--service", "shop"] + url)
        #expect(again.output.contains("0 events added"), "\(again.output)")
        try await until("the figures are there") {
            let answer = try await get(agent.url + "/api/martlet/v1/kpis")
            return try JSON(answer.body)["data"]?["kpis"]?.items?.isEmpty == false
        }
        let kpis = try run(["kpi"] + url)
        #expect(kpis.status == 0)
        #expect(kpis.output.contains("deployments"), "\(kpis.output)")
        let rows = try run(["kpi", "--explain", "deployments", "--json"] + url)
        #expect(rows.status == 0)
        #expect(rows.output.contains("v1."), "\(rows.output)")
        // Nothing is known of builds and tests, and unknown is never a pass.
        let gate = try run(["decide", "go-no-go", "--service", "shop"] + url)
        #expect(gate.status == 1, "\(gate.output)")
        let answer = try await get(agent.url + "/api/martlet/v1/decisions/go-no-go?service=shop")
        #expect(answer.status == 409)
        // The history is a series at once, and the author is nobody's name.
        try await until("the history can be queried") {
            try await agent.value("count(count_over_time(delivery_deployments[140d]))") ?? 0 > 0
        }
        agent.child.send(SIGTERM)
        #expect(agent.child.wait() == 0)
        let database = try Data(contentsOf: URL(filePath: agent.folder.path + "/data/martlet.db"))
        for name in ["Ada Lovelace", "ada@lovelace.example"] {
            #expect(database.range(of: Data(name.utf8)) == nil, "\(name) is in martlet.db")
        }
        // The same folder without the agent says the same.
        let offline = try run(["kpi", "--data", agent.folder.path + "/data"])
        #expect(offline.output.contains("deployments"), "\(offline.output)")
    }

    @Test(.enabled(if: find("git") != nil, "git is not installed"))
    func `four definitions of lead time stand side by side, by the graph and not by the clock`()
        throws
    {
        let folder = try Scratch()
        let shop = folder.path + "/shop"
        try FileManager.default.createDirectory(atPath: shop, withIntermediateDirectories: true)
        try git(["init", "-q", "-b", "main"], in: shop)
        let start = Int(Date().timeIntervalSince1970) - 60 * 86_400
        func commit(_ name: String, day: Int) throws {
            try name.write(toFile: shop + "/" + name, atomically: true, encoding: .utf8)
            try git(["add", "."], in: shop)
            try git(["commit", "-q", "-m", name], in: shop, at: start + day * 86_400)
        }
        // A branch that waits while main is released twice: by time it went out with the first.
        try commit("a", day: 0)
        try git(["tag", "-a", "v1.0.0", "-m", "r"], in: shop, at: start + 3600)
        try git(["checkout", "-q", "-b", "side"], in: shop)
        try commit("x", day: 2)
        try commit("y", day: 3)
        try git(["checkout", "-q", "main"], in: shop)
        try commit("b", day: 4)
        try git(["tag", "-a", "v1.1.0", "-m", "r"], in: shop, at: start + 5 * 86_400)
        try git(
            ["merge", "-q", "--no-ff", "-m", "Merge pull request #7 from me/side", "side"],
            in: shop,
            at: start + 10 * 86_400)
        try git(["tag", "-a", "v1.2.0", "-m", "r"], in: shop, at: start + 12 * 86_400)
        let data = ["--data", folder.path + "/data"]
        #expect(try run(["import", "git", shop] + data).status == 0)
        let shown = try run(["kpi", "--definitions"] + data)
        #expect(shown.status == 0, "\(shown.output)")
        let rows = shown.output.split(separator: "\n").map { line in
            line.split(separator: " ").map(String.init)
        }
        func row(_ name: String) -> [String] { rows.first { $0.contains(name) } ?? [] }
        // Merge → release: 2 days. First commit → release: 10 days.
        #expect(row("(GitLab)").contains("48") && row("(DevLake)").contains("240"))
        // x 10, y 9 and b 1 day: the median is 216 h, the mean 160.
        #expect(row("Martlet)").contains("216") && row("Martlet)").contains("160"))
        #expect(row("(Pelorus)").contains("160"))
    }

    @Test func `a back-up job's series fills the gate of its service, and of no other`()
        async throws
    {
        let agent = try await Agent(configuration: "host: {enabled: false}\n")
        for service in ["shop", "pay"] {
            let event =
                #"{"kind":"build","id":"\#(service)","time":"\#(CivilTime(Clock.system.now()).rfc3339)","#
                + #""service":"\#(service)","fields":{"build":"b","status":"success"}}"#
            #expect(try await post(agent.url + "/api/martlet/v1/events", event).status == 200)
        }
        let hourAgo = Int(Date().timeIntervalSince1970) - 3600
        let series =
            #"{"name":"backup_last_success_timestamp_seconds","labels":{"service":"shop"},"#
            + #""value":\#(hourAgo)}"#
        #expect(try await post(agent.url + "/api/martlet/v1/kpis", series).status == 200)
        func gate(_ service: String) async throws -> String? {
            let answer = try await get(
                agent.url + "/api/martlet/v1/decisions/go-no-go?service=\(service)")
            let gates = try JSON(answer.body)["data"]?["gates"]?.items ?? []
            return gates.first { $0["gate"]?.text == "backup" }?["state"]?.text
        }
        try await until("the gate passes") { try await gate("shop") == "pass" }
        #expect(try await gate("pay") == "unknown")
    }

    @Test func `an answer to a decision is kept beside it, and an override needs a reason`()
        async throws
    {
        let agent = try await Agent(configuration: "host: {enabled: false}\n")
        let event =
            #"{"kind":"build","id":"b","time":"\#(CivilTime(Clock.system.now()).rfc3339)","#
            + #""service":"shop","fields":{"build":"b","status":"success"}}"#
        #expect(try await post(agent.url + "/api/martlet/v1/events", event).status == 200)
        var id = ""
        try await until("a decision is there") {
            let answer = try await get(agent.url + "/api/martlet/v1/decisions")
            id = try JSON(answer.body)["data"]?["decisions"]?.items?.first?["id"]?.text ?? ""
            return !id.isEmpty
        }
        let path = agent.url + "/api/martlet/v1/decisions/\(id)/answer"
        #expect(try await post(path, #"{"kind":"override"}"#).status == 400)
        #expect(try await post(path, #"{"kind":"override","reason":"holidays"}"#).status == 200)
        let kept = try await get(agent.url + "/api/martlet/v1/decisions/\(id)")
        #expect(text(kept).contains("holidays"))
        #expect(
            try await post(agent.url + "/api/martlet/v1/decisions/x/answer", #"{"kind":"accept"}"#)
                .status == 404)
    }

    @Test func `connect writes the section and a secret that only its owner reads`() throws {
        let folder = try Scratch()
        let file = folder.path + "/martlet.yml"
        let made = try run(
            ["connect", "github", "shop", "--config", file, "--url", "http://127.0.0.1:9"])
        #expect(made.status == 0, "\(made.output)")
        #expect(made.output.contains("/hooks/github/shop"))
        let secret = folder.path + "/secrets/github-shop.secret"
        let facts = try FileManager.default.attributesOfItem(atPath: secret)
        #expect(facts[.posixPermissions] as? Int == 0o600)
        #expect(try run(["check", "config", file]).status == 0)
        let again = try run(
            ["connect", "github", "shop", "--config", file, "--url", "http://127.0.0.1:9"])
        #expect(again.status == 2)
    }
}
