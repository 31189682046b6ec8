import Algebra
import Bytes
import Foundation
import Reason
import Testing

@Suite struct StreamTests {
    private func detections(_ values: [Double], _ observe: (Double) -> Bool) -> [Double] {
        values.enumerated().filter { observe($0.element) }.map { Double($0.offset) }
    }

    @Test(
        .enabled(if: !goldenCases.isEmpty, "needs ../shared/data/drift-golden or MARTLET_DATA"),
        arguments: goldenCases("stream_numeric"))
    func `detections are those of the golden set`(golden: GoldenCase) throws {
        let values = try #require(try golden.numbers("x").values.first)
        for (name, delta) in [("adwin_default", 0.002), ("adwin_delta_0.05", 0.05)] {
            let expected = try #require(golden.expected[name])
            var window = AdaptiveWindow(delta: delta)
            let found = detections(values) { window.observe($0) }
            #expect(found == expected["detections"]?.items?.compactMap { $0.double })
            #expect(Double(window.width) == expected["final_width"]?.double)
            let mean = try #require(expected["final_estimation"]?.double)
            #expect(abs(window.mean - mean) < 1e-9 * abs(mean))
        }
        for (name, test) in [
            ("page_hinkley_default", PageHinkley()),
            ("page_hinkley_t10_d0.05", PageHinkley(slack: 0.05, threshold: 10)),
        ] {
            var test = test
            let found = detections(values) { test.observe($0) }
            #expect(found == golden.expected[name]?["detections"]?.items?.compactMap { $0.double })
        }
    }

    @Test func `an adaptive window keeps mean and variance of what it holds`() {
        var generator = Generator(seed: 21)
        var window = AdaptiveWindow()
        let values = (0..<5000).map { _ in 1e6 + generator.normal() }
        for value in values {
            let isCut = window.observe(value)
            #expect(!isCut)
        }
        #expect(window.width == 5000)
        let mean = values.reduce(0, +) / 5000
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 5000
        #expect(abs(window.mean - mean) < 1e-6)
        #expect(abs(window.variance - variance) < 1e-6)
    }

    @Test(arguments: [200.0, 1000.0])
    func `a chart alarms as often as it was told to`(interval: Double) {
        var generator = Generator(seed: 22)
        var chart = CumulativeSum(falseAlarmEvery: interval)
        let points = 400_000
        var alarms = 0
        for _ in 0..<points where chart.observe(generator.normal()) { alarms += 1 }
        let measured = Double(points) / Double(alarms)
        #expect(measured > 0.85 * interval && measured < 1.2 * interval, "\(measured)")
        // Page-Hinkley learns the mean as it goes, which its 30 points of grace pay for in part.
        var test = PageHinkley(falseAlarmEvery: interval, deviation: 3)
        alarms = 0
        for _ in 0..<points where test.observe(50 + 3 * generator.normal()) { alarms += 1 }
        let learned = Double(points) / Double(max(alarms, 1))
        #expect(learned > 0.7 * interval && learned < 2 * interval, "\(learned)")
    }

    @Test func `a chart finds a shift of one deviation in about ten points`() {
        var generator = Generator(seed: 23)
        var delays: [Int] = []
        for _ in 0..<300 {
            var chart = CumulativeSum(falseAlarmEvery: 1000)
            var delay = 1
            while !chart.observe(1 + generator.normal()) { delay += 1 }
            delays.append(delay)
        }
        let mean = Double(delays.reduce(0, +)) / 300
        #expect(mean > 7 && mean < 13, "\(mean)")
    }

    @Test func `gaps, infinities and huge steps neither stop a chart nor break it`() {
        var chart = CumulativeSum(falseAlarmEvery: 1000)
        for value in [Double.nan, .infinity, -.infinity, 1e300, .nan, 0] {
            _ = chart.observe(value)
        }
        #expect(chart.up.isFinite && chart.down.isFinite)
        #expect(chart.evidence >= 0 && chart.evidence <= 1)
    }
}
