// The thread that empties the inbox: deliveries are read, and their events replace them in one
// transaction for all that waited, as a transaction's wait for the disk is dearer than what is in it.
// What cannot be read is tried again a few times and then laid aside with its reason.

import Basics
import Collect
import Foundation
import Keep

/// Reads deliveries that were accepted.
final class InboxReader: Sendable {
    private let events: EventKeeper
    private let doors: DeliveryDoors
    private let registry: Registry
    private let waiting: Gauge
    private let arrived: @Sendable () -> Void
    private let wake = DispatchSemaphore(value: 0)
    private let isStopped = Lock(false)
    private let done = DispatchSemaphore(value: 0)
    private let clock: Clock
    /// What comes within this time of the first is read with it: 500 deliveries a second are then 20
    /// transactions, and a page is never that young.
    private static let gatherSeconds = 0.05

    init(
        events: EventKeeper, doors: DeliveryDoors, registry: Registry, clock: Clock,
        arrived: @escaping @Sendable () -> Void
    ) {
        self.events = events
        self.doors = doors
        self.registry = registry
        waiting = registry.gauge("martlet_ingest_waiting", "Deliveries that wait to be read.")
        self.clock = clock
        self.arrived = arrived
    }

    /// Starts the thread.
    func start() {
        startThread("inbox") {
            // What an earlier version could not read, this one may.
            _ = try? self.events.retryFailed()
            let grumble = Grumble()
            var (prunedAt, scrubbedAt): (Millis, Millis) = (0, 0)
            var busyRounds = 0
            var isDirty = false
            while !self.isStopped.withLock({ $0 }) {
                do {
                    while try self.readSome(&isDirty) {}
                    let now = self.clock.now()
                    // Emptying the log makes writers wait, the longer the more is in it: while much
                    // comes in, once a minute is enough.
                    busyRounds += 1
                    let isBusy = busyRounds > 100
                    if isDirty && now - scrubbedAt >= (isBusy ? 60_000 : 10_000) {
                        try self.events.scrub()
                        (isDirty, scrubbedAt, busyRounds) = (false, now, 0)
                    }
                    if now - prunedAt > 3_600_000 {
                        try self.events.pruneInbox(now: now)
                        prunedAt = now
                    }
                    self.meter()
                } catch {
                    grumble.say("the inbox cannot be read: \(error)")
                }
                // Woken by arrivals; the timeout only covers what failed.
                if self.wake.wait(timeout: .now() + .seconds(5)) == .success {
                    Thread.sleep(forTimeInterval: InboxReader.gatherSeconds)
                    while self.wake.wait(timeout: .now()) == .success {}
                }
            }
            self.done.signal()
        }
    }

    func stop() {
        isStopped.withLock { $0 = true }
        wake.signal()
        done.wait()
    }

    /// Something waits.
    func ring() {
        // At least one, until the reader has counted.
        waiting.set(1)
        wake.signal()
    }

    /// - Returns: true when something was settled and there may be more.
    private func readSome(_ isDirty: inout Bool) throws -> Bool {
        let items = try events.waiting(limit: 200)
        var read: [Read] = []
        for item in items {
            if isStopped.withLock({ $0 }) { return false }
            guard let source = doors.source(item.delivery.source) else {
                try fail(item, "the source is not configured any more", reason: "unknown")
                continue
            }
            do throws(DeliveryError) {
                let reading = try Normaliser(source: source, people: doors.people)
                    .read(item.delivery)
                read.append((item, reading))
            } catch {
                try fail(item, error.description, reason: error.reason)
            }
        }
        let settled = settle(read)
        if settled {
            isDirty = true
            arrived()
        }
        return settled && items.count == 200
    }

    private typealias Read = (item: InboxItem, reading: NormalisedDelivery)

    /// All at once; one by one when that fails, so that one delivery does not hold up the others.
    ///
    /// - Returns: true when something was settled.
    private func settle(_ read: [Read]) -> Bool {
        if read.isEmpty { return false }
        if isKept(read) { return true }
        var settled = false
        for one in read where isKept([one]) { settled = true }
        return settled
    }

    private func isKept(_ read: [Read]) -> Bool {
        do {
            try events.settle(read.map { ($0.item.number, $0.reading.events) })
        } catch {
            return false
        }
        for one in read { note(one.item, one.reading) }
        return true
    }

    private func note(_ item: InboxItem, _ reading: NormalisedDelivery) {
        let source = item.delivery.source
        let ignored = reading.ignored.values.reduce(0, +)
        if ignored > 0 {
            registry.counter(
                "martlet_ingest_ignored_total", "Things in deliveries that are no event.",
                Labels([("source", source)])
            ).add(Double(ignored))
        }
        if !reading.faults.isEmpty {
            registry.counter(
                "martlet_ingest_faults_total",
                "Things in deliveries that lack what an event needs.",
                Labels([("source", source)])
            ).add(Double(reading.faults.count))
        }
    }

    private func fail(_ item: InboxItem, _ error: String, reason: String) throws {
        try events.fail(item.number, error: error)
        registry.counter(
            "martlet_ingest_unread_total", "Readings of accepted deliveries that failed.",
            Labels([("source", item.delivery.source), ("reason", reason)])
        ).add()
    }

    private func meter() {
        guard let counts = try? events.inboxCounts() else { return }
        waiting.set(Double(counts.waiting))
        registry.gauge("martlet_ingest_laid_aside", "Deliveries that could not be read.")
            .set(Double(counts.laidAside))
    }
}
