// The wiring of alerting: what the notifier needs from the disk and from the engine, the Alertmanagers that
// alerts are passed on to, and the end points. Nothing is decided here.

import Basics
import Bytes
import Carry
import Foundation
import Keep
import Query
import Reason
import Send
import Serve

/// Everything between a rule that fires and somebody who is told.
final class AlertingRoom: Sendable {
    let notifier: Notifier
    let forwarder: AlertForwarder
    let capacity = CapacityBoard()
    private let records: RecordKeeper
    private let lessons: LessonBook
    private let engine: Engine
    private let clock: Clock
    private let pictures: String
    private let started: Millis

    init(
        _ configuration: Configuration, records: RecordKeeper, engine: Engine, fetch: Fetch,
        clock: Clock, registry: Registry, started: Millis
    ) {
        self.records = records
        self.engine = engine
        self.clock = clock
        self.started = started
        pictures = configuration.data + "/pictures"
        lessons = LessonBook(records.lessons)
        let agent = "Martlet/\(martletVersion)"
        forwarder = AlertForwarder(
            fetch: fetch, clock: clock, registry: registry, userAgent: agent, log: { remark($0) })
        var world = NotifierWorld(
            outbox: .records(records, clock: clock), fetch: fetch, clock: clock,
            registry: registry)
        world.silences = .records(records.silences)
        world.userAgent = agent
        world.log = { remark($0) }
        world.texts.externalURL = configuration.publicURL
        world.texts.language = configuration.language
        world.texts.past = { [lessons] in lessons.sentence($0) }
        let folder = pictures
        var limits = configuration.queryLimits
        // A notification waits for its picture, but not for long.
        limits.timeout = .seconds(3)
        let quick = limits
        world.texts.picture = { alert, time in
            AlertingRoom.picture(
                alert, at: time, engine: engine, limits: quick, folder: folder,
                language: configuration.language)
        }
        notifier = Notifier(world: world, plan: configuration.notifications.plan)
        forwarder.apply(configuration.notifications.alertmanagers)
    }

    /// Takes what rules say.
    func submit(_ alerts: [Alert]) {
        notifier.submit(alerts)
        forwarder.submit(alerts)
    }

    /// Keeps what changed; that it cannot be kept stops no alert.
    func keep(_ transitions: [AlertTransition]) {
        let rows = transitions.map {
            TransitionRow(
                at: $0.at, alert: $0.alert, labels: $0.labels, state: $0.state.rawValue,
                value: $0.value)
        }
        do {
            try records.alertHistory.append(rows)
        } catch {
            remark("changes of alerts could not be kept: \(error)")
        }
    }

    func apply(_ configuration: Configuration) {
        notifier.apply(configuration.notifications.plan)
        forwarder.apply(configuration.notifications.alertmanagers)
    }

    /// The rhythms of alerting: capacity, and forgetting.
    func loops(intake: Intake, _ configuration: @escaping @Sendable () -> Configuration) -> [Loop] {
        [
            .capacity(
                capacity, clock: clock, engine: engine, intake: intake,
                configuration: configuration),
            Loop("alert-history", everyMillis: 6 * 3_600_000, clock: clock) { _ in self.prune() },
        ]
    }

    /// History is kept for a quarter of a year.
    private static let historyMillis: Millis = 90 * 86_400_000

    /// Forgets old history.
    private func prune() {
        let before = clock.now() - Self.historyMillis
        do {
            try records.alertHistory.prune(before: before)
            try records.outbox.prune(before: before)
        } catch {
            remark("old history of alerts could not be removed: \(error)")
        }
    }

    func routes(limits: @escaping @Sendable () -> QueryLimits) -> [Route] {
        let lessons = lessons
        return AlertmanagerAPI(
            notifier: notifier, version: martletVersion, started: started, now: clock.now
        ).routes
            + AlertHistoryAPI(
                history: records.alertHistory, lessons: records.lessons, now: clock.now,
                lessonsChanged: { lessons.refresh() }
            ).routes
            + [capacity.route]
            + GraphAPI(engine: engine, folder: pictures, now: clock.now, limits: limits).routes
    }

    /// The three hours before an alert; nil when there is nothing to draw, which is said.
    private static func picture(
        _ alert: Alert, at time: Millis, engine: Engine, limits: QueryLimits, folder: String,
        language: String
    ) -> [UInt8]? {
        guard
            let expression = alert.escapedExpression?.replacing("+", with: " ")
                .removingPercentEncoding
        else { return nil }
        let summary = alert.annotation("summary", language: language)
        let title = summary.isEmpty ? alert.labels["alertname"] : summary
        let range = TimeRange(from: time - 3 * 3_600_000, through: time)
        do {
            var picture = try Picture(
                of: expression, title: title, over: range, engine: engine, limits: limits)
            picture.thresholdName = language == "zh" ? "阈值" : "threshold"
            return try picture.png(folder: folder)
        } catch {
            remark("no picture of \(alert.labels["alertname"] ?? "an alert"): \(error)")
            return nil
        }
    }
}

extension Zones {
    /// The system's time zones.
    static let system = Zones { name, time in
        TimeZone(identifier: name)?.secondsFromGMT(
            for: Date(timeIntervalSince1970: Double(time) / 1000))
    }
}
