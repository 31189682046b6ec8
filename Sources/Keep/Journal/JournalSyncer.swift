// The thread that makes the journal survive a power loss, once a second: a thread of its own, because
// fdatasync blocks for as long as the disk likes. A failure is counted by the journal, and the next
// second tries again in a new segment.

internal import Basics
internal import Dispatch

final class JournalSyncer: Sendable {
    private let queue = DispatchQueue(label: "martlet.journal.sync")
    private let isStopped = Lock(false)

    init(_ journal: Journal) {
        // The journal is held weakly: a keeper that is let go takes its syncer along.
        queue.asyncAfter(deadline: .now() + .seconds(1)) { [weak journal, weak self] in
            self?.run(journal)
        }
    }

    private func run(_ journal: Journal?) {
        guard let journal, !isStopped.withLock({ $0 }) else { return }
        try? journal.sync(onlyIfNeeded: true)
        queue.asyncAfter(deadline: .now() + .seconds(1)) { [weak journal, weak self] in
            self?.run(journal)
        }
    }

    func stop() { isStopped.withLock { $0 = true } }
}
