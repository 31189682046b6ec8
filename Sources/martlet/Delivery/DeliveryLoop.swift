// The rhythm of delivery: when events came, fold them, work the figures out, write their history and
// their current values. A fold starts from all events, so it cannot depend on the order of arrival; it
// runs at most every few seconds. What of the history can have changed is worked out again, no more.

import Basics
import Collect
import Foundation
import Keep
import Reason
import Serve

/// Computes figures from events.
final class DeliveryLoop: Sendable {
    private struct State {
        var cursor: Int64 = 0
        var events: [Event] = []
        var writtenAt: Millis = 0
        var foldedAt: Millis = 0
        /// No fold before this time: folding takes at most a fifth of one core.
        var restsUntil: Millis = 0
    }

    private let records: RecordKeeper
    private let board: DeliveryBoard
    private let clock: Clock
    private let config: @Sendable () -> DeliveryConfig
    private let conclude: @Sendable (DeliveryState, Millis) throws -> Void
    private let gates: @Sendable () -> [MetricFamily]
    private let feed: Lock<FamilyFeed>
    private let state = Lock(State())
    private let seconds: Histogram
    /// Figures move with time alone too (ageing, windows); an hour is fine enough for them.
    private static let refoldMillis: Millis = 3_600_000
    private static let writeMillis: Millis = 60_000
    private static let week: Millis = 7 * 86_400_000

    /// - Parameters:
    ///   - conclude: records what came of earlier decisions.
    ///   - gates: series of the decisions of now.
    init(
        records: RecordKeeper, board: DeliveryBoard, intake: Intake, registry: Registry,
        clock: Clock,
        config: @escaping @Sendable () -> DeliveryConfig,
        conclude: @escaping @Sendable (DeliveryState, Millis) throws -> Void,
        gates: @escaping @Sendable () -> [MetricFamily]
    ) {
        self.records = records
        self.board = board
        self.clock = clock
        self.config = config
        self.conclude = conclude
        self.gates = gates
        feed = Lock(FamilyFeed(intake: intake, job: "delivery", instance: hostName()))
        seconds = registry.histogram(
            "martlet_delivery_fold_seconds", "Time to fold all events and work out the figures.")
    }

    /// The loop as a thread; a round without new events costs one small read.
    func loop() -> Loop {
        let grumble = Grumble()
        return Loop("delivery", everyMillis: 2000, clock: clock) { now in
            do {
                try self.round(now)
                grumble.say("")
            } catch {
                grumble.say("figures of delivery: \(error)")
            }
        }
    }

    /// Begins anew with the next round: settings have changed what events mean.
    func refold() { state.withLock { $0 = State() } }

    /// One round.
    func round(_ now: Millis) throws {
        try state.withLock { state in
            let isFirst = state.foldedAt == 0
            if now < state.restsUntil { return }
            var came: [Millis] = []
            while true {
                let changes = try records.events.changed(since: state.cursor)
                state.events += changes.events
                came += changes.events.map(\.time)
                state.cursor = changes.cursor
                if !changes.hasMore { break }
            }
            if isFirst || !came.isEmpty || now - state.foldedAt >= DeliveryLoop.refoldMillis {
                try fold(state.events, came, now)
                state.foldedAt = now
                state.restsUntil = now + min(60_000, (clock.now() - now) * 4)
                state.writtenAt = 0
            }
            if now - state.writtenAt >= DeliveryLoop.writeMillis {
                try writeCurrent(now)
                state.writtenAt = now
            }
        }
    }

    private func fold(_ events: [Event], _ came: [Millis], _ now: Millis) throws {
        let begun = clock.monotonic()
        let config = config()
        let folded = DeliveryState(events: events, settings: config.settings)
        let window = TimeRange(from: now - config.windowMillis, through: now)
        board.set(
            DeliverySnapshot(
                state: folded, kpis: folded.kpis(window: window, now: now), window: window, at: now)
        )
        try conclude(folded, now)
        // Without new events only the newest bucket can have moved.
        let from = folded.recomputeFrom(changed: came) ?? now - DeliveryLoop.week
        // Twenty years: older times are clocks that were never set.
        let range = TimeRange(
            from: max(from, now - 20 * 365 * 86_400_000), through: now)
        let points = folded.history(range: range, bucketMillis: DeliveryLoop.week, now: now)
        // A transaction of so many rows takes some tens of milliseconds.
        for start in stride(from: 0, to: points.count, by: 5000) {
            try records.kpis.upsert(
                points[start..<min(start + 5000, points.count)].map {
                    KPIRow(
                        labels: $0.labels, bucketStart: $0.bucketStart,
                        bucketMillis: $0.bucketMillis, value: $0.value, count: $0.n)
                })
        }
        seconds.observe(Double(clock.monotonic() - begun) / 1e9)
    }

    /// The figures of now as series; `window` tells them from the weeks of the history.
    private func writeCurrent(_ now: Millis) throws {
        guard let snapshot = board.snapshot, !snapshot.state.events.isEmpty else { return }
        let window = durationText(config().windowMillis)
        var families = snapshot.kpis.compactMap { kpi -> MetricFamily? in
            guard let value = kpi.value else { return nil }
            let labels = Labels([("window", window)] + kpi.scope.labels)
            return MetricFamily(
                name: "delivery_\(kpi.id)",
                metadata: MetricMetadata(
                    kind: .gauge, help: "A figure of delivery; see martlet kpi --explain \(kpi.id)."
                ),
                samples: [.init(labels: labels, value: value)])
        }
        families += gates()
        _ = try feed.withLock { feed throws(IntakeError) in try feed.take(families, at: now) }
    }
}
