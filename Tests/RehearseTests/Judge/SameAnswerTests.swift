// An answer that is the primary's byte for byte is not read a second time. What is said of the pair must
// be the same as if it had been read; so must the quick way over a text of ASCII alone.

import Algebra
import Basics
import Bytes
import Testing

@testable import Rehearse

@Suite struct SameAnswerTests {
    private static let bodies = [
        (
            "/v1/chat/completions",
            "{\"choices\":[{\"message\":{\"content\":\"The sky's blue, I can't help it.\"}}]"
                + ",\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":9}}"
        ),
        ("/v1/chat/completions", "{\"choices\":[{\"message\":{\"content\":\"天空是蓝色的。\"}}]}"),
        (
            "/v1/chat/completions",
            "{\"choices\":[{\"message\":{\"content\":null,\"tool_calls\":[{\"function\":"
                + "{\"name\":\"weather\",\"arguments\":\"{\\\"city\\\":1}\"}}]}}]}"
        ),
        (
            "/v1/embeddings",
            "{\"data\":[{\"embedding\":[0.1,-0.2,0.3]}],\"usage\":{\"prompt_tokens\":3}}"
        ),
        (
            "/v2/models/m/infer",
            "{\"outputs\":[{\"name\":\"y\",\"datatype\":\"INT64\",\"shape\":[2],\"data\":[3,1]}]}"
        ),
        ("/v1/models/m:predict", "{\"predictions\":[0.25]}"),
        ("/predictions/m", "[0.1,0.7,0.2]"),
        ("/score", "{\"a\":{\"b\":[1,2,{\"c\":null}]},\"t\":\"x\"}"),
        ("/score", "no JSON"), ("/score", ""),
        (
            "/api/generate",
            "{\"response\":\"Yes\",\"done\":true,\"prompt_eval_count\":3,\"eval_count\":2}"
        ),
    ]

    @Test func `an answer that is the same is read once and judged as if it were read twice`()
        throws
    {
        let asked = Array("{\"messages\":[{\"role\":\"user\",\"content\":\"Which colour?\"}]}".utf8)
        let comparison = Comparison()
        for (path, body) in Self.bodies {
            for seconds in ["", body, "{\"other\":1}"] {
                var second: Answer?
                if !seconds.isEmpty { second = answer(seconds, 0.3) }
                let pair = Pair(
                    request: CapturedRequest(id: "1", time: 5, path: path, body: asked),
                    primary: answer(body, 0.1), candidate: answer(body, 0.2), second: second,
                    label: "3,1")
                let dialect = Dialect(path: path)
                let apart = Sides(
                    Sides.Side(pair.primary, dialect), Sides.Side(pair.candidate, dialect),
                    second: second.map { Sides.Side($0, dialect) })
                let together = Sides(pair, dialect: dialect)
                #expect(together.areEqual && !apart.areEqual)
                let (one, two) = (
                    comparison.outcome(of: pair, together, dialect),
                    comparison.outcome(of: pair, apart, dialect)
                )
                #expect(one.readings == two.readings, "\(path) \(body)")
                #expect(one.slices == two.slices && one.paths == two.paths)
                #expect(one.isCompared == two.isCompared && one.badness == two.badness)
                #expect(one.classes?.candidate == two.classes?.candidate)
                #expect(one.numbers?.candidate == two.numbers?.candidate)
                #expect(together.candidate.answer.usage == apart.candidate.answer.usage)
                #expect(one[.latency]?.candidate == 0.2)
            }
        }
    }

    @Test func `answers that differ in status, type, end or a byte are read each by itself`() {
        let first = Sides.Side(answer("{\"a\":1}", 1), .json)
        var others = [answer("{\"a\":2}", 1), answer("{\"a\":1}", 1), answer("{\"a\":1}", 1)]
        others[1].status = 500
        others[2].ending = .truncated
        others.append(answer("{\"a\":1}", 1, type: "text/plain"))
        for other in others { #expect(!Sides.Side(other, .json, beside: first).isRepeated) }
        #expect(Sides.Side(answer("{\"a\":1}", 9), .json, beside: first).isRepeated)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `a text of ASCII has the same tokens by bytes as by the tables of Unicode`(_ seed: UInt64)
    {
        var generator = Generator(seed: seed)
        for _ in 0..<300 {
            let length = Int(generator.next() % 60)
            let bytes = (0..<length).map { _ in UInt8(generator.next() % 128) }
            let text = String(decoding: bytes, as: UTF8.self)
            // A character that is not ASCII behind it takes the other way.
            #expect(
                textTokens(text) == textTokens(text + " 漢").dropLast(), "seed \(seed): \(bytes)")
        }
    }

    private func answer(_ body: String, _ total: Double, type: String = "application/json")
        -> Answer
    {
        Answer(
            status: 200, headers: [("content-type", type)], body: Array(body.utf8),
            timing: AnswerTiming(total: total))
    }
}
