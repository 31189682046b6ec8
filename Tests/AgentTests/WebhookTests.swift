// A rule that fires tells a real listener, once; what was not delivered waits for the listener and
// survives a restart and a kill.

import Basics
import Bytes
import Carry
import Foundation
import Testing

/// A listener that keeps what it was sent.
final class Listener: Sendable {
    struct Post: Sendable {
        var status: String
        var alerts: [String]
        var id: String
        var body: String
    }

    private let posts = Lock<[Post]>([])
    private let server = Lock<HTTPServer?>(nil)
    let port: Int

    init(port: Int? = nil) throws {
        self.port = port ?? freePort()
        try start()
    }

    func start() throws {
        var options = HTTPServerOptions()
        options.port = UInt16(port)
        let started = try HTTPServer(
            options,
            routes: [
                Route(["POST"], "/hook", .quick) { request in
                    self.take(request)
                    return .text("ok")
                }
            ], clock: .system, registry: Registry())
        server.withLock { $0 = started }
    }

    func stop() {
        let running = server.withLock { server in
            defer { server = nil }
            return server
        }
        running?.stop()
    }

    private func take(_ request: HTTPRequest) {
        guard let body = try? JSON(request.body) else { return }
        let names = (body["alerts"]?.items ?? []).compactMap { $0["labels"]?["alertname"]?.text }
        let post = Post(
            status: body["status"]?.text ?? "", alerts: names,
            id: request[header: "x-martlet-delivery"] ?? "",
            body: String(decoding: request.body, as: UTF8.self))
        posts.withLock { $0.append(post) }
    }

    var all: [Post] { posts.withLock { $0 } }
    var url: String { "http://127.0.0.1:\(port)/hook" }
}

private func rules(_ folder: Scratch) throws -> String {
    try folder.write(
        "rules.yml",
        """
        groups:
          - name: test
            interval: 1s
            rules:
              - alert: Switched
                expr: switch_on == 1
                labels: {severity: page}
                annotations: {summary: "the switch of {{ $labels.room }} is {{ $value }}"}
        """)
}

private func configuration(_ folder: Scratch, _ listener: Listener) throws -> String {
    """
    rule_files: ["\(try rules(folder))"]
    global: {evaluation_interval: 1s}
    receivers: [{name: on-call, webhook_configs: [{url: "\(listener.url)"}]}]
    notifications: {group_wait: 0s, group_interval: 1s, repeat_interval: 1h}
    """
}

private func setSwitch(_ agent: Agent, _ value: Int) async throws {
    let answer = try await post(
        agent.url + "/api/martlet/v1/kpis",
        "{\"name\":\"switch_on\",\"labels\":{\"room\":\"hall\"},\"value\":\(value)}")
    #expect(answer.status == 200, "\(text(answer))")
}

@Suite(.serialized) struct WebhookTests {
    @Test func `a firing alert is told once, and its end once`() async throws {
        let (folder, listener) = (try Scratch(), try Listener())
        defer { listener.stop() }
        let agent = try await Agent(
            configuration: try configuration(folder, listener), folder: folder)
        try await setSwitch(agent, 1)
        try await until("the alert is told") { !listener.all.isEmpty }
        let first = try #require(listener.all.first)
        let body = try JSON(text: first.body)
        #expect(first.status == "firing" && first.alerts == ["Switched"])
        #expect(body["version"]?.text == "4" && body["receiver"]?.text == "on-call")
        #expect(body["alerts"]?.items?.first?["endsAt"]?.text == "0001-01-01T00:00:00Z")
        #expect(
            body["commonAnnotations"]?["summary"]?.text == "the switch of hall is 1",
            "\(first.body)")
        try await setSwitch(agent, 0)
        try await until("its end is told") { listener.all.count >= 2 }
        try await Task.sleep(for: .seconds(4))
        #expect(listener.all.map(\.status) == ["firing", "resolved"])
    }

    @Test func `what could not be delivered arrives exactly once after a restart`() async throws {
        let (folder, listener) = (try Scratch(), try Listener())
        let settings = try configuration(folder, listener)
        let port = freePort()
        var agent: Agent? = try await Agent(configuration: settings, folder: folder, port: port)
        listener.stop()
        try await setSwitch(try #require(agent), 1)
        try await until("a delivery was tried") {
            (try await agent?.value("sum(martlet_notifications_failed_total)") ?? 0) > 0
                || agent?.child.output.contains("on-call") == true
        }
        agent?.child.send(SIGTERM)
        #expect(agent?.child.wait() == 0, "\(agent?.child.output ?? "")")
        agent = nil
        let again = try await Agent(configuration: settings, folder: folder, port: port)
        // The rest of the minute that the receiver is down.
        try await Task.sleep(for: .seconds(40))
        try listener.start()
        defer { listener.stop() }
        try await until("the alert is told", seconds: 120) { !listener.all.isEmpty }
        try await setSwitch(again, 0)
        try await until("its end is told", seconds: 120) {
            listener.all.contains { $0.status == "resolved" }
        }
        try await Task.sleep(for: .seconds(3))
        #expect(listener.all.map(\.status) == ["firing", "resolved"])
    }

    @Test func `a killed agent tells at least once`() async throws {
        let (folder, listener) = (try Scratch(), try Listener())
        let settings = try configuration(folder, listener)
        let port = freePort()
        listener.stop()
        var agent: Agent? = try await Agent(configuration: settings, folder: folder, port: port)
        try await setSwitch(try #require(agent), 1)
        try await Task.sleep(for: .seconds(4))
        agent?.child.send(SIGKILL)
        agent = nil
        try listener.start()
        defer { listener.stop() }
        let again = try await Agent(configuration: settings, folder: folder, port: port)
        try await until("the alert is told", seconds: 60) {
            listener.all.contains { $0.status == "firing" }
        }
        #expect(again.child.process.isRunning)
    }

    @Test func `a marked pair can be sent by hand and its answers are printed`() async throws {
        let (folder, listener) = (try Scratch(), try Listener())
        defer { listener.stop() }
        let file = try folder.write("martlet.yml", try configuration(folder, listener))
        let (status, output) = try run(["test", "notify", "on-call", "--config", file])
        #expect(status == 0 && output.contains("200"), "\(output)")
        #expect(listener.all.map(\.status) == ["firing", "resolved"])
        let (missing, words) = try run(["test", "notify", "nobody", "--config", file])
        #expect(missing == 2 && words.contains("nobody") && words.contains("on-call"), "\(words)")
    }
}
