// Pushed KPIs: the three shapes of a body, faults with their place, recent and past.

import Basics
import Testing

@testable import Collect

private let now: Millis = 1_795_000_000_000

@Suite struct PushTests {
    private func batch(_ text: String) throws -> PushBatch { try PushBatch(bytes(text), now: now) }

    @Test func `one object, an array and lines are the same`() throws {
        let one = #"{"name":"kpi","labels":{"team":"a"},"value":1}"#
        let two = #"{"name":"kpi","value":2}"#
        #expect(try batch(one).samples.map(\.value) == [1])
        #expect(try batch("[\(one),\(two)]") == batch("\(one)\n\n\(two)\n"))
        #expect(try batch(one).samples[0].labels == ["__name__": "kpi", "team": "a"])
    }

    @Test func `times may be milliseconds, seconds or RFC 3339, and are now when missing`() throws {
        let text = """
            {"name":"k","value":1}
            {"name":"k","value":1,"time":1794999999500}
            {"name":"k","value":1,"time":1794999999.5}
            {"name":"k","value":1,"time":"2026-11-18T09:46:39.500+00:00"}
            """
        #expect(
            try batch(text).samples.map { now - $0.time } == [0, 500, 500, now - 1_794_995_199_500])
    }

    @Test func `a faulty item names its place and field and costs only itself`() throws {
        let items = [
            #"{"name":"ok","value":1}"#, #"{"name":"a b","value":1}"#,
            #"{"name":"k","value":"NaN"}"#,
            #"{"name":"k"}"#, #"{"name":"k","value":1,"labels":{"a":1}}"#,
            #"{"name":"k","value":1,"labels":{"__x":"1"}}"#,
            #"{"name":"k","value":1,"time":"today"}"#,
            #"{"name":"k","value":1,"tags":{}}"#, "7", #"{"name":"k","value":1,"time":1e300}"#,
            #"{"name":"k","value":1,"time":1895000000}"#, #"{"name":"k","value":true}"#,
            #"{"name":"k","value":1e999}"#,
        ]
        let batch = try batch("[\(items.joined(separator: ","))]")
        #expect(batch.samples.count == 1)
        #expect(
            batch.errors.map { "\($0.index) \($0.field)" } == [
                "1 name", "2 value", "3 value", "4 labels.a", "5 labels.__x", "6 time", "7 tags",
                "8 ",
                "9 time", "10 time", "11 value", "12 value",
            ])
    }

    @Test func `a broken line among good ones is an item error, a broken body an error`() throws {
        let batch = try batch("{\"name\":\"k\",\"value\":1}\n{oops\n{\"name\":\"k\",\"value\":2}\n")
        #expect(batch.samples.count == 2)
        #expect(batch.errors.map(\.index) == [1])
        #expect(throws: PushBodyError.self) { try self.batch("{oops") }
        #expect(throws: PushBodyError.self) { try self.batch(" \n ") }
    }

    @Test func `recent samples are appended and older ones go through the bulk path`() throws {
        let store = Remembering()
        let day = 86_400_000 as Millis
        let text = """
            [{"name":"k","value":1},{"name":"k","value":3,"time":\(now - day)},
             {"name":"k","value":2,"time":\(now - 2 * day)},{"name":"k","value":4,"time":\(now - day)}]
            """
        let outcome = try batch(text).deliver(to: store.intake, now: now)
        #expect((outcome.accepted, outcome.backfilled) == (1, 2))
        let past = store.state.withLock { $0.backfilled }
        #expect(
            past == [
                Series(
                    labels: ["__name__": "k"], times: [now - 2 * day, now - day], values: [2, 4])
            ])
    }

    @Test(arguments: [31, 32] as [UInt64])
    func `mutated bodies never crash`(_ seed: UInt64) {
        var random = Seeded(state: seed)
        let body = bytes("[{\"name\":\"k\",\"labels\":{\"a\":\"b\"},\"value\":1.5,\"time\":17}]")
        let spice = bytes("{}[]\",:\n0-e.x\\")
        for _ in 0..<3000 {
            var text = body
            for _ in 0..<Int.random(in: 1...4, using: &random) where !text.isEmpty {
                let place = Int.random(in: 0..<text.count, using: &random)
                if Bool.random(using: &random) {
                    text[place] = spice[Int.random(in: 0..<spice.count, using: &random)]
                } else {
                    text.remove(at: place)
                }
            }
            _ = try? PushBatch(text, now: now)
        }
    }
}
