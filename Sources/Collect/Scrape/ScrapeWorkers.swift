// Where scrapes are parsed and appended: a few serial queues, because parsing a large exposition takes
// long and appending blocks, and neither may hold up the cooperative pool. A target always comes to the
// same queue, so its scrapes cannot overtake each other.

internal import Basics
internal import Dispatch

/// A bounded set of serial queues.
final class ScrapeWorkers: Sendable {
    private let queues: [DispatchQueue]

    /// - Parameter count: 2 keeps one core for everything else on the smallest machine that we serve.
    init(count: Int = 2) {
        queues = (0..<max(count, 1)).map { DispatchQueue(label: "martlet.scrape.\($0)") }
    }

    /// Runs blocking work on the queue of a key and waits for it without blocking.
    func run<Result: Sendable>(
        _ key: UInt64, _ work: @escaping @Sendable () -> Result
    ) async -> Result {
        await withCheckedContinuation { continuation in
            queue(key).async { continuation.resume(returning: work()) }
        }
    }

    /// Runs blocking work without waiting.
    func start(_ key: UInt64, _ work: @escaping @Sendable () -> Void) {
        queue(key).async(execute: work)
    }

    private func queue(_ key: UInt64) -> DispatchQueue { queues[Int(key % UInt64(queues.count))] }
}
