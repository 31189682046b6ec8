// The head as a value: an arena of series by slot, the slots by labels, the index. A series without
// samples is only unlisted, and listed again by its next sample, because collectors remember ids; one
// that stays quiet for a whole round more is forgotten and its slot given to another, so that churn costs
// no memory. An id holds its slot's generation: an old one never reaches the series that came after.

internal import Basics

/// What became of a batch, and which samples the journal has to keep.
struct HeadAppend: Sendable {
    var outcome = AppendOutcome()
    /// The samples that were taken, when they are not the whole batch.
    var kept: SampleBatch?
}

/// All series of the head.
struct HeadState: Sendable {
    let spill: Spill
    private(set) var slots: [HeadSeries] = []
    private var writer: SpillWriter
    /// Of the threads that bring samples back at the start, by their number.
    private var restorers: [SpillWriter] = []
    private var ids: [ByteKey: UInt32] = [:]
    /// Slots whose series was forgotten.
    private var spare: [UInt32] = []
    private(set) var postings = Postings()
    /// Samples kept.
    private(set) var sampleCount = 0
    /// No sample is earlier; `.max` when the head is empty.
    private(set) var earliest: Millis = .max
    /// The latest sample ever taken.
    private(set) var latest: Millis = .min
    /// Samples before it are in blocks already, so that they are refused.
    var floor: Millis = .min

    init(spill: Spill) {
        self.spill = spill
        writer = SpillWriter(spill)
    }

    mutating func resolve(
        _ labels: Labels, seriesMax: Int
    ) -> Result<SeriesID, Intake.ResolveError> {
        let key = ByteKey(labels)
        if let known = ids[key] {
            if slots[Int(known)].standing == .overlooked { slots[Int(known)].standing = .quiet }
            return .success(SeriesID(slot: known, slots[Int(known)].generation))
        }
        guard postings.all.count < seriesMax, slots.count < SeriesID.slotsMax || !spare.isEmpty
        else { return .failure(.init(.seriesLimit)) }
        guard isWithinLimits(labels) else { return .failure(.init(.labelLimit)) }
        var series = HeadSeries(labels)
        let slot: UInt32
        if let given = spare.popLast() {
            slot = given
            series.generation = slots[Int(given)].generation
            slots[Int(given)] = series
        } else {
            slot = UInt32(slots.count)
            // In steps: doubling would hold, and copy, up to as much again.
            if slots.count == slots.capacity {
                slots.reserveCapacity(slots.count + max(1024, slots.count / 8))
            }
            slots.append(series)
        }
        ids[key] = slot
        postings.add(slot, labels)
        return .success(SeriesID(slot: slot, series.generation))
    }

    mutating func append(_ batch: SampleBatch, _ window: TimeRange, seriesMax: Int) -> HeadAppend {
        var result = HeadAppend()
        var refused: [Int] = []
        var repeated = 0
        let from = max(window.from, floor)
        for index in 0..<batch.count {
            let id = batch.series[index]
            let time = batch.times[index]
            let refusal: Refusal
            if time < from || id.slot >= slots.count {
                refusal = .tooOld
            } else if time > window.through {
                refusal = .tooNew
            } else {
                switch take(id, time, batch.values[index], seriesMax) {
                case .accepted:
                    if time < earliest { earliest = time }
                    if time > latest { latest = time }
                    continue
                case .repeated:
                    repeated += 1
                    continue
                case .duplicate: refusal = .duplicate
                case .foreign: refusal = .tooOld
                case .unlisted: refusal = .seriesLimit
                }
            }
            result.outcome.refuse(refusal)
            refused.append(index)
        }
        result.outcome.accepted = batch.count - refused.count
        sampleCount += result.outcome.accepted - repeated
        if !refused.isEmpty { result.kept = batch.without(refused) }
        return result
    }

    @inline(__always)
    private mutating func take(
        _ id: SeriesID, _ time: Millis, _ value: Double, _ seriesMax: Int
    ) -> HeadSeries.Taken {
        while true {
            let taken = slots[id.slot].take(time, value, for: id.generation, into: &writer)
            guard taken == .unlisted, relist(id.slot, seriesMax) else { return taken }
        }
    }

    private mutating func relist(_ id: Int, _ seriesMax: Int) -> Bool {
        guard postings.all.count < seriesMax else { return false }
        slots[id].standing = .listed
        postings.add(UInt32(id), slots[id].labels)
        return true
    }

    /// Brings samples back at the start, of any time, on some threads beside each other.
    ///
    /// Each series is one thread's, which takes its samples in their order: the outcome is that of one thread.
    ///
    /// - Parameters:
    ///   - frames: samples by slot; those of ``SegmentReplay/nowhere`` are left out.
    /// - Returns: how many were not there yet.
    mutating func restore(_ frames: [SampleFrame], threads: Int) -> Int {
        let before = sampleCount
        var writers = restorers
        restorers = []
        while writers.count < threads { writers.append(SpillWriter(spill)) }
        let shares = slots.withUnsafeMutableBufferPointer { slots in
            writers.withUnsafeMutableBufferPointer {
                HeadState.restore(frames, threads: threads, slots, $0)
            }
        }
        restorers = writers
        for share in shares {
            sampleCount += share.count
            earliest = min(earliest, share.earliest)
            latest = max(latest, share.latest)
        }
        return sampleCount - before
    }

    private struct Share: Sendable {
        var count = 0
        var earliest = Millis.max
        var latest = Millis.min
    }

    private static func restore(
        _ frames: [SampleFrame], threads: Int,
        _ series: UnsafeMutableBufferPointer<HeadSeries>,
        _ restorers: UnsafeMutableBufferPointer<SpillWriter>
    ) -> [Share] {
        // A slot and a writer are one thread's alone, and all are done before the buffers end.
        nonisolated(unsafe) let (slots, writers) = (series, restorers)
        return concurrently(threads) { thread in
            var share = Share()
            for frame in frames {
                for (index, slot) in frame.series.enumerated() {
                    // In runs of 64, because neighbours share lines of the cache.
                    guard Int(slot >> 6) % threads == thread, slot < slots.count else { continue }
                    let time = frame.times[index]
                    let value = Double(bitPattern: frame.values[index])
                    let taken = slots[Int(slot)].append(time, value, into: &writers[thread])
                    guard taken == .accepted else { continue }
                    share.count += 1
                    share.earliest = min(share.earliest, time)
                    share.latest = max(share.latest, time)
                }
            }
            return share
        }
    }

    /// Hands over the pages of the threads that brought samples back.
    mutating func endRestoring() {
        for index in restorers.indices { restorers[index].finish() }
        restorers = []
    }

    /// Forgets what blocks now hold, and unlists series that have nothing left.
    mutating func drop(before end: Millis) {
        dropEach { $0.drop(before: end) }
        dropSpill(before: HeadChunk.span(of: end))
    }

    mutating func dropAll() {
        dropEach { $0.dropAll() }
        dropSpill(before: .max)
        latest = .min
    }

    private mutating func dropSpill(before span: Int64) {
        writer.drop(before: span)
        spill.drop(before: span)
    }

    /// Forgets the series that have been quiet since the call before, and marks those quiet now.
    ///
    /// Ids given before that call are void then; a caller lets hours pass between two calls.
    mutating func forgetQuiet() {
        for slot in slots.indices {
            switch slots[slot].standing {
            case .listed, .spare: break
            case .quiet: slots[slot].standing = .overlooked
            case .overlooked:
                ids[ByteKey(slots[slot].labels)] = nil
                var empty = HeadSeries(.empty)
                empty.standing = .spare
                empty.generation = slots[slot].generation &+ 1
                slots[slot] = empty
                spare.append(UInt32(slot))
            }
        }
    }

    /// Slots that hold a series.
    var heldCount: Int { slots.count - spare.count }

    private mutating func dropEach(_ drop: (inout HeadSeries) -> Void) {
        earliest = .max
        sampleCount = 0
        var hasQuiet = false
        for id in slots.indices where slots[id].isListed {
            drop(&slots[id])
            if let first = slots[id].earliest {
                earliest = min(earliest, first)
                sampleCount += slots[id].sampleCount
            } else {
                slots[id].standing = .quiet
                hasQuiet = true
            }
        }
        if hasQuiet { postings.remove { !slots[Int($0)].isListed } }
    }
}

/// True when a new series has few enough and short enough labels.
func isWithinLimits(_ labels: Labels) -> Bool {
    var count = 0
    var isWithin = true
    labels.forEachBytes { name, value in
        count += 1
        if max(name.count, value.count) > Limits.labelBytesMax { isWithin = false }
    }
    return isWithin && count <= Limits.labelsPerSeriesMax
}

extension SampleBatch {
    /// The batch without the samples at some indices, which ascend.
    fileprivate func without(_ indices: [Int]) -> SampleBatch {
        var rest = SampleBatch()
        var next = 0
        for index in 0..<count {
            if next < indices.count && indices[next] == index {
                next += 1
            } else {
                rest.append(series[index], times[index], values[index])
            }
        }
        return rest
    }
}
