// What a reader takes out of the head under its lock: where the full chunks lie and the volumes that they
// lie in, and a copy of the open one. Reading and decoding happen after the lock is released.

internal import Basics

/// One series of the head at one moment.
struct HeadRead: Sendable {
    let id: UInt32
    private let names: UInt32
    private let pages: LabelPages
    private let chunks: [HeadChunk]
    private let volumes: [SpillVolume]
    private let open: ChunkWriter
    private let late: [LateSample]

    init(id: UInt32, _ series: HeadSeries, _ volumes: [SpillVolume], _ pages: LabelPages) {
        self.id = id
        self.volumes = volumes
        names = series.names
        self.pages = pages
        chunks = series.chunks
        open = series.open
        late = series.late
    }

    /// Put together at each call.
    func labels() -> Labels { pages.labels(of: names) }

    /// The time of the first sample at or after the boundary of a block, which no chunk reaches across.
    func firstTime(from: Millis) -> Millis? {
        let place = late.partitionIndex { $0.time < from }
        var first = chunks.first { $0.through >= from }.map { max($0.from, from) }
        if open.count > 0, open.last >= from { first = min(first ?? .max, max(open.first, from)) }
        if place < late.count { first = min(first ?? .max, late[place].time) }
        return first
    }

    /// The samples in a range, ascending.
    ///
    /// - Parameter report: told of each chunk that cannot be read; it is left out.
    func samples(in range: TimeRange, _ report: (BadBlock) -> Void) -> Columns {
        var columns: Columns = ([], [])
        var reader = SpillReader()
        read(in: range, into: &columns, &reader, report)
        return columns
    }

    /// Puts the samples in a range, ascending, in the place of what the columns hold, and in their memory.
    func read(
        in range: TimeRange, into columns: inout Columns, _ reader: inout SpillReader,
        _ report: (BadBlock) -> Void
    ) {
        columns.times.removeAll(keepingCapacity: true)
        columns.values.removeAll(keepingCapacity: true)
        let room = countEstimate(in: range)
        columns.times.reserveCapacity(room)
        columns.values.reserveCapacity(room)
        forEachChunk(in: range, &reader, report) {
            $0.decode(in: range, times: &columns.times, values: &columns.values)
        }
        open.decode(in: range, times: &columns.times, values: &columns.values)
        guard !late.isEmpty else { return }
        let from = late.partitionIndex { $0.time < range.from }
        let end = late.partitionIndex { $0.time <= range.through }
        guard from < end else { return }
        columns = merged(columns, (late[from..<end].map(\.time), late[from..<end].map(\.value)))
    }

    /// Reads the full chunks that overlap a range.
    ///
    /// - Parameter body: false when it cannot decode one.
    private func forEachChunk(
        in range: TimeRange, _ reader: inout SpillReader, _ report: (BadBlock) -> Void,
        _ body: (Chunk) -> Bool
    ) {
        for place in chunks where place.overlaps(range) {
            do throws(BadBlock) {
                let chunk = try reader.chunk(place, of: volumes)
                if !body(chunk) {
                    report(BadBlock(path: "the head", reason: "a full chunk cannot be decoded"))
                }
            } catch {
                report(error)
            }
        }
    }
}

extension HeadRead {
    /// Adds the samples in a range to a run.
    func add(
        to run: inout ColumnMerge, in range: TimeRange, _ reader: inout SpillReader,
        _ report: (BadBlock) -> Void
    ) {
        guard late.isEmpty else {
            var columns: Columns = ([], [])
            read(in: range, into: &columns, &reader, report)
            return run.add(columns)
        }
        forEachChunk(in: range, &reader, report) { run.add($0, in: range) }
        run.add(open, in: range)
    }

    /// About how many samples lie in a range.
    func countEstimate(in range: TimeRange) -> Int {
        var count = late.count
        for chunk in chunks where chunk.overlaps(range) { count += chunk.countEstimate(in: range) }
        if open.count > 0 {
            count += sampleEstimate(open.count, from: open.first, through: open.last, in: range)
        }
        return count
    }
}

typealias Columns = (times: [Millis], values: [Double])

/// Two ascending runs as one; where both have a time, the first wins.
func merged(_ left: Columns, _ right: Columns) -> Columns {
    guard let leftFirst = left.times.first, let leftLast = left.times.last else { return right }
    guard let rightFirst = right.times.first, let rightLast = right.times.last else { return left }
    if leftLast < rightFirst { return (left.times + right.times, left.values + right.values) }
    if rightLast < leftFirst { return (right.times + left.times, right.values + left.values) }
    var times: [Millis] = []
    var values: [Double] = []
    times.reserveCapacity(left.times.count + right.times.count)
    values.reserveCapacity(times.capacity)
    var (i, j) = (0, 0)
    while i < left.times.count || j < right.times.count {
        let takesLeft =
            j == right.times.count || (i < left.times.count && left.times[i] <= right.times[j])
        if takesLeft {
            if j < right.times.count && right.times[j] == left.times[i] { j += 1 }
            times.append(left.times[i])
            values.append(left.values[i])
            i += 1
        } else {
            times.append(right.times[j])
            values.append(right.values[j])
            j += 1
        }
    }
    return (times, values)
}
