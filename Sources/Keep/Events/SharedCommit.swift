// Group commit: of callers that come together one leads, and its transaction keeps what all of them
// brought. A transaction costs a write to the disk that is waited for, whatever is in it.

internal import Basics
internal import Dispatch

/// Puts what several callers bring at the same time into one transaction.
final class SharedCommit<Item: Sendable, Outcome: Sendable>: Sendable {
    private final class Entry: Sendable {
        enum Turn { case waiting, leads, done(Result<Outcome, RecordError>) }

        let item: Item
        let turn = Lock(Turn.waiting)
        let wakes = DispatchSemaphore(value: 0)

        init(_ item: Item) { self.item = item }
    }

    private struct State {
        var waiting: [Entry] = []
        var isCommitting = false
    }

    private let state = Lock(State())

    /// Commits an item, alone or with others, and returns when it is on the disk.
    ///
    /// - Parameter commit: keeps items in one transaction; one outcome for each, in their order.
    func take(
        _ item: Item, commit: ([Item]) -> Result<[Outcome], RecordError>
    ) throws(RecordError) -> Outcome {
        let entry = Entry(item)
        let leads = state.withLock { state in
            state.waiting.append(entry)
            defer { state.isCommitting = true }
            return !state.isCommitting
        }
        if !leads {
            entry.wakes.wait()
            if case .done(let result) = entry.turn.withLock({ $0 }) { return try result.get() }
        }
        // Whoever leads is among those that wait.
        let group = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        let result = commit(group.map(\.item))
        var own: Result<Outcome, RecordError>?
        for (index, member) in group.enumerated() {
            let share = result.map { $0[index] }
            if member === entry {
                own = share
            } else {
                member.turn.withLock { $0 = .done(share) }
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
        guard let own else { preconditionFailure("a leader commits its own item") }
        return try own.get()
    }
}
