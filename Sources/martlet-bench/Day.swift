// A day of scraping in minutes: the store and the scraper of the agent under a clock that runs faster, with
// the agent's upkeep every 15 s of that clock, so that it seals, archives, merges and stops as in a real
// day. What it does not have is the agent around it. `Benchmarks/day.py` starts it beside Prometheus.
//
//     martlet-bench day FOLDER PORT TARGETS PACE ARCHIVED       ends cleanly at SIGTERM

import Basics
import Carry
import Collect
import Foundation
import Glibc
import Keep

struct Day {
    private static let intervalMillis: Millis = 15_000

    let folder: String
    /// Of an exporter that serves a page for each target under `/t/NUMBER`.
    let port: Int
    let targets: Int
    /// Seconds of the day in one of the wall.
    let pace: Int64
    /// Series in the archive at most.
    let archived: Int

    init?(_ words: [String]) {
        let numbers = words.dropFirst().compactMap { Int($0) }
        guard words.count == 5, numbers.count == 4, numbers[2] > 0 else { return nil }
        folder = words[0]
        (port, targets) = (numbers[0], numbers[1])
        (pace, archived) = (Int64(numbers[2]), numbers[3])
    }

    func run() throws {
        // Before any thread is there, so that none of them takes the signal.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGTERM)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        let clock = fastClock()
        let registry = Registry()
        var options = SeriesKeeperOptions()
        options.archiveGroups = [[try Matcher(Labels.metricName, .matches, "bench_.*")]]
        options.archiveSeriesMax = archived
        let (keeper, _) = try SeriesKeeper.open(
            folder: folder, options: options, files: .system, clock: clock, registry: registry)
        let scraper = Scraper(
            intake: intake(keeper), fetch: .curl(), registry: registry, clock: clock)
        scraper.apply([job])
        var wait = timespec(
            tv_sec: 0, tv_nsec: Int(Day.intervalMillis * 1_000_000 / pace) % 1_000_000_000)
        while sigtimedwait(&signals, nil, &wait) != SIGTERM {
            for notice in keeper.maintain(now: clock.now()).notices { say(notice) }
        }
        scraper.stop()
        keeper.maintain(now: clock.now())
        try keeper.close()
        let stats = keeper.stats
        say("blocks \(stats.blocks), series \(stats.series)")
    }

    private var job: ScrapeConfig {
        var config = ScrapeConfig(jobName: "bench")
        config.intervalMillis = Day.intervalMillis
        // In real time, as a request takes no less of it.
        config.timeoutMillis = Day.intervalMillis
        config.staticGroups = (0..<targets).map { number in
            TargetGroup(
                targets: ["127.0.0.1:\(port)"],
                labels: Labels([
                    ("__metrics_path__", "/t/\(number)"), ("instance", "t\(number)"),
                ]))
        }
        return config
    }

    private func intake(_ keeper: SeriesKeeper) -> Intake {
        Intake(
            resolve: { keeper.resolve($0) },
            append: { (batch) throws(IntakeError) in try keeper.append(batch) },
            backfill: { (all) throws(IntakeError) in try keeper.backfill(all) },
            describe: { keeper.describe($0, $1) },
            appendLog: { (_, _) throws(IntakeError) in throw IntakeError(reason: "no logs here") },
            logPosition: { _ in nil })
    }

    private func fastClock() -> Clock {
        let system = Clock.system
        let (wall, began, pace) = (system.now(), system.monotonic(), pace)
        return Clock(
            now: { wall + (system.monotonic() - began) / 1_000_000 * pace },
            monotonic: { began + (system.monotonic() - began) * pace },
            sleep: { try await system.sleep($0 / Int(pace)) })
    }
}
