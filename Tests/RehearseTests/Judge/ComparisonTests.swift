// How two answers compare: labels, numbers, texts in two scripts, shapes, schemas, tools, vectors.

import Bytes
import Foundation
import Testing

@testable import Rehearse

/// A pair of JSON answers to a path.
func pair(
    _ primary: String, _ candidate: String, second: String? = nil, path: String = "/classify",
    body: String = "{}", label: String? = nil
) -> Pair {
    Pair(
        request: CapturedRequest(id: "r", time: 0, path: path, body: Array(body.utf8)),
        primary: answer(primary), candidate: answer(candidate), second: second.map { answer($0) },
        label: label)
}

private func chat(_ text: String) -> String {
    let message = JSON.object([("role", .string("assistant")), ("content", .string(text))])
    let choice = JSON.object([
        ("index", .number(0)), ("finish_reason", .string("stop")), ("message", message),
    ])
    return String(decoding: JSON.object([("choices", .array([choice]))]).encoded, as: UTF8.self)
}

private func asked(_ question: String, _ more: String = "") -> String {
    #"{"messages":[{"role":"user","content":"\#(question)"}]\#(more)}"#
}

private let chatPath = "/v1/chat/completions"

@Suite struct ComparisonTests {
    private let comparison = Comparison()

    @Test func `numbers within the tolerance are the same, and lie at one path`() {
        var options = ComparisonOptions()
        options.relativeTolerance = 0.01
        let outcome = Comparison(options).outcome(
            of: pair(#"{"scores":[0.5,0.25],"n":1}"#, #"{"scores":[0.501,0.35],"n":1}"#))
        #expect(outcome.paths.map(\.path) == ["scores[*]"])
        #expect(outcome.paths.first?.candidate == .value)
    }

    @Test func `a renamed field is missing, and the new one is extra`() {
        let outcome = comparison.outcome(
            of: pair(#"{"scores":[1],"id":"a"}"#, #"{"probabilities":[1],"id":"b"}"#))
        let kinds = Dictionary(uniqueKeysWithValues: outcome.paths.map { ($0.path, $0.candidate) })
        #expect(kinds == ["scores": .missing, "probabilities": .extra, "id": .value])
        #expect(outcome[.shape]?.gain == -1)
    }

    @Test func `ignored paths never count`() throws {
        var options = ComparisonOptions()
        options.ignoredPaths = try [#require(JSONPath("meta.*")), #require(JSONPath("rows[*].id"))]
        let outcome = Comparison(options).outcome(
            of: pair(
                #"{"meta":{"t":1},"rows":[{"id":1,"v":2}]}"#,
                #"{"meta":{"t":9},"rows":[{"id":7,"v":2}]}"#))
        #expect(outcome.paths.isEmpty && outcome.isCompared)
    }

    @Test func `an object with many keys is a map with one path`() {
        let object = { (value: Int) in
            "{" + (0..<60).map { "\"k\($0)\":\(value)" }.joined(separator: ",") + "}"
        }
        let outcome = comparison.outcome(of: pair(object(1), object(2)))
        #expect(outcome.paths.map(\.path) == ["{*}"])
    }

    @Test func `labels give agreement, accuracy, classes and a slice`() {
        let outcome = comparison.outcome(
            of: pair(
                #"{"predictions":[8]}"#, #"{"predictions":[1]}"#, path: "/v1/models/m:predict",
                label: "8"))
        #expect(outcome[.agreement]?.gain == -1 && outcome[.accuracy]?.gain == -1)
        #expect(outcome.slices.contains(Slice("label", "8")))
        #expect(outcome.classes.map { [$0.primary, $0.candidate] } == ["8", "1"])
    }

    @Test func `a label that comes later says what it would have said at once`() {
        let early = comparison.outcome(
            of: pair(#"{"predictions":[8]}"#, #"{"predictions":[1]}"#, path: "/m:predict"))
        let late = comparison.late(early, label: "8")
        #expect(late.readings.map(\.metric) == [.accuracy])
        #expect(late[.accuracy]?.gain == -1 && late.slices.contains(Slice("label", "8")))
    }

    @Test func `numbers give bias, and nearness to the truth`() {
        let outcome = comparison.outcome(
            of: pair(
                #"{"predictions":[2.5]}"#, #"{"predictions":[3.5]}"#, path: "/m:predict",
                label: "3.25"))
        #expect(outcome.numbers.map { $0.candidate - $0.primary } == 1)
        // The candidate is 0.25 away and the primary 0.75.
        #expect(outcome[.deviation]?.gain == 0.5)
    }

    @Test func `Han characters are counted one by one`() {
        #expect(textTokens("今天天气 很好, ok") == ["今", "天", "天", "气", "很", "好", "ok"])
        let near = rougeL(textTokens("今天天气很好"), textTokens("今天天气不好"))
        #expect(abs(near - 5.0 / 6) < 1e-12)
        #expect(rougeL(textTokens("the cat sat"), textTokens("the cat ran")) > 0.66)
        #expect(tokenSimilarity(textTokens("a b c d"), textTokens("a x c d")) == 0.75)
        #expect(rougeL([], []) == 1 && tokenSimilarity([], ["a"]) == 0)
    }

    @Test func `texts are the same when only case, space and stops differ`() {
        let outcome = comparison.outcome(
            of: pair(
                chat("Hello,  World."), chat("hello world"), path: chatPath,
                body: asked("Say hello")))
        #expect(outcome[.agreement]?.gain == 0 && outcome[.similarity]?.gain == 1)
        #expect(outcome[.language]?.gain == 0 && outcome[.format]?.gain == 0)
    }

    @Test func `an answer in another language than the question's is a loss`() {
        let outcome = comparison.outcome(
            of: pair(
                chat("今天天气很好。"), chat("The weather is fine."), path: chatPath,
                body: asked("今天天气怎么样？")))
        #expect(outcome[.language]?.gain == -1)
        #expect(outcome.slices.contains(Slice("language", "han")))
    }

    @Test func `a refusal of the candidate alone is a loss`() {
        let outcome = comparison.outcome(
            of: pair(
                chat("Mix flour and water."), chat("I'm sorry, but I can't help with that."),
                path: chatPath, body: asked("How is bread made?")))
        #expect(outcome[.refusal]?.gain == -1)
    }

    @Test func `a JSON schema that was asked for is held against both`() {
        let schema =
            #","response_format":{"type":"json_schema","json_schema":{"schema":{"type":"object","required":["city"],"properties":{"city":{"type":"string"}},"additionalProperties":false}}}"#
        func gain(_ candidate: String) -> Double? {
            comparison.outcome(
                of: pair(
                    chat(#"{"city":"Paris"}"#), chat(candidate), path: chatPath,
                    body: asked("Where?", schema)))[.format]?.gain
        }
        #expect(gain(#"{"city":"Rome"}"#) == 0)
        #expect(gain(#"{"city":3}"#) == -1)
        #expect(gain(#"{"city":"Rome","x":1}"#) == -1)
        #expect(gain("Rome") == -1)
    }

    @Test func `tool calls must name a tool and satisfy its arguments`() {
        let tools =
            #","tools":[{"type":"function","function":{"name":"add","parameters":{"type":"object","required":["a"],"properties":{"a":{"type":"integer"}}}}}]"#
        func call(_ name: String, _ arguments: String) -> String {
            #"{"choices":[{"index":0,"finish_reason":"tool_calls","message":{"content":null,"tool_calls":[{"function":{"name":"\#(name)","arguments":"\#(arguments)"}}]}}]}"#
        }
        func gain(_ candidate: String) -> Double? {
            comparison.outcome(
                of: pair(
                    call("add", #"{\"a\":1}"#), candidate, path: chatPath,
                    body: asked("Add one", tools)))[.tools]?.gain
        }
        #expect(gain(call("add", #"{\"a\":2}"#)) == 0)
        #expect(gain(call("add", #"{\"a\":\"x\"}"#)) == -1)
        #expect(gain(call("sub", "{}")) == -1)
        #expect(gain(chat("two")) == -1)
    }

    @Test func `embeddings are compared by cosine, and vectors of other lengths are far away`() {
        func embedding(_ values: String) -> String { #"{"data":[{"embedding":[\#(values)]}]}"# }
        func score(_ candidate: String) -> Double? {
            comparison.outcome(
                of: pair(
                    embedding("1,0"), embedding(candidate), path: "/v1/embeddings"))[.cosine]?.gain
        }
        #expect(score("2,0") == 1 && score("0,1") == 0 && score("1,0,0") == 0)
    }

    @Test func `a failed candidate is an error and is compared no further`() {
        var broken = pair("{}", "{}")
        broken.candidate = answer("oops", status: 500)
        let outcome = comparison.outcome(of: broken)
        #expect(outcome[.errors]?.gain == -1 && outcome.readings.count == 1)
        #expect(outcome.badness >= 100)
        broken.candidate = Answer(status: 0, ending: .timedOut)
        #expect(comparison.outcome(of: broken)[.errors]?.gain == -1)
    }

    @Test func `streams are compared by first content, pace and tokens`() throws {
        func events(_ pause: Double, tokens: Int) -> Answer {
            var answer = stream([
                #"{"choices":[{"index":0,"delta":{"content":"a"}}]}"#,
                #"{"choices":[{"index":0,"delta":{"content":" b c d"},"finish_reason":"stop"}]}"#,
                #"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":\#(tokens)}}"#,
                "[DONE]",
            ])
            for index in answer.timing.chunks.indices { answer.timing.chunks[index].at *= pause }
            answer.timing.total *= pause
            return answer
        }
        var streamed = pair("{}", "{}", path: chatPath, body: asked("Go"))
        streamed.primary = events(1, tokens: 4)
        streamed.candidate = events(2, tokens: 8)
        let outcome = comparison.outcome(of: streamed)
        let ttft = try #require(outcome[.ttft])
        #expect(ttft.primary == 0.1 && ttft.candidate == 0.2)
        let tpot = try #require(outcome[.tpot])
        #expect(abs(try #require(tpot.primary) - 0.1) < 1e-12)
        #expect(abs(try #require(tpot.candidate) - 0.6 / 7) < 1e-12)
        #expect(outcome[.tokens]?.candidate == 8)
    }

    @Test func `slices come from headers, bodies and queries`() throws {
        var options = ComparisonOptions()
        options.slices = try ["tenant=header:x-tenant", "body:meta.kind", "query:lang"].map {
            try #require(SliceRule($0))
        }
        var sliced = pair("{}", "{}", path: "/x?lang=zh", body: #"{"meta":{"kind":"b2b"}}"#)
        sliced.request.headers = [("x-tenant", "acme")]
        let slices = Comparison(options).outcome(of: sliced).slices
        #expect(
            slices == [Slice("tenant", "acme"), Slice("meta.kind", "b2b"), Slice("lang", "zh")])
        #expect(SliceRule("x-tenant") == nil)
    }

    @Test func `a millisecond that nobody notices is no slowness`() throws {
        func gain(_ ballast: Double) throws -> Double {
            var options = ComparisonOptions()
            options.ballastSeconds = ballast
            var quick = pair("{}", "{}")
            quick.primary.timing.total = 0.001
            quick.candidate.timing.total = 0.002
            return try #require(Comparison(options).outcome(of: quick)[.latency]).gain
        }
        #expect(try gain(0) == -log(2))
        #expect(try gain(0.02) > -0.05)
    }
}
