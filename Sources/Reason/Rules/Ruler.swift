// Runs the rule groups: each on its own queue, at its own interval, off the cooperative pool
// because queries block. A reload leaves unchanged groups alone and hands the states of changed
// ones over.

public import Basics
internal import Dispatch

/// All rule groups at work.
public final class Ruler: Sendable {
    private struct State {
        var loops: [String: GroupLoop] = [:]
        /// The order of files and groups, for showing them.
        var order: [String] = []
    }

    private let world: RuleWorld
    private let clock: Clock
    private let notify: @Sendable ([Alert]) -> Void
    private let durations: Histogram
    private let state = Lock(State())

    /// Makes a ruler without rules.
    ///
    /// - Parameter notify: takes the alerts that receivers should hear of; called on a group's
    ///   queue, may block.
    public init(
        world: RuleWorld, clock: Clock, registry: Registry,
        notify: @escaping @Sendable ([Alert]) -> Void
    ) {
        self.world = world
        self.clock = clock
        self.notify = notify
        durations = registry.histogram(
            "martlet_rule_group_duration_seconds", "How long evaluations of rule groups took.")
        registry.gather { [weak self] in self?.families() ?? [] }
    }

    /// Puts groups to work in place of those that run now.
    public func apply(_ groups: [RuleGroup]) async {
        let old = state.withLock { $0.loops }
        var new: [String: GroupLoop] = [:]
        for group in groups {
            if let running = old[group.key], running.fullText == group.fullText {
                new[group.key] = running
                continue
            }
            var evaluator = GroupEvaluator(group, world: world)
            if let running = old[group.key] { evaluator.takeOver(await running.stop()) }
            let loop = GroupLoop(evaluator, clock: clock, durations: durations, notify: notify)
            new[group.key] = loop
            loop.start()
        }
        state.withLock { $0 = State(loops: new, order: groups.map(\.key)) }
        for (key, loop) in old where new[key] == nil { await loop.retire() }
    }

    /// Ends all evaluation; what runs is finished first.
    public func stop() async {
        let loops = state.withLock { state in
            defer { state = State() }
            return state.loops
        }
        for loop in loops.values { _ = await loop.stop() }
    }

    /// How every group stands, in the order of the files.
    public var snapshots: [RuleGroupSnapshot] {
        let loops = state.withLock { state in state.order.compactMap { state.loops[$0] } }
        return loops.map(\.snapshot)
    }

    /// All pending and firing alerts.
    public var alerts: [ActiveAlert] { snapshots.flatMap { $0.rules.flatMap(\.alerts) } }

    private func families() -> [MetricFamily] { ruleFamilies(snapshots) }
}

/// One group with its queue and its task.
private final class GroupLoop: @unchecked Sendable {  // `evaluator` is only touched on `queue`.
    let fullText: String
    private let queue: DispatchQueue
    private let clock: Clock
    private let durations: Histogram
    private let notify: @Sendable ([Alert]) -> Void
    private let shown: Lock<RuleGroupSnapshot>
    private let task = Lock<Task<Void, Never>?>(nil)
    private var evaluator: GroupEvaluator
    private var schedule: RuleSchedule

    init(
        _ evaluator: GroupEvaluator, clock: Clock, durations: Histogram,
        notify: @escaping @Sendable ([Alert]) -> Void
    ) {
        self.evaluator = evaluator
        self.clock = clock
        self.durations = durations
        self.notify = notify
        fullText = evaluator.group.fullText
        shown = Lock(evaluator.snapshot)
        queue = DispatchQueue(label: "martlet.rules.\(evaluator.group.name)")
        schedule = RuleSchedule(key: evaluator.group.key, intervalMillis: evaluator.intervalMillis)
    }

    var snapshot: RuleGroupSnapshot { shown.withLock { $0 } }

    func start() {
        let (clock, schedule) = (clock, schedule)
        let loop = Task { [weak self] in
            while !Task.isCancelled {
                let wait = schedule.wait(at: clock.now())
                do { try await clock.sleep(.milliseconds(wait)) } catch { return }
                guard let self, !Task.isCancelled else { return }
                await self.onQueue { self.evaluate() }
            }
        }
        task.withLock { $0 = loop }
    }

    /// Ends the loop after what runs, and returns the state it leaves.
    func stop() async -> GroupEvaluator {
        cancel()
        return await onQueue {
            self.evaluator.rememberNow()
            return self.evaluator
        }
    }

    /// Ends the loop and the series that the group wrote.
    func retire() async {
        cancel()
        await onQueue { self.evaluator.retire(at: self.clock.now()) }
    }

    private func cancel() {
        let running = task.withLock { task in
            defer { task = nil }
            return task
        }
        running?.cancel()
    }

    private func evaluate() {
        // Cancelled while it waited for the queue: the successor evaluates.
        guard task.withLock({ $0 != nil }), let due = schedule.due(at: clock.now()) else { return }
        evaluator.countMissed(due.missed)
        let alerts = evaluator.step(at: due.time)
        let snapshot = evaluator.snapshot
        shown.withLock { $0 = snapshot }
        durations.observe(snapshot.evaluationSeconds)
        if !alerts.isEmpty { notify(alerts) }
    }

    @discardableResult
    private func onQueue<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result
    {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
    }
}
