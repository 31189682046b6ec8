import Basics
import Bytes
import Collect
import Testing

private let body = Array(#"{"id":"e1","kind":"incident","time":1700000000000}"#.utf8)
private let bearer: DeliveryHeaders = ["Authorization": "Bearer martlet-dev-secret"]

private func receiver(_ kinds: DeliveryKind..., registry: Registry = Registry()) -> DeliveryReceiver
{
    DeliveryReceiver(sources: kinds.map(testSource), registry: registry)
}

private func text(_ answer: DeliveryAnswer) -> String {
    String(decoding: answer.body, as: UTF8.self)
}

@Suite struct DeliveryReceiverTests {
    @Test func `a verified delivery is handed on without its secret`() throws {
        let answer = receiver(.generic).receive(
            source: "generic/shop", headers: bearer, body: body, url: "/hooks/generic/shop", now: 5)
        #expect(answer.status == 202)
        let delivery = try #require(answer.delivery)
        #expect(delivery.body == body && delivery.receivedAt == 5)
        #expect(!delivery.headers.values.contains { $0.contains("martlet-dev-secret") })
    }

    @Test func `a repeated delivery has the same id, another one another`() {
        func id(_ body: [UInt8], _ headers: DeliveryHeaders = bearer) -> String? {
            receiver(.generic).receive(
                source: "generic/shop", headers: headers, body: body, url: "/", now: 5
            ).delivery?.id
        }
        #expect(id(body) == id(body))
        #expect(id(body) != id(Array("{}".utf8)))
        let named: DeliveryHeaders = [
            "Authorization": "Bearer martlet-dev-secret", "Idempotency-Key": "k1",
        ]
        #expect(id(body, named) == "k1")
    }

    @Test func `a refusal names its reason, is counted, and keeps nothing`() {
        let registry = Registry()
        let answer = receiver(.generic, registry: registry).receive(
            source: "generic/shop", headers: ["Authorization": "Bearer x"], body: body, url: "/",
            now: 5)
        #expect(answer.status == 401 && answer.delivery == nil)
        #expect(text(answer).contains("wrong_proof"))
        let family = registry.families().first { $0.name == "martlet_ingest_rejected" }
        #expect(family?.samples.first?.value == 1)
    }

    @Test func `bad JSON is refused with its place`() {
        let answer = receiver(.generic).receive(
            source: "generic/shop", headers: bearer, body: Array("{\"a\":}".utf8), url: "/", now: 5)
        #expect(answer.status == 400)
        #expect(text(answer).contains("line 1, column 6"))
    }

    @Test func `a form-encoded body is verified as sent and read as JSON`() throws {
        var source = testSource(.github)
        source.secrets = [DeliverySecret(text: "k")]
        let form = Array("payload=%7B%22zen%22%3A%22a+b%22%7D".utf8)
        // HMAC-SHA256("k", form), computed with another implementation.
        let code = "28fab1010ebe252986981a36f4b05045cc70a0f40759de4fff8349a482d70e00"
        let headers: DeliveryHeaders = [
            "X-Hub-Signature-256": "sha256=\(code)", "X-GitHub-Event": "ping",
            "Content-Type": "application/x-www-form-urlencoded",
        ]
        let answer = DeliveryReceiver(sources: [source], registry: Registry()).receive(
            source: "github/shop", headers: headers, body: form, url: "/", now: 5)
        #expect(answer.status == 202)
        let delivery = try #require(answer.delivery)
        #expect(String(decoding: delivery.body, as: UTF8.self) == #"{"zen":"a b"}"#)
        #expect(delivery.headers["x-github-event"] == "ping")
    }

    @Test func `Trello's HEAD, CloudEvents' OPTIONS and Asana's handshake are answered`() {
        let head = receiver(.trello).receive(
            source: "trello/shop", method: "HEAD", headers: [:], body: [], url: "/", now: 5)
        #expect(head.status == 200)
        let options = receiver(.cloudevents).receive(
            source: "cloudevents/shop", method: "OPTIONS",
            headers: ["WebHook-Request-Origin": "events.example.org"], body: [], url: "/", now: 5)
        #expect(options.headers.contains { $0 == ("WebHook-Allowed-Origin", "events.example.org") })
        var source = testSource(.asana)
        source.secrets = []
        let asana = DeliveryReceiver(sources: [source], registry: Registry()).receive(
            source: "asana/shop", headers: ["X-Hook-Secret": "s"], body: [], url: "/", now: 5)
        #expect(asana.status == 200 && asana.secretToKeep == DeliverySecret(text: "s"))
        #expect(asana.headers.contains { $0 == ("X-Hook-Secret", "s") })
    }

    @Test func `an unknown source, a wrong method and a huge body each get their status`() {
        let small = DeliveryReceiver(
            sources: [testSource(.generic)], registry: Registry(), bodyBytesMax: 4)
        func status(_ source: String, _ method: String) -> Int {
            small.receive(
                source: source, method: method, headers: bearer, body: body, url: "/", now: 5
            ).status
        }
        #expect(status("generic/other", "POST") == 404)
        #expect(status("generic/shop", "DELETE") == 405)
        #expect(status("generic/shop", "POST") == 413)
    }

    @Test func `a path names its source, and what follows`() throws {
        let found = try #require(receiver(.devlake).source(path: "devlake/shop/issue/X-1/close"))
        #expect(found.source.kind == .devlake && found.subpath == "issue/X-1/close")
        #expect(receiver(.devlake).source(path: "devlake") == nil)
    }

    @Test func `a section is read, and every fault has its place`() throws {
        func problems(_ text: String) throws -> (DeliverySourceConfig, [String]) {
            let problems = Problems(file: "m.yml")
            let section = Section(try YAML.parse(text), path: "hooks[0]", problems: problems)
            return (DeliverySourceConfig(section: section), problems.all.map(\.text))
        }
        let (source, none) = try problems(
            """
            kind: github
            name: shop
            secret_files: [a, b]
            team: blue
            services: {org/shop: storefront}
            production_environments: [Prod-EU]
            """)
        #expect(none.isEmpty)
        #expect(source.secretFiles == ["a", "b"] && source.productionEnvironments == ["prod-eu"])
        let read = source.readSecrets { Array("\($0)-secret\r\n".utf8) }
        #expect(read.secrets == ["a-secret", "b-secret"].map(DeliverySecret.init(text:)))
        #expect(try problems("kind: github").1.contains { $0.contains("anybody can send") })
        #expect(try problems("kind: github\nproof: none").1.isEmpty)
        #expect(
            try problems("kind: gitbub\nsecret: x").1.contains { $0.contains("must be one of") })
        #expect(try problems("kind: trello\nsecret: x").1.contains { $0.contains("callback") })
        #expect(
            try problems("kind: github\nsecret: x\nteem: y").1.contains { $0.contains("team?") })
    }
}

@Suite struct DeliverySectionTests {
    private func section(_ text: String) throws -> (Section, Problems) {
        let problems = Problems(file: "m.yml")
        return (Section(try YAML.parse(text), path: "x", problems: problems), problems)
    }

    @Test func `people are merged, and an alias belongs to one person`() throws {
        let (good, none) = try section(
            """
            bots: ["svc-.*"]
            same:
              - {name: Ann Lee, aliases: [ann, Ann@example.org]}
            """)
        let book = PeopleBook(salt: testSalt, config: PeopleConfig(section: good))
        #expect(none.all.isEmpty)
        #expect(
            book.actor(Identity(login: "ANN")) == book.actor(Identity(email: "ann@example.org")))
        #expect(book.actor(Identity(login: "svc-x")).isBot)
        let (bad, problems) = try section(
            "same: [{name: A, aliases: [x]}, {name: B, aliases: [x]}]\nbots: ['(']")
        _ = PeopleConfig(section: bad)
        #expect(problems.all.count == 2)
    }

    @Test func `a pulled source is read, and what cannot be pulled is an error`() throws {
        let (good, none) = try section(
            """
            kind: jira
            name: board
            url: https://x.atlassian.net/
            project: "8"
            user: me@example.org
            token_file: /etc/token
            interval: 10m
            team: blue
            """)
        let config = PullConfig(section: good)
        #expect(none.all.isEmpty)
        #expect(config.url == "https://x.atlassian.net" && config.intervalMillis == 600_000)
        #expect(config.source.source == "jira/board" && config.source.team == "blue")
        let (bad, problems) = try section("kind: trello\nurl: ftp://x\ninterval: 1s")
        _ = PullConfig(section: bad)
        #expect(problems.all.count == 4)
    }
}
