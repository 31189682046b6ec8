import Basics
import Bytes
import Testing

@testable import Send

private func read(_ text: String) throws -> (receivers: [Receiver], problems: [String]) {
    let problems = Problems(file: "m.yml")
    let root = Section(try YAML.parse(text), path: "", problems: problems)
    let receivers = Receiver.read(root)
    root.finish()
    return (receivers, problems.all.map(\.description))
}

@Suite struct ReceiverSettings {
    @Test func `are read as Alertmanager's`() throws {
        let (receivers, problems) = try read(
            """
            receivers:
            - name: ops
              group_by: [team]
              group_wait: 5s
              repeat_interval: 1h
              webhook_configs:
              - url: https://h/x
                send_resolved: false
                max_alerts: 3
                timeout: 2s
                http_config:
                  authorization: {credentials_file: /run/token}
                  tls_config: {ca_file: /ca.pem}
              - url_file: /run/url
                http_config: {basic_auth: {username: u, password: p}, follow_redirects: false}
            - name: nobody
            """)
        #expect(problems.isEmpty)
        #expect(receivers.map(\.name) == ["ops", "nobody"])
        let ops = try #require(receivers.first)
        #expect(ops.grouping.labels == ["team"])
        #expect(ops.grouping.waitMillis == 5_000)
        #expect(ops.grouping.intervalMillis == 300_000)
        #expect(ops.grouping.repeatMillis == 3_600_000)
        #expect(ops.integrations[0].url == .text(Secret("https://h/x")))
        #expect(!ops.integrations[0].sendsResolved)
        #expect(ops.integrations[0].alertsMax == 3)
        #expect(ops.integrations[0].timeoutMillis == 2_000)
        #expect(
            ops.integrations[0].access.authentication
                == .authorization(type: "Bearer", credentials: .file("/run/token")))
        #expect(ops.integrations[0].access.tls.authorityFile == "/ca.pem")
        #expect(ops.integrations[1].url == .file("/run/url"))
        #expect(
            ops.integrations[1].access.authentication
                == .basic(user: "u", password: .text(Secret("p")))
        )
        #expect(!ops.integrations[1].access.followsRedirects)
    }

    static let faults: [(String, String)] = [
        (
            "receivers:\n- webhook_configs: []\n",
            "m.yml:2:3: error: receivers[0].name: a receiver needs a name"
        ),
        (
            "receivers:\n- name: a\n- name: a\n",
            "m.yml:3:9: error: receivers[1].name: receiver \"a\" is there twice"
        ),
        (
            "receivers:\n- name: a\n  webhook_configs:\n  - send_resolved: true\n",
            "m.yml:4:5: error: receivers[0].webhook_configs[0]: exactly one of url and url_file is needed"
        ),
        (
            "receivers:\n- name: a\n  webhook_configs:\n  - url: ftp://s3cret\n",
            "m.yml:4:10: error: receivers[0].webhook_configs[0].url: must begin with http:// or https://"
        ),
        (
            "receivers:\n- name: a\n  opsgenie_configs: []\n",
            "m.yml:3:3: warning: receivers[0].opsgenie_configs is known to Prometheus but not served by Martlet; ignored"
        ),
        (
            "receivers:\n- name: a\n  webhook_config: []\n",
            "m.yml:3:3: error: unknown key receivers[0].webhook_config; did you mean webhook_configs?"
        ),
        (
            "receivers:\n- name: a\n  group_interval: 0s\n",
            "m.yml:3:19: error: receivers[0].group_interval: must be greater than zero"
        ),
    ]

    @Test(arguments: faults) func `say what is wrong, and where`(_ text: String, _ expected: String)
        throws
    {
        #expect(try read(text).problems == [expected])
    }

    @Test func `secrets are sent and never shown`() async {
        let receiver = FakeReceiver()
        var webhook = Integration.webhook(.file("/url"))
        webhook.access.authentication = .basic(user: "u", password: .text(Secret("pass")))
        let courier = Courier(fetch: receiver.fetch, userAgent: "Martlet/1") {
            (path) throws(FileError) in
            path == "/url" ? "http://h/t\n" : ""
        }
        _ = await courier.send([1], to: webhook, deliveryID: "d")
        #expect(receiver.requests.first?.url == "http://h/t")
        #expect(receiver.header("Authorization") == ["Basic dTpwYXNz"])
        #expect(receiver.header("User-Agent") == ["Martlet/1"])
        #expect("\(webhook)".contains("<secret>") && !"\(webhook)".contains("pass\""))
        #expect(Secret("http://u:p@h:1/x?y").shownURL == "http://h:1/…")
    }

    @Test func `patience grows to its limit, dates are understood`() {
        var policy = DeliveryPolicy()
        policy.random = { 1 }
        #expect(
            [0, 1, 2, 8, 9, 60].map(policy.pauseMillis) == [
                1_000, 2_000, 4_000, 256_000, 300_000, 300_000,
            ])
        #expect(parseHTTPDate("Sun, 06 Nov 1994 08:49:37 GMT") == 784_111_777_000)
        #expect(parseHTTPDate("soon") == nil)
        #expect(base64(Array("a".utf8)) == "YQ==")
        #expect(base64(Array("abc".utf8)) == "YWJj")
    }

    @Test func `an old message is given up`() {
        let message = OutgoingMessage(target: "a/0", groupKey: "g", payload: [], createdAt: 0)
        let verdict = DeliveryPolicy().verdict(
            .success(FetchResponse(status: 500)), WaitingMessage(id: 1, message: message),
            at: 5 * 86_400_000)
        #expect(verdict == .giveUp(error: "the receiver answered 500; given up after 4d"))
    }
}
