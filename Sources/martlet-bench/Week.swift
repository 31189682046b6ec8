// Seven days in a minute: 2,000 series at 15 s in pods that are replaced, a few recorded series for the
// archive, with the agent's own upkeep. Prints, day by day, what memory and disk it took, then whether
// memory stayed where it was on the second day, and whether the disk is what two days foretold.
//
//     martlet-bench week FOLDER      ends with 1 when either is more than 5 % away

import Basics
import Foundation
import Keep

struct Week {
    private static let start: Millis = 1_795_219_200_000
    private static let stepMillis: Millis = 15_000
    private static let days = 7
    private static let pods = 40
    private static let seriesPerPod = 50
    /// Two pods an hour: each lives 20 hours, 5 % of the series are new every hour.
    private static let replacedPerHour = 2
    private static let recorded = 20
    private static let tolerance = 0.05

    private struct Day {
        var residentBytes = 0
        var seriesHeld = 0
        var blockBytes = 0
        var journalBytes = 0
        var archiveBytes = 0
        var samples = 0
    }

    let folder: String

    /// Runs the week.
    ///
    /// - Returns: true when memory and disk were as they should be.
    func run() throws -> Bool {
        let clock = ManualClock(now: Self.start)
        let (keeper, _) = try SeriesKeeper.open(
            folder: folder, options: SeriesKeeperOptions(), files: .system, clock: clock.clock,
            registry: Registry())
        var pods = (0..<Self.pods).map { Pod(number: $0) }
        var nextPod = Self.pods
        var days: [Day] = []
        var samples = 0
        print("| day | resident, greatest | series held | blocks | journal | archive |")
        print("|---:|---:|---:|---:|---:|---:|")
        for number in 1...Self.days {
            var day = Day()
            for step in 0..<5760 {
                if step % 240 == 0 && number + step > 1 {
                    for _ in 0..<Self.replacedPerHour {
                        pods.removeFirst()
                        pods.append(Pod(number: nextPod))
                        nextPod += 1
                    }
                }
                let batch = try batch(at: clock.now, &pods, keeper)
                _ = try keeper.append(batch)
                samples += batch.count
                if step % 20 == 19 {
                    keeper.maintain(now: clock.now)
                    day.residentBytes = max(day.residentBytes, residentBytes())
                }
                clock.advance(by: .milliseconds(Self.stepMillis))
            }
            let stats = keeper.stats
            day.seriesHeld = stats.series + stats.quietSeries
            day.blockBytes = stats.blockBytes
            day.journalBytes = stats.journalBytes
            day.archiveBytes = stats.archiveBytes
            day.samples = samples
            days.append(day)
            let sizes = [day.residentBytes, day.blockBytes, day.journalBytes, day.archiveBytes]
                .map { String(format: "%.1f MB", Double($0) / 1e6) }
            print(
                "| \(number) | \(sizes[0]) | \(day.seriesHeld) | \(sizes[1...].joined(separator: " | ")) |"
            )
        }
        try keeper.close()
        return judge(days)
    }

    private func judge(_ days: [Day]) -> Bool {
        let (second, last) = (days[1], days[days.count - 1])
        let memory = Double(last.residentBytes) / Double(second.residentBytes)
        // A day's blocks grow with its samples; the journal and the archive stay as they are.
        let daily = second.blockBytes - days[0].blockBytes
        let foretold =
            Double(second.blockBytes + daily * (days.count - 2) + second.journalBytes)
            + Double(second.archiveBytes)
        let found = Double(last.blockBytes + last.journalBytes + last.archiveBytes)
        print(String(format: "memory: day 7 is %.3f of day 2", memory))
        print(
            String(
                format: "disk: %.1f MB foretold after day 2, %.1f MB found, %.3f", foretold / 1e6,
                found / 1e6, found / foretold))
        return memory - 1 <= Self.tolerance && abs(found / foretold - 1) <= Self.tolerance
    }

    private func batch(
        at time: Millis, _ pods: inout [Pod], _ keeper: SeriesKeeper
    ) throws -> SampleBatch {
        var batch = SampleBatch()
        for index in pods.indices {
            try pods[index].resolve(Self.seriesPerPod, keeper)
            pods[index].add(to: &batch, at: time)
        }
        for number in 0..<Self.recorded {
            let id = try keeper.resolve(Labels(name: "job:load:avg", ("n", "\(number)"))).get()
            batch.append(id, time, Double((time / 15_000 + Millis(number)) % 240))
        }
        return batch
    }
}

/// What this process holds in memory.
func residentBytes() -> Int {
    let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
}

/// What one pod exposes: counters, and gauges with two decimals.
private struct Pod {
    let number: Int
    private var ids: [SeriesID] = []
    private var totals: [Double] = []
    private var state: UInt64

    init(number: Int) {
        self.number = number
        state = UInt64(number) * 2_654_435_761 + 12_345
    }

    mutating func resolve(_ count: Int, _ keeper: SeriesKeeper) throws {
        guard ids.isEmpty else { return }
        for place in 0..<count {
            let labels = Labels(
                name: place % 2 == 0 ? "requests_total" : "queue_depth", ("pod", "pod-\(number)"),
                ("route", "/r\(place / 2)"))
            ids.append(try keeper.resolve(labels).get())
        }
        totals = [Double](repeating: 0, count: count)
    }

    mutating func add(to batch: inout SampleBatch, at time: Millis) {
        for (place, id) in ids.enumerated() {
            state = (state &* 1_103_515_245 &+ 12_345) & 0x7fff_ffff
            let random = Double((state >> 8) % 1000)
            if place % 2 == 0 {
                totals[place] += (random / 10).rounded(.down)
            } else {
                totals[place] = random / 100
            }
            batch.append(id, time, totals[place])
        }
    }
}
