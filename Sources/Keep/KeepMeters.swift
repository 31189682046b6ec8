// The store's own counters, in one place so that their names and helps stay of one kind. Sizes are
// gathered when somebody asks (SeriesKeeper+Status.swift).

internal import Basics

struct KeepMeters: Sendable {
    let appended: Counter
    let refusals: [Refusal: Counter]
    let journalWritten: Counter
    let journalFailures: Counter
    let journalDropped: Counter
    let journalBadFrames: Counter
    let journalTornTails: Counter
    let spillFailures: Counter
    let sealedBlocks: Counter
    let sealFailures: Counter
    let mergedBlocks: Counter
    let expiredBlocks: Counter
    let damagedChunks: Counter
    let archivedRows: Counter
    let archiveFailures: Counter
    let clockJumps: Counter
    let retentionHeld: Gauge

    init(_ registry: Registry) {
        appended = registry.counter("martlet_head_samples_appended_total", "Samples taken in.")
        var refusals: [Refusal: Counter] = [:]
        for reason in Refusal.allCases {
            refusals[reason] = registry.counter(
                "martlet_head_samples_refused_total", "Samples refused, by reason.",
                ["reason": reason.rawValue])
        }
        self.refusals = refusals
        journalWritten = registry.counter(
            "martlet_keep_journal_written_bytes_total", "Bytes written to the journal.")
        journalFailures = registry.counter(
            "martlet_keep_journal_failures_total", "Writes and syncs of the journal that failed.")
        journalDropped = registry.counter(
            "martlet_keep_journal_dropped_segments_total",
            "Segments removed at the byte cap though not all their samples were in blocks.")
        journalBadFrames = registry.counter(
            "martlet_keep_journal_bad_frames_total", "Damaged frames met when the journal was read."
        )
        journalTornTails = registry.counter(
            "martlet_keep_journal_torn_tails_total", "Segments that a write cut short ended.")
        spillFailures = registry.counter(
            "martlet_head_spill_failures_total",
            "Writes of full chunks that failed; the chunks stay in memory.")
        sealedBlocks = registry.counter(
            "martlet_keep_blocks_sealed_total", "Blocks written at seal.")
        sealFailures = registry.counter(
            "martlet_keep_seal_failures_total", "Seals that failed and will be tried again.")
        mergedBlocks = registry.counter("martlet_keep_blocks_merged_total", "Blocks merged away.")
        expiredBlocks = registry.counter(
            "martlet_keep_blocks_expired_total", "Blocks removed by retention.")
        damagedChunks = registry.counter(
            "martlet_keep_damaged_chunks_total",
            "Chunks and rows of blocks and of the head that failed a check.")
        archivedRows = registry.counter(
            "martlet_keep_archive_rows_total", "Rows written to the archive.")
        archiveFailures = registry.counter(
            "martlet_keep_archive_failures_total",
            "Archive files that could not be written or read.")
        clockJumps = registry.counter(
            "martlet_keep_clock_jumps_total", "Jumps of the wall clock by more than an hour.")
        retentionHeld = registry.gauge(
            "martlet_keep_retention_held_blocks",
            "Blocks too old by the wall clock that are kept, because its date is in doubt.")
    }

    func count(_ outcome: AppendOutcome) {
        appended.add(Double(outcome.accepted))
        for (reason, count) in outcome.refused { refusals[reason]?.add(Double(count)) }
    }
}
