// Coming back: blocks are opened, then the journal is read into the head (JournalRecovery). Damage is
// reported and never stops a start. A new segment is begun, so that a torn end is never written behind.

public import Basics

extension SeriesKeeper {
    /// Opens the store of series under a folder, and reads the journal back.
    ///
    /// - Parameters:
    ///   - folder: the data folder; `journal`, `head`, `blocks` and `archive` are made in it.
    ///   - files: the disk, for the journal and the blocks' names.
    ///   - clock: decides which samples are too old or too new.
    ///   - registry: gets `martlet_head_*` and `martlet_keep_*`.
    /// - Throws: ``KeepError`` when the folder cannot be used at all.
    public static func open(
        folder: String, options: SeriesKeeperOptions, files: Files, clock: Clock,
        registry: Registry
    ) throws(KeepError) -> (keeper: SeriesKeeper, report: RecoveryReport) {
        let began = clock.monotonic()
        let meters = KeepMeters(registry)
        var report = RecoveryReport()
        let journalFolder = folder + "/journal"
        let shelf: BlockShelf
        let spill = Spill(
            folder: folder + "/head", files: files, pageBytes: options.spillPageBytes
        ) { meters.spillFailures.add() }
        spill.clean()
        let head = Head(seriesMax: options.seriesMax, spill: spill)
        var recovery: JournalRecovery
        do throws(FileError) {
            try files.makeFolder(journalFolder)
            shelf = try BlockShelf(folder: folder + "/blocks", files: files) {
                report.badBlocks.append($0)
            }
            recovery = JournalRecovery(
                folder: journalFolder, files: files, threads: options.recoveryThreads)
            try recovery.run(into: head, now: clock.now(), &report, options.progress)
            head.endRestoring()
        } catch {
            throw KeepError(error)
        }
        report.blocks = shelf.blocks.count
        meters.journalBadFrames.add(Double(report.badFrames.count))
        meters.journalTornTails.add(Double(report.tornTails))
        let archive = try Archive(
            Archive.Settings(
                folder: folder + "/archive", tiers: options.archiveTiers,
                groups: options.archiveGroups, seriesMax: options.archiveSeriesMax),
            files: files, meters: meters, report: { report.badBlocks.append($0) })
        let journal = Journal(
            Journal.Settings(
                folder: journalFolder, segmentBytesMax: options.journalSegmentBytesMax,
                bytesMax: options.journalBytesMax,
                syncsEveryBatch: options.journalSync == .everyBatch),
            files: files, meters: meters, closed: recovery.segments, sequence: recovery.sequence,
            metadata: recovery.metadata)
        var time = AnchoredClock(wall: clock.now(), monotonic: clock.monotonic())
        let blocks = shelf.blocks.map { TimeRange(from: $0.info.from, through: $0.info.end) }
        time.doubt(blocks + (head.span.map { [$0] } ?? []))
        let keeper = SeriesKeeper(
            options: options, files: files, clock: clock, meters: meters, head: head,
            journal: journal, shelf: shelf, archive: archive, time: time)
        keeper.gatherMetrics(registry)
        report.durationMillis = (clock.monotonic() - began) / 1_000_000
        return (keeper, report)
    }
}
