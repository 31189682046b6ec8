// End to end on real model servers, when MARTLET_SERVERS names the folder of their start scripts: a digits
// model behind MLServer and a small language model behind llama.cpp, each connected by one command. Real
// answers are reported; a shift is injected into the traffic, and must be found and named in the first
// window after it, with nothing found before.

import Basics
import Bytes
import Carry
import Foundation
import Testing

private let scripts = ProcessInfo.processInfo.environment["MARTLET_SERVERS"]

/// Where the servers keep what they install; kept between runs when it is named.
private let workshop =
    ProcessInfo.processInfo.environment["MARTLET_SERVERS_DIR"]
    ?? NSTemporaryDirectory() + "martlet-servers"

/// Runs a script to its end.
///
/// It leaves servers behind, which must not hold what this process waits for: Foundation waits until
/// nobody has the far end of its socket any more.
private func script(_ arguments: [String]) throws {
    let alone =
        "for f in /proc/$$/fd/*; do n=${f##*/}; [ $n -gt 2 ] && eval \"exec $n>&-\"; done; "
        + "exec /bin/bash \"$@\""
    let child = try Child("/bin/bash", ["-c", alone, "_"] + arguments, folder: Scratch())
    if child.wait() != 0 { throw TestFailure("\(arguments): \(child.output)") }
}

private func start(_ name: String, _ folder: String, _ port: Int) throws {
    try script(["\(scripts ?? "")/\(name)", "\(workshop)/\(folder)", "\(port)"])
}

private func stop(_ folder: String) throws {
    try script(["\(scripts ?? "")/stop.sh", "\(workshop)/\(folder)"])
}

private func ask(_ url: String, _ body: JSON) async throws -> JSON {
    let request = FetchRequest(
        "POST", url, headers: [("Content-Type", "application/json")], body: body.encoded,
        timeout: .seconds(120))
    let response = try await client.send(request)
    guard response.status == 200 else { throw TestFailure("\(url): \(text(response))") }
    return try JSON(response.body)
}

private func page(_ agent: Agent, _ model: String) async throws -> JSON? {
    try JSON(try await get(agent.url + "/api/martlet/v1/models?model=\(model)").body)["data"]
}

private func connect(_ agent: Agent, _ model: String, _ port: Int, _ title: String) throws {
    let done = try run(
        [
            "connect", "model", model, "http://127.0.0.1:\(port)", "--config",
            agent.folder.path + "/martlet.yml", "--url", agent.url,
        ])
    #expect(done.status == 0 && done.output.contains("is \(title)"), "\(done.output)")
}

private func send(_ agent: Agent, _ lines: [String]) async throws {
    let answer = try await post(
        agent.url + "/api/martlet/v1/predictions", lines.joined(separator: "\n") + "\n")
    #expect(answer.status == 200, "\(text(answer))")
}

@Suite(.serialized, .enabled(if: scripts != nil, "MARTLET_SERVERS names no folder of scripts"))
struct RealServerTests {
    @Test func `a darkened camera before a digits model is found and named`() async throws {
        let port = 18480
        try start("start-mlserver-digits.sh", "digits", port)
        defer { try? stop("digits") }
        let file = try String(
            contentsOfFile: "\(workshop)/digits/models/requests.jsonl", encoding: .utf8)
        let images = try file.split(separator: "\n").map { line -> (pixels: [Double], label: Int) in
            let json = try JSON(text: String(line))
            return ((json["pixels"]?.items ?? []).compactMap(\.double), json["label"]?.int ?? -1)
        }
        let agent = try await Agent(configuration: "host: {enabled: false}\nrule_files: []\n")
        try connect(agent, "digits", port, "MLServer")
        var random = Seeded(20_261_126)
        var time = Double(Clock.system.now()) / 1000 - 6000
        var next = 0
        func infer(_ data: [Double], _ count: Int) async throws -> JSON {
            try await ask(
                "http://127.0.0.1:\(port)/v2/models/digits/versions/v1/infer",
                .object([
                    (
                        "inputs",
                        .array([
                            .object([
                                ("name", .string("x")),
                                ("shape", .array([.number(count), .number(64)])),
                                ("datatype", .string("FP64")),
                                ("data", .array(data.map { .number($0) })),
                            ])
                        ])
                    )
                ]))
        }
        /// Real answers to some images, seen through a lens that lets this share of the light through.
        func traffic(_ count: Int, light: Double) async throws {
            let chosen = (0..<count).map { _ in images[Int(random.next() % UInt64(images.count))] }
            let data = chosen.flatMap { $0.pixels.map { ($0 * light).rounded() } }
            let answer = try await infer(data, count)
            let classes = answer["outputs"]?.items?.first?["data"]?.items?.compactMap(\.int) ?? []
            #expect(classes.count == count)
            var lines: [String] = []
            for (index, (image, output)) in zip(chosen, classes).enumerated() {
                next += 1
                time += 1
                let pixels = data[(index * 64)..<(index * 64 + 64)]
                let features = pixels.enumerated().map { "\"p\($0)\":\(Int($1))" }
                lines.append(
                    "{\"model\":\"digits\",\"version\":\"v1\",\"id\":\"d\(next)\",\"time\":\(time),"
                        + "\"features\":{\(features.joined(separator: ","))},"
                        + "\"output\":\"\(output)\",\"label\":\"\(image.label)\"}")
            }
            try await send(agent, lines)
        }
        for _ in 0..<4 { try await traffic(500, light: 1) }
        for _ in 0..<6 { try await traffic(500, light: 1) }
        try await until("six windows were looked at", seconds: 120) {
            try await page(agent, "digits")?["looks"]?.int == 6
        }
        let calm = try #require(try await page(agent, "digits"))
        #expect(calm["drifted"]?.items?.isEmpty == true && calm["state"]?.text == "ok")
        #expect(calm["server"]?["kind"]?.text == "mlserver")
        let none = try JSON(try await get(agent.url + "/api/martlet/v1/findings").body)
        #expect(none["data"]?.items?.isEmpty == true)
        try await traffic(500, light: 0.7)
        try await until("the shift is found", seconds: 60) {
            try await page(agent, "digits")?["looks"]?.int == 7
        }
        let found = try #require(try await page(agent, "digits"))
        let drifted = found["drifted"]?.items?.compactMap(\.text) ?? []
        #expect(drifted.contains { $0.hasPrefix("p") }, "\(drifted)")
        let open = try JSON(
            try await get(agent.url + "/api/martlet/v1/findings?open=true&kind=drift").body)
        let evidence = open["data"]?.items?.first?["evidence"]?.items ?? []
        #expect(evidence.contains { $0["key"]?.text == "drift.direction.down" })
        // All that was asked may have been before the first scrape, and a rate needs a rise after it.
        try await until("the server's own figures are series", seconds: 60) {
            _ = try await infer(images[0].pixels, 1)
            return try await agent.value(
                "martlet_model_server_requests_per_second{model=\"digits\"}"
            )
            .map { $0 > 0 } ?? false
        }
    }

    @Test func `users who switch language are found before a language model`() async throws {
        let port = 18490
        try start("start-llm.sh", "llm", port)
        defer { try? stop("llm") }
        let agent = try await Agent(configuration: "host: {enabled: false}\nrule_files: []\n")
        try connect(agent, "smol", port, "llama.cpp")
        let english = [
            "Name a fruit.", "What is the capital of France?", "Say hello to a friend.",
            "Write one sentence about rain.", "Count from one to five.", "What colour is the sky?",
            "Give a synonym for fast.", "Who wrote Hamlet?", "What is two plus two?",
            "Name an animal that swims.",
        ]
        let chinese = ["法国的首都是哪里？", "请写一句关于下雨的话。", "天空是什么颜色的？", "请说出一种水果的名字。"]
        var random = Seeded(20_261_126)
        var next = 0
        func traffic(_ count: Int, _ prompts: [String]) async throws -> [String] {
            var lines: [String] = []
            for _ in 0..<count {
                next += 1
                let prompt =
                    "\(prompts[Int(random.next() % UInt64(prompts.count))]) (\(random.next() % 90 + 10))"
                let began = Clock.system.monotonic()
                let answer = try await ask(
                    "http://127.0.0.1:\(port)/v1/completions",
                    .object([
                        ("prompt", .string(prompt)), ("max_tokens", .number(6)),
                        ("temperature", .number(1)), ("seed", .number(next)),
                    ]))
                let seconds = Double(Clock.system.monotonic() - began) / 1e9
                let usage = answer["usage"]
                let line = JSON.object([
                    ("model", .string("smol")), ("version", .string("1")),
                    ("id", .string("l\(next)")), ("prompt", .string(prompt)),
                    ("answer", .string(answer["choices"]?.items?.first?["text"]?.text ?? "")),
                    ("latency", .number(seconds)),
                    ("tokens_in", usage?["prompt_tokens"] ?? .null),
                    ("tokens_out", usage?["completion_tokens"] ?? .null),
                ])
                lines.append(String(decoding: line.encoded, as: UTF8.self))
            }
            return lines
        }
        // A reference that was made with the model before it was connected, and a short window.
        let reference = try agent.folder.write(
            "reference.jsonl", try await traffic(200, english).joined(separator: "\n"))
        let path = agent.folder.path + "/martlet.yml"
        let settings = try String(contentsOfFile: path, encoding: .utf8)
        _ = try agent.folder.write(
            "martlet.yml",
            settings + "    reference: \(reference)\n    window: {rows: 50, least: 0s}\n")
        #expect(try await post(agent.url + "/-/reload", "").status == 200)
        for window in 1...2 {
            try await send(agent, try await traffic(50, english))
            try await until("window \(window) was looked at", seconds: 60) {
                try await page(agent, "smol")?["looks"]?.int == window
            }
        }
        let calm = try #require(try await page(agent, "smol"))
        #expect(calm["drifted"]?.items?.isEmpty == true, "\(calm["drifted"] ?? .null)")
        #expect(calm["server"]?["kind"]?.text == "llamacpp")
        #expect(calm["speed"]?["latency"]?["0.5"]?.double.map { $0 > 0 } == true)
        try await send(agent, try await traffic(50, chinese))
        try await until("the switch is found", seconds: 60) {
            try await page(agent, "smol")?["looks"]?.int == 3
        }
        let found = try #require(try await page(agent, "smol"))
        let drifted = found["drifted"]?.items?.compactMap(\.text) ?? []
        #expect(drifted.contains("prompt language"), "\(drifted)")
        #expect(try await agent.value("martlet_model_server_found{model=\"smol\"}") == 1)
    }
}
