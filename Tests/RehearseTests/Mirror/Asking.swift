// Requests by a courier, one after the other or several at once, and how each ended.

import Basics
import Carry
import Testing

/// A courier with the answers that it brought.
final class Asking: Sendable {
    private let courier: Courier
    private let errands = Lock<[UInt64: Errand]>([:])
    private let answers: Lock<[UInt64: RelayedAnswer]>
    private let next = Lock<UInt64>(0)

    /// - Parameter before: called on the courier's thread before it sends; while it lasts, nothing is looked at.
    init(
        _ change: (inout CourierOptions) -> Void = { _ in },
        before: @escaping @Sendable (UInt64) -> Void = { _ in }
    ) {
        var options = CourierOptions()
        options.name = "asking"
        options.deadlineMillis = 20_000
        options.answerBytesMax = 64 << 20
        change(&options)
        let (errands, answers) = (self.errands, Lock<[UInt64: RelayedAnswer]>([:]))
        self.answers = answers
        courier = Courier(
            options,
            prepare: { source in
                before(source.tag)
                return errands.withLock { $0[source.tag] }
            },
            done: { tag, answer in answers.withLock { $0[tag] = answer } })
    }

    func stop() { courier.stop() }

    /// Sends a request; its answer comes under the tag.
    func send(
        _ url: String, _ method: String = "POST", _ path: String = "/x",
        headers: [(name: String, value: String)] = [], body: String = "{}"
    ) throws -> UInt64 {
        let tag = next.withLock { number in
            number += 1
            return number
        }
        let errand = Errand(
            tag: tag, server: try #require(Server(url)), method: method, path: path,
            headers: HeaderBlock(headers), body: Array(body.utf8))
        errands.withLock { $0[tag] = errand }
        let request = RelayedRequest(
            time: 0, method: method, path: path, headers: HeaderBlock(), body: [])
        #expect(courier.offer(ErrandSource(tag: tag, request: request)))
        return tag
    }

    func answer(_ tag: UInt64) throws -> RelayedAnswer {
        #expect(comes { self.answers.withLock { $0[tag] != nil } })
        return try #require(answers.withLock { $0[tag] })
    }

    /// Sends and waits for the answer.
    func ask(
        _ url: String, _ method: String = "POST", _ path: String = "/x",
        headers: [(name: String, value: String)] = [], body: String = "{}"
    ) throws -> RelayedAnswer {
        try answer(try send(url, method, path, headers: headers, body: body))
    }
}

/// The body of an answer as text.
func text(_ answer: RelayedAnswer) -> String { String(decoding: answer.body, as: UTF8.self) }
