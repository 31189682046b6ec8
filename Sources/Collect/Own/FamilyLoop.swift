// Writes families into the intake at an even beat. The host goes in as `job="node"`, because that is
// the job that public rules and dashboards of the node exporter name; the agent itself as
// `job="martlet"`. Reading and appending run on a queue of the loop's own, since both block.

public import Basics
internal import Dispatch

/// Gathers families and keeps them as series, again and again.
public final class FamilyLoop: Sendable {
    private let gather: @Sendable () -> [MetricFamily]
    private let feed: Lock<FamilyFeed>
    private let clock: Clock
    private let intervalMillis: Millis
    private let queue: DispatchQueue
    private let task = Lock<Task<Void, Never>?>(nil)
    private let failures: Counter

    /// - Parameters:
    ///   - job: becomes the label `job`, and names the queue.
    ///   - gather: yields the families; may block.
    public init(
        job: String, instance: String, intervalMillis: Millis = 15_000, intake: Intake,
        clock: Clock = .system, registry: Registry,
        gather: @escaping @Sendable () -> [MetricFamily]
    ) {
        self.gather = gather
        self.clock = clock
        self.intervalMillis = max(intervalMillis, 1)
        feed = Lock(FamilyFeed(intake: intake, job: job, instance: instance))
        queue = DispatchQueue(label: "martlet.\(job)")
        failures = registry.counter(
            "martlet_own_write_failures_total",
            "Rounds of host or own metrics that the store did not take.", ["source": job])
    }

    /// The host's metrics, as `job="node"`.
    public static func host(
        _ metrics: HostMetrics = HostMetrics(), hostname: String, intervalMillis: Millis = 15_000,
        intake: Intake, clock: Clock = .system, registry: Registry
    ) -> FamilyLoop {
        FamilyLoop(
            job: "node", instance: hostname, intervalMillis: intervalMillis, intake: intake,
            clock: clock, registry: registry, gather: { metrics.families() })
    }

    /// The agent's own metrics, as `job="martlet"`.
    public static func own(
        _ registry: Registry, instance: String, intervalMillis: Millis = 15_000, intake: Intake,
        clock: Clock = .system
    ) -> FamilyLoop {
        FamilyLoop(
            job: "martlet", instance: instance, intervalMillis: intervalMillis, intake: intake,
            clock: clock, registry: registry, gather: { registry.families() })
    }

    /// Begins with a round at once, so that pages have life; then at multiples of the interval.
    public func start() {
        let task = Task { await run() }
        self.task.withLock { $0 = task }
    }

    public func stop() { task.withLock { $0 }?.cancel() }

    /// Gathers and keeps one round now; blocks.
    public func round(at time: Millis) {
        let families = gather()
        // Only this loop's queue comes here, so the copy is never behind.
        var copy = feed.withLock { $0 }
        do throws(IntakeError) {
            _ = try copy.take(families, at: time)
            let next = copy
            feed.withLock { $0 = next }
        } catch {
            failures.add()
        }
    }

    private func run() async {
        await roundOnQueue(at: clock.now())
        while !Task.isCancelled {
            let now = clock.now()
            let next = (now.flooredDivision(by: intervalMillis) + 1) * intervalMillis
            guard (try? await clock.sleep(.milliseconds(next - now))) != nil else { return }
            await roundOnQueue(at: next)
        }
    }

    private func roundOnQueue(at time: Millis) async {
        await withCheckedContinuation { continuation in
            queue.async {
                self.round(at: time)
                continuation.resume()
            }
        }
    }
}
