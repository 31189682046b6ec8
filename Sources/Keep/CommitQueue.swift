// Group commit: many callers, one transaction. The first caller that finds nobody committing leads:
// it takes all batches that wait, commits them, wakes their callers, and hands the lead to the first
// batch that came meanwhile. Nobody waits for a timer, so a lone batch is as fast as the disk, and
// under load the transactions grow instead of the queue. Each caller has one batch here, so the
// callers bound the queue.

internal import Basics
internal import Dispatch

/// Puts the batches of many callers into few transactions, each with an outcome of its own.
final class CommitQueue<Batch: Sendable, Outcome: Sendable, Failure: Error>: Sendable {
    /// A batch and its caller, who waits.
    final class Entry: Sendable {
        enum Turn { case waiting, leads, done(Result<Outcome, Failure>) }

        let batch: Batch
        /// Its work, in whatever unit the queue's bound has.
        let weight: Int
        fileprivate let turn = Lock(Turn.waiting)
        fileprivate let wakes = DispatchSemaphore(value: 0)

        init(_ batch: Batch, _ weight: Int) {
            self.batch = batch
            self.weight = weight
        }
    }

    private struct State {
        var waiting: [Entry] = []
        var isCommitting = false
    }

    /// The weight of one transaction, at most.
    ///
    /// About 100 ms of work, so that no batch waits longer than that for one before it. Batches
    /// without weight all go together.
    private let weightMax: Int
    private let state = Lock(State())

    init(weightMax: Int = .max) { self.weightMax = weightMax }

    /// Returns the batch's outcome when it is committed, or throws why it was not.
    ///
    /// - Parameter commit: commits a group; one answer for each entry.
    func append(
        _ batch: Batch, weight: Int = 0, commit: ([Entry]) -> [Result<Outcome, Failure>]
    ) throws(Failure) -> Outcome {
        let entry = Entry(batch, weight)
        let leads = state.withLock { state in
            state.waiting.append(entry)
            defer { state.isCommitting = true }
            return !state.isCommitting
        }
        if !leads {
            entry.wakes.wait()
            if case .done(let result) = entry.turn.withLock({ $0 }) { return try result.get() }
        }
        let group = state.withLock { state in
            var weight = 0
            let count = state.waiting.prefix { entry in
                weight += entry.weight
                return weight <= weightMax || weight == entry.weight
            }.count
            defer { state.waiting.removeFirst(count) }
            return Array(state.waiting.prefix(count))
        }
        let results = commit(group)
        var own: Result<Outcome, Failure>?
        for (member, result) in zip(group, results) {
            if member === entry {
                own = result
            } else {
                member.turn.withLock { $0 = .done(result) }
                member.wakes.signal()
            }
        }
        let next = state.withLock { state in
            state.isCommitting = !state.waiting.isEmpty
            return state.waiting.first
        }
        if let next {
            next.turn.withLock { $0 = .leads }
            next.wakes.signal()
        }
        guard let own else { preconditionFailure("a leader commits its own batch") }
        return try own.get()
    }
}
