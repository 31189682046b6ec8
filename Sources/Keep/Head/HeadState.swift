// The head as a value: an arena of series by slot, the pool of their labels, the index. A series without
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
    var slots: [HeadSeries] = []
    private var writer: SpillWriter
    /// Of the threads that bring samples back at the start, by their number.
    var restorers: [SpillWriter] = []
    private(set) var names = LabelPool()
    /// Slots whose series was forgotten.
    private var spare: [UInt32] = []
    private(set) var postings = Postings()
    /// Samples kept.
    var sampleCount = 0
    /// No sample is earlier; `.max` when the head is empty.
    var earliest: Millis = .max
    /// The latest sample ever taken.
    var latest: Millis = .min
    /// Samples before it are in blocks already, so that they are refused.
    var floor: Millis = .min

    init(spill: Spill) {
        self.spill = spill
        writer = SpillWriter(spill)
    }

    mutating func resolve(
        _ labels: Labels, seriesMax: Int
    ) -> Result<SeriesID, Intake.ResolveError> {
        if let known = names.slot(of: labels) {
            if slots[Int(known)].standing == .overlooked { slots[Int(known)].standing = .quiet }
            return .success(SeriesID(slot: known, slots[Int(known)].generation))
        }
        guard postings.all.count < seriesMax, slots.count < SeriesID.slotsMax || !spare.isEmpty,
            names.pages.hasRoom
        else { return .failure(.init(.seriesLimit)) }
        guard isWithinLimits(labels) else { return .failure(.init(.labelLimit)) }
        let slot = spare.last ?? UInt32(slots.count)
        var series = HeadSeries(names: names.add(labels, slot: slot))
        if let given = spare.popLast() {
            series.generation = slots[Int(given)].generation
            slots[Int(given)] = series
        } else {
            // In steps: doubling would hold, and copy, up to as much again.
            if slots.count == slots.capacity {
                slots.reserveCapacity(slots.count + max(1024, slots.count / 8))
            }
            slots.append(series)
        }
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
        postings.add(UInt32(id), names.pages.labels(of: slots[id].names))
        return true
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
                names.forget(slots[slot].names)
                var empty = HeadSeries(names: 0)
                empty.standing = .spare
                empty.generation = slots[slot].generation &+ 1
                slots[slot] = empty
                spare.append(UInt32(slot))
            }
        }
        if names.isSparse { gatherNames() }
    }

    /// Leaves behind the labels of series that were forgotten.
    private mutating func gatherNames() {
        var pool = LabelPool()
        for slot in slots.indices where slots[slot].standing != .spare {
            let labels = names.pages.labels(of: slots[slot].names)
            slots[slot].names = pool.add(labels, slot: UInt32(slot))
        }
        names = pool
    }

    /// Where the labels of the series in a slot are told; nil when it holds none.
    func names(of slot: Int) -> UInt32? {
        guard slot < slots.count, slots[slot].standing != .spare else { return nil }
        return slots[slot].names
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
