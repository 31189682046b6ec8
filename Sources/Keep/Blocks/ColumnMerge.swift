// Gathers the samples of one series from chunks that mostly follow each other: those are decoded in
// place; one that overlaps is merged. Of two values at one time the later added stays.

internal import Basics

struct ColumnMerge {
    private(set) var times: [Millis] = []
    private(set) var values: [Double] = []

    /// Adds the samples of a chunk that lie in a range; false when it cannot be decoded.
    mutating func add(_ chunk: Chunk, in range: TimeRange) -> Bool {
        guard chunk.overlaps(range) else { return true }
        if let last = times.last, chunk.from <= last {
            var fresh: Columns = ([], [])
            let isSound = chunk.decode(in: range, times: &fresh.times, values: &fresh.values)
            add(fresh)
            return isSound
        }
        return chunk.decode(in: range, times: &times, values: &values)
    }

    /// Adds the samples of an open chunk that lie in a range.
    mutating func add(_ open: ChunkWriter, in range: TimeRange) {
        guard open.count > 0 else { return }
        if let last = times.last, open.first <= last {
            var fresh: Columns = ([], [])
            open.decode(in: range, times: &fresh.times, values: &fresh.values)
            return add(fresh)
        }
        open.decode(in: range, times: &times, values: &values)
    }

    /// Makes room for samples that are about to come.
    mutating func reserve(_ count: Int) {
        times.reserveCapacity(count)
        values.reserveCapacity(count)
    }

    /// Forgets the samples but keeps the room.
    mutating func removeAll() {
        times.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
    }

    /// Adds columns, ascending in time.
    mutating func add(_ fresh: Columns) {
        guard let first = fresh.times.first else { return }
        if let last = times.last, first <= last {
            (times, values) = merged(fresh, (times, values))
        } else {
            times.append(contentsOf: fresh.times)
            values.append(contentsOf: fresh.values)
        }
    }
}
