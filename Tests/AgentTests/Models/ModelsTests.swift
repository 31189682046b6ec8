// Models through a running agent: predictions and labels in by HTTP and by a followed file, nothing
// acknowledged lost, a shift found and named within the stated delay and not before.

import Basics
import Bytes
import Carry
import Foundation
import Testing

private let quiet = "host: {enabled: false}\nrule_files: []\n"

/// Simulated answers of a model, a line each; one a second up to now.
struct SimulatedAnswers {
    var random: Seeded
    var time: Millis
    var shift = 0.0
    private var next = 0

    init(seed: UInt64, start: Millis) {
        random = Seeded(seed)
        time = start
    }

    mutating func unit() -> Double { Double(random.next() >> 11) / 9_007_199_254_740_992 }

    mutating func normal() -> Double {
        (-2 * log(1 - unit())).squareRoot() * cos(2 * .pi * unit())
    }

    mutating func lines(_ count: Int) -> String {
        var text = ""
        for _ in 0..<count {
            time += 1000
            next += 1
            let score = unit()
            let right = unit() < score ? 1 : 0
            let region = ["north", "south", "west"][Int(random.next() % 3)]
            text += """
                {"model":"credit","version":"v1","id":"r\(next)","time":\(Double(time) / 1000),\
                "features":{"amount":\(normal() + shift),"age":\((40 + 12 * normal()).rounded()),\
                "region":"\(region)"},"score":\(score),"label":\(right),"latency":0.1}\n
                """
        }
        return text
    }
}

private func rows(_ agent: Agent, _ more: String = "") async throws -> [JSON] {
    let path = "/api/martlet/v1/predictions?model=credit&limit=20000&start=0" + more
    return try JSON(try await get(agent.url + path).body)["data"]?.items ?? []
}

private func page(_ agent: Agent) async throws -> JSON? {
    try JSON(try await get(agent.url + "/api/martlet/v1/models?model=credit").body)["data"]
}

@Suite(.serialized) struct ModelsTests {
    @Test func `a bad line is named and costs itself, and gzip is taken`() async throws {
        let agent = try await Agent(configuration: quiet)
        let url = agent.url + "/api/martlet/v1/predictions"
        var answers = SimulatedAnswers(seed: 1, start: Clock.system.now() - 3_600_000)
        let bad = try await post(url, answers.lines(2) + "{\"model\":\"credit\",\"outptu\":1}\n")
        #expect(bad.status == 400)
        #expect(text(bad).contains("2 lines kept, 1 refused: line 3: outptu: unknown field"))
        let packed = gzip(Array(answers.lines(3).utf8))
        let good = try await client.send(
            FetchRequest(
                "POST", url, headers: [("Content-Encoding", "gzip")], body: packed))
        #expect(good.status == 200 && text(good).contains("\"accepted\":3"))
        let kept = try await rows(agent)
        #expect(kept.map { $0["id"]?.text } == ["r1", "r2", "r3", "r4", "r5"])
        #expect(kept.first?["features"]?["region"]?.text != nil)
        let labels = try await post(
            agent.url + "/api/martlet/v1/labels", "{\"model\":\"credit\",\"id\":\"r1\",\"label\":1}"
        )
        #expect(labels.status == 200)
    }

    @Test func `prompts are reduced to what can be said of them, or kept masked when allowed`()
        async throws
    {
        let agent = try await Agent(
            configuration: quiet + "models: [{name: open, keep_texts: true}]\n")
        let prompt = "Write to anna@example.org about 你好"
        for model in ["open", "closed"] {
            let line =
                "{\"model\":\"\(model)\",\"id\":\"1\",\"prompt\":\"\(prompt)\",\"answer\":\"I cannot help with that.\"}"
            #expect(try await post(agent.url + "/api/martlet/v1/predictions", line).status == 200)
            let found = text(
                try await get(agent.url + "/api/martlet/v1/predictions?model=\(model)"))
            #expect(found.contains("\"prompt characters\":34") && !found.contains("anna@"))
            #expect(found.contains("\"answer refusal\":\"yes\""))
            #expect(found.contains("Write to") == (model == "open"))
        }
    }

    @Test func `a followed file is taken line by line, once, over a restart`() async throws {
        let folder = try Scratch()
        let path = folder.path + "/answers.jsonl"
        var answers = SimulatedAnswers(seed: 2, start: Clock.system.now() - 3_600_000)
        try answers.lines(10).write(toFile: path, atomically: true, encoding: .utf8)
        let settings = quiet + "models: [{name: credit, predictions: [\"\(path)\"]}]\n"
        func append(_ text: String) throws {
            let handle = try #require(FileHandle(forWritingAtPath: path))
            try handle.seekToEnd()
            try handle.write(contentsOf: Data(text.utf8))
            try handle.close()
        }
        var agent = try await Agent(configuration: settings, folder: folder)
        try await until("ten are taken") { try await rows(agent).count == 10 }
        let half = answers.lines(2)
        try append(String(half.dropLast(20)))
        try await until("one more is taken") { try await rows(agent).count == 11 }
        agent.child.send(SIGTERM)
        _ = agent.child.wait()
        try append(String(half.suffix(20)))
        agent = try await Agent(configuration: settings, folder: folder)
        try await until("the rest is taken") { try await rows(agent).count == 12 }
        try answers.lines(5).write(toFile: path, atomically: true, encoding: .utf8)
        try await until("the new file is taken") { try await rows(agent).count == 17 }
        #expect(Set(try await rows(agent).map { $0["id"]?.text }).count == 17)
    }

    @Test func `ten kills lose no acknowledged prediction`() async throws {
        let folder = try Scratch()
        let port = freePort()
        var generator = Seeded(UInt64.random(in: 0 ... .max))
        var answers = SimulatedAnswers(seed: 3, start: Clock.system.now() - 80_000_000)
        var acknowledged = 0
        var sent: Set<String> = []
        for _ in 0..<10 {
            let agent = try await Agent(configuration: quiet, folder: folder, port: port)
            let deadline = ContinuousClock.now + .milliseconds(Int(generator.next() % 300) + 20)
            async let killing: Void = {
                try? await Task.sleep(until: deadline)
                agent.child.send(SIGKILL)
            }()
            while agent.child.process.isRunning {
                let lines = answers.lines(20)
                let answer = try? await post(agent.url + "/api/martlet/v1/predictions", lines)
                if answer?.status == 200 {
                    for match in lines.matches(of: /"id":"(r\d+)"/) { sent.insert(String(match.1)) }
                    acknowledged += 20
                }
                if answer == nil { break }
            }
            await killing
            _ = agent.child.wait()
        }
        let agent = try await Agent(configuration: quiet, folder: folder, port: port)
        let found = Set(try await rows(agent).compactMap { $0["id"]?.text })
        #expect(acknowledged > 100)
        #expect(sent.subtracting(found).isEmpty)
    }

    @Test func `a shift is found in the first window after it, named, and not before`() async throws
    {
        let folder = try Scratch()
        let settings = quiet + "models: [{name: credit, stage: production, window: {rows: 500}}]\n"
        var agent = try await Agent(configuration: settings, folder: folder)
        var answers = SimulatedAnswers(seed: 4, start: Clock.system.now() - 12 * 3_600_000)
        func send(_ count: Int) async throws {
            for _ in 0..<(count / 500) {
                let answer = try await post(
                    agent.url + "/api/martlet/v1/predictions", answers.lines(500))
                #expect(answer.status == 200)
            }
        }
        try await send(2000)
        try await until("the reference is complete") {
            try await page(agent)?["reference"] != .null
        }
        try await send(3000)
        try await until("six windows were looked at") { try await page(agent)?["looks"]?.int == 6 }
        let calm = try #require(try await page(agent))
        #expect(calm["state"]?.text == "ok" && calm["drifted"]?.items?.isEmpty == true)
        #expect(calm["reference"]?["key"]?.text == "models.reference.first")
        let none = try JSON(try await get(agent.url + "/api/martlet/v1/findings").body)
        #expect(none["data"]?.items?.isEmpty == true)
        answers.shift = 0.8
        let begin = answers.time
        try await send(500)
        try await until("the shift is found") { try await page(agent)?["state"]?.text == "warn" }
        func check() async throws {
            let found = try #require(try await page(agent))
            #expect(found["looks"]?.int == 7)
            #expect(found["drifted"]?.items?.compactMap(\.text) == ["amount"])
            #expect(found["verdict"]?["args"]?["column"]?.text == "amount")
            let list = try JSON(
                try await get(agent.url + "/api/martlet/v1/findings?open=true&kind=drift").body)
            let finding = try #require(list["data"]?.items?.first)
            #expect(finding["labels"]?["model"]?.text == "credit")
            #expect(finding["evidence"]?.items?.first?["key"]?.text == "drift.direction.up")
            let start = finding["start"]?.double.map { $0 < 1e11 ? $0 * 1000 : $0 }
            #expect(start == Double(begin + 1000))
        }
        try await check()
        try await until("it is a series") {
            try await agent.value("martlet_model_drifted_columns{model=\"credit\",segment=\"\"}")
                == 1
        }
        try await until("quality by labels is there") {
            try await agent.value(
                "martlet_model_quality{model=\"credit\",metric=\"accuracy\",source=\"labels\"}"
            )
            .map { abs($0 - 0.75) < 0.1 } ?? false
        }
        // The same after a restart, from what was kept.
        agent.child.send(SIGKILL)
        _ = agent.child.wait()
        agent = try await Agent(configuration: settings, folder: folder)
        try await until("the verdict is back") { try await page(agent)?["state"]?.text == "warn" }
        try await check()
    }

    @Test func `a server is connected by one line, and its figures follow`() async throws {
        let port = UInt16(freePort())
        let folder = root.appending(path: "Tests/ReasonTests/Fixtures/servers/vllm.txt").path
        let exposition = try String(contentsOfFile: folder, encoding: .utf8)
        var options = HTTPServerOptions()
        options.port = port
        let server = try HTTPServer(
            options, routes: [Route(["GET"], "/metrics", .quick) { _ in .text(exposition) }],
            clock: .system, registry: Registry())
        defer { server.stop() }
        let agent = try await Agent(
            configuration: quiet + "global: {scrape_interval: 1s, scrape_timeout: 1s}\n")
        let connected = try run(
            [
                "connect", "model", "qwen", "http://127.0.0.1:\(port)", "--config",
                agent.folder.path + "/martlet.yml", "--url", agent.url,
            ])
        #expect(connected.status == 0, "\(connected.output)")
        #expect(connected.output.contains("is vLLM"))
        try await until("its queue is a series", seconds: 60) {
            try await agent.value("martlet_model_server_queue{model=\"qwen\"}") == 3
        }
        #expect(
            try await agent.value("martlet_model_server_found{model=\"qwen\",kind=\"vllm\"}") == 1)
        #expect(try await agent.value("up{job=\"model/qwen\",model=\"qwen\"}") == 1)
    }

    @Test func `versions are registered and read back`() async throws {
        let agent = try await Agent(configuration: quiet)
        let url = agent.url + "/api/martlet/v1/models"
        let body =
            "{\"model\":\"credit\",\"version\":\"v9\",\"stage\":\"staging\",\"commit\":\"abc\"}"
        #expect(try await post(url, body).status == 200)
        try await until("the version is listed") {
            let list = try JSON(try await get(url).body)["data"]?["models"]?.items ?? []
            return list.contains {
                $0["version"]?.text == "v9" && $0["fields"]?["stage"]?.text == "staging"
            }
        }
        let bad = try await post(url, "{\"model\":\"credit\"}")
        #expect(bad.status == 400 && text(bad).contains("model and version"))
        let unknown = try await get(url + "?model=nobody")
        #expect(unknown.status == 400 && text(unknown).contains("known are: credit"))
    }
}
