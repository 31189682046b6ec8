// From alerts to receivers. Rules and the API submit alerts; they are routed and grouped, held back when
// a silence, another alert or the calendar says so, put into the outbox when their time has come, and
// delivered from there. Without a receiver they are kept and counted, and the pages say that nobody is
// told.

public import Basics
internal import Dispatch
internal import Reason

/// What a notifier needs from outside.
public struct NotifierWorld: Sendable {
    public var outbox: OutboxStore
    public var silences = SilenceStore.none
    public var fetch: Fetch
    public var clock: Clock
    public var registry: Registry
    public var policy = DeliveryPolicy()
    /// What notifications say beyond the alerts themselves.
    public var texts = TextWorld()
    public var userAgent = "Martlet"
    public var log: @Sendable (String) -> Void = { _ in }
    public var readFile: @Sendable (String) throws(FileError) -> String = readSecretFile
    /// A random UUID, for a new silence.
    public var newID: @Sendable () -> String = randomID

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
    private let setup: Lock<NotifyPlan>
    private let loop = Lock<Task<Void, Never>?>(nil)
    private let shown = Lock<[Alert]>([])
    private let untoldCount: Counter
    private let wake: AsyncStream<Void>.Continuation
    private let wakes: AsyncStream<Void>
    private var state: NotifierState

    /// Makes a notifier; it reads what was told before, which blocks.
    public init(world: NotifierWorld, plan: NotifyPlan) {
        self.world = world
        courier = Courier(
            fetch: world.fetch, userAgent: world.userAgent, readFile: world.readFile,
            now: world.clock.now)
        metrics = DeliveryMetrics(world.registry)
        untoldCount = world.registry.counter(
            "martlet_alerts_untold_total", "Alerts that fired while no receiver was configured.")
        (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        setup = Lock(plan)
        state = NotifierState(world)
        let forward = Lock<(@Sendable (SentRecord.Key) -> Void)?>(nil)
        deliverer = Deliverer(
            store: world.outbox, courier: courier, policy: world.policy, clock: world.clock,
            metrics: metrics, log: world.log
        ) { key in forward.withLock { $0 }?(key) }
        forward.withLock { $0 = { [weak self] key in self?.forget(key) } }
        state.library = Self.library(plan, world)
        deliverer.apply(targets(plan), runs: false)
    }

    /// Everybody hears of everything.
    public convenience init(world: NotifierWorld, receivers: [Receiver]) {
        self.init(world: world, plan: NotifyPlan(receivers))
    }

    /// Begins to tell.
    public func start() {
        deliverer.apply(targets(plan), runs: true)
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
        await onQueue { _ in }
    }

    /// Puts a plan in place of the one before: the groups are made anew of the alerts that are known,
    /// and what was told is remembered, so that nothing is told twice.
    public func apply(_ plan: NotifyPlan) {
        setup.withLock { $0 = plan }
        deliverer.apply(targets(plan), runs: loop.withLock { $0 != nil })
        queue.async {
            let now = self.world.clock.now()
            self.state.library = Self.library(plan, self.world)
            let alerts = self.state.table.entries.values.map(\.alert)
            self.state.groups.rebuild(alerts, at: now, plan: plan)
            self.refresh()
            self.wake.yield()
        }
    }

    public var plan: NotifyPlan { setup.withLock { $0 } }

    public var receivers: [Receiver] { plan.receivers }

    /// True when alerts reach nobody.
    public var tellsNobody: Bool { plan.tellsNobody }

    /// The alerts that fire, told or not, and those whose end is still to be told.
    public var alerts: [Alert] { shown.withLock { $0 } }

    /// Takes alerts from the rules; returns at once.
    public func submit(_ alerts: [Alert]) {
        queue.async {
            let now = self.world.clock.now()
            self.take(alerts.map { KnownAlert(alert: $0, updatedAt: now) }, at: now)
        }
    }

    /// Takes reports from elsewhere.
    public func submit(reports: [KnownAlert]) {
        queue.async { self.take(reports, at: self.world.clock.now()) }
    }

    // MARK: - On the queue

    private func take(_ reports: [KnownAlert], at now: Millis) {
        state.table.look(at: now)
        let isNews = tellsNobody
        let alerts = reports.map { report in
            let known = state.table.entries[report.alert.labels]
            let wasFiring = known.map { !$0.alert.isResolved(at: now) } ?? false
            let alert = state.table.put(report, at: now)
            if isNews && !wasFiring && !alert.isResolved(at: now) { untoldCount.add() }
            return alert
        }
        state.groups.receive(alerts, at: now, plan: plan)
        refresh()
        wake.yield()
    }

    /// Tells what is due.
    ///
    /// - Returns: when to look again.
    func flush() async -> Millis {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: self.flushOnQueue()) }
        }
    }

    private func flushOnQueue() -> Millis {
        let now = world.clock.now()
        let plan = plan
        state.table.look(at: now)
        forgetSilences(at: now)
        var next = state.groups
        let muting = state.muting(plan, at: now)
        let flush = next.flush(at: now, plan: plan, isMuted: { muting.holdsBack($0.labels) }) {
            self.deliverer.isWaiting($0)
        }
        let messages = flush.notifications.compactMap { message($0, plan) }
        do {
            if !flush.records.isEmpty { try world.outbox.enqueue(messages, flush.records) }
            state.groups = next
        } catch {
            // The groups stay as they were, so nothing is lost: the same is tried again soon.
            world.log("notifications cannot be put into the outbox: \(error)")
            return now + Self.lookMillis
        }
        for message in messages { noteEnqueued(message) }
        refresh()
        return min(state.groups.nextFlushAt ?? .max, now + Self.lookMillis)
    }

    /// Says that a message was put into the outbox.
    public func noteEnqueued(_ message: OutgoingMessage) {
        metrics.enqueued(message.target)
        deliverer.noteEnqueued(.init(target: message.target, groupKey: message.groupKey))
        deliverer.wake(message.target)
    }

    private func message(_ notification: Notification, _ plan: NotifyPlan) -> OutgoingMessage? {
        guard let receiver = plan.receiver(notification.receiver),
            receiver.integrations.indices.contains(notification.integration)
        else { return nil }
        return notification.message(
            to: receiver.integrations[notification.integration], world.texts,
            library: state.library)
    }

    private func forgetSilences(at now: Millis) {
        let gone = state.silences.prune(at: now)
        if gone.isEmpty { return }
        do {
            try world.silences.save([], gone)
        } catch {
            world.log("ended silences cannot be removed: \(error)")
        }
    }

    private func refresh() {
        let known = state.table.entries.values.map(\.alert)
        let now = world.clock.now()
        let list = known.filter { !$0.isResolved(at: now) }.sorted { $0.labels < $1.labels }
        shown.withLock { $0 = list }
    }

    private func forget(_ key: SentRecord.Key) {
        queue.async { self.state.groups.forget(key) }
    }

    /// Delivers everything that is due now; for tests, which have no loops.
    func deliver(_ target: String) async -> Millis? { await deliverer.pass(target) }

    private func targets(_ plan: NotifyPlan) -> [String: Integration] {
        var targets: [String: Integration] = [:]
        for receiver in plan.receivers {
            for (index, integration) in receiver.integrations.enumerated() {
                targets[Receiver.target(receiver.name, index)] = integration
            }
        }
        for target in targets.keys { metrics.announce(target) }
        return targets
    }

    /// The default templates of the language with those of the plan above them.
    static func library(_ plan: NotifyPlan, _ world: NotifierWorld) -> TemplateLibrary {
        var texts = world.texts
        texts.library.merge(plan.library)
        return texts.wholeLibrary()
    }

    /// Runs a piece of work on the state, and waits for it; never called from the queue itself.
    func withState<Result: Sendable>(
        _ body: (inout NotifierState) throws -> Result
    ) rethrows -> Result {
        try queue.sync { try body(&state) }
    }

    /// Looks again soon, because something changed what is held back.
    func lookAgain() { wake.yield() }

    private func onQueue(_ body: @escaping @Sendable (inout NotifierState) -> Void) async {
        await withCheckedContinuation { continuation in
            queue.async {
                body(&self.state)
                continuation.resume()
            }
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

/// A version 4 UUID (RFC 4122).
@Sendable
public func randomID() -> String {
    var bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max) }
    bytes[6] = bytes[6] & 0x0f | 0x40
    bytes[8] = bytes[8] & 0x3f | 0x80
    let hex = bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    var parts: [String] = []
    var rest = hex[...]
    for length in [8, 4, 4, 4, 12] {
        parts.append(String(rest.prefix(length)))
        rest = rest.dropFirst(length)
    }
    return parts.joined(separator: "-")
}
