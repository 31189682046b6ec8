// Everything of delivery in a running agent, put together: doors, inbox, figures, decisions, and the
// routes that show them.

import Basics
import Carry
import Collect
import Foundation
import Keep
import Query
import Reason
import Serve

/// The delivery part of an agent.
final class DeliveryRoom: Sendable {
    let doors: DeliveryDoors
    let board = DeliveryBoard()
    let desk: DecisionDesk
    private let inbox: InboxReader
    private let figures: DeliveryLoop
    private let records: RecordKeeper
    private let registry: Registry
    private let clock: Clock
    private let config: Lock<DeliveryConfig>
    private let loop = Lock<Loop?>(nil)
    private let isStarted = Lock(false)

    /// - Parameters:
    ///   - engine: reads the series that gates are filled from.
    ///   - models: what is known of the versions that serve.
    ///   - response: what a drift of theirs is answered by.
    ///   - alerts: firing alerts, for the gates.
    init(
        _ given: DeliveryConfig, stores: Stores, registry: Registry, fetch: Fetch, clock: Clock,
        engine: Engine, models: @escaping @Sendable () -> [ModelEvidence],
        response: @escaping @Sendable () -> DriftResponsePolicy,
        alerts: @escaping @Sendable () -> [ActiveAlert],
        shadow: @escaping @Sendable (_ service: String?) -> GateReading? = { _ in nil },
        stages: @escaping @Sendable () -> [StageEvidence] = { [] }
    ) throws {
        let config = Lock(given)
        self.config = config
        self.registry = registry
        self.clock = clock
        records = stores.records
        do {
            doors = try DeliveryDoors(
                given, records: stores.records, registry: registry, fetch: fetch, clock: clock,
                arrived: {})
        } catch {
            throw StartError("\(error)")
        }
        let board = board
        let desk = DecisionDesk(
            board: board, log: stores.records.decisions, clock: clock,
            policy: { config.withLock { $0.policy } },
            facts: { scope in
                ReleaseFacts(
                    criticalAlerts: critical(alerts(), scope),
                    backupTime: lastBackup(engine, scope, now: clock.now()),
                    shadow: shadow(scope.service))
            }, models: models, stages: stages, response: response)
        self.desk = desk
        inbox = InboxReader(
            events: stores.records.events, doors: doors, registry: registry, clock: clock,
            arrived: {})
        figures = DeliveryLoop(
            records: stores.records, board: board, intake: stores.intake, registry: registry,
            clock: clock, config: { config.withLock { $0 } },
            conclude: { state, now in try desk.conclude(state, now: now) },
            gates: {
                gateFamilies(desk) + calibrationFamilies(desk) + watchFamilies(board, clock.now())
            })
    }

    /// Starts reading, pulling and computing.
    func start() throws {
        try doors.apply(config.withLock { $0 })
        inbox.start()
        let loop = figures.loop()
        self.loop.withLock { $0 = loop }
        isStarted.withLock { $0 = true }
    }

    /// Takes a new configuration; figures are worked out anew in seconds.
    func apply(_ new: DeliveryConfig) throws {
        try doors.apply(new)
        config.withLock { $0 = new }
        inbox.ring()
        figures.refold()
    }

    func stop() async {
        guard isStarted.withLock({ $0 }) else { return }
        await doors.stop()
        inbox.stop()
        loop.withLock { $0 }?.stop()
    }

    var routes: [Route] {
        let (doors, inbox, config) = (doors, inbox, config.withLock { $0 })
        return HooksAPI(
            receiver: { doors.receiver }, events: records.events, clock: clock, registry: registry,
            arrived: { inbox.ring() }, keepSecret: { doors.keep(secret: $1, of: $0) }
        ).routes
            + UploadsAPI(
                people: { doors.people }, events: records.events, clock: clock, registry: registry,
                arrived: {}
            ).routes
            + KPIAPI(
                board: board, clock: clock, windowMillis: config.windowMillis,
                yardstick: config.yardstick
            ).routes
            + DeliveryAPI(board: board, clock: clock, windowMillis: config.windowMillis).routes
            + DecisionsAPI(desk: desk, now: clock.now).routes
    }
}

/// Names of the critical alerts that fire and are about a scope: one without a label speaks of all.
private func critical(_ alerts: [ActiveAlert], _ scope: KPIScope) -> [String] {
    alerts.filter { alert in
        alert.state == .firing && alert.labels["severity"] == "critical"
            && scope.labels.allSatisfy { name, value in
                alert.labels[name].map { $0.isEmpty || $0 == value } ?? true
            }
    }.map { $0.labels["alertname"] ?? "alert" }.sorted()
}

/// `martlet_gate_state`: 1 passes, 0 fails, -1 is unknown.
private func gateFamilies(_ desk: DecisionDesk) -> [MetricFamily] {
    var samples: [MetricFamily.Sample] = []
    for (name, scope) in desk.questions where name == .go {
        for gate in desk.judgement(name, scope).gates {
            let value: Double =
                switch gate.state {
                case .pass: 1
                case .fail: 0
                case .unknown: -1
                }
            samples.append(
                .init(
                    labels: Labels([
                        ("service", scope.service ?? ""), ("gate", gate.kind.rawValue),
                    ]), value: value))
        }
    }
    return driftFamilies(desk)
        + (samples.isEmpty
            ? []
            : [
                MetricFamily(
                    name: "martlet_gate_state",
                    metadata: MetricMetadata(
                        kind: .gauge, help: "A gate of a release: 1 passes, 0 fails, -1 is unknown."
                    ),
                    samples: samples)
            ])
}

/// `martlet_drift_response`: 1 with the verdict as a label, a series a version that serves.
private func driftFamilies(_ desk: DecisionDesk) -> [MetricFamily] {
    let samples = desk.questions.filter { $0.0 == .driftResponse }.map { name, scope in
        MetricFamily.Sample(
            labels: Labels([
                ("model", scope.service ?? ""), ("version", scope.release ?? ""),
                ("verdict", desk.judgement(name, scope).verdict.rawValue),
            ]), value: 1)
    }
    if samples.isEmpty { return [] }
    return [
        MetricFamily(
            name: "martlet_drift_response",
            metadata: MetricMetadata(
                kind: .gauge, help: "What to do about a model version, as the label verdict."),
            samples: samples)
    ]
}

/// How often what was said came true, and of how many.
private func calibrationFamilies(_ desk: DecisionDesk) -> [MetricFamily] {
    let rows = desk.calibration
    if rows.isEmpty { return [] }
    func labels(_ row: DecisionCalibration) -> Labels {
        Labels([
            ("decision", row.name.rawValue), ("promise", row.promise.rawValue),
            ("said", row.said.map { numberText($0, .plain) } ?? ""),
        ])
    }
    return [
        MetricFamily(
            name: "martlet_decision_hit_rate",
            metadata: MetricMetadata(
                kind: .gauge,
                help: "Share of decisions that came out as said; `said` is the chance."),
            samples: rows.map {
                .init(labels: labels($0), value: Double($0.cameTrue) / Double($0.of))
            }),
        MetricFamily(
            name: "martlet_decision_outcomes",
            metadata: MetricMetadata(kind: .gauge, help: "Decisions whose outcome is known."),
            samples: rows.map { .init(labels: labels($0), value: Double($0.of)) }),
    ]
}

/// The watches that run: how many figures got better, worse, or are undecided after each release.
private func watchFamilies(_ board: DeliveryBoard, _ now: Millis) -> [MetricFamily] {
    let watches = board.snapshot?.state.openWatches(now: now) ?? []
    if watches.isEmpty { return [] }
    let samples = watches.flatMap { watch in
        Dictionary(grouping: watch.rows, by: \.verdict).sorted { $0.key.rawValue < $1.key.rawValue }
            .map { verdict, rows in
                MetricFamily.Sample(
                    labels: Labels([
                        ("service", watch.place.service), ("repository", watch.place.repository),
                        ("release", watch.version), ("verdict", verdict.rawValue),
                    ]), value: Double(rows.count))
            }
    }
    return [
        MetricFamily(
            name: "martlet_release_watch_figures",
            metadata: MetricMetadata(
                kind: .gauge,
                help: "Figures by how they moved since a release, while its watch runs."),
            samples: samples)
    ]
}
