// Delivers what waits in the outbox: a task for each integration, so that a slow receiver
// delays no other; within an integration one message at a time, and within a group in order, so that an end never
// arrives before its beginning. The outcome is recorded right after the answer: a crash in between
// repeats the message under the same delivery id, nothing else does.

import Basics
internal import Dispatch

/// The deliveries of all receivers.
final class Deliverer: Sendable {
    /// Messages looked at in one pass; a receiver that lags further is served in further passes.
    private static let passMax = 256

    /// An integration's task, which is told to end and never cancelled: a request that is cut off may
    /// have been taken, and would be repeated.
    private struct Lane {
        var task: Task<Void, Never>
        var wake: AsyncStream<Void>.Continuation
    }

    private struct State {
        var lanes: [String: Lane] = [:]
        var integrations: [String: Integration] = [:]
        /// Messages on their way.
        var waiting: [SentRecord.Key: Int] = [:]
        /// Delivered, but the record of it could not be written; never to be sent again.
        var unrecorded: [Int64: String] = [:]
        var isStopping = false
    }

    private let store: OutboxStore
    private let courier: Courier
    private let policy: DeliveryPolicy
    private let clock: Clock
    private let metrics: DeliveryMetrics
    private let log: @Sendable (String) -> Void
    private let gaveUp: @Sendable (SentRecord.Key) -> Void
    private let queue = DispatchQueue(label: "martlet.outbox")
    private let state = Lock(State())

    init(
        store: OutboxStore, courier: Courier, policy: DeliveryPolicy, clock: Clock,
        metrics: DeliveryMetrics, log: @escaping @Sendable (String) -> Void,
        gaveUp: @escaping @Sendable (SentRecord.Key) -> Void
    ) {
        self.store = store
        self.courier = courier
        self.policy = policy
        self.clock = clock
        self.metrics = metrics
        self.log = log
        self.gaveUp = gaveUp
    }

    /// Delivers through these integrations from now on, by target.
    func apply(_ integrations: [String: Integration], runs: Bool) {
        let ended = state.withLock { state in
            state.integrations = integrations
            let gone = state.lanes.filter { integrations[$0.key] == nil }
            for target in gone.keys { state.lanes[target] = nil }
            return gone
        }
        for lane in ended.values { lane.wake.finish() }
        guard runs else { return }
        for target in integrations.keys {
            state.withLock { state in
                if state.lanes[target] == nil { state.lanes[target] = lane(target) }
            }
            wake(target)
        }
    }

    /// Ends after the requests that are on their way.
    func stop() async {
        let lanes = state.withLock { state in
            defer { state.lanes = [:] }
            state.isStopping = true
            return state.lanes
        }
        for lane in lanes.values { lane.wake.finish() }
        for lane in lanes.values { await lane.task.value }
    }

    /// Says that something new waits.
    func wake(_ target: String) {
        state.withLock { $0.lanes[target]?.wake }?.yield()
    }

    func noteEnqueued(_ key: SentRecord.Key) {
        state.withLock { $0.waiting[key, default: 0] += 1 }
    }

    func isWaiting(_ key: SentRecord.Key) -> Bool {
        state.withLock { $0.waiting[key, default: 0] > 0 }
    }

    private func lane(_ target: String) -> Lane {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let clock = clock
        let task = Task { [weak self] in
            var sleeper: Task<Void, Never>?
            for await _ in stream {
                sleeper?.cancel()
                guard let self, let due = await self.pass(target) else { continue }
                sleeper = Task {
                    let wait = max(0, due - clock.now())
                    do { try await clock.sleep(.milliseconds(wait)) } catch { return }
                    continuation.yield()
                }
            }
            sleeper?.cancel()
        }
        return Lane(task: task, wake: continuation)
    }

    // MARK: - One pass

    /// Tries everything that is due for a target.
    ///
    /// - Returns: when to look again; nil when nothing waits.
    func pass(_ target: String) async -> Millis? {
        guard let integration = state.withLock({ $0.integrations[target] }) else { return nil }
        let (store, limit) = (store, Self.passMax)
        guard let entries = await blocking({ try store.waiting(target, limit) }) else {
            return clock.now() + policy.pauseMillisMax
        }
        metrics.waiting(target, entries, at: clock.now())
        var left: [WaitingMessage] = []
        var blocked: Set<String> = []
        var next: Millis?
        for entry in entries {
            if state.withLock({ $0.isStopping || $0.integrations[target] == nil }) { return nil }
            if blocked.contains(entry.message.groupKey) {
                left.append(entry)
                continue
            }
            guard let retryAt = await attempt(entry, integration, target) else { continue }
            left.append(entry)
            blocked.insert(entry.message.groupKey)
            next = min(next ?? retryAt, retryAt)
        }
        metrics.waiting(target, left, at: clock.now())
        return entries.count == limit && left.count < limit ? clock.now() : next
    }

    /// Tries one message.
    ///
    /// - Returns: when to try again; nil when the message is settled.
    private func attempt(_ entry: WaitingMessage, _ integration: Integration, _ target: String)
        async
        -> Millis?
    {
        if let answer = state.withLock({ $0.unrecorded[entry.id] }) {
            return await settle(entry, target, .done(answer: answer))
        }
        if entry.notBefore > clock.now() { return entry.notBefore }
        let start = clock.monotonic()
        let result = await courier.send(
            entry.message.payload, to: integration, deliveryID: entry.message.deliveryID)
        let seconds = Double(clock.monotonic() - start) / 1e9
        metrics.attempted(target, seconds: seconds)
        return await settle(
            entry, target, policy.verdict(result, entry, at: clock.now()), seconds: seconds)
    }

    private func settle(
        _ entry: WaitingMessage, _ target: String, _ verdict: DeliveryPolicy.Verdict,
        seconds: Double? = nil
    ) async -> Millis? {
        let (store, now, id) = (store, clock.now(), entry.id)
        if seconds != nil { await note(entry, verdict, at: now, seconds ?? 0) }
        switch verdict {
        case .done(let answer):
            guard await blocking({ try store.succeed(id, now, answer) }) != nil else {
                state.withLock { $0.unrecorded[id] = answer }
                return now + policy.pauseMillisMin
            }
            metrics.delivered(target)
            release(entry)
            return nil
        case .retry(let at, let error):
            metrics.failedAttempt(target)
            log(
                "notification to \(target), attempt \(entry.attempts + 1): \(error); more follow"
            )
            _ = await blocking { try store.fail(id, at, error) }
            return at
        case .giveUp(let error):
            log("notification to \(target) given up: \(error)")
            guard await blocking({ try store.giveUp(id, now, error) }) != nil else {
                return now + policy.pauseMillisMax
            }
            metrics.failedAttempt(target)
            metrics.gaveUp(target)
            release(entry)
            gaveUp(entry.key)
            return nil
        }
    }

    /// Keeps the attempt for people; that it cannot be kept changes nothing about the delivery.
    private func note(
        _ entry: WaitingMessage, _ verdict: DeliveryPolicy.Verdict, at now: Millis,
        _ seconds: Double
    ) async {
        let (outcome, answer): (DeliveryAttempt.Outcome, String) =
            switch verdict {
            case .done(let answer): (.delivered, answer)
            case .retry(_, let error): (.failed, error)
            case .giveUp(let error): (.givenUp, error)
            }
        let attempt = DeliveryAttempt(
            message: entry.id, target: entry.message.target, groupKey: entry.message.groupKey,
            at: now, number: entry.attempts + 1, outcome: outcome, answer: answer, seconds: seconds)
        let store = store
        _ = await blocking { try store.note(attempt) }
    }

    private func release(_ entry: WaitingMessage) {
        let key = entry.key
        state.withLock { state in
            state.unrecorded[entry.id] = nil
            let left = state.waiting[key, default: 0] - 1
            state.waiting[key] = left > 0 ? left : nil
        }
    }

    /// Runs a call of the store on the outbox's own queue; nil when it failed, which is logged.
    private func blocking<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result
    ) async -> Result? {
        await withCheckedContinuation { continuation in
            queue.async { [log] in
                do {
                    continuation.resume(returning: try body())
                } catch {
                    log("the outbox failed: \(error)")
                    continuation.resume(returning: nil)
                }
            }
        }
    }
}

extension WaitingMessage {
    fileprivate var key: SentRecord.Key {
        SentRecord.Key(target: message.target, groupKey: message.groupKey)
    }
}
