// When a wait is polled: what was short mostly is, a long one now and then changes nothing.

import Testing

@testable import Carry

@Suite struct PollingTests {
    private func polling(_ waits: [Int64], atMost nanosMax: Int64 = 40) -> Polling {
        var polling = Polling(nanosMax: nanosMax)
        for wait in waits { polling.note(wait) }
        return polling
    }

    @Test func `nothing known is slept for`() {
        #expect(!polling([]).isWorthIt)
        #expect(!polling(Array(repeating: 10, count: 10)).isWorthIt)
    }

    @Test func `short waits are polled, and a rare long one changes nothing`() {
        let short = Array(repeating: Int64(10), count: 40)
        #expect(polling(short).isWorthIt)
        #expect(polling(short + [4000]).isWorthIt)
    }

    @Test func `five long waits in a row end it, and what is long every other time never begins`() {
        let short = Array(repeating: Int64(10), count: 1000)
        #expect(!polling(short + Array(repeating: 4000, count: 5)).isWorthIt)
        let mixed = (0..<1000).map { Int64($0 % 2 == 0 ? 10 : 4000) }
        #expect((900..<1000).allSatisfy { !polling(Array(mixed[..<$0])).isWorthIt })
    }

    @Test func `with no time to poll no wait is short`() {
        #expect(!polling(Array(repeating: 0, count: 1000), atMost: 0).isWorthIt)
    }
}
