// Where scrapes are parsed and appended: a few serial queues, because parsing a large exposition takes
// long and appending blocks, and neither may hold up the cooperative pool. A target always comes to the
// same queue, so its scrapes cannot overtake each other. The target's loop itself runs there too, so that
// an answer wakes one thread: of a small target's scrape, waking threads is most of the cost. The price: a
// request waits while its queue parses another page, which shows in the time of its samples only when that
// takes longer than a loop may be late (``TargetLoop``), some 20,000 lines.

internal import Basics
internal import Dispatch

/// A bounded set of serial queues.
final class ScrapeWorkers: Sendable {
    private let workers: [ScrapeWorker]

    /// - Parameter count: 2 keeps one core for everything else on the smallest machine that we serve.
    init(count: Int = 2) {
        workers = (0..<max(count, 1)).map { ScrapeWorker(label: "martlet.scrape.\($0)") }
    }

    /// Runs a task on the queue of a key, between its suspensions too.
    func task(_ key: UInt64, _ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        Task(executorPreference: worker(key)) { await body() }
    }

    /// Runs blocking work on the queue of a key and waits for it without blocking; a task that is there
    /// already goes on at once.
    func run<Result: Sendable>(
        _ key: UInt64, _ work: @escaping @Sendable () -> Result
    ) async -> Result {
        await withTaskExecutorPreference(worker(key)) { work() }
    }

    /// Runs blocking work without waiting.
    func start(_ key: UInt64, _ work: @escaping @Sendable () -> Void) {
        worker(key).queue.async(execute: work)
    }

    private func worker(_ key: UInt64) -> ScrapeWorker { workers[Int(key % UInt64(workers.count))] }
}

/// One serial queue, as a place for tasks.
private final class ScrapeWorker: TaskExecutor {
    let queue: DispatchQueue

    init(label: String) { queue = DispatchQueue(label: label) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
