// What a reading says, whichever way its metric runs.

import Rehearse
import Testing

@Suite struct MetricTests {
    @Test func `a slower candidate has a loss, cut at fourfold`() {
        let slower = Reading.ratio(.latency, primary: 1, candidate: 2)
        #expect(slower.map { $0.gain < -0.69 && $0.gain > -0.70 } == true)
        #expect(Reading.ratio(.latency, primary: 1, candidate: 100)?.gain == -Metric.ratioMax)
        #expect(Reading.ratio(.latency, primary: 0, candidate: 1) == nil)
    }
}
