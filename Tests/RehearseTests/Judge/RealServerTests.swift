// The oracle against real servers (MLServer, llama.cpp, BentoML), by replay through the command's own
// parts. Opt-in, because they take minutes and gigabytes:
//
//     MARTLET_SERVERS=/path/to/servers MARTLET_SERVERS_DATA=/tmp/servers swift test --filter RealServer
//
// The scripts start what does not run yet and are told to stop what they started.

import Basics
import Bytes
import Carry
import Foundation
import Testing

@testable import Rehearse

private func replay(
    _ lines: String, template: String, _ primary: String, _ candidate: String,
    policy: Policy = Policy(), slices: [SliceRule] = []
) async throws -> Standing {
    func server(_ url: String) throws -> ReplayServer {
        let (address, path) = try #require(ReplayServer.address(url))
        var options = CourierOptions()
        options.answerBytesMax = 16 << 20
        options.deadlineMillis = 120_000
        return ReplayServer(
            CandidateSettings(name: "real", server: address), path: path, options: options)
    }
    let (first, second) = (try server(primary), try server(candidate))
    defer {
        first.stop()
        second.stop()
    }
    let path = try #require(ReplayServer.address(primary)?.path ?? "/predict")
    let file = ReplayFile(Array(lines.utf8), template: try JSON(text: template), path: path)
    try #require(!file.items.isEmpty)
    var options = ComparisonOptions()
    options.slices = slices
    // Timings on a machine that does other work decide nothing here.
    var policy = policy
    for metric in [Metric.latency, .tail, .ttft, .tpot] { policy.rules[metric]?.isGate = false }
    let replay = Replay(
        ReplayOptions(), comparison: Comparison(options),
        sides: ReplaySides(
            primary: { await first.ask($0) }, candidate: { await second.ask($0) }))
    return await replay.run(file.items, into: Trial(policy)) { _, _ in }.standing()
}

@Suite(.enabled(if: serverScripts != nil, "MARTLET_SERVERS names no folder"), .serialized)
struct RealServerTests {
    private static let subjects = ["sea", "city", "forest", "river", "garden", "market", "train"]
    private static let asks = ["Describe", "Name a color of", "Write a word about", "Praise"]

    /// Questions that differ, some hundreds of them.
    private static func questions(_ count: Int) -> String {
        (0..<count).map { index in
            let ask = asks[index % asks.count]
            let subject = subjects[index / asks.count % subjects.count]
            return #"{"id":"q\#(index)","prompt":"\#(ask) the \#(subject) number \#(index)."}"#
        }.joined(separator: "\n")
    }

    @Test func `digits on MLServer get the oracle's verdicts`() async throws {
        try runScript("start-mlserver-digits.sh", "\(serverFolder)/digits", "28180")
        defer { try? runScript("stop.sh", "\(serverFolder)/digits") }
        let lines = try String(
            contentsOfFile: "\(serverFolder)/digits/models/requests.jsonl", encoding: .utf8)
        let template =
            #"{"inputs":[{"name":"predict","shape":[1,64],"datatype":"FP32","data":"$.pixels"}]}"#
        func url(_ version: String) -> String {
            "http://127.0.0.1:28180/v2/models/digits/versions/\(version)/infer"
        }
        let worse = try await replay(lines, template: template, url("v1"), url("v2"))
        #expect(worse.verdict == .reject && worse.failure?.slice == Slice("label", "8"))
        let accuracy = worse.metrics.first { $0.metric == .accuracy && $0.slice == nil }
        #expect(accuracy?.primaryAlone == 26 && accuracy?.candidateAlone == 7)
        let better = try await replay(lines, template: template, url("v1"), url("v3"))
        #expect(better.verdict == .promote)
        let same = try await replay(lines, template: template, url("v1"), url("v1"))
        #expect(same.reasons.map(\.key) == ["rehearse.reason.no_difference"])
    }

    @Test func `embeddings of llama.cpp are judged by the floor`() async throws {
        try runScript("start-embeddings.sh", "\(serverFolder)/emb", "28220")
        defer { try? runScript("stop.sh", "\(serverFolder)/emb") }
        let template = #"{"input":"$.prompt","model":"m"}"#
        func url(_ place: Int) -> String { "http://127.0.0.1:\(28220 + place)/v1/embeddings" }
        let lines = Self.questions(600)
        #expect(
            try await replay(lines, template: template, url(0), url(1)).verdict == .reject)
        var policy = Policy()
        policy.rules[.cosine] = MetricRule(floor: 0.9)
        #expect(
            try await replay(lines, template: template, url(0), url(1), policy: policy).verdict
                == .promote)
        #expect(
            try await replay(lines, template: template, url(0), url(2)).verdict == .promote)
    }

    @Test func `a chat model of llama.cpp is the same as itself and unlike another`() async throws {
        try runScript("start-llm.sh", "\(serverFolder)/llm", "28210")
        defer { try? runScript("stop.sh", "\(serverFolder)/llm") }
        let template =
            #"{"model":"m","messages":[{"role":"user","content":"$.prompt"}],"max_tokens":12,"temperature":0,"seed":1,"stream":true,"stream_options":{"include_usage":true}}"#
        func url(_ place: Int) -> String {
            "http://127.0.0.1:\(28210 + place)/v1/chat/completions"
        }
        // A hundred pairs can show a margin of five points.
        var policy = Policy()
        for metric in Metric.allCases where policy.rules[metric]?.margin == 0.01 {
            policy.rules[metric]?.margin = 0.05
        }
        let lines = Self.questions(120)
        let same = try await replay(lines, template: template, url(0), url(0), policy: policy)
        #expect(same.reasons.map(\.key) == ["rehearse.reason.no_difference"])
        let other = try await replay(lines, template: template, url(0), url(1), policy: policy)
        #expect(other.verdict == .hold || other.verdict == .reject)
        let agreement = other.metrics.first { $0.metric == .agreement && $0.slice == nil }
        #expect(agreement?.candidate ?? 1 < 0.5)
    }

    @Test func `wine on BentoML is rejected for its shape`() async throws {
        try runScript("start-bentoml-wine.sh", "\(serverFolder)/wine", "28230")
        defer { try? runScript("stop.sh", "\(serverFolder)/wine") }
        let row =
            #"{"features":[[13.2,1.78,2.14,11.2,100,2.65,2.76,0.26,1.28,4.38,1.05,3.4,1050]]}"#
        let lines = (0..<80).map { _ in row }.joined(separator: "\n")
        let standing = try await replay(
            lines, template: #"{"features":"$.features"}"#, "http://127.0.0.1:28230",
            "http://127.0.0.1:28231")
        #expect(standing.verdict == .reject && standing.failure?.metric == .shape)
        #expect(
            standing.paths.contains { $0.path.contains("generated_at") && $0.state == .noise })
    }
}
