// The keeper of series: journal, head, blocks and archive as one store. It takes samples in
// (SeriesKeeper+Intake), gives them out (+Source), moves them on with time (+Maintain), and comes back
// after a stop (+Recovery). All calls block; callers bring their own threads.

internal import Basics
internal import Glibc

/// Keeps series at rest, and gives them back.
public final class SeriesKeeper: Sendable {
    /// Of two maintenance passes, the second waits.
    struct Upkeep: Sendable {
        var clock: AnchoredClock
        /// Retention keeps blocks that the wall clock alone would remove, and has said so.
        var isHolding = false
        /// Monotonic time of the last round in which quiet series were forgotten.
        var lastForgetting: Int64?
        /// The clock jumped, and the head could not be sealed yet.
        var mustSealAll = false
        /// Blocks that could not be merged; not tried again until the next start.
        var unmergeable: Set<Int> = []
    }

    let options: SeriesKeeperOptions
    let files: Files
    let clock: Clock
    let meters: KeepMeters
    let head: Head
    let journal: Journal
    let shelf: BlockShelf
    let archive: Archive
    let upkeep: Lock<Upkeep>
    let maintenance = Lock(())
    /// Who brought series that found no room.
    let refusals = Lock(SeriesRefusals())
    private let syncer: JournalSyncer?

    init(
        options: SeriesKeeperOptions, files: Files, clock: Clock, meters: KeepMeters, head: Head,
        journal: Journal, shelf: BlockShelf, archive: Archive, time: AnchoredClock
    ) {
        self.options = options
        self.files = files
        self.clock = clock
        self.meters = meters
        self.head = head
        self.journal = journal
        self.shelf = shelf
        self.archive = archive
        upkeep = Lock(Upkeep(clock: time))
        syncer = options.journalSync == .everySecond ? JournalSyncer(journal) : nil
    }

    deinit { syncer?.stop() }

    /// Makes all samples taken so far survive a power loss.
    public func flush() throws(KeepError) {
        do throws(FileError) {
            try journal.settle(head)
            try journal.sync()
        } catch {
            throw KeepError(error)
        }
    }

    /// Flushes and ends the journal.
    ///
    /// The head is not sealed: the next start reads it from the journal.
    public func close() throws(KeepError) {
        syncer?.stop()
        do throws(FileError) {
            try journal.settle(head)
            try journal.close()
        } catch {
            throw KeepError(error)
        }
    }
}
