// Ten thousand series over six hours, written into a data folder as an agent would have written them:
// scrape by scrape, with the upkeep between. `Benchmarks/promql.py` fills a folder with it and makes
// the same samples for Prometheus from the same arithmetic.

import Basics
import Keep

/// The data of the query benchmark.
struct Fill {
    static let stepMillis: Millis = 15_000
    static let steps = 1440

    /// One series: its labels, whether it grows, and the series below it in its histogram.
    private struct Line {
        var labels: Labels
        var isCounter: Bool
        var below: Int?
    }

    /// Fills a folder with samples up to a moment.
    static func run(folder: String, endMillis: Millis) throws {
        let start = endMillis - Millis(steps - 1) * stepMillis
        let clock = ManualClock(now: start)
        let (keeper, _) = try SeriesKeeper.open(
            folder: folder, options: SeriesKeeperOptions(), files: .system, clock: clock.clock,
            registry: Registry())
        let lines = lines
        var ids: [SeriesID] = []
        for line in lines {
            if case .success(let id) = keeper.resolve(line.labels) { ids.append(id) }
        }
        // The same generator as in promql.py: a linear congruence of 31 bits.
        var states = lines.indices.map { (UInt64($0) * 2_654_435_761 + 12_345) & 0x7fff_ffff }
        // Far from zero, near which 2.x and 3.x extrapolate differently.
        var totals = [Double](repeating: 100_000, count: lines.count)
        for step in 0..<steps {
            var batch = SampleBatch()
            var values = [Double](repeating: 0, count: lines.count)
            for (index, line) in lines.enumerated() {
                states[index] = (states[index] * 1_103_515_245 + 12_345) & 0x7fff_ffff
                let random = Double((states[index] >> 8) % 1000)
                if line.isCounter {
                    totals[index] += (random / 10).rounded(.down)
                    values[index] = totals[index] + (line.below.map { values[$0] } ?? 0)
                } else {
                    // No two are equal, so that `topk` has one answer.
                    values[index] = random / 10 + Double(index) / 1_048_576
                }
                batch.append(ids[index], clock.now, values[index])
            }
            _ = try keeper.append(batch)
            if step % 60 == 59 { keeper.maintain(now: clock.now) }
            if step < steps - 1 { clock.advance(by: .milliseconds(stepMillis)) }
        }
        try keeper.close()
    }

    /// 3,200 of node_cpu_seconds_total, 2,400 of x_bucket, 1,000 of x, 3,400 of other node metrics.
    private static var lines: [Line] {
        var lines: [Line] = []
        let modes = ["idle", "user", "system", "iowait", "irq", "nice", "softirq", "steal"]
        let bounds = [
            "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "0.75", "1.5", "2.5", "7.5",
            "+Inf",
        ]
        func add(
            _ name: String, _ rest: [(String, String)], isCounter: Bool = false, below: Int? = nil
        ) {
            let labels = Labels([("__name__", name), ("job", "bench")] + rest)
            lines.append(Line(labels: labels, isCounter: isCounter, below: below))
        }
        for host in 0..<50 {
            for cpu in 0..<8 {
                for mode in modes {
                    add(
                        "node_cpu_seconds_total",
                        [("instance", "host\(host):9100"), ("cpu", "\(cpu)"), ("mode", mode)],
                        isCounter: true)
                }
            }
        }
        for host in 0..<50 {
            for route in 0..<4 {
                for (place, bound) in bounds.enumerated() {
                    add(
                        "x_bucket",
                        [("instance", "host\(host):9100"), ("route", "/r\(route)"), ("le", bound)],
                        isCounter: true, below: place > 0 ? lines.count - 1 : nil)
                }
            }
        }
        for host in 0..<50 {
            for shard in 0..<20 {
                add("x", [("instance", "host\(host):9100"), ("shard", "\(shard)")])
            }
        }
        for metric in 0..<34 {
            for host in 0..<100 { add("node_metric_\(metric)", [("instance", "host\(host):9100")]) }
        }
        return lines
    }
}
