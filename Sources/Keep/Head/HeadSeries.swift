// One series of the head: where its full chunks lie in the spill, the chunk that is open, and a small buffer
// for late samples, sorted, which reading merges and which is folded into the chunks when it grows.
// A chunk never crosses the boundary of a block, so that sealing drops whole chunks.

internal import Basics

/// A sample that came after a later one.
struct LateSample: Sendable {
    var time: Millis
    var value: Double
}

/// The samples of one series that are not yet in a block.
struct HeadSeries: Sendable {
    /// How far a series without samples is forgotten.
    enum Standing: UInt8 {
        case listed
        /// Not in the index; a sample brings it back.
        case quiet
        /// Quiet for a round already, forgotten at the next.
        case overlooked
        /// Forgotten: the slot waits for another series.
        case spare
    }

    enum Taken {
        case accepted, repeated, duplicate
        /// The id is of a series that had the slot before.
        case foreign
        /// The series has to be listed first.
        case unlisted
    }

    /// Late samples that are kept beside the chunks; inserting moves little more than this many.
    static let lateSamplesMax = 512

    private(set) var chunks: [HeadChunk] = []
    private(set) var late: [LateSample] = []
    /// The end of the block that the open chunk belongs to.
    private var cutAt: Millis = .max
    // Ends with small fields, behind which the small ones here find room.
    private(set) var open = ChunkWriter()
    var standing = Standing.listed
    /// How many series had this slot before, modulo 256.
    var generation: UInt8 = 0
    /// Where its labels are told in the pool.
    var names: UInt32

    init(names: UInt32) { self.names = names }

    var isListed: Bool { standing == .listed }

    var isEmpty: Bool { open.count == 0 }

    /// The earliest sample; nil when there is none.
    var earliest: Millis? {
        guard !isEmpty else { return nil }
        let inOrder = chunks.first?.from ?? open.first
        return min(inOrder, late.first?.time ?? inOrder)
    }

    var sampleCount: Int { chunks.reduce(open.count + late.count) { $0 + $1.count } }

    /// Takes a sample under an id of some generation.
    ///
    /// All that an append asks of a series is asked here: reading a field of an element of an array copies
    /// the element and counts its references, which costs more than the append itself.
    mutating func take(
        _ time: Millis, _ value: Double, for generation: UInt8, into writer: inout SpillWriter
    ) -> Taken {
        guard generation == self.generation else { return .foreign }
        return isListed ? append(time, value, into: &writer) : .unlisted
    }

    /// Takes a sample of any age.
    ///
    /// What is too old or too new has been refused before.
    ///
    /// - Parameter writer: takes the open chunk when it is full.
    @inline(__always)
    mutating func append(
        _ time: Millis, _ value: Double, into writer: inout SpillWriter
    ) -> Taken {
        if open.count > 0 && time <= open.last { return appendLate(time, value, &writer) }
        if open.isFull || time >= cutAt || open.count == 0 {
            cut(before: time, value, &writer)
        }
        open.append(time, value)
        return .accepted
    }

    private mutating func cut(before time: Millis, _ value: Double, _ writer: inout SpillWriter) {
        if open.count > 0 {
            // In steps of two: what doubling reserves would be half of what a series takes.
            if chunks.count == chunks.capacity { chunks.reserveCapacity(chunks.count + 2) }
            chunks.append(writer.keep(open.chunk()))
        }
        // What is to come is not known; a series seldom gains decimals that it has not shown yet.
        open = ChunkWriter(
            decimals: max(open.decimals, Decimals.least(value.bitPattern) ?? 0))
        cutAt = (HeadChunk.span(of: time) + 1) * Block.spanMillis
    }

    private mutating func appendLate(
        _ time: Millis, _ value: Double, _ writer: inout SpillWriter
    ) -> Taken {
        if let known = bits(at: time, writer.spill) {
            return known == value.bitPattern ? .repeated : .duplicate
        }
        late.insert(
            LateSample(time: time, value: value), at: late.partitionIndex { $0.time < time })
        if late.count % HeadSeries.lateSamplesMax == 0 { fold(&writer) }
        return .accepted
    }

    /// The bits of the value kept at a time; nil also when its chunk cannot be read, which reading will tell.
    private func bits(at time: Millis, _ spill: Spill) -> UInt64? {
        if time == open.last { return open.lastBits }
        let index = late.partitionIndex { $0.time < time }
        if index < late.count && late[index].time == time { return late[index].value.bitPattern }
        var times: [Millis] = []
        var values: [Double] = []
        let moment = TimeRange(from: time, through: time)
        if time >= open.first {
            open.decode(in: moment, times: &times, values: &values)
        } else {
            let place = chunks.partitionIndex { $0.through < time }
            if place < chunks.count && chunks[place].overlaps(moment) {
                var reader = SpillReader()
                let chunk = try? reader.chunk(chunks[place], of: spill.volumes)
                _ = chunk?.decode(in: moment, times: &times, values: &values)
            }
        }
        return values.first?.bitPattern
    }

    /// Merges the late samples into the chunks; those before all of them stay as they are.
    ///
    /// Where a chunk cannot be read nothing is folded, so that no other sample depends on it.
    private mutating func fold(_ writer: inout SpillWriter) {
        guard let first = late.first?.time else { return }
        let kept = chunks.partitionIndex { $0.through < first }
        let from = kept > 0 ? chunks[kept - 1].through + 1 : .min
        var isSound = true
        let (times, values) = HeadRead(id: 0, self, writer.spill.volumes, LabelPages()).samples(
            in: TimeRange(from: from, through: .max)
        ) { _ in isSound = false }
        guard isSound else { return }
        chunks.removeSubrange(kept...)
        open = ChunkWriter()
        late = []
        for (time, value) in zip(times, values) { _ = append(time, value, into: &writer) }
    }

    /// Forgets the samples before a time that is a block's boundary.
    mutating func drop(before end: Millis) {
        chunks.removeAll { $0.through < end }
        if open.count > 0 && open.last < end { open = ChunkWriter() }
        late.removeFirst(late.partitionIndex { $0.time < end })
    }

    mutating func dropAll() {
        chunks = []
        open = ChunkWriter()
        late = []
    }
}

extension TimeRange {
    /// All of time.
    static var all: TimeRange { TimeRange(from: .min, through: .max) }
}

extension Array {
    /// The first index whose element does not satisfy a test that holds for a prefix of the array.
    func partitionIndex(where isBefore: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
