// The oracle's rows in the path: the same stubs as the replay's, with a rehearsal between them and their
// client. What is right by replay is right here, labels that come later included.

import Basics
import Carry
import Testing

@testable import Rehearse

@Suite struct OracleInPathTests {
    private let stubs: StubModels

    init() throws { stubs = try StubModels() }

    private func digits(_ primary: String, _ candidate: String) async throws -> Standing {
        let requests = stubs.digitRequests.map { item in
            ClientRequest(
                id: item.request.id, path: "/infer",
                body: String(decoding: item.request.body, as: UTF8.self), label: item.label)
        }
        func url(_ version: String) -> String { stubs.url("/v2/models/digits/versions/\(version)") }
        return try await rehearsed(requests, primary: url(primary), candidate: url(candidate))
    }

    private func texts(
        _ count: Int, _ path: String, _ body: (Int) -> String, _ primary: String,
        _ candidate: String, second: String? = nil,
        _ change: (inout MirrorSettings) -> Void = { _ in }
    ) async throws -> Standing {
        let requests = (0..<count).map { index in
            ClientRequest(id: "t\(index)", path: path, body: body(index))
        }
        return try await rehearsed(
            requests, primary: stubs.url(primary), candidate: stubs.url(candidate),
            second: second.map { stubs.url($0) }, change)
    }

    private func chats(_ count: Int, _ candidate: String) async throws -> Standing {
        try await texts(
            count, "/v1/chat/completions",
            { #"{"messages":[{"role":"user","content":"the number \#($0)"}],"stream":true}"# },
            "/llm/v1", candidate)
    }

    @Test func `digits v2 is rejected for a slice`() async throws {
        let standing = try await digits("v1", "v2")
        #expect(standing.verdict == .reject && standing.failure?.slice == Slice("label", "8"))
        let accuracy = standing.metrics.first { $0.metric == .accuracy && $0.slice == nil }
        #expect(accuracy?.primaryAlone == 26 && accuracy?.candidateAlone == 7)
    }

    @Test func `digits v3 is promoted, v1 against itself shows no difference`() async throws {
        #expect(try await digits("v1", "v3").verdict == .promote)
        let same = try await digits("v1", "v1")
        #expect(same.verdict == .promote)
        #expect(same.reasons.map(\.key) == ["rehearse.reason.no_difference"])
    }

    @Test func `embeddings are judged by the floor`() async throws {
        func verdict(_ version: String, floor: Double, _ count: Int) async throws -> Verdict {
            try await texts(
                count, "/v1/embeddings", { #"{"input":"text \#($0)","model":"m"}"# },
                "/embed/v1", "/embed/\(version)"
            ) { $0.policy.rules[.cosine] = MetricRule(floor: floor) }.verdict
        }
        #expect(try await verdict("v2", floor: 0.98, 80) == .reject)
        #expect(try await verdict("v2", floor: 0.95, 80) != .reject)
        #expect(try await verdict("v3", floor: 0.98, 650) == .promote)
    }

    @Test func `a chat model is like itself, and unlike another that nobody can say is worse`()
        async throws
    {
        let same = try await chats(650, "/llm/v1")
        #expect(same.verdict == .promote)
        #expect(same.reasons.map(\.key) == ["rehearse.reason.no_difference"])
        let other = try await chats(120, "/llm/v2")
        #expect(other.verdict == .hold)
        #expect(other.reasons.first?.key == "rehearse.reason.unlabelled")
    }

    @Test func `wine v2 is rejected for its shape, and the time it was made is noise`() async throws
    {
        let worse = try await texts(
            120, "/classify", { #"{"features":[\#($0)]}"# }, "/wine/v1", "/wine/v2",
            second: "/wine/v1")
        #expect(worse.verdict == .reject && worse.failure?.path == "scores")
        #expect(worse.paths.contains { $0.path == "generated_at" && $0.state == .noise })
        let same = try await texts(
            650, "/classify", { #"{"features":[\#($0)]}"# }, "/wine/v1", "/wine/v3",
            second: "/wine/v1")
        #expect(same.verdict == .promote)
    }

    @Test func `a model's name in the path is the candidate's own on the copy`() throws {
        var candidate = CandidateSettings(name: "new", server: try #require(Server("http://a")))
        candidate.paths = [
            ("/v1/models/", "/v1/other/"), ("/v1/models/digits", "/v1/models/digits2"),
        ]
        #expect(candidate.path(of: "/v1/models/digits:predict") == "/v1/models/digits2:predict")
        #expect(candidate.path(of: "/v1/models/wine:predict") == "/v1/other/wine:predict")
        #expect(candidate.path(of: "/predictions/digits") == "/predictions/digits")
    }
}
