// From alerts to receivers. Rules submit alerts; they are grouped, put into the outbox when their
// time has come, and delivered from there. Without a receiver they are kept and counted, and the
// pages say that nobody is told.

public import Basics
internal import Dispatch

/// What a notifier needs from outside.
public struct NotifierWorld: Sendable {
    public var outbox: OutboxStore
    public var fetch: Fetch
    public var clock: Clock
    public var registry: Registry
    public var policy = DeliveryPolicy()
    /// Where people reach this server; in every payload.
    public var externalURL = ""
    public var userAgent = "Martlet"
    public var log: @Sendable (String) -> Void = { _ in }
    public var readFile: @Sendable (String) throws(FileError) -> String = readSecretFile

    public init(outbox: OutboxStore, fetch: Fetch, clock: Clock, registry: Registry) {
        self.outbox = outbox
        self.fetch = fetch
        self.clock = clock
        self.registry = registry
    }
}

/// Groups alerts and tells the receivers.
public final class Notifier: @unchecked Sendable {  // State is only touched on `queue`.
    /// The clock is looked at so often even when nothing is due, to notice a suspended machine.
    private static let lookMillis: Millis = 30_000

    let world: NotifierWorld
    let courier: Courier
    private let deliverer: Deliverer
    private let metrics: DeliveryMetrics
    private let queue = DispatchQueue(label: "martlet.notifier")
    private let setup = Lock<[Receiver]>([])
    private let loop = Lock<Task<Void, Never>?>(nil)
    private let shown = Lock<[Alert]>([])
    private let untoldCount: Counter
    private let wake: AsyncStream<Void>.Continuation
    private let wakes: AsyncStream<Void>
    private var groups: NotificationGroups
    /// Alerts that nobody was told of, because there is no receiver.
    private var untold: [Labels: Alert] = [:]

    /// Makes a notifier; it reads what was told before, which blocks.
    public init(world: NotifierWorld, receivers: [Receiver]) {
        self.world = world
        courier = Courier(
            fetch: world.fetch, userAgent: world.userAgent, readFile: world.readFile)
        metrics = DeliveryMetrics(world.registry)
        untoldCount = world.registry.counter(
            "martlet_alerts_untold_total", "Alerts that fired while no receiver was configured.")
        (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        do {
            groups = NotificationGroups(try world.outbox.records(world.clock.now()))
        } catch {
            world.log("what was told before cannot be read; alerts may be told again: \(error)")
            groups = NotificationGroups()
        }
        let forward = Lock<(@Sendable (SentRecord.Key) -> Void)?>(nil)
        deliverer = Deliverer(
            store: world.outbox, courier: courier, policy: world.policy, clock: world.clock,
            metrics: metrics, log: world.log
        ) { key in forward.withLock { $0 }?(key) }
        setup.withLock { $0 = receivers }
        forward.withLock { $0 = { [weak self] key in self?.forget(key) } }
        deliverer.apply(targets(receivers), runs: false)
        refresh()
    }

    /// Begins to tell.
    public func start() {
        deliverer.apply(targets(receivers), runs: true)
        let (wakes, wake, clock) = (wakes, wake, world.clock)
        let task = Task { [weak self] in
            var sleeper: Task<Void, Never>?
            for await _ in wakes {
                sleeper?.cancel()
                guard let due = await self?.flush() else { return }
                sleeper = Task {
                    let wait = max(0, due - clock.now())
                    do { try await clock.sleep(.milliseconds(wait)) } catch { return }
                    wake.yield()
                }
            }
            sleeper?.cancel()
        }
        loop.withLock { $0 = task }
        wake.yield()
    }

    /// Ends telling; what waits stays in the outbox.
    public func stop() async {
        let task = loop.withLock { task in
            defer { task = nil }
            return task
        }
        wake.finish()
        await task?.value
        await deliverer.stop()
        await onQueue {}
    }

    /// Puts receivers in place of those before; groups of receivers that are gone end unheard.
    public func apply(_ receivers: [Receiver]) {
        setup.withLock { $0 = receivers }
        deliverer.apply(targets(receivers), runs: loop.withLock { $0 != nil })
        wake.yield()
    }

    public var receivers: [Receiver] { setup.withLock { $0 } }

    /// True when alerts reach nobody.
    public var tellsNobody: Bool { receivers.allSatisfy(\.webhooks.isEmpty) }

    /// The alerts that are known here, told or not.
    public var alerts: [Alert] { shown.withLock { $0 } }

    /// Takes alerts from the rules; returns at once.
    public func submit(_ alerts: [Alert]) {
        queue.async { self.take(alerts) }
    }

    // MARK: - On the queue

    private func take(_ alerts: [Alert]) {
        let now = world.clock.now()
        if tellsNobody {
            for alert in alerts {
                let isNew = untold[alert.labels] == nil
                untold[alert.labels] = alert.isResolved(at: now) ? nil : alert
                if isNew && !alert.isResolved(at: now) { untoldCount.add() }
            }
        } else {
            untold = [:]
        }
        groups.receive(alerts, at: now, receivers: receivers)
        refresh()
        wake.yield()
    }

    /// Tells what is due.
    ///
    /// - Returns: when to look again.
    func flush() async -> Millis { await onQueue { self.flushOnQueue() } }

    private func flushOnQueue() -> Millis {
        let now = world.clock.now()
        untold = untold.filter { !$0.value.isResolved(at: now) }
        var next = groups
        let flush = next.flush(at: now, receivers: receivers) { self.deliverer.isWaiting($0) }
        let messages = flush.notifications.map { notification in
            OutgoingMessage(
                target: Receiver.target(notification.receiver, notification.webhook),
                groupKey: notification.groupKey,
                payload: notification.payload(externalURL: world.externalURL), createdAt: now)
        }
        do {
            if !messages.isEmpty { try world.outbox.enqueue(messages, flush.records) }
            groups = next
        } catch {
            // The groups stay as they were, so nothing is lost: the same is tried again soon.
            world.log("notifications cannot be put into the outbox: \(error)")
            return now + Self.lookMillis
        }
        for record in flush.records {
            metrics.enqueued(record.key.target)
            deliverer.noteEnqueued(record.key)
            deliverer.wake(record.key.target)
        }
        refresh()
        return min(groups.nextFlushAt ?? .max, now + Self.lookMillis)
    }

    private func refresh() {
        let known = tellsNobody ? untold.values.sorted { $0.labels < $1.labels } : groups.alerts
        shown.withLock { $0 = known }
    }

    private func forget(_ key: SentRecord.Key) {
        queue.async { self.groups.forget(key) }
    }

    /// Delivers everything that is due now; for tests, which have no loops.
    func deliver(_ target: String) async -> Millis? { await deliverer.pass(target) }

    private func targets(_ receivers: [Receiver]) -> [String: Webhook] {
        var targets: [String: Webhook] = [:]
        for receiver in receivers {
            for (index, webhook) in receiver.webhooks.enumerated() {
                targets[Receiver.target(receiver.name, index)] = webhook
            }
        }
        for target in targets.keys { metrics.announce(target) }
        return targets
    }

    private func onQueue<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result
    {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
    }
}

/// Reads a file that holds a secret.
@Sendable
public func readSecretFile(_ path: String) throws(FileError) -> String {
    let files = Files.system
    let handle = try files.open(path, .read)
    defer { files.close(handle) }
    // A secret is a line; nobody's is longer than this.
    return String(decoding: try files.read(handle, 0, 64 << 10).prefix { $0 != 0 }, as: UTF8.self)
}
