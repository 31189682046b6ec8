// `martlet-bench anomaly`: what scoring costs, as a share of one core when 10,000 series come every ten
// seconds, and the state of a series.

import Basics
import Foundation
import Reason

enum AnomalyBench {
    static func rows(rounds: Int) throws -> [Row] {
        let count = 10_000
        var sources = (0..<count).map { QuietSeries(.allCases[$0 % 5], seed: UInt64($0)) }
        var models = (0..<count).map { SeriesModel(seed: UInt64($0)) }
        var time: Millis = 1_767_225_600_000
        var values = [Double](repeating: 0, count: count)
        func pass() -> Double {
            for index in 0..<count { values[index] = sources[index].next(time) }
            let began = Clock.system.monotonic()
            for index in 0..<count { _ = models[index].observe(time: time, value: values[index]) }
            time += 10_000
            return Double(Clock.system.monotonic() - began) / 1e9
        }
        // Past the warm-up, so that every view is judged.
        for _ in 0..<100 { _ = pass() }
        let passes = (0..<(20 * rounds)).map { _ in pass() }.sorted()
        let median = passes[passes.count / 2]
        let state = models[0].encoded().count
        return [
            Row(
                what: "10,000 series scored every 10 s",
                figure: String(format: "%.2f %% of a core", median / 10 * 100),
                how:
                    "median of \(passes.count) passes of \(String(format: "%.1f", median * 1e3)) ms"
            ),
            Row(
                what: "state of a series", figure: String(format: "%.1f KB", Double(state) / 1024),
                how: "as it is kept; in memory the same numbers"),
        ]
    }
}
