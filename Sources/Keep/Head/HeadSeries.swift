// One series of the head: chunks that are full, the chunk that is open, and a small buffer for late
// samples, sorted, which reading merges and which is folded into the chunks when it grows.
// A chunk never crosses the boundary of a block, so that sealing drops whole chunks.

internal import Basics

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

    /// Late samples that are kept beside the chunks; inserting moves this many at most.
    static let lateSamplesMax = 512

    let labels: Labels
    private(set) var chunks: [Chunk] = []
    private(set) var open = ChunkWriter()
    private(set) var lateTimes: [Millis] = []
    private(set) var lateValues: [Double] = []
    /// The end of the block that the open chunk belongs to.
    private var cutAt: Millis = .max
    var standing = Standing.listed
    /// How many series had this slot before, modulo 256.
    var generation: UInt8 = 0

    init(_ labels: Labels) { self.labels = labels }

    var isListed: Bool { standing == .listed }

    var isEmpty: Bool { open.count == 0 }

    /// The earliest sample; nil when there is none.
    var earliest: Millis? {
        guard !isEmpty else { return nil }
        let inOrder = chunks.first?.from ?? open.first
        return min(inOrder, lateTimes.first ?? inOrder)
    }

    var sampleCount: Int { chunks.reduce(open.count + lateTimes.count) { $0 + $1.count } }

    /// Takes a sample under an id of some generation.
    ///
    /// All that an append asks of a series is asked here: reading a field of an element of an array copies
    /// the element and counts its references, which costs more than the append itself.
    mutating func take(
        _ time: Millis, _ value: Double, for generation: UInt8, block: Millis
    ) -> Taken {
        guard generation == self.generation else { return .foreign }
        return isListed ? append(time, value, block: block) : .unlisted
    }

    /// Takes a sample of any age.
    ///
    /// What is too old or too new has been refused before.
    @inline(__always)
    mutating func append(_ time: Millis, _ value: Double, block: Millis) -> Taken {
        if open.count > 0 && time <= open.last { return appendLate(time, value, block) }
        if open.count >= Chunk.headSamplesMax || time >= cutAt || open.count == 0 {
            cut(before: time, value, block)
        }
        open.append(time, value)
        return .accepted
    }

    private mutating func cut(before time: Millis, _ value: Double, _ block: Millis) {
        if open.count > 0 { chunks.append(open.chunk()) }
        // What is to come is not known; a series seldom gains decimals that it has not shown yet.
        open = ChunkWriter(
            decimals: max(open.decimals, Decimals.least(value.bitPattern) ?? 0))
        cutAt = (time.flooredDivision(by: block) + 1) * block
    }

    private mutating func appendLate(
        _ time: Millis, _ value: Double, _ block: Millis
    ) -> Taken {
        if let known = bits(at: time) {
            return known == value.bitPattern ? .repeated : .duplicate
        }
        let index = lateTimes.partitionIndex { $0 < time }
        lateTimes.insert(time, at: index)
        lateValues.insert(value, at: index)
        if lateTimes.count >= HeadSeries.lateSamplesMax { fold(block) }
        return .accepted
    }

    /// The bits of the value kept at a time.
    private func bits(at time: Millis) -> UInt64? {
        if time == open.last { return open.lastBits }
        let index = lateTimes.partitionIndex { $0 < time }
        if index < lateTimes.count && lateTimes[index] == time {
            return lateValues[index].bitPattern
        }
        var times: [Millis] = []
        var values: [Double] = []
        let moment = TimeRange(from: time, through: time)
        if time >= open.first {
            open.decode(in: moment, times: &times, values: &values)
        } else {
            let place = chunks.partitionIndex { $0.through < time }
            if place < chunks.count && chunks[place].overlaps(moment) {
                _ = chunks[place].decode(in: moment, times: &times, values: &values)
            }
        }
        return values.first?.bitPattern
    }

    /// Merges the late samples into the chunks.
    private mutating func fold(_ block: Millis) {
        let (times, values) = HeadRead(id: 0, self).samples(in: .all)
        dropAll()
        for (time, value) in zip(times, values) { _ = append(time, value, block: block) }
    }

    /// Forgets the samples before a time that is a block's boundary.
    mutating func drop(before end: Millis) {
        chunks.removeAll { $0.through < end }
        if open.count > 0 && open.last < end { open = ChunkWriter() }
        let gone = lateTimes.partitionIndex { $0 < end }
        lateTimes.removeFirst(gone)
        lateValues.removeFirst(gone)
    }

    mutating func dropAll() {
        chunks = []
        open = ChunkWriter()
        lateTimes = []
        lateValues = []
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
