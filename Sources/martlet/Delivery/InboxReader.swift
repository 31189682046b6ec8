// The thread that empties the inbox: a delivery is read, and its events replace it in one transaction.
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
    private let arrived: @Sendable () -> Void
    private let wake = DispatchSemaphore(value: 0)
    private let isStopped = Lock(false)
    private let done = DispatchSemaphore(value: 0)
    private let clock: Clock

    init(
        events: EventKeeper, doors: DeliveryDoors, registry: Registry, clock: Clock,
        arrived: @escaping @Sendable () -> Void
    ) {
        self.events = events
        self.doors = doors
        self.registry = registry
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
            var isDirty = false
            while !self.isStopped.withLock({ $0 }) {
                do {
                    while try self.readSome(&isDirty) {}
                    let now = self.clock.now()
                    // At most every ten seconds: emptying the log makes writers wait some milliseconds.
                    if isDirty && now - scrubbedAt >= 10_000 {
                        try self.events.scrub()
                        (isDirty, scrubbedAt) = (false, now)
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
                _ = self.wake.wait(timeout: .now() + .seconds(5))
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
    func ring() { wake.signal() }

    /// - Returns: true when something was settled and there may be more.
    private func readSome(_ isDirty: inout Bool) throws -> Bool {
        let items = try events.waiting(limit: 200)
        var settled = false
        for item in items {
            if isStopped.withLock({ $0 }) { return false }
            guard let source = doors.source(item.delivery.source) else {
                try fail(item, "the source is not configured any more", reason: "unknown")
                continue
            }
            do throws(DeliveryError) {
                let reading = try Normaliser(source: source, people: doors.people)
                    .read(item.delivery)
                try? settle(item, reading)
                settled = true
            } catch {
                try fail(item, error.description, reason: error.reason)
            }
        }
        if settled {
            isDirty = true
            arrived()
        }
        return settled && items.count == 200
    }

    private func settle(_ item: InboxItem, _ reading: NormalisedDelivery) throws {
        try events.settle(item.number, events: reading.events)
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
        registry.gauge("martlet_ingest_waiting", "Deliveries that wait to be read.")
            .set(Double(counts.waiting))
        registry.gauge("martlet_ingest_laid_aside", "Deliveries that could not be read.")
            .set(Double(counts.laidAside))
    }
}
