// The real amtool and the real Alertmanager beside Martlet; mail and Slack for real.

import Basics
import Bytes
import Carry
import Foundation
import Testing

private let alertmanager = find("prometheus-alertmanager", "alertmanager")
private let amtool = find("amtool")

/// Keeps every post with its path.
private final class PostBox: Sendable {
    private let posts = Lock<[(path: String, body: JSON)]>([])
    private let server = Lock<HTTPServer?>(nil)
    let port = freePort()

    init() throws {
        var options = HTTPServerOptions()
        options.port = UInt16(port)
        let started = try HTTPServer(
            options,
            routes: [
                Route(["POST"], "/*", .quick, bodyBytesMax: 8 << 20) { request in
                    if let body = try? JSON(request.body) {
                        self.posts.withLock { $0.append((request.path, body)) }
                    }
                    return .text("ok")
                }
            ], clock: .system, registry: Registry())
        server.withLock { $0 = started }
    }

    deinit { server.withLock { $0 }?.stop() }

    var all: [(path: String, body: JSON)] { posts.withLock { $0 } }

    /// What was told, without times and addresses, in an order that two servers share.
    var essence: [String] {
        all.map { path, body in
            let alerts = (body["alerts"]?.items ?? []).map { alert in
                "\(alert["status"]?.text ?? "") \(text(alert["labels"])) \(alert["fingerprint"]?.text ?? "")"
            }
            return [
                path, body["receiver"]?.text ?? "", body["status"]?.text ?? "",
                body["groupKey"]?.text ?? "", text(body["groupLabels"]), text(body["commonLabels"]),
                text(body["commonAnnotations"]), "\(body["truncatedAlerts"]?.int ?? -1)",
                "\(alerts.count)", alerts.joined(separator: "; "),
            ].joined(separator: " | ")
        }.sorted()
    }

    private func text(_ json: JSON?) -> String {
        String(decoding: (json ?? .null).encoded, as: UTF8.self)
    }
}

private func notifyFile(_ port: Int) -> String {
    """
    route:
      receiver: default
      group_by: [alertname, job]
      group_wait: 1s
      group_interval: 2s
      repeat_interval: 1h
      routes:
        - receiver: pager
          matchers: ['severity="page"', team!="x"]
          group_by: [team]
          continue: true
        - receiver: db
          match_re: {service: "mysql|postgres"}
          group_by: ['...']
    inhibit_rules:
      - {source_matchers: [alertname="Down"], target_matchers: [alertname="Slow"], equal: [job]}
    receivers:
      - {name: default, webhook_configs: [{url: "http://127.0.0.1:\(port)/default"}]}
      - {name: pager, webhook_configs: [{url: "http://127.0.0.1:\(port)/pager", max_alerts: 2}]}
      - {name: db, webhook_configs: [{url: "http://127.0.0.1:\(port)/db", send_resolved: false}]}
    """
}

@Suite(.serialized, .enabled(if: alertmanager != nil && amtool != nil, "no Alertmanager"))
struct AlertmanagerTests {
    private func tool(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let folder = try Scratch()
        let child = try Child(
            try #require(amtool), ["--no-version-check"] + arguments, folder: folder)
        return (child.wait(), child.output)
    }

    @Test func `amtool adds, shows and ends alerts and silences, and tests routes`() async throws {
        let folder = try Scratch()
        let file = try folder.write("notify.yml", notifyFile(1))
        let agent = try await Agent(
            configuration: "notify_file: \(file)\nhost: {enabled: false}\n", folder: folder)
        let at = "--alertmanager.url=\(agent.url)"
        #expect(
            try tool([
                at, "alert", "add", "alertname=X", "severity=page", "--annotation=summary=hi",
            ]).status == 0)
        try await until("the alert is known") {
            try tool([at, "alert", "query"]).output.contains("X")
        }
        let made = try tool([
            at, "silence", "add", "alertname=X", "-d", "1h", "-c", "why", "-a", "me",
        ])
        let id = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(made.status == 0 && id.count == 36, "\(made.output)")
        #expect(try tool([at, "silence", "query"]).output.contains(id))
        #expect(
            !(try tool([at, "alert", "query"]).output.contains("X")), "silenced alerts are hidden")
        #expect(try tool([at, "alert", "query", "--silenced"]).output.contains("X"))
        let moved = try tool([at, "silence", "update", id, "-d", "2h"])
        #expect(moved.status == 0, "\(moved.output)")
        #expect(try tool([at, "silence", "expire", id]).status == 0)
        #expect(try tool([at, "alert", "query", "alertname=~X.*"]).output.contains("X"))
        let remote = try tool([at, "config", "routes", "test", "severity=page", "service=mysql"])
        let local = try tool([
            "config", "routes", "test", "--config.file=\(file)", "severity=page", "service=mysql",
        ])
        #expect(
            remote.output == "pager,db\n" && local.output.hasSuffix("pager,db\n"),
            "\(remote.output)")
        let (status, said) = try run([
            "check", "notify", file, "--labels", "severity=page,service=mysql",
        ])
        #expect(status == 0 && said == "pager,db\n", "\(said)")
    }

    @Test func `a silence outlives a kill`() async throws {
        let folder = try Scratch()
        let text = "host: {enabled: false}\nrule_files: []\n"
        var agent: Agent? = try await Agent(configuration: text, folder: folder)
        let first = "--alertmanager.url=\(agent?.url ?? "")"
        let made = try tool([first, "silence", "add", "a=b", "-d", "1h", "-c", "why", "-a", "me"])
        let id = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
        agent?.child.send(SIGKILL)
        agent = nil
        let again = try await Agent(configuration: text, folder: folder)
        let query = try tool(["--alertmanager.url=\(again.url)", "silence", "query"])
        #expect(query.output.contains(id) && id.count == 36, "\(query.output)")
    }

    @Test func `Alertmanager and Martlet send the same grouped webhooks`() async throws {
        let folder = try Scratch()
        let (theirs, ours) = (try PostBox(), try PostBox())
        let port = freePort()
        let child = try Child(
            try #require(alertmanager),
            [
                "--config.file=" + (try folder.write("theirs.yml", notifyFile(theirs.port))),
                "--storage.path=\(folder.path)/am", "--web.listen-address=127.0.0.1:\(port)",
                "--cluster.listen-address=",
            ], folder: folder)
        let agent = try await Agent(
            configuration:
                "notify_file: \(try folder.write("ours.yml", notifyFile(ours.port)))\nhost: {enabled: false}\nrule_files: []\n",
            folder: folder)
        try await until("Alertmanager is ready") {
            guard child.process.isRunning else { throw TestFailure(child.output) }
            return (try? await get("http://127.0.0.1:\(port)/-/ready").status) == 200
        }
        let sets = [
            ["alertname": "Down", "job": "api", "severity": "page", "team": "core"],
            ["alertname": "Slow", "job": "api", "severity": "page", "team": "core"],
            ["alertname": "Slow", "job": "web", "severity": "page", "team": "core"],
            ["alertname": "Slow", "job": "web", "severity": "page", "team": "core", "i": "2"],
            ["alertname": "Slow", "job": "web", "severity": "page", "team": "x"],
            [
                "alertname": "Full", "job": "db", "service": "mysql", "severity": "page",
                "team": "data",
            ],
            ["alertname": "Full", "job": "db", "service": "postgres"],
        ]
        // Younger than the group's wait, so that neither server tells before all have come.
        let began = Clock.system.now()
        func send(_ sets: ArraySlice<[String: String]>, ended: Bool) async throws {
            let now = Clock.system.now()
            let alerts = sets.map { labels -> JSON in
                .object([
                    (
                        "labels",
                        .object(
                            labels.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
                    ),
                    ("annotations", .object([("summary", .string("same"))])),
                    ("startsAt", .string(CivilTime(began).rfc3339)),
                    ("endsAt", .string(CivilTime(ended ? now - 100 : now + 600_000).rfc3339)),
                    ("generatorURL", .string("http://x/")),
                ])
            }
            let body = String(decoding: JSON.array(alerts).encoded, as: UTF8.self)
            for url in ["http://127.0.0.1:\(port)", agent.url] {
                #expect(try await post(url + "/api/v2/alerts", body).status == 200)
            }
        }
        try await send(sets[...], ended: false)
        try await until("both told of the beginning") {
            theirs.all.count >= 5 && ours.all.count >= 5
        }
        try await Task.sleep(for: .seconds(3))
        try await send(sets[2..<4], ended: true)
        try await send(sets[6...], ended: true)
        try await Task.sleep(for: .seconds(6))
        #expect(theirs.essence.count == 6)
        #expect(ours.essence == theirs.essence)
    }

    @Test func `a mail with a picture is caught, and a Slack message`() async throws {
        let folder = try Scratch()
        let (sink, box) = (try MailSink(), try PostBox())
        defer { sink.stop() }
        let notify = try folder.write(
            "notify.yml",
            """
            global: {smtp_smarthost: "127.0.0.1:\(sink.port)", smtp_from: "Martlet <martlet@example.com>", smtp_require_tls: false}
            route: {receiver: team, group_wait: 0s, group_interval: 1s, group_by: [alertname]}
            receivers:
              - name: team
                email_configs: [{to: "on-call@example.com, boss@example.com"}]
                slack_configs: [{api_url: "http://127.0.0.1:\(box.port)/slack", channel: "#ops"}]
            """)
        let rules = try folder.write(
            "rules.yml",
            """
            groups:
              - name: test
                interval: 1s
                rules:
                  - alert: Switched
                    expr: switch_on > 0.5
                    annotations: {summary: "switch {{ $labels.room }}", summary_zh: "开关 {{ $labels.room }} 已打开：值 {{ $value }}", action_zh: "请关掉它"}
            """)
        let agent = try await Agent(
            configuration: """
                notify_file: \(notify)
                rule_files: ["\(rules)"]
                language: zh
                host: {enabled: false}
                """, folder: folder)
        let lesson = #"{"alert":"Switched","cause":"有人忘了关","measure":"贴了告示","author":"甲"}"#
        #expect(try await post(agent.url + "/api/martlet/v1/alerts/lessons", lesson).status == 200)
        for value in [0.1, 0.3, 0.9] {
            let body = "{\"name\":\"switch_on\",\"labels\":{\"room\":\"大厅\"},\"value\":\(value)}"
            #expect(try await post(agent.url + "/api/martlet/v1/kpis", body).status == 200)
            try await Task.sleep(for: .seconds(1))
        }
        try await until("the mail came") { !sink.all.isEmpty && !box.all.isEmpty }
        let mail = try #require(sink.all.first)
        #expect(mail.from.contains("<martlet@example.com>") && mail.to.count == 2)
        let lines = mail.text.components(separatedBy: "\r\n")
        #expect(lines.contains { $0.hasPrefix("Subject: =?utf-8?B?") })
        let start = try #require(
            lines.firstIndex(of: "Content-ID: <alert-1>"), "\(mail.text.prefix(2000))")
        let coded = lines[(start + 3)...].prefix { !$0.hasPrefix("--") }.joined()
        let picture = try #require(Data(base64Encoded: coded))
        #expect(picture.starts(with: [0x89, 0x50, 0x4e, 0x47]) && picture.count > 3_000)
        if let folder = ProcessInfo.processInfo.environment["MARTLET_SCREENSHOTS"] {
            try picture.write(to: URL(filePath: folder + "/alert.png"))
        }
        let slack = try #require(box.all.first).body
        #expect(slack["channel"]?.text == "#ops")
        let part = slack["attachments"]?.items?.first
        #expect(part?["title"]?.text == "告警：Switched")
        let text = part?["text"]?.text ?? ""
        #expect(text.contains("开关 大厅 已打开") && text.contains("请关掉它"))
        #expect(text.contains("有人忘了关 → 贴了告示"))
        let image = try await get(part?["image_url"]?.text ?? "")
        #expect(image.status == 200 && image.body.starts(with: [0x89, 0x50, 0x4e, 0x47]))
        let told = try await get(agent.url + "/api/martlet/v1/alerts/deliveries")
        let rows = try JSON(told.body)["data"]?.items ?? []
        #expect(Set(rows.map { $0["receiver"]?.text }) == ["team/0", "team/1"])
        #expect(rows.allSatisfy { $0["outcome"]?.text == "delivered" })
        let changes = try JSON(try await get(agent.url + "/api/martlet/v1/alerts/history").body)[
            "data"]
        #expect(changes?.items?.map { $0["state"]?.text } == ["firing", "pending"])
    }

    @Test func `a mail server's refusal is an answer`() async throws {
        let sink = try MailSink(recipientAnswer: "550 nobody here")
        defer { sink.stop() }
        var request = FetchRequest(
            "POST", "smtp://127.0.0.1:\(sink.port)", body: Array("Subject: x\r\n\r\n.x\r\n".utf8))
        request.envelope = MailEnvelope(
            from: "a@h", to: ["b@h"], hello: "h", user: "", password: "", requiresTLS: false)
        #expect(try await client.send(request).status == 550)
        let taking = try MailSink()
        defer { taking.stop() }
        request.url = "smtp://127.0.0.1:\(taking.port)"
        #expect(try await client.send(request).status / 100 == 2)
        #expect(taking.all.first?.text == "Subject: x\r\n\r\n.x")
        request.envelope?.requiresTLS = true
        await #expect(throws: FetchError.self) { try await client.send(request) }
    }
}
