// The oracle against real servers with a rehearsal in the path (MLServer, Triton, KServe, TorchServe,
// llama.cpp, BentoML). Opt-in, because they take minutes and gigabytes:
//
//     MARTLET_SERVERS=/path/to/servers MARTLET_SERVERS_DATA=/tmp/servers swift test --filter RealServersInPath
//
// With `MARTLET_TIMINGS=1` the times of the digits on MLServer decide as well; only for a machine that does
// nothing else. Each row is printed with what was found.

import Basics
import Bytes
import Foundation
import Testing

@testable import Rehearse

private let judgesTimes = ProcessInfo.processInfo.environment["MARTLET_TIMINGS"] == "1"

/// The figures of a row, for whoever reads the output.
private func report(_ row: String, _ standing: Standing) {
    let figures = standing.metrics.filter { $0.slice == nil }.map { metric in
        "\(metric.metric.rawValue) \(metric.metric.gainText(metric.gain)) \(metric.verdict.rawValue)"
    }
    let failure = standing.failure.map { failure in
        " failed \(failure.metric.rawValue) "
            + (failure.slice.map { "\($0.field)=\($0.value)" } ?? failure.path ?? "")
    }
    print(
        "ORACLE \(row): \(standing.verdict.rawValue)\(failure ?? "") after \(standing.pairs) pairs;",
        figures.joined(separator: ", "))
}

@Suite(.enabled(if: serverScripts != nil, "MARTLET_SERVERS names no folder"), .serialized)
struct RealServersInPathTests {
    /// The held-out digits with their labels, as one protocol asks for them.
    private func digits(
        _ name: String, _ path: String, _ body: (String) -> String
    ) throws -> [ClientRequest] {
        let file = "\(serverFolder)/\(name)/models/requests.jsonl"
        let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
        return try lines.map { line in
            let json = try JSON(text: String(line))
            let pixels = try #require(json["pixels"]).encoded
            return ClientRequest(
                id: try #require(json["id"]?.text), path: path,
                body: body(String(decoding: pixels, as: UTF8.self)),
                label: json["label"]?.int.map(String.init))
        }
    }

    private func tensor(_ name: String, _ pixels: String) -> String {
        #"{"inputs":[{"name":"\#(name)","shape":[1,64],"datatype":"FP32","data":\#(pixels)}]}"#
    }

    @Test func `digits on MLServer get the oracle's verdicts`() async throws {
        try runScript("start-mlserver-digits.sh", "\(serverFolder)/digits", "28180")
        defer { try? runScript("stop.sh", "\(serverFolder)/digits") }
        let requests = try digits("digits", "/infer") { tensor("predict", $0) }
        func url(_ version: String) -> String {
            "http://127.0.0.1:28180/v2/models/digits/versions/\(version)"
        }
        for second in [nil, url("v1")] {
            let name = second == nil ? "alone" : "with a second copy of the primary"
            let worse = try await rehearsed(
                requests, primary: url("v1"), candidate: url("v2"), second: second,
                judgesTimes: judgesTimes)
            report("MLServer digits v1, v2, \(name)", worse)
            #expect(worse.verdict == .reject && worse.failure?.slice == Slice("label", "8"))
            let accuracy = worse.metrics.first { $0.metric == .accuracy && $0.slice == nil }
            #expect(accuracy?.primaryAlone == 26 && accuracy?.candidateAlone == 7)
            let better = try await rehearsed(
                requests, primary: url("v1"), candidate: url("v3"), second: second,
                judgesTimes: judgesTimes)
            report("MLServer digits v1, v3, \(name)", better)
            #expect(better.verdict == .promote)
            let same = try await rehearsed(
                requests, primary: url("v1"), candidate: url("v1"), second: second,
                judgesTimes: judgesTimes)
            report("MLServer digits v1, v1, \(name)", same)
            #expect(same.verdict == .promote)
        }
    }

    @Test func `digits on Triton get the oracle's verdicts`() async throws {
        try runScript("start-triton-digits.sh", "\(serverFolder)/triton", "28190")
        defer { try? runScript("stop.sh", "\(serverFolder)/triton") }
        let base = "http://127.0.0.1:28190/v2/models"
        let requests = try digits("triton", "/infer") { tensor("pixels", $0) }
        let worse = try await rehearsed(
            requests, primary: base + "/digits_v1", candidate: base + "/digits_v2")
        report("Triton digits v1, v2", worse)
        #expect(worse.verdict == .reject && worse.failure?.slice == Slice("label", "8"))
        let same = try await rehearsed(
            requests, primary: base + "/digits_v1", candidate: base + "/digits_v1")
        report("Triton digits v1, v1", same)
        #expect(same.verdict == .promote)
    }

    @Test func `digits on KServe get the oracle's verdicts, in both protocols`() async throws {
        try runScript("start-kserve-digits.sh", "\(serverFolder)/kserve", "28240")
        defer { try? runScript("stop.sh", "\(serverFolder)/kserve") }
        let base = "http://127.0.0.1:28240"
        let new = [
            ("/v1/models/digits_v1", "/v1/models/digits_v2"),
            ("/v2/models/digits_v1", "/v2/models/digits_v2"),
        ]
        let protocols = [
            (
                "V1",
                try digits("kserve", "/v1/models/digits_v1:predict") { #"{"instances":[\#($0)]}"# }
            ),
            ("V2", try digits("kserve", "/v2/models/digits_v1/infer") { tensor("input-0", $0) }),
        ]
        for (name, requests) in protocols {
            let worse = try await rehearsed(
                requests, primary: base, candidate: base, paths: new)
            report("KServe \(name) digits v1, v2", worse)
            #expect(worse.verdict == .reject && worse.failure?.slice == Slice("label", "8"))
            let same = try await rehearsed(requests, primary: base, candidate: base)
            report("KServe \(name) digits v1, v1", same)
            #expect(same.verdict == .promote)
        }
    }

    @Test func `digits on TorchServe: a version that learnt an 8 as a 1 is rejected`() async throws
    {
        try runScript("start-torchserve-digits.sh", "\(serverFolder)/torch", "28250")
        defer { try? runScript("stop.sh", "\(serverFolder)/torch") }
        let base = "http://127.0.0.1:28250"
        let requests = try digits("digits", "/predictions/digits") { #"{"pixels":\#($0)}"# }
        let worse = try await rehearsed(
            requests, primary: base, candidate: base,
            paths: [("/predictions/digits", "/predictions/digits2")])
        report("TorchServe digits, digits2", worse)
        #expect(worse.verdict == .reject && worse.failure?.slice == Slice("label", "8"))
        let same = try await rehearsed(requests, primary: base, candidate: base)
        report("TorchServe digits, digits", same)
        #expect(same.verdict == .promote)
    }

    private static let subjects = ["sea", "city", "forest", "river", "garden", "market", "train"]
    private static let asks = ["Describe", "Name a color of", "Write a word about", "Praise"]

    private func questions(
        _ count: Int, _ path: String, _ body: (String) -> String
    ) -> [ClientRequest] {
        (0..<count).map { index in
            let ask = Self.asks[index % Self.asks.count]
            let subject = Self.subjects[index / Self.asks.count % Self.subjects.count]
            return ClientRequest(
                id: "q\(index)", path: path, body: body("\(ask) the \(subject) number \(index)."))
        }
    }

    @Test func `embeddings of llama.cpp are judged by the floor`() async throws {
        try runScript("start-embeddings.sh", "\(serverFolder)/emb", "28220")
        defer { try? runScript("stop.sh", "\(serverFolder)/emb") }
        let requests = questions(600, "/v1/embeddings") { #"{"input":"\#($0)","model":"m"}"# }
        func url(_ place: Int) -> String { "http://127.0.0.1:\(28220 + place)" }
        let far = try await rehearsed(requests, primary: url(0), candidate: url(1))
        report("embeddings v1, v2, floor 0.98", far)
        #expect(far.verdict == .reject)
        let near = try await rehearsed(requests, primary: url(0), candidate: url(1)) {
            $0.policy.rules[.cosine] = MetricRule(floor: 0.95)
        }
        report("embeddings v1, v2, floor 0.95", near)
        #expect(near.verdict == .hold || near.verdict == .promote)
        let same = try await rehearsed(requests, primary: url(0), candidate: url(2))
        report("embeddings v1, v3", same)
        #expect(same.verdict == .promote)
    }

    @Test func `a chat model of llama.cpp is the same as itself and unlike another`() async throws {
        try runScript("start-llm.sh", "\(serverFolder)/llm", "28210")
        defer { try? runScript("stop.sh", "\(serverFolder)/llm") }
        func url(_ place: Int) -> String { "http://127.0.0.1:\(28210 + place)" }
        let requests = questions(120, "/v1/chat/completions") { prompt in
            #"{"model":"m","messages":[{"role":"user","content":"\#(prompt)"}],"max_tokens":12,"temperature":0,"seed":1,"stream":true}"#
        }
        // A hundred pairs can show a margin of five points.
        let wide: (inout MirrorSettings) -> Void = { settings in
            for metric in Metric.allCases where settings.policy.rules[metric]?.margin == 0.01 {
                settings.policy.rules[metric]?.margin = 0.05
            }
        }
        let same = try await rehearsed(requests, primary: url(0), candidate: url(0), wide)
        report("LLM v1, v1", same)
        #expect(same.verdict == .promote)
        #expect(same.reasons.map(\.key) == ["rehearse.reason.no_difference"])
        let other = try await rehearsed(requests, primary: url(0), candidate: url(1), wide)
        report("LLM v1, v2", other)
        #expect(other.verdict == .hold || other.verdict == .reject)
        let agreement = other.metrics.first { $0.metric == .agreement && $0.slice == nil }
        #expect(agreement?.candidate ?? 1 < 0.5)
    }

    @Test func `wine on BentoML is rejected for its shape`() async throws {
        try runScript("start-bentoml-wine.sh", "\(serverFolder)/wine", "28230")
        defer { try? runScript("stop.sh", "\(serverFolder)/wine") }
        let row = "[13.2,1.78,2.14,11.2,100,2.65,2.76,0.26,1.28,4.38,1.05,3.4,1050]"
        let requests = (0..<120).map { index in
            ClientRequest(id: "w\(index)", path: "/predict", body: #"{"features":[\#(row)]}"#)
        }
        let first = "http://127.0.0.1:28230"
        let worse = try await rehearsed(
            requests, primary: first, candidate: "http://127.0.0.1:28231", second: first)
        report("wine v1, v2", worse)
        #expect(worse.verdict == .reject && worse.failure?.metric == .shape)
        #expect(worse.paths.contains { $0.path.contains("generated_at") && $0.state == .noise })
    }
}
