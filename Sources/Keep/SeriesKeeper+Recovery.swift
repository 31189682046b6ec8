// Coming back: blocks are opened, then the journal is read twice, first for the notes of what blocks hold
// already, then for the rest, which goes to the head. Damage is reported and never stops a start. A new
// segment is begun, so that a torn end is never written behind.

public import Basics
internal import Bytes

extension SeriesKeeper {
    /// Opens the store of series under a folder, and reads the journal back.
    ///
    /// - Parameters:
    ///   - folder: the data folder; `journal`, `blocks` and `archive` are made in it.
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
        let head = Head(seriesMax: options.seriesMax)
        var recovery: JournalRecovery
        do throws(FileError) {
            try files.makeFolder(journalFolder)
            shelf = try BlockShelf(folder: folder + "/blocks", files: files) {
                report.badBlocks.append($0)
            }
            recovery = JournalRecovery(folder: journalFolder, files: files)
            try recovery.run(into: head, now: clock.now(), &report, options.progress)
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
        let newest = max(
            head.span?.through ?? .min, shelf.blocks.map(\.info.end).max() ?? .min)
        if newest > .min { time.doubt(newest: newest, absenceMillisMax: options.retentionMillis) }
        let keeper = SeriesKeeper(
            options: options, files: files, clock: clock, meters: meters, head: head,
            journal: journal, shelf: shelf, archive: archive, time: time)
        keeper.gatherMetrics(registry)
        report.durationMillis = (clock.monotonic() - began) / 1_000_000
        return (keeper, report)
    }
}

/// Reads the segments of a journal into a head.
private struct JournalRecovery {
    let folder: String
    let files: Files
    private(set) var segments: [ClosedSegment] = []
    private(set) var sequence: UInt64 = 0
    private(set) var metadata: [String: MetricMetadata] = [:]
    /// All samples before `time`, in frames before `sequence`, are in blocks.
    private var notes: [(sequence: UInt64, time: Millis)] = []

    init(folder: String, files: Files) {
        self.folder = folder
        self.files = files
    }

    mutating func run(
        into head: Head, now: Millis, _ report: inout RecoveryReport,
        _ progress: (@Sendable (Int, Int) -> Void)?
    ) throws(FileError) {
        var readers: [(number: UInt64, reader: JournalReader)] = []
        for name in try files.list(folder) {
            guard let number = JournalFormat.number(ofFile: name) else { continue }
            guard let bytes = readable(name, number, &report) else { continue }
            let reader = bytes.withUnsafeBytes { raw in
                let reader = JournalReader(raw, file: folder + "/" + name)
                note(reader, raw)
                return reader
            }
            report.segments += 1
            report.frames += reader.frames.count
            report.badFrames += reader.bad
            if reader.tornBytes > 0 { report.tornTails += 1 }
            readers.append((number, reader))
        }
        // A segment of a later version is left alone, and its number is not taken again.
        for (index, (number, reader)) in readers.enumerated() {
            let name = JournalFormat.fileName(number)
            guard let bytes = readable(name, number, &report) else { continue }
            var closed = ClosedSegment(number: number, bytes: bytes.count, latest: .min)
            if reader.isForeign { closed.latest = ClosedSegment.pinned }
            bytes.withUnsafeBytes { raw in
                replay(reader, raw, into: head, &closed, &report)
            }
            segments.append(closed)
            progress?(index + 1, readers.count)
        }
        // A note of a time to come is of a clock that was wrong: it must not have samples refused.
        if let last = notes.last, last.time <= now { head.raiseFloor(to: last.time) }
    }

    /// The bytes of a segment; one that the disk does not give is reported and kept.
    private mutating func readable(
        _ name: String, _ number: UInt64, _ report: inout RecoveryReport
    ) -> [UInt8]? {
        do throws(FileError) {
            let handle = try files.open(folder + "/" + name, .read)
            defer { files.close(handle) }
            return try files.read(handle, 0, try files.size(handle))
        } catch {
            let file = folder + "/" + name
            report.badFrames.append(BadFrame(file: file, offset: 0, reason: error.reason))
            segments.append(ClosedSegment(number: number, bytes: 0, latest: ClosedSegment.pinned))
            return nil
        }
    }

    /// Gathers sequences, notes of seals and metadata.
    private mutating func note(_ reader: JournalReader, _ raw: UnsafeRawBufferPointer) {
        for frame in reader.frames {
            sequence = max(sequence, frame.sequence)
            let payload = UnsafeRawBufferPointer(rebasing: raw[frame.payload])
            switch frame.kind {
            case .sealed:
                var offset = 0
                if let time = readZigzag(payload, &offset) { notes.append((frame.sequence, time)) }
            case .metadata:
                if let (metric, known) = JournalMetadata.decode(payload) {
                    metadata[metric] = known
                }
            case .series, .samples, .packedSamples: break
            }
        }
    }

    private func replay(
        _ reader: JournalReader, _ raw: UnsafeRawBufferPointer, into head: Head,
        _ closed: inout ClosedSegment, _ report: inout RecoveryReport
    ) {
        let ids = definitions(reader, raw, head)
        for frame in reader.frames where frame.kind == .samples || frame.kind == .packedSamples {
            let payload = UnsafeRawBufferPointer(rebasing: raw[frame.payload])
            guard let samples = SampleFrame(payload, isPacked: frame.kind == .packedSamples) else {
                report.badFrames.append(
                    BadFrame(
                        file: reader.file, offset: frame.offset, reason: "not a frame of samples"))
                continue
            }
            var floor = Millis.min
            for note in notes where note.sequence > frame.sequence { floor = max(floor, note.time) }
            var batch = SampleBatch()
            var unknown = 0
            for index in samples.series.indices {
                let time = samples.times[index]
                let number = Int(samples.series[index])
                closed.latest = max(closed.latest, time)
                if time < floor {
                    report.samplesInBlocks += 1
                } else if number < ids.count, let id = ids[number] {
                    batch.append(id, time, Double(bitPattern: samples.values[index]))
                } else {
                    unknown += 1
                }
            }
            if unknown > 0 {
                report.badFrames.append(
                    BadFrame(
                        file: reader.file, offset: frame.offset,
                        reason: "\(unknown) samples of series whose definitions are lost"))
            }
            report.samples += head.restore(batch)
        }
    }

    /// Ids by the segment's numbers, which are dense; nil where no definition is left.
    private func definitions(
        _ reader: JournalReader, _ raw: UnsafeRawBufferPointer, _ head: Head
    ) -> [SeriesID?] {
        var ids: [SeriesID?] = []
        for frame in reader.frames where frame.kind == .series {
            let payload = UnsafeRawBufferPointer(rebasing: raw[frame.payload])
            guard let (first, labels) = JournalSegment.readDefinitions(payload) else { continue }
            let end = Int(first) + labels.count
            guard end <= SeriesID.slotsMax else { continue }
            while ids.count < end { ids.append(nil) }
            for (index, set) in labels.enumerated() where ids[Int(first) + index] == nil {
                // What was acknowledged comes back even when the limit is lower now.
                if case .success(let id) = head.resolveUnlimited(set) {
                    ids[Int(first) + index] = id
                }
            }
        }
        return ids
    }
}
