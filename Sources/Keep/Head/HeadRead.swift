// What a reader takes out of the head under its lock: references to immutable chunks and a copy of the
// open one. Decoding happens after the lock is released.

internal import Basics

/// One series of the head at one moment.
struct HeadRead: Sendable {
    let id: UInt32
    let labels: Labels
    private let chunks: [Chunk]
    private let open: ChunkWriter
    private let lateTimes: [Millis]
    private let lateValues: [Double]

    init(id: UInt32, _ series: HeadSeries) {
        self.id = id
        labels = series.labels
        chunks = series.chunks
        open = series.open
        lateTimes = series.lateTimes
        lateValues = series.lateValues
    }

    /// The time of the first sample at or after the boundary of a block, which no chunk reaches across.
    func firstTime(from: Millis) -> Millis? {
        let late = lateTimes.partitionIndex { $0 < from }
        var first = chunks.first { $0.through >= from }.map { max($0.from, from) }
        if open.count > 0, open.last >= from { first = min(first ?? .max, max(open.first, from)) }
        if late < lateTimes.count { first = min(first ?? .max, lateTimes[late]) }
        return first
    }

    /// The samples in a range, ascending.
    func samples(in range: TimeRange) -> Columns {
        var columns: Columns = ([], [])
        read(in: range, into: &columns)
        return columns
    }

    /// Puts the samples in a range, ascending, in the place of what the columns hold, and in their memory.
    func read(in range: TimeRange, into columns: inout Columns) {
        columns.times.removeAll(keepingCapacity: true)
        columns.values.removeAll(keepingCapacity: true)
        let room = countEstimate(in: range)
        columns.times.reserveCapacity(room)
        columns.values.reserveCapacity(room)
        for chunk in chunks where chunk.overlaps(range) {
            _ = chunk.decode(in: range, times: &columns.times, values: &columns.values)
        }
        open.decode(in: range, times: &columns.times, values: &columns.values)
        guard !lateTimes.isEmpty else { return }
        let from = lateTimes.partitionIndex { $0 < range.from }
        let end = lateTimes.partitionIndex { $0 <= range.through }
        guard from < end else { return }
        columns = merged(columns, (Array(lateTimes[from..<end]), Array(lateValues[from..<end])))
    }
}

extension HeadRead {
    /// Adds the samples in a range to a run.
    func add(to run: inout ColumnMerge, in range: TimeRange) {
        guard lateTimes.isEmpty else { return run.add(samples(in: range)) }
        for chunk in chunks where chunk.overlaps(range) { _ = run.add(chunk, in: range) }
        run.add(open, in: range)
    }

    /// About how many samples lie in a range.
    func countEstimate(in range: TimeRange) -> Int {
        var count = lateTimes.count
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
