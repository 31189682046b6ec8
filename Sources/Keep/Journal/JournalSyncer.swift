// The thread that makes the journal survive a power loss, once a second: a thread of its own, because
// fdatasync blocks for as long as the disk likes. A failure is counted by the journal, and the next
// second tries again in a new segment.

internal import Basics
internal import Glibc

final class JournalSyncer: Sendable {
    private let isStopped = Lock(false)

    init(_ journal: Journal) {
        // Both are held weakly: a keeper that is let go takes its syncer along.
        startThread("journal-sync") { [weak journal, weak self] in
            repeat { sleep(1) } while JournalSyncer.turn(journal, self)
        }
    }

    /// - Returns: whether there will be more to do.
    private static func turn(_ journal: Journal?, _ syncer: JournalSyncer?) -> Bool {
        guard let journal, let syncer, !syncer.isStopped.withLock({ $0 }) else { return false }
        try? journal.sync(onlyIfNeeded: true)
        return true
    }

    func stop() { isStopped.withLock { $0 = true } }
}
