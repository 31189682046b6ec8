// The page of a model through a running agent: what its service released and what users say of it stand
// beside its quality, and a finding shows the rows that tell of it.

import Basics
import Bytes
import Carry
import Foundation
import Testing

private let settings = """
    host: {enabled: false}
    rule_files: []
    models: [{name: credit, version: v1, service: lending, window: {rows: 500}}]

    """

private func page(_ agent: Agent) async throws -> JSON? {
    try JSON(try await get(agent.url + "/api/martlet/v1/models?model=credit").body)["data"]
}

@Suite(.serialized) struct ModelPageTests {
    @Test func `releases of its service, feedback and telling rows stand on a model's page`()
        async throws
    {
        let agent = try await Agent(configuration: settings)
        let api = agent.url + "/api/martlet/v1/"
        var answers = SimulatedAnswers(seed: 9, start: Clock.system.now() - 8 * 3_600_000)
        let release = answers.time + 9_000_000
        let deployment = """
            [{"kind":"deployment","id":"d1","time":\(release),"team":"loans","service":"lending",
              "fields":{"deployment":"d1","environment":"production","status":"success",
                        "version":"7.1.0","sha":"0123abcd"}}]
            """
        let told = try await post(api + "events", deployment)
        #expect(told.status == 200, "\(text(told))")
        let feedback = """
            [{"model":"credit","version":"v1","thumbs":"up"},
             {"model":"credit","version":"v1","thumbs":"down"},
             {"service":"lending","thumbs":"up"}]
            """
        #expect(try await post(api + "feedback", feedback).status == 200)
        for _ in 0..<5 {
            #expect(try await post(api + "predictions", answers.lines(500)).status == 200)
            answers.time += 3_600_000
        }
        answers.shift = 1.5
        #expect(try await post(api + "predictions", answers.lines(500)).status == 200)
        try await until("the drift is found and the release is known", seconds: 60) {
            let found = try await page(agent)
            return found?["state"]?.text == "warn" && found?["releases"]?.items?.isEmpty == false
        }
        let found = try #require(try await page(agent))
        #expect(found["service"]?.text == "lending")
        let mark = try #require(found["releases"]?.items?.first)
        #expect(mark["version"]?.text == "7.1.0")
        #expect(mark["time"]?.double.map { abs($0 * 1000 - Double(release)) < 1 } == true)
        // A version of the service is no version of the model.
        #expect(found["versions"]?.items?.compactMap { $0["version"]?.text } == ["v1"])
        try await until("feedback is counted", seconds: 60) {
            try await page(agent)?["feedback"]?["unnamed"]?.int == 1
        }
        let voice = try #require(try await page(agent)?["feedback"]?["versions"]?.items?.first)
        #expect(voice["version"]?.text == "v1" && voice["up"]?.int == 1 && voice["down"]?.int == 1)
        let finding = try #require(
            try await page(agent)?["findings"]?.items?.first?["id"]?.text)
        let name = finding.replacing("/", with: "%2F")
        let rows = try JSON(try await get(api + "models/examples?finding=" + name).body)["data"]
        let first = try #require(rows?.items?.first)
        #expect(first["cells"]?.items?.first?["column"]?.text == "amount")
        #expect(first["prompt"] == nil)
        try await until("quality has hours", seconds: 60) {
            let points = try await page(agent)?["quality"]?["points"]?.items ?? []
            return Set(points.map { $0["time"]?.double }).count > 4
        }
        if Browser.isInstalled { try await see(agent) }
        let unknown = try await get(api + "models/examples?finding=none")
        #expect(unknown.status == 400 && text(unknown).contains("no finding of a model"))
    }

    /// The page as a visitor sees it.
    private func see(_ agent: Agent) async throws {
        let browser = try await Browser()
        try await browser.open(agent.url + "/models?model=credit")
        func count(_ selector: String) async throws -> Int? {
            try await browser.evaluate("return document.querySelectorAll('\(selector)').length").int
        }
        try await until("the release stands on the line of quality") {
            try await count(".quality-line path.release") == 1
        }
        #expect((try await count(".curve svg") ?? 0) >= 3)
        let shown = try await browser.evaluate("return document.body.innerText").text ?? ""
        #expect(shown.contains("7.1.0") && shown.contains("Releases of lending"))
        #expect(try await count(".telling-rows tbody tr") ?? 0 > 0)
        #expect(try await browser.consoleErrors() == [])
        try await browser.close()
    }

    @Test(.enabled(if: Browser.isInstalled, "chromium or chromedriver is not installed"))
    func `the board of servers tells how to connect one, and draws one that is connected`()
        async throws
    {
        let none = try await Agent(configuration: "host: {enabled: false}\nrule_files: []\n")
        let browser = try await Browser()
        try await browser.open(none.url + "/servers")
        try await until("the empty page says how to begin") {
            let shown = try await browser.evaluate("return document.body.innerText").text ?? ""
            return shown.contains("martlet connect model")
        }
        #expect(try await browser.consoleErrors() == [])
        let file = root.appending(path: "Tests/ReasonTests/Fixtures/servers/vllm.txt").path
        let exposition = try String(contentsOfFile: file, encoding: .utf8)
        var options = HTTPServerOptions()
        options.port = 0
        let server = try HTTPServer(
            options, routes: [Route(["GET"], "/metrics", .quick) { _ in .text(exposition) }],
            clock: .system, registry: Registry())
        defer { server.stop() }
        let agent = try await Agent(
            configuration: """
                host: {enabled: false}
                rule_files: []
                models: [{name: qwen, server: "http://127.0.0.1:\(server.port)"}]

                """)
        try await browser.open(agent.url + "/servers")
        try await until("its queue is drawn", seconds: 60) {
            let shown = try await browser.evaluate("return document.body.innerText").text ?? ""
            return shown.contains("vllm") && shown.contains("Waiting requests\n3")
        }
        #expect(try await browser.consoleErrors() == [])
        try await browser.close()
    }
}
