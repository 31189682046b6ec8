// The agent's own rhythms, each a thread with a name: reading this machine, writing the own metrics,
// moving the stores on with time. A loop that fails says so once and goes on.

import Basics
import Collect
import Foundation
import Keep

/// Runs a body every interval until it is told to stop.
final class Loop: Sendable {
    private let isStopped = Lock(false)
    private let done = DispatchSemaphore(value: 0)
    private let wake = DispatchSemaphore(value: 0)

    /// Starts the thread; the body gets the time of its round.
    init(
        _ name: String, everyMillis: Millis, clock: Clock,
        _ body: @escaping @Sendable (Millis) -> Void
    ) {
        startThread(name) {
            while !self.isStopped.withLock({ $0 }) {
                let now = clock.now()
                body(now)
                let rest = everyMillis - (clock.now() - now)
                _ = self.wake.wait(timeout: .now() + .milliseconds(Int(max(10, rest))))
            }
            self.done.signal()
        }
    }

    /// Ends the loop after the round that runs.
    func stop() {
        isStopped.withLock { $0 = true }
        wake.signal()
        done.wait()
    }
}

/// Remembers the last complaint, so that one that repeats is said once.
final class Grumble: Sendable {
    private let last = Lock("")

    func say(_ text: String) {
        let isNew = last.withLock { last in
            defer { last = text }
            return last != text
        }
        if isNew && !text.isEmpty { remark(text) }
    }
}

/// The newest families of this machine, shared by the series and by `/metrics`.
final class HostBoard: Sendable {
    private let families = Lock<[MetricFamily]>([])

    var all: [MetricFamily] { families.withLock { $0 } }

    func set(_ new: [MetricFamily]) { families.withLock { $0 = new } }
}

extension Loop {
    /// Reads this machine and keeps it as `job="node"`.
    static func host(
        everyMillis: Millis, clock: Clock, intake: Intake, board: HostBoard
    ) -> Loop {
        let host = HostMetrics()
        let feed = Lock(
            FamilyFeed(intake: intake, job: "node", instance: hostName()))
        let grumble = Grumble()
        return Loop("host", everyMillis: everyMillis, clock: clock) { now in
            let families = host.families()
            board.set(families)
            write(families, at: now, feed, grumble)
        }
    }

    /// Keeps the agent's own metrics as `job="martlet"`.
    static func own(
        everyMillis: Millis, clock: Clock, intake: Intake, registry: Registry,
        process: ProcessMetrics
    ) -> Loop {
        let feed = Lock(
            FamilyFeed(
                intake: intake, job: "martlet", instance: hostName(), zeroAt: clock.now()))
        let grumble = Grumble()
        return Loop("own-metrics", everyMillis: everyMillis, clock: clock) { now in
            write(registry.families() + process.families(), at: now, feed, grumble)
        }
    }

    private static func write(
        _ families: [MetricFamily], at now: Millis, _ feed: Lock<FamilyFeed>, _ grumble: Grumble
    ) {
        let fault = feed.withLock { feed -> String in
            do throws(IntakeError) {
                _ = try feed.take(families, at: now)
                return ""
            } catch {
                return "own metrics are not kept: \(error.reason)"
            }
        }
        grumble.say(fault)
    }

    /// Rounds of upkeep after which free memory is given back: four minutes, so that it costs nothing.
    private static let roundsBetweenTrims = 16

    /// Seals, archives, merges and removes what is too old.
    static func upkeep(_ stores: Stores, clock: Clock) -> Loop {
        let rounds = Lock(0)
        return Loop("upkeep", everyMillis: 15_000, clock: clock) { now in
            let report = stores.series.maintain(now: now)
            for notice in report.notices { remark(notice) }
            stores.logs.maintain(now: now)
            let isDue = rounds.withLock { rounds in
                rounds += 1
                return rounds % roundsBetweenTrims == 0
            }
            if isDue || report.blocksSealed > 0 { returnFreePages() }
        }
    }
}
