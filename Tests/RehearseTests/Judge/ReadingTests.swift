// What answers say, protocol by protocol, down to the token: recorded shapes of real servers, and
// their oddities (a role without content, a usage message without choices, a stream that breaks off).

import Basics
import Bytes
import Foundation
import Testing

@testable import Rehearse

/// An answer with a JSON body.
func answer(
    _ body: String, status: Int = 200, type: String = "application/json", total: Double = 0.1
) -> Answer {
    Answer(
        status: status, headers: [("content-type", type)], body: Array(body.utf8),
        timing: AnswerTiming(firstByte: 0.01, total: total))
}

/// An answer of server-sent events, one chunk an event, a tenth of a second apart.
func stream(_ events: [String]) -> Answer {
    var body: [UInt8] = []
    var chunks: [Chunk] = []
    for (index, event) in events.enumerated() {
        body += "data: \(event)\n\n".utf8
        chunks.append(Chunk(end: body.count, at: Double(index + 1) / 10))
    }
    return Answer(
        status: 200, headers: [("content-type", "text/event-stream")], body: body,
        timing: AnswerTiming(
            firstByte: 0.05, chunks: chunks, total: Double(events.count) / 10))
}

@Suite struct ReadingTests {
    @Test(arguments: [
        ("/v1/chat/completions", Dialect.chat), ("/v1/completions?x=1", .completions),
        ("/v1/embeddings", .embeddings), ("/v2/models/digits/versions/v1/infer", .infer),
        ("/v1/models/m:predict", .predict), ("/predictions/digits", .torchServe),
        ("/api/generate", .ollama), ("/api/chat", .ollama), ("/api/embed", .ollamaEmbeddings),
        ("/classify", .json),
    ])
    func `the path tells the protocol`(_ path: String, _ dialect: Dialect) {
        #expect(Dialect(path: path) == dialect)
    }

    @Test func `a chat answer has text, end and usage`() {
        let reply = Reply(
            answer(
                #"""
                {"id":"x","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant",
                "content":"Apples."}}],"usage":{"prompt_tokens":9,"completion_tokens":3,
                "prompt_tokens_details":{"cached_tokens":8}}}
                """#), path: "/v1/chat/completions")
        #expect(reply.text == "Apples." && reply.finish == "stop")
        #expect(reply.usage == Usage(tokensIn: 9, tokensOut: 3, tokensCached: 8))
    }

    @Test func `the first content is the first text, not the role`() {
        let raw = stream([
            #"{"choices":[{"index":0,"delta":{"role":"assistant","content":null}}]}"#,
            #"{"choices":[{"index":0,"delta":{"content":"He"}}]}"#,
            #"{"choices":[{"index":0,"delta":{"content":"llo"}}]}"#,
            #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
            #"{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}}"#, "[DONE]",
        ])
        let reply = Reply(raw, path: "/v1/chat/completions")
        let read = reply.completing(raw)
        #expect(reply.text == "Hello" && reply.usage.tokensOut == 2)
        #expect(read.timing.firstContent == 0.2)
        #expect(read.ending == .whole)
    }

    @Test func `reasoning and tool calls are content too`() {
        let thought = Reply(
            stream([#"{"choices":[{"index":0,"delta":{"reasoning_content":"Hm"}}]}"#]),
            path: "/v1/chat/completions")
        #expect(thought.firstContentAt != nil && thought.reasoning == "Hm")
        let call = Reply(
            stream([
                #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"name":"add","arguments":"{\"a\":"}}]}}]}"#,
                #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]},"finish_reason":"tool_calls"}]}"#,
                "[DONE]",
            ]), path: "/v1/chat/completions")
        #expect(call.toolCalls == [ToolCall(name: "add", arguments: #"{"a":1}"#)])
        #expect(call.firstContentAt != nil)
    }

    @Test func `a stream without its end is truncated, not short`() {
        let raw = stream([#"{"choices":[{"index":0,"delta":{"content":"He"}}]}"#])
        let read = Reply(raw, path: "/v1/chat/completions").completing(raw)
        #expect(read.ending == .truncated && !read.isGood)
    }

    @Test func `embeddings are vectors, also in base64`() {
        let plain = Reply(
            answer(#"{"data":[{"index":0,"embedding":[0.5,-1]}]}"#), path: "/v1/embeddings")
        #expect(plain.vectors == [[0.5, -1]])
        let packed = Reply(
            answer(#"{"data":[{"index":0,"embedding":"AAAAPwAAgL8="}]}"#), path: "/v1/embeddings")
        #expect(packed.vectors == [[0.5, -1]])
        let ollama = Reply(answer(#"{"embeddings":[[1,2]]}"#), path: "/api/embed")
        #expect(ollama.vectors == [[1, 2]])
    }

    @Test func `V2 outputs give a class, the place of the largest score, or a number`() {
        let path = "/v2/models/m/infer"
        let label = Reply(
            answer(
                #"{"outputs":[{"name":"predict_proba","datatype":"FP64","shape":[1,2],"data":[0.1,0.9]},{"name":"predict","datatype":"INT64","shape":[1,1],"data":[8]}]}"#
            ), path: path)
        #expect(label.classes == ["8"])
        let scores = Reply(
            answer(
                #"{"outputs":[{"name":"s","datatype":"FP32","shape":[2,3],"data":[0.1,0.7,0.2,3,2,1]}]}"#
            ), path: path)
        #expect(scores.classes == ["1", "0"])
        let number = Reply(
            answer(#"{"outputs":[{"name":"y","datatype":"FP32","shape":[1,1],"data":[2.5]}]}"#),
            path: path)
        #expect(number.numbers == [2.5] && number.classes.isEmpty)
    }

    @Test func `predictions of TensorFlow Serving are read row by row`() {
        let path = "/v1/models/m:predict"
        #expect(Reply(answer(#"{"predictions":[3,5]}"#), path: path).classes == ["3", "5"])
        #expect(Reply(answer(#"{"predictions":[2.5]}"#), path: path).numbers == [2.5])
        #expect(
            Reply(answer(#"{"predictions":[[0.1,0.8,0.1]]}"#), path: path).classes == ["1"])
        #expect(
            Reply(answer(#"{"predictions":[{"label":"cat","score":0.9}]}"#), path: path).classes
                == ["cat"])
    }

    @Test func `TorchServe's scores by class give the best one`() {
        let path = "/predictions/digits"
        #expect(
            Reply(answer(#"{"tabby":0.6,"tiger":0.3}"#), path: path).classes == ["tabby"])
        #expect(Reply(answer("7"), path: path).classes == ["7"])
        #expect(Reply(answer("cat", type: "text/plain"), path: path).text == "cat")
    }

    @Test func `Ollama's lines are put together, and end with done`() {
        let lines = """
            {"model":"m","response":"He","done":false}
            {"model":"m","response":"llo","done":false}
            {"model":"m","response":"","done":true,"done_reason":"stop","prompt_eval_count":4,"eval_count":2}
            """
        let reply = Reply(answer(lines, type: "application/x-ndjson"), path: "/api/generate")
        #expect(reply.text == "Hello" && reply.finish == "stop" && !reply.isTruncated)
        #expect(reply.usage == Usage(tokensIn: 4, tokensOut: 2))
        let broken = Reply(
            answer(#"{"model":"m","message":{"content":"He"},"done":false}"#), path: "/api/chat")
        #expect(broken.isTruncated)
    }

    @Test func `garbage is an answer that says nothing`() {
        for path in ["/v1/chat/completions", "/v2/models/m/infer", "/v1/embeddings", "/x"] {
            let reply = Reply(answer("\u{0}<html>"), path: path)
            #expect(reply.document == nil && reply.classes.isEmpty && reply.vectors.isEmpty)
        }
    }
}

@Suite struct JSONPathTests {
    private func json(_ text: String) throws -> JSON { try JSON(text: text) }

    @Test func `paths read values`() throws {
        let document = try json(#"{"a":[{"b":1},{"b":2}],"c.d":{"e":3}}"#)
        func read(_ path: String) -> [Int] {
            JSONPath(path)?.values(in: document).compactMap(\.int) ?? []
        }
        #expect(read("a[1].b") == [2] && read("a[*].b") == [1, 2] && read("$.a[0].b") == [1])
        #expect(read(#"["c.d"].e"#) == [3] && read("a[9].b").isEmpty)
        for bad in ["", "a[", "a[x]", "a..b"] { #expect(JSONPath(bad) == nil) }
    }

    @Test func `paths set, make and take away`() throws {
        let document = try json(#"{"model":"a","messages":[{"role":"user"}],"x":1}"#)
        let model = JSONPath("model")?.setting(.string("b"), in: document)
        #expect(model?["model"]?.text == "b")
        let made = JSONPath("stream_options.include_usage")?.setting(.bool(true), in: document)
        #expect(made?["stream_options"]?["include_usage"]?.boolean == true)
        let gone = JSONPath("x")?.setting(nil, in: document)
        #expect(gone?["x"] == nil && gone?["model"] != nil)
        let each = JSONPath("messages[*].role")?.setting(.string("system"), in: document)
        #expect(each?["messages"]?.items?.first?["role"]?.text == "system")
    }
}
