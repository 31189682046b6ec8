// What it costs to judge a pair: reading both answers, comparing them and taking them into the trial,
// without a network or a disk. The chat is the one of `Benchmarks/mirror.py`, so that a microsecond
// here is one there.

import Basics
import Rehearse

/// Judging pairs, in rows of the table.
enum JudgeBench {
    private static let pairs = 20_000

    static func rows(rounds: Int) -> [Row] {
        [
            row("chat, the same answer", rounds) { _ in answer },
            row("chat, every tenth answer another", rounds) { $0 % 10 == 0 ? other : answer },
            row("chat, every answer another", rounds) { _ in other },
        ]
    }

    private static func row(
        _ what: String, _ rounds: Int, _ candidate: @escaping (Int) -> [UInt8]
    ) -> Row {
        let comparison = Comparison()
        let rate = medianRate(rounds) {
            var trial = Trial()
            let took = seconds {
                for number in 0..<pairs {
                    let pair = Pair(
                        request: CapturedRequest(
                            id: "\(number)", time: Millis(number), path: "/v1/chat/completions",
                            headers: headers, body: question),
                        primary: side(answer, 0.0001 + Double(number % 7) * 1e-6),
                        candidate: side(candidate(number), 0.0001 + Double(number % 5) * 1e-6))
                    trial.add(comparison.outcome(of: pair))
                }
            }
            return (Double(pairs), took)
        }
        return Row(
            what: "Judging, \(what)", figure: "\((1e7 / rate).rounded() / 10) µs a pair",
            how: "\(pairs) pairs of 1 KB each way, one thread")
    }

    private static func side(_ body: [UInt8], _ seconds: Double) -> Answer {
        Answer(
            status: 200, headers: headers, body: body,
            timing: AnswerTiming(
                firstByte: seconds, chunks: [Chunk(end: body.count, at: seconds)], total: seconds))
    }

    private static let headers = [(name: "content-type", value: "application/json")]
    private static let question = Array(
        (#"{"model": "m", "temperature": 0, "messages": [{"role": "user", "content": ""#
            + String(repeating: "y", count: 940) + #""}]}"#).utf8)
    private static let answer = document(String(repeating: "x", count: 860))
    private static let other = document(
        String(repeating: "Another word, and one more. ", count: 31))

    private static func document(_ content: String) -> [UInt8] {
        Array(
            (#"{"id": "cmpl-1", "object": "chat.completion", "model": "m", "choices": [{"index": 0, "#
                + #""message": {"role": "assistant", "content": ""# + content
                + #""}}], "usage": {"prompt_tokens": 12, "completion_tokens": 34}}"#).utf8)
    }
}
