// What is at rest: bounded, scrubbed, the worst always there, and the verdict where it was.

import Basics
import Bytes
import Carry
import Foundation
import Glibc
import Keep
import Testing

@testable import Rehearse

private let question = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"

@Suite struct PairStoreTests {
    @Test func `a pair that was counted is on the disk, and the trial goes on where it was`() throws
    {
        let scratch = Scratch()
        defer { scratch.remove() }
        let primary = chatServer("primary")
        let candidate = chatServer("candidate")
        defer { primary.stop() }
        defer { candidate.stop() }
        let first = try Stage(
            primary: primary, candidates: [("new", candidate.url)], folder: scratch.path)
        let client = StubClient(first.rehearsal.port)
        for _ in 0..<60 { _ = client.ask(question) }
        #expect(comes { first.pairs() > 0 })
        // As a crash would leave it: nobody stops, closes or commits; another process opens the file.
        let counted = first.pairs()
        let other = try PairKeeper(folder: scratch.path, registry: Registry())
        let kept = try #require(
            try other.state(of: PairOwner(rehearsal: "chat", candidate: "new")))
        let trial = try Trial(decoding: Array(kept.state.utf8), policy: Policy())
        #expect(trial.pairs >= counted)
        #expect(comes { first.pairs() == 60 })
        #expect(comes { first.rehearsal.view.candidates[0].standing.pairs == 60 })
        let before = first.rehearsal.view.candidates[0].standing
        let second = try Stage(
            primary: primary, candidates: [("new", candidate.url)], folder: scratch.path)
        let after = second.rehearsal.view.candidates[0].standing
        #expect(after.pairs == 60 && after.verdict == before.verdict)
        #expect(after.metrics.map(\.logSafe) == before.metrics.map(\.logSafe))
        let next = StubClient(second.rehearsal.port)
        for _ in 0..<10 { _ = next.ask(question) }
        #expect(comes { second.rehearsal.view.candidates[0].standing.pairs == 70 })
        #expect(second.rehearsal.view.candidates[0].copies == 70)
        second.stop()
        first.stop()
    }

    @Test func `figures and texts are bounded, and the worst stay`() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let keeper = try PairKeeper(folder: scratch.path, registry: Registry())
        let owner = PairOwner(rehearsal: "r", candidate: "c")
        let other = PairOwner(rehearsal: "r", candidate: "d")
        var bounds = PairBounds()
        bounds.pairsMax = 100
        bounds.textsMax = 10
        bounds.worstMax = 3
        for number in 0..<500 {
            let badness = number == 7 ? 9.0 : number == 20 ? 5.0 : 0
            let pair = KeptPair(
                id: "r-\(number)", time: Millis(number), badness: badness, figures: "{}",
                texts: "{\"n\":\(number)}")
            for owner in [owner, other] {
                try keeper.commit(
                    [pair], of: owner, state: "{\"n\":\(number)}", counts: "{}",
                    at: Millis(number), bounds: bounds)
            }
        }
        let worst = try keeper.worst(of: owner, limit: 10)
        #expect(worst.map(\.id) == ["r-7", "r-20"])
        #expect(worst.allSatisfy { $0.texts != nil })
        let newest = try keeper.newest(of: owner, limit: 1000)
        #expect(newest.count == 12 && newest.first?.id == "r-499")
        #expect(try keeper.pairs(of: owner, id: "r-300").isEmpty)
        #expect(try keeper.pairs(of: owner, id: "r-450").first?.texts == nil)
        #expect(try keeper.state(of: owner)?.state == "{\"n\":499}")
        try keeper.forget(owner)
        #expect(try keeper.state(of: owner) == nil)
        #expect(try keeper.worst(of: other, limit: 10).count == 2)
        try keeper.close()
    }

    @Test func `planted secrets are not in the bytes of the store, the metrics or what is logged`()
        throws
    {
        let scratch = Scratch()
        defer { scratch.remove() }
        let secrets = [
            "sk-live-0123456789abcdefghij", "planted@example.com", "caller-bearer-credential-1",
            "4111111111111111", "cookie-crumb-9", "query-credential-7",
            "ghp_abcdefghijklmnopqrst1234",
            "json-password-5", "zebrafishprompt",
        ]
        let primary = StubServer { _, socket in
            put(
                socket,
                plain(
                    "200 OK",
                    chat(
                        "write planted@example.com or 4111111111111111, ghp_abcdefghijklmnopqrst1234"
                    )))
        }
        let candidate = StubServer { _, socket in
            put(socket, plain("500 Oops", "{\"error\":\"sk-live-0123456789abcdefghij is no key\"}"))
        }
        defer { primary.stop() }
        defer { candidate.stop() }
        let stage = try Stage(
            primary: primary, candidates: [("new", candidate.url)], folder: scratch.path
        ) { $0.keepShare = 1 }
        let client = StubClient(stage.rehearsal.port)
        let body =
            "{\"model\":\"m\",\"password\":\"json-password-5\",\"messages\":[{\"role\":\"user\","
            + "\"content\":\"zebrafishprompt sk-live-0123456789abcdefghij planted@example.com\"}]}"
        for _ in 0..<5 {
            _ = client.ask(
                body, path: "/v1/chat/completions?api_key=query-credential-7",
                headers:
                    "Authorization: Bearer caller-bearer-credential-1\r\nCookie: a=cookie-crumb-9\r\n"
            )
        }
        #expect(comes { stage.pairs() == 5 })
        let owner = PairOwner(rehearsal: "chat", candidate: "new")
        let texts = try stage.keeper.newest(of: owner, limit: 10).compactMap(\.texts)
        #expect(texts.count == 5)
        #expect(texts.allSatisfy { $0.contains("zebrafishprompt") && $0.contains("[email]") })
        stage.stop()
        // The prompt may be in the store, which keeps texts; nothing else may be anywhere.
        var bytes: [UInt8] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: scratch.path) {
            bytes += Array(try Data(contentsOf: URL(filePath: scratch.path + "/" + name)))
        }
        let store = String(decoding: bytes, as: UTF8.self)
        for secret in secrets.dropLast() { #expect(!store.contains(secret), "\(secret)") }
        let metrics = stage.registry.families().flatMap { family in
            family.samples.map { "\(family.name) \($0.labels)" }
        }.joined()
        let said = stage.said.withLock { $0 }.joined()
        for secret in secrets {
            #expect(!metrics.contains(secret) && !said.contains(secret), "\(secret)")
        }
    }

    @Test func `without texts no prompt and no answer is in the store`() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let primary = chatServer("heronanswer")
        let candidate = StubServer { _, socket in put(socket, plain("500 Oops", "egretfailure")) }
        defer { primary.stop() }
        defer { candidate.stop() }
        let stage = try Stage(
            primary: primary, candidates: [("new", candidate.url)], folder: scratch.path
        ) {
            $0.keepsNoTexts = true
            $0.keepShare = 1
        }
        let client = StubClient(stage.rehearsal.port)
        for _ in 0..<5 { _ = client.ask("{\"messages\":[{\"content\":\"ibisprompt\"}]}") }
        #expect(comes { stage.pairs() == 5 })
        stage.stop()
        for name in try FileManager.default.contentsOfDirectory(atPath: scratch.path) {
            let bytes = Array(try Data(contentsOf: URL(filePath: scratch.path + "/" + name)))
            let text = String(decoding: bytes, as: UTF8.self)
            for word in ["heronanswer", "egretfailure", "ibisprompt"] {
                #expect(!text.contains(word), "\(word) in \(name)")
            }
        }
    }

    @Test func `a failure stays over a restart until a person with a reason lets it pass`() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let primary = chatServer("primary")
        let candidate = StubServer { _, socket in put(socket, plain("500 Oops", "{}")) }
        defer { primary.stop() }
        defer { candidate.stop() }
        var stage = try Stage(
            primary: primary, candidates: [("new", candidate.url)], folder: scratch.path)
        let client = StubClient(stage.rehearsal.port)
        for _ in 0..<100 { _ = client.ask(question) }
        #expect(comes { stage.rehearsal.view.candidates[0].standing.verdict == .reject })
        stage.stop()
        stage = try Stage(
            primary: primary, candidates: [("new", candidate.url)], folder: scratch.path)
        #expect(stage.rehearsal.view.candidates[0].standing.verdict == .reject)
        #expect(!stage.rehearsal.override(candidate: "new", person: "mei", reason: " "))
        #expect(stage.rehearsal.override(candidate: "new", person: "mei", reason: "wrong port"))
        #expect(stage.rehearsal.view.candidates[0].standing.failure == nil)
        stage.stop()
        stage = try Stage(
            primary: primary, candidates: [("new", candidate.url)], folder: scratch.path)
        let standing = stage.rehearsal.view.candidates[0].standing
        #expect(standing.failure == nil && standing.overrides.first?.reason == "wrong port")
        stage.stop()
    }

    @Test func `labels that come later find their pair by the request's id, once`() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let primary = StubServer { _, socket in
            put(socket, plain("200 OK", "{\"predictions\":[7]}"))
        }
        let candidate = StubServer { _, socket in
            put(socket, plain("200 OK", "{\"predictions\":[1]}"))
        }
        defer { primary.stop() }
        defer { candidate.stop() }
        let stage = try Stage(
            primary: primary, candidates: [("new", candidate.url)], folder: scratch.path)
        defer { stage.stop() }
        let client = StubClient(stage.rehearsal.port)
        for number in 0..<60 {
            _ = client.ask(
                "{\"instances\":[[\(number)]]}", path: "/v1/models/digits:predict",
                headers: "X-Request-Id: r-\(number)\r\n")
        }
        #expect(comes { stage.pairs() == 60 })
        #expect(stage.rehearsal.take(labels: [("r-1", "7"), ("nobody", "7")]) == 1)
        #expect(stage.rehearsal.take(labels: [("r-1", "7")]) == 0)
        #expect(stage.rehearsal.take(labels: (0..<60).map { ("r-\($0)", "7") }) == 59)
        let standing = stage.rehearsal.view.candidates[0].standing
        let accuracy = try #require(
            standing.metrics.first { $0.metric == .accuracy && $0.slice == nil })
        #expect(accuracy.pairs == 60 && accuracy.gain == -1)
        #expect(standing.verdict == .reject)
    }
}

@Suite struct ScrubTests {
    @Test(arguments: [
        ("mail me at a.b+c@example.co.uk now", "mail me at [email] now"),
        ("Bearer abcdefgh12345", "Bearer [key]"),
        ("key sk-abcdefghijkl0123 end", "key [key] end"),
        ("card 4111 or 4111111111111111.", "card 4111 or [card]"),
        ("the number 4111111111111112 is none", "the number 4111111111111112 is none"),
        ("你好，world 3.14", "你好，world 3.14"),
    ])
    func `a text is scrubbed of what looks like a secret and of nothing else`(
        _ text: String, _ expected: String
    ) {
        #expect(Scrub.text(text) == expected)
    }

    @Test func `fields, headers and parameters whose names tell are masked`() throws {
        let json = try JSON(
            text: "{\"max_tokens\":5,\"api_key\":\"x\",\"a\":[{\"Password\":\"y\"}]}")
        #expect(
            Scrub.json(json)
                == (try JSON(
                    text:
                        "{\"max_tokens\":5,\"api_key\":\"[secret]\",\"a\":[{\"Password\":\"[secret]\"}]}"
                )))
        #expect(Scrub.path("/v1/x?user=1&token=abc&n") == "/v1/x?user=1&token=[secret]&n")
        #expect(Scrub.headers([("authorization", "x"), ("x-a", "1")]).map(\.name) == ["x-a"])
    }
}
