// Reads the segments of a journal into a head. Every segment is looked through first, whole, while the head
// is still empty: for damage, and for the notes of what blocks hold already. Then the samples are read, a
// few frames at a time (SegmentReplay), so that the start takes no more memory than the head itself.

internal import Basics
internal import Bytes

struct JournalRecovery {
    let folder: String
    let files: Files
    let threads: Int
    /// The series that are brought back; nil for all.
    let wanted: Set<Labels>?
    private(set) var segments: [ClosedSegment] = []
    private(set) var sequence: UInt64 = 0
    private(set) var metadata: [String: MetricMetadata] = [:]
    private var notes: [SealNote] = []

    init(folder: String, files: Files, threads: Int, wanted: Set<Labels>? = nil) {
        self.wanted = wanted
        self.folder = folder
        self.files = files
        self.threads = threads
    }

    mutating func run(
        into head: Head, now: Millis, _ report: inout RecoveryReport,
        _ progress: (@Sendable (Int, Int) -> Void)?
    ) throws(FileError) {
        var readers: [(number: UInt64, bytes: Int, reader: JournalReader)] = []
        for name in try files.list(folder) {
            guard let number = JournalFormat.number(ofFile: name) else { continue }
            do throws(FileError) {
                let (bytes, reader) = try look(folder + "/" + name)
                report.segments += 1
                report.frames += reader.frames.count
                report.badFrames += reader.bad
                if reader.tornBytes > 0 { report.tornTails += 1 }
                readers.append((number, bytes, reader))
            } catch {
                keep(unreadable: folder + "/" + name, number, error, &report)
            }
        }
        // A segment of a later version is left alone, and its number is not taken again.
        for (index, (number, bytes, reader)) in readers.enumerated() {
            var closed = ClosedSegment(number: number, bytes: bytes, latest: .min)
            if reader.isForeign { closed.latest = ClosedSegment.pinned }
            do throws(FileError) {
                try replay(reader, into: head, &closed, &report)
                segments.append(closed)
            } catch {
                keep(unreadable: reader.file, number, error, &report)
            }
            progress?(index + 1, readers.count)
        }
        // A note of a time to come is of a clock that was wrong: it must not have samples refused.
        if let last = notes.last, last.time <= now { head.raiseFloor(to: last.time) }
    }

    /// A segment that the disk does not give is reported and kept.
    private mutating func keep(
        unreadable file: String, _ number: UInt64, _ error: FileError,
        _ report: inout RecoveryReport
    ) {
        report.badFrames.append(BadFrame(file: file, offset: 0, reason: error.reason))
        segments.append(ClosedSegment(number: number, bytes: 0, latest: ClosedSegment.pinned))
    }

    /// Looks a segment through.
    private mutating func look(_ file: String) throws(FileError) -> (Int, JournalReader) {
        let handle = try files.open(file, .read)
        defer { files.close(handle) }
        let bytes = try files.read(handle, 0, try files.size(handle))
        let reader = bytes.withUnsafeBytes { raw in
            let reader = JournalReader(raw, file: file)
            note(reader, raw)
            return reader
        }
        return (bytes.count, reader)
    }

    /// Gathers sequences, notes of seals and metadata.
    private mutating func note(_ reader: JournalReader, _ raw: UnsafeRawBufferPointer) {
        for frame in reader.frames {
            sequence = max(sequence, frame.sequence)
            let payload = UnsafeRawBufferPointer(rebasing: raw[frame.payload])
            switch frame.kind {
            case .sealed:
                var offset = 0
                if let time = readZigzag(payload, &offset) {
                    notes.append(SealNote(sequence: frame.sequence, time: time))
                }
            case .metadata:
                if let (metric, known) = JournalMetadata.decode(payload) {
                    metadata[metric] = known
                }
            case .series, .samples, .packedSamples: break
            }
        }
    }

    private func replay(
        _ reader: JournalReader, into head: Head, _ closed: inout ClosedSegment,
        _ report: inout RecoveryReport
    ) throws(FileError) {
        let handle = try files.open(reader.file, .read)
        defer { files.close(handle) }
        var replay = SegmentReplay(head: head, notes: notes, threads: threads, wanted: wanted)
        for frame in reader.frames where frame.kind == .series {
            let payload = try files.read(handle, frame.payload.lowerBound, frame.payload.count)
            payload.withUnsafeBytes { replay.define($0) }
        }
        let frames = reader.frames.filter { $0.kind == .samples || $0.kind == .packedSamples }
        for group in SegmentReplay.groups(frames) {
            guard let first = frames[group].first, let last = frames[group].last else { continue }
            let bytes = try files.read(
                handle, first.offset, last.payload.upperBound - first.offset)
            bytes.withUnsafeBytes { raw in
                replay.take(frames[group], from: first.offset, raw, file: reader.file, &report)
            }
        }
        closed.latest = max(closed.latest, replay.latest)
    }
}
