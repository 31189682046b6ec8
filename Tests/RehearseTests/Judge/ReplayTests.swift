// Replays without a network: order, pace, resuming, records and their redaction, files in every form.

import Basics
import Bytes
import Carry
import Foundation
import Testing

@testable import Rehearse

private func items(_ count: Int) -> [ReplayItem] {
    (0..<count).map {
        ReplayItem(
            request: CapturedRequest(id: "r\($0)", time: Millis($0) * 1000, path: "/x"), label: nil)
    }
}

private func sides(_ asked: Lock<[String]>) -> ReplaySides {
    ReplaySides(
        primary: { request in
            asked.withLock { $0.append("p-\(request.id)") }
            return answer(#"{"class":"a"}"#)
        },
        candidate: { request in
            asked.withLock { $0.append("c-\(request.id)") }
            return answer(#"{"class":"a"}"#)
        })
}

@Suite struct ReplayTests {
    @Test func `the side that is asked first is drawn for each request, from the seed`() async {
        func order(_ seed: UInt64) async -> [Bool] {
            var options = ReplayOptions()
            options.seed = seed
            options.secondPairs = 0
            let replay = Replay(options, comparison: Comparison(), sides: sides(Lock([])))
            var order: [Bool] = []
            _ = await replay.run(items(200), into: Trial()) { replayed, _ in
                order.append(replayed.pair.candidateFirst ?? false)
            }
            return order
        }
        let first = await order(1)
        #expect((70...130).contains(first.count { $0 }))
        #expect(await order(1) == first)
        #expect(await order(2) != first)
    }

    @Test func `a resumed replay asks what is left, in the order that it would have had`() async {
        var options = ReplayOptions()
        options.secondPairs = 0
        let (whole, rest) = (Lock<[String]>([]), Lock<[String]>([]))
        _ = await Replay(options, comparison: Comparison(), sides: sides(whole))
            .run(items(50), into: Trial()) { _, _ in }
        let done = Set((0..<30).map { "r\($0)" })
        var counts: [Int] = []
        _ = await Replay(options, comparison: Comparison(), sides: sides(rest))
            .run(items(50), done: done, into: Trial()) { counts.append($1.done) }
        #expect(rest.withLock { $0 } == whole.withLock { Array($0.suffix(40)) })
        #expect(counts.first == 31 && counts.last == 50)
    }

    @Test func `the primary is asked twice for the first requests only`() async {
        var options = ReplayOptions()
        options.secondPairs = 5
        let asked = Lock<[String]>([])
        var seconds = 0
        _ = await Replay(options, comparison: Comparison(), sides: sides(asked))
            .run(items(20), into: Trial()) { replayed, _ in
                if replayed.pair.second != nil { seconds += 1 }
            }
        #expect(seconds == 5)
        #expect(asked.withLock { $0.count { $0.hasPrefix("p-") } } == 25)
    }

    @Test func `requests are due by the clock, whatever became of the last`() {
        #expect(Pace.free.due(100, time: 5, first: 0) == 0)
        #expect(Pace.rate(20).due(100, time: 5, first: 0) == 5)
        #expect(Pace.recorded(speed: 2).due(7, time: 11_000, first: 1_000) == 5)
        // A clock that jumped back while recording makes nobody wait.
        #expect(Pace.recorded(speed: 1).due(7, time: 500, first: 1_000) == 0)
        let half = ReplayProgress(done: 50, total: 100, rate: 10, lagSeconds: 0, failed: 0)
        #expect(half.secondsLeft == 5)
    }

    @Test func `a fixed rate is kept`() async {
        var options = ReplayOptions()
        options.pace = .rate(100)
        options.secondPairs = 0
        let waits = Lock<[Double]>([])
        let clock = Clock(
            now: { 0 }, monotonic: { 0 },
            sleep: { duration in waits.withLock { $0.append(duration.seconds) } })
        _ = await Replay(options, comparison: Comparison(), sides: sides(Lock([])), clock: clock)
            .run(items(5), into: Trial()) { _, _ in }
        #expect(waits.withLock { $0 }.map { ($0 * 100).rounded() } == [1, 2, 3, 4])
    }

    @Test func `a candidate that is not there is an error of the candidate`() async throws {
        let asked = Lock<[String]>([])
        var replaySides = sides(asked)
        let server = ReplayServer(
            CandidateSettings(name: "gone", server: try #require(Server("http://127.0.0.1:9"))),
            path: nil, options: CourierOptions())
        defer { server.stop() }
        replaySides.candidate = { await server.ask($0) }
        var options = ReplayOptions()
        options.secondPairs = 0
        let standing = await Replay(options, comparison: Comparison(), sides: replaySides)
            .run(items(60), into: Trial()) { _, _ in }.standing()
        #expect(standing.verdict == .reject && standing.failure?.metric == .errors)
    }

    @Test func `a URL is an endpoint or a base`() throws {
        let endpoint = try #require(ReplayServer.address("http://a:1/v1/chat/completions"))
        #expect(endpoint.path == "/v1/chat/completions" && endpoint.server.prefix.isEmpty)
        let base = try #require(ReplayServer.address("http://a:1/models/x"))
        #expect(base.path == nil && base.server.prefix == "/models/x")
        #expect(ReplayServer.address("a:1") == nil)
    }
}

@Suite struct ReplayFileTests {
    @Test func `records, bare bodies and rows are read, and bad lines are named`() throws {
        let text = #"""
            {"id":"a","method":"POST","path":"/v1/chat/completions","headers":{"Authorization":"Bearer sk-1234567890abcdef","X-Tenant":"t"},"body":{"model":"m"},"label":"yes"}

            {"messages":[{"role":"user","content":"hi"}]}
            {"id":7,"label":3,"pixels":[1,2]}
            not json
            [1]
            {"id":"a","prompt":"twice"}
            """#
        let file = ReplayFile(Array(text.utf8), path: "/p")
        #expect(file.items.map(\.request.id) == ["a", "line-3", "7", "a#7"])
        #expect(file.items.map(\.request.path) == ["/v1/chat/completions", "/p", "/p", "/p"])
        #expect(file.items[0].label == "yes" && file.items[2].label == "3")
        #expect(file.items[0].request[header: "authorization"] == nil)
        #expect(file.items[0].request[header: "x-tenant"] == "t")
        #expect(file.faults.map(\.line) == [5, 6])
        #expect(
            String(decoding: file.items[2].request.body, as: UTF8.self)
                == #"{"id":7,"pixels":[1,2]}"#)
    }

    @Test func `a template makes rows into bodies`() throws {
        let template = try JSON(
            text:
                #"{"inputs":[{"name":"predict","shape":[1,2],"data":"$.pixels"}],"id":"$.missing"}"#
        )
        let file = ReplayFile(
            Array(#"{"id":"d1","label":8,"pixels":[1,2]}"#.utf8), template: template, path: "/infer"
        )
        let body = try JSON(file.items[0].request.body)
        #expect(body["inputs"]?.items?.first?["data"]?.items?.compactMap(\.int) == [1, 2])
        #expect(body["id"] == .null && file.items[0].label == "8")
    }

    @Test func `a recorded pair is read back as it was judged`() throws {
        var recorded = pair(
            "{}", "{}", path: "/v1/chat/completions", body: #"{"messages":[]}"#, label: "x")
        recorded.primary = stream([
            #"{"choices":[{"index":0,"delta":{"content":"a b"}}]}"#,
            #"{"choices":[{"index":0,"delta":{"content":" c"},"finish_reason":"stop"}]}"#,
            #"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":3}}"#, "[DONE]",
        ])
        recorded.candidate = recorded.primary
        recorded.candidate.timing.total *= 2
        recorded.second = recorded.primary
        recorded.candidateFirst = true
        recorded.slices = [Slice("tenant", "t")]
        let again = try #require(Pair(record: try JSON(recorded.record.encoded)))
        let (a, b) = (Comparison().outcome(of: recorded), Comparison().outcome(of: again))
        #expect(a.readings == b.readings && a.slices == b.slices && a.label == b.label)
        #expect(again.candidateFirst == true)
    }

    @Test func `records hold no secrets`() throws {
        var secret = pair(
            #"{"text":"write to anna@example.com"}"#, #"{"key":"sk-abcdefghijklmnop1234"}"#,
            path: "/x?api_key=geheim123", body: #"{"password":"hunter2hunter2"}"#)
        secret.request.headers = [("authorization", "Bearer tok-secret-value"), ("cookie", "s=1")]
        let text = String(decoding: secret.record.encoded, as: UTF8.self)
        for word in ["anna@", "sk-abc", "geheim", "hunter2", "tok-secret", "s=1"] {
            #expect(!text.contains(word), "\(word) is in the record")
        }
    }

    @Test func `bytes that are no text survive in base64`() {
        for length in 0..<7 {
            let bytes = (0..<length).map { UInt8(200 + $0) }
            #expect(base64Bytes(base64Text(bytes)) == bytes)
        }
    }
}

@Suite struct PairsTableTests {
    private func judge(_ csv: String, slices: [String] = []) throws -> Trial {
        var columns = PairsColumns()
        columns.slices = slices
        var trial = Trial()
        let table = try PairsTable(
            Array(csv.utf8), columns: columns, options: ComparisonOptions())
        for outcome in table.outcomes { trial.add(outcome) }
        return trial
    }

    @Test func `classes, labels and latencies are judged from columns`() throws {
        var csv = "id,primary,candidate,label,primary_latency,candidate_latency,country\n"
        for index in 0..<600 {
            let wrong = index % 3 == 0 ? "b" : "a"
            csv += "r\(index),a,\(wrong),a,0.1,0.1,\(index % 2 == 0 ? "de" : "cn")\n"
        }
        let standing = try judge(csv, slices: ["country"]).standing()
        #expect(standing.verdict == .reject && standing.worst.count == 20)
        #expect(standing.metrics.contains { $0.slice == Slice("country", "cn") })
        #expect(standing.confusion.first?.count == 400)
    }

    @Test func `fractions are numbers with a bias and limits of agreement`() throws {
        var csv = "primary,candidate\n"
        for index in 0..<100 { csv += "\(Double(index) + 0.5),\(Double(index) + 0.75)\n" }
        let standing = try judge(csv).standing()
        #expect(standing.numbers?.bias == 0.25)
        #expect(standing.numbers?.limits == 0.25...0.25)
    }

    @Test func `a table with nothing to judge says what is missing`() {
        #expect(throws: PairsTableError.self) { try judge("a,b\n1,2\n") }
        #expect(throws: PairsTableError.self) {
            try judge("primary,candidate\n1,2\n", slices: ["x"])
        }
    }
}
