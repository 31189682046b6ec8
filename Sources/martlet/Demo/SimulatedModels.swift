// Two models that do not exist, as real servers on this machine: the one in service, and a candidate
// that is as good but for one slice. The demo's requests go through a rehearsal between them, so that
// what its page shows was found and not written down.

import Basics
import Bytes
import Carry

/// The simulated model servers.
struct SimulatedModels {
    let primary: HTTPServer
    let candidate: HTTPServer

    /// Starts both on free ports.
    init(clock: Clock) throws {
        primary = try SimulatedModels.server(clock) { SimulatedModels.answer($0) }
        candidate = try SimulatedModels.server(clock) { request in
            // Long Chinese questions run over the candidate's shorter context.
            let isLong = (request[header: "x-topic"]?.utf8.count ?? 0) % 5 == 0
            if request[header: "x-language"] == "zh", isLong {
                return .json(
                    Array("{\"error\":{\"message\":\"context length exceeded\"}}".utf8), status: 500
                )
            }
            return SimulatedModels.answer(request)
        }
    }

    func stop() {
        primary.stop()
        candidate.stop()
    }

    /// The configuration of the rehearsal between them.
    var configuration: String {
        """
        rehearsals:
          - name: chat-7b
            listen: 127.0.0.1:0
            primary: http://127.0.0.1:\(primary.port)
            candidates:
              - name: chat-7b-v2
                url: http://127.0.0.1:\(candidate.port)
                price_per_million_input: 0.2
                price_per_million_output: 0.6
            slices: [{header: x-language}, {header: x-tier}]
            max_cost: 5
            concurrency: 8
            queue: 2048

        """
    }

    private static func server(
        _ clock: Clock, _ answer: @escaping HTTPHandler
    ) throws -> HTTPServer {
        var options = HTTPServerOptions()
        options.port = 0
        options.threads = 1
        return try HTTPServer(
            options, routes: [Route(["POST"], "/v1/chat/completions", .quick, handler: answer)],
            clock: clock, registry: Registry())
    }

    private static func answer(_ request: HTTPRequest) -> HTTPResponse {
        let isChinese = request[header: "x-language"] == "zh"
        let topic = request[header: "x-topic"] ?? ""
        let text = isChinese ? "关于\(topic)：可以。" : "About \(topic): yes."
        let message = JSON.object([("role", .string("assistant")), ("content", .string(text))])
        let choice = JSON.object([
            ("index", .number(0)), ("message", message), ("finish_reason", .string("stop")),
        ])
        let usage = JSON.object([
            ("prompt_tokens", .number(40 + topic.utf8.count)),
            ("completion_tokens", .number(text.utf8.count / 2)),
        ])
        return .json(
            JSON.object([
                ("id", .string("cmpl-demo")), ("model", .string("chat-7b")),
                ("choices", .array([choice])), ("usage", usage),
            ]).encoded)
    }
}

/// Asks the simulated model through the rehearsal.
struct SimulatedCallers: Sendable {
    var url: String
    var fetch: Fetch
    var clock: Clock

    private static let topics = [
        "refunds", "shipping", "invoices", "a warranty", "sizes", "returns",
    ]
    /// Enough for a verdict in the first minute.
    private static let begin = 1500

    func run() async {
        guard let listen = await address() else { return }
        var generator = SplitMix(state: 20_261_122)
        for _ in 0..<SimulatedCallers.begin { await ask(listen, &generator) }
        while !Task.isCancelled {
            await ask(listen, &generator)
            do {
                try await clock.sleep(.milliseconds(500))
            } catch {
                return
            }
        }
    }

    private func ask(_ listen: String, _ generator: inout SplitMix) async {
        let draw = generator.next()
        let language = draw % 5 == 0 ? "zh" : "en"
        let topic = SimulatedCallers.topics[Int(draw >> 8) % SimulatedCallers.topics.count]
        let body =
            "{\"model\":\"chat-7b\",\"messages\":[{\"role\":\"user\",\"content\":\"\(topic)?\"}]}"
        _ = try? await fetch.send(
            FetchRequest(
                "POST", "http://\(listen)/v1/chat/completions",
                headers: [
                    ("Content-Type", "application/json"), ("X-Language", language),
                    ("X-Tier", draw >> 20 & 1 == 0 ? "free" : "pro"), ("X-Topic", topic),
                    ("X-Request-Id", "demo-" + String(draw, radix: 16)),
                ], body: Array(body.utf8)))
    }

    /// Where the rehearsal listens, as the agent says.
    private func address() async -> String? {
        let answer = try? await fetch.send(
            FetchRequest("GET", url + "/api/martlet/v1/rehearsals"))
        let json = answer.flatMap { try? JSON($0.body) }
        return json?["data"]?.items?.first?["listen"]?.text
    }
}
