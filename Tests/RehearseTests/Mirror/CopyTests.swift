// Which requests are copied, what the copy looks like, what it may cost, and that everything which is
// not copied is counted with its reason.

import Basics
import Bytes
import Carry
import Glibc
import Keep
import Testing

@testable import Rehearse

private let question = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"

@Suite struct CopyTests {
    private func play(
        _ change: (inout MirrorSettings) throws -> Void = { _ in },
        primary: StubServer = chatServer("primary"),
        candidate: StubServer = chatServer("candidate"),
        _ body: (Stage, StubServer) throws -> Void
    ) throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        defer { primary.stop() }
        defer { candidate.stop() }
        let stage = try Stage(
            primary: primary, candidates: [("new", candidate.url)], folder: scratch.path, change)
        defer { stage.stop() }
        try body(stage, candidate)
    }

    @Test func `requests are pairs and skipped ones, with a reason each`() throws {
        let primary = StubServer { request, socket in
            put(
                socket,
                request.path.contains("bad")
                    ? plain("422 No", "{}") : plain("200 OK", chat("primary")))
        }
        try play({ $0.requestBytesMax = 2000 }, primary: primary) { stage, candidate in
            let client = StubClient(stage.rehearsal.port)
            for _ in 0..<10 { _ = client.ask(question) }
            for _ in 0..<3 { _ = client.ask(question, path: "/bad/v1/chat/completions") }
            for _ in 0..<4 { _ = client.ask(question, path: "/v1/files") }
            for _ in 0..<5 { _ = client.ask(String(repeating: " ", count: 3000)) }
            #expect(comes { stage.pairs() == 10 })
            #expect(stage.skipped(.primaryRejected) == 3)
            #expect(stage.skipped(.sideEffect) == 4)
            #expect(stage.skipped(.bodyTooLarge) == 5)
            #expect(stage.count("martlet_rehearsal_requests_total") == 22)
            #expect(candidate.seen.count == 10)
        }
    }

    @Test func `the copy has the candidate's model and credentials, never the caller's`() throws {
        try play({ settings in
            settings.candidates[0].model = "m-2"
            settings.candidates[0].headers = [("Authorization", "Bearer candidate-key")]
            settings.candidates[0].body = [(try #require(JSONPath("temperature")), .number(0))]
        }) { stage, candidate in
            let streamed = "{\"model\":\"m\",\"stream\":true,\"messages\":[]}"
            let headers =
                "Authorization: Bearer caller-key\r\nCookie: session=1\r\nX-Api-Key: 123\r\n"
                + "X-Request-Id: r-1\r\nX-Tenant: a\r\n"
            _ = StubClient(stage.rehearsal.port).ask(streamed, headers: headers)
            #expect(comes { candidate.seen.count == 1 })
            let copy = try #require(candidate.seen.first)
            #expect(copy.header("authorization") == "Bearer candidate-key")
            #expect(!copy.head.contains("caller-key"))
            #expect(copy.header("cookie") == nil && copy.header("x-api-key") == nil)
            #expect(copy.header("x-tenant") == "a" && copy.header("x-request-id") == "r-1")
            #expect(copy.header("host") == "127.0.0.1:\(candidate.port)")
            let body = try JSON(copy.body)
            #expect(body["model"]?.text == "m-2" && body["temperature"]?.int == 0)
            #expect(body["stream_options"]?["include_usage"]?.boolean == true)
        }
    }

    @Test func `a budget of requests, tokens or money ends the copying, not the path`() throws {
        let budgets = [
            Budget(requests: 5), Budget(tokens: 75), Budget(money: 0.000_07),
        ]
        for budget in budgets {
            try play({ settings in
                settings.budget = budget
                settings.courier.concurrency = 1
                settings.candidates[0].prices = Prices(perMillionIn: 1, perMillionOut: 1)
            }) { stage, _ in
                let client = StubClient(stage.rehearsal.port)
                for index in 0..<12 {
                    #expect(client.ask(question)?.line.hasPrefix("HTTP/1.1 200") == true)
                    #expect(comes { stage.pairs() >= min(index + 1, 5) })
                }
                #expect(comes { stage.skipped(.budgetSpent) == 7 }, "\(budget)")
                #expect(comes { stage.rehearsal.view.candidates[0].spentOf != nil })
            }
        }
    }

    @Test func `a sample by a header's hash is the same callers each time, and its share is right`()
    {
        let sampling = Sampling(share: 0.2, header: "x-user")
        var taken = 0
        for user in 0..<20_000 {
            let first = sampling.takes(value: "user-\(user)", number: 1)
            #expect(first == sampling.takes(value: "user-\(user)", number: 99))
            if first { taken += 1 }
        }
        // Five standard deviations of a binomial around 4,000.
        #expect(abs(taken - 4000) < 283)
        let drawn = (0..<20_000).count {
            Sampling(share: 0.2).takes(value: nil, number: UInt64($0))
        }
        #expect(abs(drawn - 4000) < 283)
        #expect(!Sampling(share: 0).takes(value: nil, number: 1))
        #expect(Sampling(share: 1).takes(value: nil, number: 1))
    }

    @Test func `a request without an id gets its own, of its time and number`() throws {
        let server = try #require(Server("http://127.0.0.1:1"))
        let settings = MirrorSettings(
            name: "x", relay: RelayOptions(server: server),
            candidates: [CandidateSettings(name: "new", server: server)])
        func id(_ time: Millis, _ number: UInt64, _ headers: HeaderBlock = HeaderBlock()) -> String
        {
            let request = RelayedRequest(
                time: time, method: "GET", path: "/", headers: headers, body: [])
            return requestID(of: request, tag: number << 8 | 3, settings: settings)
        }
        var seen: Set<String> = []
        for number: UInt64 in [0, 1, 9, 10, 15, 16, 255, 256, 1 << 40] {
            let made = id(1_800_000_000_000, number)
            #expect(made.hasSuffix("-" + String(number, radix: 16)), "\(made)")
            let parts = made.split(separator: "-")
            #expect(parts.count == 2 && UInt64(parts[0], radix: 16) ?? .max <= UInt64(UInt32.max))
            seen.insert(made)
        }
        #expect(seen.count == 9 && id(1_800_000_000_001, 1) != id(1_800_000_000_000, 1))
        let own = HeaderBlock([(name: settings.idHeader, value: "r-1")])
        #expect(id(1, 1, own) == "r-1")
    }

    @Test func `what is sampled out is counted`() throws {
        try play({ $0.sampling = Sampling(share: 0.5, header: "x-user") }) { stage, candidate in
            let client = StubClient(stage.rehearsal.port)
            for user in 0..<40 { _ = client.ask(question, headers: "X-User: \(user)\r\n") }
            #expect(comes { stage.pairs() + stage.skipped(.sampledOut) == 40 })
            let expected = (0..<40).count {
                Sampling(share: 0.5, header: "x-user").takes(value: "\($0)", number: 0)
            }
            #expect(stage.pairs() == expected && candidate.seen.count == expected)
        }
    }

    @Test func `a rate lets a burst through and then so many a second`() throws {
        var bucket = TokenBucket(perSecond: 5)
        let burst = (0..<100).count { _ in bucket.take(at: 1_000_000_000) }
        #expect(burst == 50)
        let later = (0..<100).count { bucket.take(at: 1_000_000_000 + Int64($0) * 100_000_000) }
        #expect(abs(later - 49) <= 1)
        try play({ $0.copiesPerSecondMax = 0.5 }) { stage, _ in
            let client = StubClient(stage.rehearsal.port)
            for _ in 0..<12 { #expect(client.ask(question)?.line.contains("200") == true) }
            #expect(comes { stage.pairs() + stage.skipped(.rateLimited) == 12 })
            #expect(stage.pairs() >= 5 && stage.skipped(.rateLimited) >= 1)
        }
    }

    @Test func `filters of method, path and header`() throws {
        var filter = MirrorFilter()
        #expect(filter.refusal(method: "POST", path: "/v1/embeddings?x=1") { _ in nil } == nil)
        #expect(filter.refusal(method: "POST", path: "/v2/models/a/infer") { _ in nil } == nil)
        #expect(filter.refusal(method: "DELETE", path: "/v1/files/1") { _ in nil } == .sideEffect)
        #expect(filter.refusal(method: "POST", path: "/v1/files") { _ in nil } == .sideEffect)
        filter.path = try Pattern("/v1/.*", anchored: true)
        filter.methods = ["POST"]
        #expect(filter.refusal(method: "POST", path: "/v1/files") { _ in nil } == nil)
        #expect(filter.refusal(method: "GET", path: "/v1/models") { _ in nil } == .filtered)
        #expect(filter.refusal(method: "POST", path: "/v2/x") { _ in nil } == .filtered)
        filter.headers = [("x-tier", try Pattern("beta|gamma", anchored: true))]
        #expect(filter.refusal(method: "POST", path: "/v1/a") { _ in "beta" } == nil)
        #expect(filter.refusal(method: "POST", path: "/v1/a") { _ in nil } == .filtered)
    }

    @Test func `several candidates and a second copy of the primary are asked each`() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let servers = (0..<4).map { chatServer("\($0)") }
        defer { for server in servers { server.stop() } }
        let stage = try Stage(
            primary: servers[0], candidates: [("new", servers[1].url), ("other", servers[2].url)],
            folder: scratch.path
        ) { $0.second = Server(servers[3].url) }
        defer { stage.stop() }
        let client = StubClient(stage.rehearsal.port)
        for _ in 0..<20 { _ = client.ask(question, headers: "Authorization: Bearer mine\r\n") }
        #expect(comes { stage.pairs("new") == 20 && stage.pairs("other") == 20 })
        #expect(servers[3].seen.count == 20)
        #expect(servers[3].seen.first?.header("authorization") == "Bearer mine")
        #expect(servers[1].seen.first?.header("authorization") == nil)
    }

    @Test func `a person stops the copying of a candidate and lets it go on`() throws {
        try play { stage, _ in
            let client = StubClient(stage.rehearsal.port)
            #expect(stage.rehearsal.setStopped(candidate: "new", true))
            for _ in 0..<5 { _ = client.ask(question) }
            #expect(stage.skipped(.stopped) == 5)
            #expect(stage.rehearsal.setStopped(candidate: "new", false))
            for _ in 0..<5 { _ = client.ask(question) }
            #expect(comes { stage.pairs() == 5 })
            #expect(!stage.rehearsal.setStopped(candidate: "nobody", true))
        }
    }
}
