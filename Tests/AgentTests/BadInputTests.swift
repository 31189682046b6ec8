// Bad input gets a clear message with its place, costs only itself, and never stops the agent.

import Basics
import Bytes
import Carry
import Foundation
import Testing

@Suite(.serialized) struct BadInputTests {
    @Test func `bad requests are refused in words and the agent goes on`() async throws {
        let agent = try await Agent()
        let large = try await client.send(
            FetchRequest(
                "POST", agent.url + "/api/martlet/v1/kpis",
                body: Array(repeating: 0x20, count: 100 << 20),
                timeout: .seconds(60)))
        #expect(large.status == 413 && text(large).contains("limit"))
        for (body, word) in [
            ("{", "line 1"), ("{\"name\":\"a b\",\"value\":1}", "name"),
            ("{\"name\":\"a\"}", "value"),
            ("{\"name\":\"a\",\"value\":\"x\"}", "value"),
            ("{\"name\":\"a\",\"value\":1,\"time\":\"when\"}", "time"),
        ] {
            let answer = try await post(agent.url + "/api/martlet/v1/kpis", body)
            #expect(answer.status == 400 && text(answer).contains(word), "\(body): \(text(answer))")
        }
        let invalid = try await client.send(
            FetchRequest(
                "POST", agent.url + "/api/martlet/v1/kpis",
                body: Array("{\"name\":\"a\",\"labels\":{\"x\":\"".utf8) + [0xff, 0xfe]
                    + Array("\"},\"value\":1}".utf8)))
        #expect([200, 400].contains(invalid.status))
        let query = try await get(agent.url + "/api/v1/query?query=sum(")
        #expect(query.status == 400 && text(query).contains("bad_data"))
        #expect(try await get(agent.url + "/-/healthy").status == 200)
    }

    @Test func `a broken exposition fails its scrape with line and reason`() async throws {
        let lines = Lock("good 1\nbad{ 2\n")
        var options = HTTPServerOptions()
        options.port = UInt16(freePort())
        let server = try HTTPServer(
            options,
            routes: [
                Route(["GET"], "/metrics", .quick) { _ in
                    HTTPResponse(
                        headers: [("Content-Type", "text/plain; version=0.0.4")],
                        body: Array(lines.withLock { $0 }.utf8))
                }
            ], clock: .system, registry: Registry())
        defer { server.stop() }
        let agent = try await Agent(
            configuration: """
                global: {scrape_interval: 1s, scrape_timeout: 1s}
                scrape_configs: [{job_name: broken, static_configs: [{targets: ["127.0.0.1:\(server.port)"]}]}]
                """)
        try await until("the target is down") { try await agent.value("up{job=\"broken\"}") == 0 }
        let targets = text(try await get(agent.url + "/api/v1/targets"))
        #expect(targets.contains("line 2"), "\(targets)")
        lines.withLock { $0 = "good 1\n" }
        try await until("the target is up") { try await agent.value("up{job=\"broken\"}") == 1 }
        // Many label values: the limit of the job refuses the scrape and says so.
        lines.withLock {
            $0 = (0..<60_000).map { "many{v=\"\($0)\"} 1" }.joined(separator: "\n") + "\n"
        }
        try await until("sixty thousand series are taken") {
            try await agent.value("count(many)") == 60_000
        }
        lines.withLock { $0 = "twice 1\ntwice 2\n" }
        try await until("a duplicate costs only itself") { try await agent.value("twice") == 1 }
        #expect(try await get(agent.url + "/-/healthy").status == 200)
    }

    @Test func `configuration faults name file, line and column`() throws {
        let folder = try Scratch()
        let file = try folder.write("bad.yml", "listen: 127.0.0.1:1\nscrape_configss: []\n")
        let (status, output) = try run(["check", "config", file])
        #expect(status == 2 || status == 1)
        #expect(output.contains("bad.yml:2:1") && output.contains("scrape_configs"), "\(output)")
        let (started, words) = try run(["run", "--config", file])
        #expect(started == 2 && words.contains("bad.yml:2:1"), "\(words)")
    }

    @Test func `the example configuration shows every section and loads`() throws {
        let example = root.appending(path: "deploy/martlet.example.yml").path
        let (status, output) = try run(["check", "config", example], in: root.path)
        #expect(status == 0 && output.hasPrefix("ok"), "\(output)")
        #expect(output.contains("MB of RRD files"), "\(output)")
        let text = try String(contentsOfFile: example, encoding: .utf8)
        let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        let chapter = readme.split(separator: "## Configuration")[1].split(separator: "\n## ")[0]
        let rows = chapter.split(separator: "\n").filter { $0.hasPrefix("| `") }
        let sections = rows.flatMap { row -> [String] in
            let first = row.split(separator: "|")[0]
            return first.split(separator: "`").map(String.init).filter {
                $0.allSatisfy { $0.isLetter || $0 == "_" }
            }
        }
        #expect(sections.count > 10)
        for section in sections {
            #expect(text.contains("\n\(section):"), "\(section) is not in the example")
        }
    }

    @Test func `rule faults name file, line and what is wrong`() throws {
        let folder = try Scratch()
        let file = try folder.write(
            "rules.yml",
            "groups:\n  - name: a\n    rules:\n      - alert: X\n        expr: 'sum(1) + \"a\"'\n")
        let (status, output) = try run(["check", "rules", file])
        #expect(status == 1 && output.contains("rules.yml:5"), "\(output)")
    }

    @Test func `a folder that cannot be written and a port in use are explained`() async throws {
        let folder = try Scratch()
        let file = try folder.write("file", "")
        let (status, output) = try run([
            "run", "--data", file, "--listen", "127.0.0.1:\(freePort())",
        ])
        #expect(status == 2 && output.contains(file), "\(output)")
        let agent = try await Agent()
        let (second, words) = try run(
            ["run", "--data", folder.path + "/other", "--listen", "127.0.0.1:\(agent.port)"])
        #expect(
            second == 2 && words.contains("\(agent.port)") && words.contains("in use"), "\(words)")
        let (third, locked) = try run(
            ["run", "--data", agent.folder.path + "/data", "--listen", "127.0.0.1:\(freePort())"])
        #expect(
            third == 2 && locked.contains("\(agent.child.process.processIdentifier)"), "\(locked)")
    }

    @Test func `an open port without authentication is refused`() throws {
        let folder = try Scratch()
        let (status, output) = try run(
            ["run", "--data", folder.path + "/d", "--listen", "0.0.0.0:\(freePort())"])
        #expect(status == 2 && output.contains("authentication"), "\(output)")
    }

    @Test func `a bad reload leaves the old configuration running`() async throws {
        let folder = try Scratch()
        let agent = try await Agent(configuration: "language: en\n", folder: folder)
        _ = try folder.write("martlet.yml", "language: fr\n")
        let answer = try await post(agent.url + "/-/reload", "")
        #expect(answer.status == 500 && text(answer).contains("martlet.yml:1"), "\(text(answer))")
        _ = try folder.write("martlet.yml", "language: zh\n")
        #expect(try await post(agent.url + "/-/reload", "").status == 200)
        agent.child.send(SIGHUP)
        try await Task.sleep(for: .seconds(1))
        #expect(try await get(agent.url + "/-/healthy").status == 200)
    }
}
