// The pieces that are measured: parsing an exposition, appending, the size on disk, the archive, and
// queries; on data that looks like node exporter's.

import Basics
import Collect
import Foundation
import Keep
import Query

/// The measurements.
struct Work {
    let folder: String
    let rounds: Int
    let scale: Int

    /// An exposition of node exporter's shape.
    private var exposition: [UInt8] {
        var text = ""
        for cpu in 0..<64 * scale {
            for mode in ["idle", "user", "system", "iowait", "irq", "nice", "softirq", "steal"] {
                text +=
                    "node_cpu_seconds_total{cpu=\"\(cpu)\",mode=\"\(mode)\"} \(cpu * 977).\(cpu % 90 + 10)\n"
            }
            text += "node_disk_io_now{device=\"sd\(cpu)\"} \(cpu % 3)\n"
            text +=
                "http_request_duration_seconds_bucket{le=\"0.5\",path=\"/p\(cpu)\"} \(cpu * 31)\n"
        }
        return Array(text.utf8)
    }

    func parsing() throws -> Row {
        let bytes = exposition
        let repeats = 100
        let rate = try medianRate(rounds) {
            (
                Double(bytes.count * repeats),
                try seconds { for _ in 0..<repeats { _ = try parseAll(bytes) } }
            )
        }
        let lines = try parseAll(bytes).lines
        return Row(
            what: "parse exposition text",
            figure: String(format: "%.0f MB/s", rate / 1e6),
            how: "\(lines) lines of node exporter's shape, one core, no cache")
    }

    /// A keeper with its series resolved.
    private func open(
        _ name: String, series count: Int, clock: ManualClock, archived: Bool = false
    ) throws -> (SeriesKeeper, [SeriesID]) {
        var options = SeriesKeeperOptions()
        if !archived { options.archiveGroups = [] }
        let (keeper, _) = try SeriesKeeper.open(
            folder: folder + "/" + name, options: options, files: .system, clock: clock.clock,
            registry: Registry())
        var ids: [SeriesID] = []
        for index in 0..<count {
            let labels: Labels = [
                "__name__": "node_cpu_seconds_total", "cpu": "\(index / 8)",
                "mode": "m\(index % 8)",
                "instance": "host:9100",
            ]
            if case .success(let id) = keeper.resolve(labels) { ids.append(id) }
        }
        return (keeper, ids)
    }

    func appending() throws -> Row {
        let count = 1000 * scale
        let scrapes = 120
        var round = 0
        let rate = try medianRate(rounds) {
            round += 1
            let clock = ManualClock(now: 1_800_000_000_000)
            let (keeper, ids) = try open("append-\(round)", series: count, clock: clock)
            let spent = try seconds {
                for scrape in 0..<scrapes {
                    _ = try keeper.append(batch(ids, clock.now, scrape))
                    clock.advance(by: .seconds(15))
                }
                try keeper.flush()
            }
            try keeper.close()
            return (Double(count * scrapes), spent)
        }
        return Row(
            what: "append samples", figure: "\(human(rate))/s",
            how: "\(count) series, batches of one scrape, journal written and synced, one core")
    }

    private func batch(_ ids: [SeriesID], _ time: Millis, _ scrape: Int) -> SampleBatch {
        var batch = SampleBatch()
        for (index, id) in ids.enumerated() {
            // Counters that grow unevenly, with two decimals, as CPU seconds do.
            let value =
                Double(index * 1000 + scrape * 15 * 100 + (index * 7 + scrape * 13) % 40) / 100
            batch.append(id, time, value)
        }
        return batch
    }

    func size() throws -> Row {
        let count = 250 * scale
        let clock = ManualClock(now: 1_800_000_000_000)
        let (keeper, ids) = try open("size", series: count, clock: clock)
        var samples = 0
        for scrape in 0..<5760 / (scale == 1 ? 4 : 1) {
            _ = try keeper.append(batch(ids, clock.now, scrape))
            samples += count
            clock.advance(by: .seconds(15))
            if scrape % 240 == 239 { _ = keeper.maintain(now: clock.now) }
        }
        _ = keeper.maintain(now: clock.now)
        try keeper.flush()
        let stats = keeper.stats
        let bytes = Double(stats.blockBytes + stats.journalBytes)
        try keeper.close()
        return Row(
            what: "bytes per stored sample",
            figure: String(format: "%.2f", bytes / Double(samples)),
            how: "journal and blocks, \(count) uneven counters at 15 s, \(samples / count / 240) h")
    }

    func archiving() throws -> Row {
        let days = 30
        let count = 10 * scale
        var round = 0
        let rate = try medianRate(rounds) {
            round += 1
            let clock = ManualClock(now: 1_800_000_000_000)
            let (keeper, _) = try open("archive-\(round)", series: 0, clock: clock, archived: true)
            let start = clock.now - Millis(days + 1) * 86_400_000
            let series = (0..<count).map { index in
                var one = Series(labels: Labels(name: "martlet_bench", ("index", "\(index)")))
                for step in 0..<days * 144 {
                    one.times.append(start + Millis(step) * 600_000)
                    one.values.append(Double((step * 31 + index) % 97))
                }
                return one
            }
            let spent = try seconds { _ = try keeper.backfill(series) }
            try keeper.close()
            return (Double(count * days * (144 + 24)), spent)
        }
        return Row(
            what: "RRD rows", figure: "\(human(rate))/s",
            how:
                "\(count) series × \(days) days into both tiers by the bulk path, their blocks included"
        )
    }

    func querying() throws -> Row {
        let count = 250 * scale
        let clock = ManualClock(now: 1_800_000_000_000)
        let (keeper, ids) = try open("query", series: count, clock: clock)
        for scrape in 0..<240 {
            _ = try keeper.append(batch(ids, clock.now, scrape))
            clock.advance(by: .seconds(15))
        }
        let engine = Engine.local(source: keeper.source)
        let now = clock.now
        let repeats = 50
        let rate = try medianRate(rounds) {
            (
                Double(repeats),
                try seconds {
                    for _ in 0..<repeats {
                        _ = try engine.instant(
                            "sum by (mode) (rate(node_cpu_seconds_total[5m]))", now, QueryLimits())
                    }
                }
            )
        }
        try keeper.close()
        return Row(
            what: "instant queries", figure: "\(human(rate))/s",
            how: "sum by (mode) (rate(…[5m])) over \(count) series, one core")
    }
}
