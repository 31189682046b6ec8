// The journal: what makes a sample survive. write() happens before an append returns, so that a kill
// loses nothing; fdatasync follows within a second (or with each batch), so that a power loss costs
// the last second at most. Its lock is also the gate of ingestion: a batch enters the head and the
// journal under it, so that nobody is told "kept" of a sample whose first bearer is still writing.
//
// A write that fails leaves the file as it was before, and the samples (the head has them already) owed:
// they are written before anything else is taken. Reading is JournalReader's.

internal import Basics
internal import Bytes

/// When written bytes are made to survive a power loss.
public enum JournalSync: Sendable, Equatable {
    /// Within a second, by a thread of its own.
    case everySecond
    /// Before each append returns.
    case everyBatch
    /// When ``SeriesKeeper/flush()`` or ``SeriesKeeper/maintain(now:)`` is called; for simulations.
    case whenAsked
}

/// The writer of segments.
final class Journal: Sendable {
    struct Settings: Sendable {
        var folder: String
        var segmentBytesMax: Int
        var bytesMax: Int
        var syncsEveryBatch: Bool
    }

    struct Status: Sendable {
        var bytes = 0
        var segments = 0
        var sequence: UInt64 = 0
        /// Samples that the head has and the journal could not take yet.
        var owed = 0
    }

    private struct State {
        let packer = ZstdPacker()
        var segment: JournalSegment?
        var closed: [ClosedSegment]
        var nextNumber: UInt64
        var sequence: UInt64
        var owed: [SampleBatch] = []
        var metadata: [String: MetricMetadata]
        var isUnsynced = false
        /// Calls of fdatasync under way outside the lock; files are not closed under them.
        var syncing = 0
        var retired: [FileHandle] = []
    }

    private let settings: Settings
    private let files: Files
    private let meters: KeepMeters
    private let state: Lock<State>

    init(
        _ settings: Settings, files: Files, meters: KeepMeters, closed: [ClosedSegment],
        sequence: UInt64, metadata: [String: MetricMetadata]
    ) {
        self.settings = settings
        self.files = files
        self.meters = meters
        let next = (closed.map(\.number).max() ?? 0) + 1
        state = Lock(
            State(closed: closed, nextNumber: next, sequence: sequence, metadata: metadata))
    }

    /// Lets the head take a batch, and writes what it took.
    ///
    /// - Throws: ``FileError`` when the disk did not take it; the samples are owed.
    func append(
        _ batch: SampleBatch, to head: Head, window: TimeRange
    ) throws(FileError) -> AppendOutcome {
        try state.withLock { (state) throws(FileError) -> AppendOutcome in
            try settle(&state, head)
            // The one place where a lock is taken inside another: the journal's, then the head's.
            let taken = head.append(batch, window: window)
            let kept = taken.kept ?? batch
            guard !kept.isEmpty else { return taken.outcome }
            do throws(FileError) {
                try write(kept, &state, head)
                if settings.syncsEveryBatch { try syncInside(&state) }
            } catch {
                state.owed.append(kept)
                throw error
            }
            return taken.outcome
        }
    }

    /// Writes what is owed.
    func settle(_ head: Head) throws(FileError) {
        try state.withLock { (state) throws(FileError) in try settle(&state, head) }
    }

    private func settle(_ state: inout State, _ head: Head) throws(FileError) {
        while let batch = state.owed.first {
            try write(batch, &state, head)
            if settings.syncsEveryBatch { try syncInside(&state) }
            state.owed.removeFirst()
        }
    }

    private func write(_ batch: SampleBatch, _ state: inout State, _ head: Head) throws(FileError) {
        if let segment = state.segment, segment.bytes >= settings.segmentBytesMax {
            try roll(&state)
        }
        if state.segment == nil { try begin(&state) }
        guard var segment = state.segment else { return }
        var sequence = state.sequence
        let bytes = segment.encode(
            batch, sequence: &sequence, packer: state.packer, labels: { head.labels(of: $0) })
        try put(bytes, in: segment.handle, &state)
        segment.bytes += bytes.count
        state.segment = segment
        state.sequence = sequence
        meters.journalWritten.add(Double(bytes.count))
    }

    /// Writes whole frames, or leaves the file as it was.
    private func put(
        _ bytes: [UInt8], in handle: FileHandle, _ state: inout State
    ) throws(FileError) {
        do throws(FileError) {
            try files.writeAll(bytes, to: handle)
            state.isUnsynced = true
        } catch {
            meters.journalFailures.add()
            do throws(FileError) {
                try files.truncate(handle, state.segment?.bytes ?? 0)
            } catch {
                // The torn end stays, and the reader knows such ends; the next write begins a segment.
                abandon(&state)
            }
            throw error
        }
    }

    private func begin(_ state: inout State) throws(FileError) {
        let path = settings.folder + "/" + JournalFormat.fileName(state.nextNumber)
        state.nextNumber += 1
        let handle = try files.open(path, .create)
        var bytes = JournalFormat.fileHeader
        var sequence = state.sequence
        for (metric, metadata) in state.metadata.sorted(by: { $0.key < $1.key }) {
            sequence += 1
            JournalFormat.append(
                .metadata, sequence: sequence, payload: JournalMetadata.encode(metric, metadata),
                to: &bytes)
        }
        do throws(FileError) {
            try files.writeAll(bytes, to: handle)
            try files.syncFolder(settings.folder)
        } catch {
            meters.journalFailures.add()
            files.close(handle)
            try? files.remove(path)
            throw error
        }
        var segment = JournalSegment(number: state.nextNumber - 1, handle: handle)
        segment.bytes = bytes.count
        state.segment = segment
        state.sequence = sequence
        state.isUnsynced = true
    }

    /// Ends the open segment, so that the next write begins another.
    private func roll(_ state: inout State) throws(FileError) {
        guard var segment = state.segment else { return }
        var sequence = state.sequence
        let copies = segment.encodeCopies(sequence: &sequence)
        if !copies.isEmpty {
            try put(copies, in: segment.handle, &state)
            segment.bytes += copies.count
            state.segment = segment
            state.sequence = sequence
        }
        try syncInside(&state)
        abandon(&state)
        limit(&state)
    }

    private func abandon(_ state: inout State) {
        guard let segment = state.segment else { return }
        state.closed.append(
            ClosedSegment(number: segment.number, bytes: segment.bytes, latest: segment.latest))
        if state.syncing > 0 {
            state.retired.append(segment.handle)
        } else {
            files.close(segment.handle)
        }
        state.segment = nil
        state.isUnsynced = false
    }

    /// Keeps the journal under its byte cap; samples of a dropped segment are still in the head.
    private func limit(_ state: inout State) {
        var total = state.closed.reduce(0) { $0 + $1.bytes }
        while total > settings.bytesMax, let oldest = state.closed.first, remove(oldest) {
            state.closed.removeFirst()
            total -= oldest.bytes
            meters.journalDropped.add()
        }
    }

    private func remove(_ segment: ClosedSegment) -> Bool {
        let path = settings.folder + "/" + JournalFormat.fileName(segment.number)
        do throws(FileError) {
            try files.remove(path)
            return true
        } catch {
            return error.isMissing
        }
    }

    private func syncInside(_ state: inout State) throws(FileError) {
        guard let segment = state.segment else { return }
        do throws(FileError) {
            try files.sync(segment.handle)
            state.isUnsynced = false
        } catch {
            // After a failed sync the kernel may have dropped the pages: what follows needs a new file.
            meters.journalFailures.add()
            abandon(&state)
            throw error
        }
    }
}

extension Journal {
    /// Makes what has been written survive a power loss.
    ///
    /// Appends go on meanwhile.
    ///
    /// - Parameter onlyIfNeeded: skip when nothing was written since the last call.
    func sync(onlyIfNeeded: Bool = false) throws(FileError) {
        let handle: FileHandle? = state.withLock { state in
            guard let segment = state.segment, state.isUnsynced || !onlyIfNeeded else { return nil }
            state.isUnsynced = false
            state.syncing += 1
            return segment.handle
        }
        guard let handle else { return }
        var failure: FileError?
        do throws(FileError) { try files.sync(handle) } catch { failure = error }
        let retired: [FileHandle] = state.withLock { state in
            state.syncing -= 1
            if failure != nil && state.segment?.handle == handle { abandon(&state) }
            guard state.syncing == 0 else { return [] }
            defer { state.retired = [] }
            return state.retired
        }
        for handle in retired { files.close(handle) }
        if let failure {
            meters.journalFailures.add()
            throw failure
        }
    }

    /// Notes that all samples before a time are in blocks, and removes segments that hold no others.
    func noteSealed(before time: Millis) throws(FileError) {
        try state.withLock { (state) throws(FileError) in try noteSealed(before: time, &state) }
    }

    /// Empties the head into blocks while no batch can enter it.
    ///
    /// - Parameter writing: writes the blocks.
    func sealAll(_ head: Head, writing: () throws -> Void) throws {
        try state.withLock { state in
            try writing()
            try noteSealed(before: .max, &state)
            state.owed = []
            head.dropAll()
        }
    }

    private func noteSealed(before time: Millis, _ state: inout State) throws(FileError) {
        if state.segment == nil { try begin(&state) }
        guard let segment = state.segment else { return }
        var payload: [UInt8] = []
        appendZigzag(time, to: &payload)
        var bytes: [UInt8] = []
        JournalFormat.append(.sealed, sequence: state.sequence + 1, payload: payload, to: &bytes)
        try put(bytes, in: segment.handle, &state)
        state.sequence += 1
        state.segment?.bytes += bytes.count
        // A segment then ends where a block does, and can go with it.
        try roll(&state)
        var index = 0
        // The newest stays: it holds the note, and what is known of metrics.
        while index < state.closed.count - 1 {
            let oldest = state.closed[index]
            if oldest.latest == ClosedSegment.pinned {
                index += 1
            } else if oldest.latest < time, remove(oldest) {
                state.closed.remove(at: index)
            } else {
                break
            }
        }
    }

    /// Remembers what is known of a metric.
    func describe(_ metric: String, _ metadata: MetricMetadata) throws(FileError) {
        try state.withLock { (state) throws(FileError) in
            guard state.metadata[metric] != metadata else { return }
            state.metadata[metric] = metadata
            guard let segment = state.segment else { return }
            var bytes: [UInt8] = []
            JournalFormat.append(
                .metadata, sequence: state.sequence + 1,
                payload: JournalMetadata.encode(metric, metadata), to: &bytes)
            try put(bytes, in: segment.handle, &state)
            state.sequence += 1
            state.segment?.bytes += bytes.count
        }
    }

    var metadata: [String: MetricMetadata] { state.withLock { $0.metadata } }

    var status: Status {
        state.withLock { state in
            Status(
                bytes: state.closed.reduce(state.segment?.bytes ?? 0) { $0 + $1.bytes },
                segments: state.closed.count + (state.segment == nil ? 0 : 1),
                sequence: state.sequence, owed: state.owed.reduce(0) { $0 + $1.count })
        }
    }

    /// Ends the open segment, so that all there are stay as they are.
    ///
    /// - Returns: the names of their files.
    func rotate() throws(FileError) -> [String] {
        try state.withLock { (state) throws(FileError) in
            try roll(&state)
            return state.closed.map { JournalFormat.fileName($0.number) }
        }
    }

    /// Runs a body while no batch can come, but only when nothing is owed.
    func whenNothingIsOwed(_ body: () -> Void) {
        state.withLock { state in
            if state.owed.isEmpty { body() }
        }
    }

    /// The folder of the segments.
    var folder: String { settings.folder }

    /// Ends the open segment.
    func close() throws(FileError) {
        try state.withLock { (state) throws(FileError) in try roll(&state) }
    }
}

extension Files {
    func writeAll(_ bytes: [UInt8], to handle: FileHandle) throws(FileError) {
        // rethrows does not carry typed errors through withUnsafeBytes on all toolchains.
        let outcome: Result<Void, FileError> = bytes.withUnsafeBytes { raw in
            do throws(FileError) {
                try self.write(handle, raw)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
    }
}
