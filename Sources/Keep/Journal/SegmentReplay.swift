// Brings the samples of one segment into the head, some frames at a time: threads decode the frames of a
// group beside each other, then each thread appends the samples of its own series, in their order. What
// comes out, and what is reported, is the same with any number of threads.

internal import Basics
internal import Bytes

/// All samples before `time`, in frames before `sequence`, are in blocks.
struct SealNote {
    var sequence: UInt64
    var time: Millis
}

struct SegmentReplay {
    /// Stands for the slot of a sample that is not brought back.
    static let nowhere = UInt32.max
    /// A hundred thousand samples or so: enough that the threads' joining costs nothing, 3 MB of columns.
    ///
    /// What a start takes above the head has to stay below what the head had for its traffic.
    private static let groupFramesMax = 32
    private static let groupBytesMax = 1 << 20

    private let head: Head
    private let notes: [SealNote]
    private let threads: Int
    /// The series that are brought back; nil for all.
    private let wanted: Set<Labels>?
    /// Slots by the segment's numbers, which are dense; ``nowhere`` where no definition is left.
    private var slots: [UInt32] = []
    /// One for each thread, by its number.
    private let unpackers: [ZstdUnpacker]
    /// The latest sample met, also of those in blocks.
    private(set) var latest: Millis = .min

    /// What became of a frame: its samples by slot, nil when it is none.
    private struct Decoded {
        var frame: SampleFrame?
        var latest: Millis = .min
        var inBlocks = 0
        var undefined = 0
    }

    init(head: Head, notes: [SealNote], threads: Int, wanted: Set<Labels>? = nil) {
        self.wanted = wanted
        self.head = head
        self.notes = notes
        self.threads = threads
        unpackers = (0..<threads).map { _ in ZstdUnpacker() }
    }

    /// Takes a frame of definitions; the second copy of one that was read says nothing new.
    mutating func define(_ payload: UnsafeRawBufferPointer) {
        var offset = 0
        guard let numbers = JournalSegment.readNumbers(payload, &offset),
            numbers.upperBound <= SeriesID.slotsMax
        else { return }
        let isKnown =
            numbers.upperBound <= slots.count
            && numbers.allSatisfy { slots[$0] != SegmentReplay.nowhere }
        guard !isKnown, let (_, labels) = JournalSegment.readDefinitions(payload) else { return }
        while slots.count < numbers.upperBound { slots.append(SegmentReplay.nowhere) }
        for (number, set) in zip(numbers, labels)
        where slots[number] == SegmentReplay.nowhere && wanted?.contains(set) != false {
            // What was acknowledged comes back even when the limit is lower now.
            if case .success(let id) = head.resolveUnlimited(set) {
                slots[number] = UInt32(id.slot)
            }
        }
    }

    /// Runs of frames that are read and appended together.
    static func groups(_ frames: [JournalReader.Frame]) -> [Range<Int>] {
        var groups: [Range<Int>] = []
        var start = 0
        for index in frames.indices {
            let bytes = frames[index].payload.upperBound - frames[start].offset
            if index > start && (index - start >= groupFramesMax || bytes > groupBytesMax) {
                groups.append(start..<index)
                start = index
            }
        }
        if start < frames.count { groups.append(start..<frames.count) }
        return groups
    }

    /// Takes a group of frames.
    ///
    /// - Parameters:
    ///   - start: the offset in the file of the first of the bytes.
    ///   - raw: the bytes of the frames.
    mutating func take(
        _ frames: ArraySlice<JournalReader.Frame>, from start: Int, _ raw: UnsafeRawBufferPointer,
        file: String, _ report: inout RecoveryReport
    ) {
        let frames = Array(frames)
        let replay = self
        // Only read, and all threads are done before the caller's bytes go.
        nonisolated(unsafe) let bytes = raw
        let shares = concurrently(threads) { thread in
            stride(from: thread, to: frames.count, by: replay.threads).map {
                replay.decoded(frames[$0], from: start, bytes, replay.unpackers[thread])
            }
        }
        var restored: [SampleFrame] = []
        for (index, frame) in frames.enumerated() {
            let one = shares[index % threads][index / threads]
            latest = max(latest, one.latest)
            report.samplesInBlocks += one.inBlocks
            var reason: String?
            if one.frame == nil { reason = "not a frame of samples" }
            if one.undefined > 0 {
                reason = "\(one.undefined) samples of series whose definitions are lost"
            }
            if let reason {
                report.badFrames.append(
                    BadFrame(file: file, offset: frame.offset, reason: reason))
            }
            if let samples = one.frame { restored.append(samples) }
        }
        report.samples += head.restore(restored, threads: threads)
    }

    private func decoded(
        _ frame: JournalReader.Frame, from start: Int, _ raw: UnsafeRawBufferPointer,
        _ unpacker: ZstdUnpacker
    ) -> Decoded {
        let place = (frame.payload.lowerBound - start)..<(frame.payload.upperBound - start)
        // A file that has become shorter since it was looked through.
        guard place.upperBound <= raw.count else { return Decoded() }
        let payload = UnsafeRawBufferPointer(rebasing: raw[place])
        let isPacked = frame.kind == .packedSamples
        guard var samples = SampleFrame(payload, isPacked: isPacked, unpacker: unpacker)
        else { return Decoded() }
        var floor = Millis.min
        for note in notes where note.sequence > frame.sequence { floor = max(floor, note.time) }
        var result = Decoded()
        for index in samples.series.indices {
            let time = samples.times[index]
            let number = Int(samples.series[index])
            result.latest = max(result.latest, time)
            var slot = number < slots.count ? slots[number] : SegmentReplay.nowhere
            if time < floor {
                result.inBlocks += 1
                slot = SegmentReplay.nowhere
            } else if slot == SegmentReplay.nowhere {
                result.undefined += 1
            }
            samples.series[index] = slot
        }
        result.frame = samples
        return result
    }
}
