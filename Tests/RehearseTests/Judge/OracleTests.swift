// What a shadow test ought to find, against stub servers over real sockets: real predictions of three
// digits models behind the V2 protocol, embeddings of known distance, chat streams, and a service whose
// answer changed its shape. The opt-in suite asks the real servers the same.

import Basics
import Bytes
import Carry
import Foundation
import Testing

@testable import Rehearse

/// Servers that answer as the real ones do.
final class StubModels: Sendable {
    private let server: HTTPServer
    private let digits: Digits

    init() throws {
        let digits = try Digits()
        let rows = Dictionary(uniqueKeysWithValues: digits.rows.map { ($0.id, $0) })
        let counter = Lock(0)
        let routes = [
            Route(["POST"], "/v2/models/digits/versions/{version}/infer", .quick) { request in
                let body = try? JSON(request.body)
                let id = body?["inputs"]?.items?.first?["name"]?.text ?? ""
                let said = rows[id]?.said[request.parameters["version"] ?? ""] ?? "0"
                let serial = counter.withLock { count in
                    count += 1
                    return count
                }
                return .json(
                    Array(
                        #"""
                        {"model_name":"digits","model_version":"\#(request.parameters["version"] ?? "")","id":"\#(serial)","parameters":{},"outputs":[{"name":"predict","shape":[1,1],"datatype":"INT64","parameters":{"content_type":"np"},"data":[\#(said)]}]}
                        """#.utf8))
            },
            Route(["POST"], "/embed/{version}/v1/embeddings", .quick) { request in
                // cos(angle) is 1, 0.97 and 0.9997.
                let angles = ["v1": 0.0, "v2": 0.2456, "v3": 0.0245]
                let angle = angles[request.parameters["version"] ?? ""] ?? 0
                let vector = "[\(cos(angle)),\(sin(angle)),0]"
                return .json(Array(#"{"data":[{"index":0,"embedding":\#(vector)}]}"#.utf8))
            },
            Route(["POST"], "/wine/{version}/classify", .quick) { request in
                let serial = counter.withLock { count in
                    count += 1
                    return count
                }
                let scores =
                    request.parameters["version"] == "v2"
                    ? #""probabilities":{"a":0.9,"b":0.1},"warnings":[]"#
                    : #""scores":{"a":0.9,"b":0.1}"#
                return .json(
                    Array(
                        #"{"class":"a",\#(scores),"model":{"name":"wine"},"generated_at":\#(1_795_724_100 + serial)}"#
                            .utf8))
            },
            Route(["POST"], "/llm/{version}/v1/chat/completions", .quick) { request in
                let isOther = request.parameters["version"] == "v2"
                let question = Asked(request.body, schema: nil).question
                let words =
                    isOther ? "Something else is said at length about it" : "About \(question)"
                return StubModels.chatStream(words)
            },
        ]
        var options = HTTPServerOptions()
        options.port = 0
        server = try HTTPServer(options, routes: routes, clock: .system, registry: Registry())
        self.digits = digits
    }

    deinit { server.stop() }

    func url(_ path: String) -> String { "http://127.0.0.1:\(server.port)\(path)" }

    private static func chatStream(_ text: String) -> HTTPResponse {
        let words = text.split(separator: " ")
        var body =
            #"data: {"choices":[{"index":0,"delta":{"role":"assistant","content":null}}]}"# + "\n\n"
        for word in words {
            body += #"data: {"choices":[{"index":0,"delta":{"content":"\#(word) "}}]}"# + "\n\n"
        }
        body += #"data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"# + "\n\n"
        body +=
            #"data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":\#(words.count)}}"#
            + "\n\ndata: [DONE]\n\n"
        return HTTPResponse(
            status: 200, headers: [("Content-Type", "text/event-stream")], body: Array(body.utf8))
    }

    /// Digits as requests; the stub knows a row by the input's name.
    var digitRequests: [ReplayItem] {
        digits.rows.map { row in
            ReplayItem(
                request: CapturedRequest(
                    id: row.id, time: 0, path: "/infer",
                    headers: [("content-type", "application/json")],
                    body: Array(#"{"inputs":[{"name":"\#(row.id)","data":[0]}]}"#.utf8)),
                label: row.label)
        }
    }

    /// Replays items from one address to another.
    func replay(
        _ items: [ReplayItem], _ primary: String, _ candidate: String, policy: Policy = Policy(),
        options: ReplayOptions = ReplayOptions()
    ) async throws -> Standing {
        func server(_ path: String) throws -> ReplayServer {
            let (address, own) = try #require(ReplayServer.address(url(path)))
            return ReplayServer(
                CandidateSettings(name: "stub", server: address), path: own,
                options: CourierOptions())
        }
        let (first, second) = (try server(primary), try server(candidate))
        defer {
            first.stop()
            second.stop()
        }
        let sides = ReplaySides(
            primary: { await first.ask($0) }, candidate: { await second.ask($0) })
        var items = items
        if let path = ReplayServer.address(url(primary))?.path {
            for index in items.indices { items[index].request.path = path }
        }
        let replay = Replay(options, comparison: Comparison(), sides: sides)
        // Timings of stubs on a busy machine decide nothing.
        var policy = policy
        for metric in [Metric.latency, .tail, .ttft, .tpot] { policy.rules[metric]?.isGate = false }
        return await replay.run(items, into: Trial(policy)) { _, _ in }.standing()
    }
}

private func texts(_ count: Int, path: String) -> [ReplayItem] {
    (0..<count).map { index in
        let body =
            path.contains("embeddings")
            ? #"{"input":"text \#(index)","model":"m"}"#
            : #"{"messages":[{"role":"user","content":"the number \#(index)"}],"stream":true}"#
        return ReplayItem(
            request: CapturedRequest(
                id: "t\(index)", time: 0, path: path,
                headers: [("content-type", "application/json")], body: Array(body.utf8)))
    }
}

@Suite struct OracleTests {
    private func versions(_ version: String) -> String {
        "/v2/models/digits/versions/\(version)/infer"
    }

    @Test func `digits v2 is rejected for a slice`() async throws {
        let stubs = try StubModels()
        let standing = try await stubs.replay(
            stubs.digitRequests, versions("v1"), versions("v2"))
        #expect(standing.verdict == .reject)
        #expect(standing.failure?.slice == Slice("label", "8"))
        let accuracy = standing.metrics.first { $0.metric == .accuracy && $0.slice == nil }
        #expect(accuracy?.primaryAlone == 26 && accuracy?.candidateAlone == 7)
        #expect(standing.worst.count >= 3)
    }

    @Test func `digits v3 is promoted`() async throws {
        let stubs = try StubModels()
        let standing = try await stubs.replay(
            stubs.digitRequests, versions("v1"), versions("v3"))
        #expect(standing.verdict == .promote)
        #expect(standing.reasons.first?.key == "rehearse.reason.better")
    }

    @Test func `digits v1 against itself shows no difference`() async throws {
        let stubs = try StubModels()
        let standing = try await stubs.replay(
            stubs.digitRequests, versions("v1"), versions("v1"))
        #expect(standing.verdict == .promote)
        #expect(standing.reasons.map(\.key) == ["rehearse.reason.no_difference"])
        let agreement = standing.metrics.first { $0.metric == .agreement && $0.slice == nil }
        #expect(agreement?.candidate == 1)
    }

    @Test func `embeddings are judged by the floor`() async throws {
        let stubs = try StubModels()
        func verdict(_ version: String, floor: Double, _ count: Int) async throws -> Verdict {
            let items = texts(count, path: "/v1/embeddings")
            var policy = Policy()
            policy.rules[.cosine] = MetricRule(floor: floor)
            return try await stubs.replay(
                items, "/embed/v1/v1/embeddings", "/embed/\(version)/v1/embeddings", policy: policy
            ).verdict
        }
        #expect(try await verdict("v2", floor: 0.98, 80) == .reject)
        #expect(try await verdict("v2", floor: 0.95, 80) != .reject)
        #expect(try await verdict("v3", floor: 0.98, 650) == .promote)
    }

    @Test func `a chat model against itself shows no difference`() async throws {
        let stubs = try StubModels()
        let path = "/llm/v1/v1/chat/completions"
        let standing = try await stubs.replay(texts(650, path: path), path, path)
        #expect(standing.verdict == .promote)
        #expect(standing.reasons.map(\.key) == ["rehearse.reason.no_difference"])
    }

    @Test func `a chat model that says other things is held for somebody to say which is better`()
        async throws
    {
        let stubs = try StubModels()
        let standing = try await stubs.replay(
            texts(120, path: "/llm/v1/v1/chat/completions"), "/llm/v1/v1/chat/completions",
            "/llm/v2/v1/chat/completions")
        #expect(standing.verdict == .hold)
        #expect(standing.reasons.first?.key == "rehearse.reason.unlabelled")
        let tokens = standing.metrics.first { $0.metric == .tokens }
        #expect(tokens?.candidate ?? 0 > tokens?.primary ?? 0)
    }

    @Test func `wine v2 is rejected for its shape, and the time it was made is noise`() async throws
    {
        let stubs = try StubModels()
        let items = texts(120, path: "/classify")
        let standing = try await stubs.replay(items, "/wine/v1", "/wine/v2")
        #expect(standing.verdict == .reject && standing.failure?.path == "scores")
        let states = Dictionary(
            uniqueKeysWithValues: standing.paths.map { ($0.path, $0.state) })
        #expect(states["scores"] == .broken && states["generated_at"] == .noise)
    }

    @Test func `wine against itself is the same but for the noise`() async throws {
        let stubs = try StubModels()
        let items = texts(650, path: "/classify")
        let standing = try await stubs.replay(items, "/wine/v1", "/wine/v3")
        #expect(standing.verdict == .promote)
    }

    @Test func `two servers that both refuse everything are not alike, nothing was compared`()
        async throws
    {
        let stubs = try StubModels()
        let items = texts(700, path: "/classify")
        let standing = try await stubs.replay(items, "/nowhere", "/nothing")
        #expect(standing.verdict == .notEnoughData)
        #expect(standing.reasons.map(\.key) == ["rehearse.reason.nothing_compared"])
    }
}
