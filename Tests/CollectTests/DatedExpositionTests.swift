// Histories in OpenMetrics: every sample has its time, and goes the bulk path.

import Basics
import Testing

@testable import Collect

@Suite struct DatedExpositionTests {
    @Test func `samples with times become series, with or without the end mark`() throws {
        let text = """
            # TYPE http_requests counter
            # HELP http_requests Requests.
            http_requests_total{code="200"} 1 1700000000
            http_requests_total{code="500"} 7 1700000000.5
            http_requests_total{code="200"} 2 1700000015
            """
        for end in ["", "\n", "\n# EOF", "\n# EOF\n"] {
            var history = try DatedExposition(bytes(text + end), openMetrics: true)
            #expect(history.faultCount == 0)
            let store = Remembering()
            #expect(try history.deliver(to: store.intake).accepted == 3)
            let series = store.state.withLock { $0.backfilled }
            #expect(
                series.map(\.times) == [
                    [1_700_000_000_000, 1_700_000_015_000], [1_700_000_000_500],
                ])
            #expect(store.state.withLock { $0.metadata["http_requests_total"]?.kind } == .counter)
        }
    }

    @Test func `a sample without a time is named with its line and costs only itself`() throws {
        let history = try DatedExposition(bytes("a 1 5\nb 2\nc 3 6\n"), openMetrics: true)
        #expect(history.series.map(\.labels.metric) == ["a", "c"])
        #expect(history.faults == ["line 2: a sample without a time"])
    }

    @Test func `a line that cannot be read stops the body with its place`() {
        #expect(throws: ExpositionError.self) {
            try DatedExposition(bytes("a 1 5\nb{ 2 6\n"), openMetrics: true)
        }
    }
}
