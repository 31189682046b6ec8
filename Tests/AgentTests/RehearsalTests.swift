// A rehearsal in a real agent: killed in the middle, searched for secrets, asked over its API.

import Basics
import Bytes
import Carry
import Foundation
import Testing

private func model(_ answer: @escaping HTTPHandler) throws -> HTTPServer {
    var options = HTTPServerOptions()
    options.port = 0
    return try HTTPServer(
        options,
        routes: [Route(["POST"], "/v1/chat/completions", .quick, handler: answer)],
        clock: .system, registry: Registry())
}

private func chat(_ text: String) -> HTTPResponse {
    .json(
        Array(
            ("{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"\(text)\"},"
                + "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}")
                .utf8))
}

private func settings(_ primary: HTTPServer, _ candidate: HTTPServer, _ listen: Int) -> String {
    """
    host: {enabled: false}
    rule_files: []
    rehearsals:
      - name: chat
        listen: 127.0.0.1:\(listen)
        primary: http://127.0.0.1:\(primary.port)
        candidates: [{name: v2, url: "http://127.0.0.1:\(candidate.port)"}]
        keep_share: 1

    """
}

private func ask(_ port: Int, _ prompt: String = "hello") async -> Int? {
    let request = FetchRequest(
        "POST", "http://127.0.0.1:\(port)/v1/chat/completions",
        headers: [
            ("Content-Type", "application/json"),
            ("Authorization", "Bearer planted-bearer-credential"),
        ],
        body: Array("{\"messages\":[{\"role\":\"user\",\"content\":\"\(prompt)\"}]}".utf8))
    return try? await client.send(request).status
}

private func number(_ metrics: String, _ name: String) -> Int {
    metrics.split(separator: "\n").filter { $0.hasPrefix(name) }
        .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }
        .reduce(0) { $0 + Int($1) }
}

@Suite(.serialized) struct RehearsalTests {
    @Test func `kill -9 in the middle loses no pair that was counted, and the verdict goes on`()
        async throws
    {
        let primary = try model { _ in chat("a") }
        let candidate = try model { _ in chat("a") }
        defer { primary.stop() }
        defer { candidate.stop() }
        let folder = try Scratch()
        let (port, listen) = (freePort(), freePort())
        let words = settings(primary, candidate, listen)
        var before = 0
        for _ in 0..<3 {
            let agent = try await Agent(configuration: words, folder: folder, port: port)
            let metrics = text(try await get(agent.url + "/metrics"))
            let there = number(metrics, "martlet_rehearsal_trial_pairs{")
            #expect(there >= before, "\(there) pairs after the kill, \(before) were counted")
            let asking = Task {
                while !Task.isCancelled {
                    // The first on a connection that died with the agent before fails.
                    if await ask(listen) == nil { try? await Task.sleep(for: .milliseconds(20)) }
                }
            }
            var counted = 0
            try await until("pairs are counted", seconds: 30) {
                let metrics = text(try await get(agent.url + "/metrics"))
                counted = number(metrics, "martlet_rehearsal_pairs_total{")
                return counted >= 50
            }
            agent.child.send(SIGKILL)
            _ = agent.child.wait()
            asking.cancel()
            await asking.value
            before = there + counted
        }
    }

    @Test func `prompts, answers and keys are in no log, metric or URL, and keys in no store`()
        async throws
    {
        let primary = try model { _ in chat("heronanswer planted@example.com") }
        let candidate = try model { _ in .error(500, "x", "sk-live-0123456789abcdefghij") }
        defer { primary.stop() }
        defer { candidate.stop() }
        let listen = freePort()
        let agent = try await Agent(configuration: settings(primary, candidate, listen))
        for _ in 0..<120 { #expect(await ask(listen, "ibisprompt sk-abcdefghijkl0123456") == 200) }
        let base = agent.url + "/api/martlet/v1/rehearsals"
        var one = JSON.null
        try await until("the candidate is rejected", seconds: 30) {
            one = try JSON(try await get(base + "/chat").body)["data"] ?? .null
            return one["candidates"]?.items?.first?["verdict"]?.text == "reject"
        }
        #expect(one["candidates"]?.items?.first?["worst"]?.items?.isEmpty == false)
        let metrics = text(try await get(agent.url + "/metrics"))
        let findings = text(try await get(agent.url + "/api/martlet/v1/findings?kind=shadow"))
        #expect(findings.contains("finding.shadow.reject"))
        let refused = try await post(base + "/chat/override", "{\"reason\": \" \"}")
        #expect(refused.status == 400)
        let passed = try await post(
            base + "/chat/override", "{\"person\": \"mei\", \"reason\": \"the wrong port\"}")
        #expect(passed.status == 200)
        #expect(try await post(base + "/chat/override", "{\"reason\": \"x\"}").status == 409)
        #expect(try await post(base + "/nobody/stop", "{}").status == 404)
        let labels = try await post(base + "/chat/labels", "[{\"id\": \"unknown\", \"label\": 7}]")
        #expect(text(labels).contains("\"taken\":1,\"pairs\":0"))
        // A report of a release carries no texts; what it should not carry is neither kept nor told.
        let stages = base + "/shop/stages"
        let line = "{\"version\":\"v2\",\"share\":0.1"
        let planted = try await post(
            stages, line + ",\"prompt\":\"ibisprompt planted@example.com\"}")
        #expect(planted.status == 400 && !text(planted).contains("ibisprompt"))
        let taken = try await client.send(
            FetchRequest(
                "POST", stages, headers: [("Authorization", "Bearer planted-bearer-credential")],
                body: Array((line + "}").utf8)))
        #expect(taken.status == 200)
        agent.child.send(SIGTERM)
        _ = agent.child.wait()
        let secrets = [
            "planted-bearer-credential", "planted@example.com", "sk-live-0123456789abcdefghij",
            "sk-abcdefghijkl0123456",
        ]
        for secret in secrets + ["ibisprompt", "heronanswer"] {
            #expect(!metrics.contains(secret) && !findings.contains(secret))
            #expect(!agent.child.output.contains(secret), "\(secret)")
        }
        let files = FileManager.default.enumerator(atPath: agent.folder.path + "/data")
        for case let file as String in files ?? .init() {
            guard
                let data = FileManager.default.contents(atPath: agent.folder.path + "/data/" + file)
            else { continue }
            let bytes = String(decoding: data, as: UTF8.self)
            for secret in secrets { #expect(!bytes.contains(secret), "\(secret) in \(file)") }
        }
    }

    @Test func `clients speak TLS to a rehearsal that has a certificate`() async throws {
        let primary = try model { _ in chat(String(repeating: "long answer ", count: 20_000)) }
        let candidate = try model { _ in chat("a") }
        defer { primary.stop() }
        defer { candidate.stop() }
        let folder = try Scratch()
        let (certificate, key) = (folder.path + "/cert.pem", folder.path + "/key.pem")
        let openssl = try Child(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                "-days", "2", "-keyout", key, "-out", certificate,
            ], folder: folder)
        try #require(openssl.wait() == 0, "\(openssl.output)")
        let listen = freePort()
        let words =
            settings(primary, candidate, listen)
            + "    tls_server_config: {cert_file: \(certificate), key_file: \(key)}\n"
        let agent = try await Agent(configuration: words, folder: folder)
        var request = FetchRequest(
            "POST", "https://127.0.0.1:\(listen)/v1/chat/completions",
            headers: [("Content-Type", "application/json")],
            body: Array("{\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}".utf8))
        request.tls.authorityFile = certificate
        for _ in 0..<3 {
            let answer = try await client.send(request)
            #expect(answer.status == 200 && answer.body.count > 240_000)
        }
        #expect(await ask(listen) != 200, "plain text was answered on a TLS port")
        try await until("the copies are pairs", seconds: 30) {
            let metrics = text(try await get(agent.url + "/metrics"))
            return number(metrics, "martlet_rehearsal_pairs_total{") == 3
        }
    }
}
