// What a seal costs in memory: many series over six hours in a store of its own, with scrapes that go on
// while the block is written. The head is at its largest just before a seal, so that what is resident then is
// what an agent of so many series needs, and what a seal needs above it should be little.
//
//     martlet-bench seal FOLDER SERIES

import Basics
import Dispatch
import Foundation
import Keep

struct Seal {
    private static let stepMillis: Millis = 15_000
    private static let hourMillis: Millis = 3_600_000

    let folder: String
    let series: Int

    func run() throws {
        let start: Millis = 1_750_003_200_000 / (2 * Seal.hourMillis) * (2 * Seal.hourMillis)
        let clock = ManualClock(now: start)
        var options = SeriesKeeperOptions()
        options.archiveGroups = [[try Matcher(Labels.metricName, .matches, "bench_.*")]]
        let (keeper, _) = try SeriesKeeper.open(
            folder: folder, options: options, files: .system, clock: clock.clock,
            registry: Registry())
        let ids = (0..<series).compactMap { number -> SeriesID? in
            let labels = Labels([
                ("__name__", "bench_\(number % 100)"), ("job", "bench"),
                ("path", "/api/v1/resource/\(number / 100)"), ("pod", "pod-\(number % 7)"),
            ])
            if case .success(let id) = keeper.resolve(labels) { return id }
            return nil
        }
        let watch = Watch()
        // The first block is due three hours after its end, the second two hours later.
        let due = [5 * Seal.hourMillis, 7 * Seal.hourMillis]
        for step in 0..<(7 * 240 + 2) {
            let time = Millis(step) * Seal.stepMillis
            if due.contains(time) {
                let before = residentBytes() / 1_000_000
                watch.begin()
                let done = DispatchGroup()
                DispatchQueue.global().async(group: done) { keeper.maintain(now: clock.now) }
                try append(keeper, ids, step, clock.now)
                done.wait()
                let peak = watch.end()
                say(
                    "\(series) series, hour \(time / Seal.hourMillis): resident \(before) MB before the seal, "
                        + "\(peak) MB at most during it, \(residentBytes() / 1_000_000) MB after; "
                        + "blocks \(keeper.stats.blocks)")
            } else {
                try append(keeper, ids, step, clock.now)
            }
            clock.advance(by: .milliseconds(Seal.stepMillis))
        }
        try keeper.close()
    }

    /// One scrape of all series: counters, gauges with decimals, slow buckets, constants.
    private func append(
        _ keeper: SeriesKeeper, _ ids: [SeriesID], _ step: Int, _ now: Millis
    ) throws {
        for start in stride(from: 0, to: ids.count, by: 2000) {
            var batch = SampleBatch()
            for index in start..<min(start + 2000, ids.count) {
                let value: Double =
                    switch index % 4 {
                    case 0: Double(index + step * (1 + index % 50))
                    case 1: Double((step * 7919 + index) % 100_003) / 97
                    case 2: Double(index + step / (1 + index % 50))
                    default: 1
                    }
                batch.append(ids[index], now, value)
            }
            _ = try keeper.append(batch)
        }
    }
}

/// Watches the resident memory of this process.
private final class Watch: Sendable {
    private let state = Lock((peak: 0, isOn: false))

    func begin() {
        state.withLock { $0 = (0, true) }
        Thread.detachNewThread {
            while self.state.withLock({ $0.isOn }) {
                let now = residentBytes() / 1_000_000
                self.state.withLock { $0.peak = max($0.peak, now) }
                Thread.sleep(forTimeInterval: 0.005)
            }
        }
    }

    func end() -> Int {
        state.withLock { state in
            state.isOn = false
            return state.peak
        }
    }
}
