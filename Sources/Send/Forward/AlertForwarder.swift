// Passing alerts on to real Alertmanagers, as Prometheus does: every report of a rule goes to each of
// them, in batches, through a queue that drops its oldest when it is full. Nothing is tried again: a rule
// repeats a firing alert every minute, and an end for a quarter of an hour.

public import Basics
import Bytes

/// One Alertmanager.
public struct AlertmanagerTarget: Sendable, Equatable {
    /// Where alerts are posted, `http://host:9093/api/v2/alerts`.
    public var url: String
    public var timeoutMillis: Millis = 10_000
    public var access = HTTPAccess()

    public init(url: String) { self.url = url }
}

/// Passes alerts on.
public final class AlertForwarder: Sendable {
    /// Prometheus' figures.
    public static let queueMax = 10_000
    static let batchMax = 256

    private struct Lane {
        var queue: [Alert] = []
        var isSending = false
    }

    private let courier: Courier
    private let clock: Clock
    private let registry: Registry
    private let log: @Sendable (String) -> Void
    private let state = Lock<(targets: [AlertmanagerTarget], lanes: [String: Lane])>(([], [:]))

    public init(
        fetch: Fetch, clock: Clock, registry: Registry, userAgent: String,
        log: @escaping @Sendable (String) -> Void
    ) {
        courier = Courier(
            fetch: fetch, userAgent: userAgent, readFile: readSecretFile, now: clock.now)
        self.clock = clock
        self.registry = registry
        self.log = log
    }

    /// Puts targets in place of those before.
    public func apply(_ targets: [AlertmanagerTarget]) {
        state.withLock { state in
            state.targets = targets
            let urls = Set(targets.map(\.url))
            state.lanes = state.lanes.filter { urls.contains($0.key) }
        }
        for target in targets {
            count("sent", target, 0)
            count("dropped", target, 0)
        }
    }

    /// Takes alerts; returns at once.
    public func submit(_ alerts: [Alert]) {
        let (ready, dropped) = state.withLock { state in
            var ready: [AlertmanagerTarget] = []
            var dropped: [(AlertmanagerTarget, Int)] = []
            for target in state.targets {
                var lane = state.lanes[target.url] ?? Lane()
                lane.queue += alerts
                let over = lane.queue.count - Self.queueMax
                if over > 0 {
                    lane.queue.removeFirst(over)
                    dropped.append((target, over))
                }
                if !lane.isSending {
                    lane.isSending = true
                    ready.append(target)
                }
                state.lanes[target.url] = lane
            }
            return (ready, dropped)
        }
        for (target, over) in dropped { count("dropped", target, Double(over)) }
        for target in ready { Task { await self.drain(target) } }
    }

    /// Sends what waits for a target.
    func drain(_ target: AlertmanagerTarget) async {
        while true {
            let batch = state.withLock { state -> [Alert] in
                let waiting = state.lanes[target.url]?.queue ?? []
                let batch = Array(waiting.prefix(Self.batchMax))
                state.lanes[target.url]?.queue.removeFirst(batch.count)
                if batch.isEmpty { state.lanes[target.url]?.isSending = false }
                return batch
            }
            if batch.isEmpty { return }
            await send(batch, target)
        }
    }

    private func send(_ batch: [Alert], _ target: AlertmanagerTarget) async {
        var integration = Integration.webhook(.text(Secret(target.url)))
        integration.timeoutMillis = target.timeoutMillis
        integration.access = target.access
        let result = await courier.send(Self.body(batch), to: integration, deliveryID: "-")
        var fault: String?
        switch result {
        case .success(let answer):
            if !(200..<300).contains(answer.status) { fault = "it answered \(answer.status)" }
        case .failure(let error): fault = error.description
        }
        count(fault == nil ? "sent" : "dropped", target, Double(batch.count))
        if let fault {
            log("alerts for the Alertmanager at \(Secret(target.url).shownURL): \(fault)")
        }
    }

    /// The body that Alertmanager takes.
    static func body(_ alerts: [Alert]) -> [UInt8] {
        var writer = JSONWriter(capacity: 512 * alerts.count)
        writer.beginArray()
        for alert in alerts {
            writer.beginObject()
            writer.key("annotations")
            writer.labels(alert.annotations)
            writer.field("endsAt", CivilTime(alert.endsAt).rfc3339)
            writer.field("startsAt", CivilTime(alert.startsAt).rfc3339)
            writer.field("generatorURL", alert.generatorURL)
            writer.key("labels")
            writer.labels(alert.labels)
            writer.endObject()
        }
        writer.endArray()
        return writer.bytes
    }

    private func count(_ what: String, _ target: AlertmanagerTarget, _ amount: Double) {
        registry.counter(
            "martlet_alerts_forwarded_\(what)_total",
            what == "sent"
                ? "Alerts that an Alertmanager took." : "Alerts that could not be passed on.",
            ["alertmanager": Secret(target.url).shownURL]
        ).add(amount)
    }
}
