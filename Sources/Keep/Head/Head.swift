// The head: the last hours of every series, behind one lock that is taken once per batch. What is full goes
// to the spill: into a page under the lock, to the disk after it. Readers take references under the lock,
// read and decode after it; expressions run over a copy of the index, which costs nothing until a new
// series comes meanwhile.

internal import Basics

/// The samples that are not yet in blocks.
final class Head: Sendable {
    let spill: Spill
    private let state: Lock<HeadState>
    private let seriesMax: Int

    init(seriesMax: Int, spill: Spill) {
        self.seriesMax = seriesMax
        self.spill = spill
        state = Lock(HeadState(spill: spill))
    }

    func resolve(_ labels: Labels) -> Result<SeriesID, Intake.ResolveError> {
        let max = seriesMax
        return state.withLock { $0.resolve(labels, seriesMax: max) }
    }

    /// Takes the samples of a batch whose time lies in a window.
    func append(_ batch: SampleBatch, window: TimeRange) -> HeadAppend {
        let max = seriesMax
        let taken = state.withLock { $0.append(batch, window, seriesMax: max) }
        spill.write()
        return taken
    }

    /// Brings a series back at the start, however many there are.
    func resolveUnlimited(_ labels: Labels) -> Result<SeriesID, Intake.ResolveError> {
        state.withLock { $0.resolve(labels, seriesMax: .max) }
    }

    /// Brings samples back at the start; see ``HeadState/restore(_:threads:)``.
    func restore(_ frames: [SampleFrame], threads: Int) -> Int {
        let count = state.withLock { $0.restore(frames, threads: threads) }
        spill.write()
        return count
    }

    /// Ends bringing back.
    func endRestoring() {
        state.withLock { $0.endRestoring() }
        spill.write()
    }

    /// The series that satisfy all matchers and have samples in a range.
    func read(_ matchers: [Matcher], in range: TimeRange) throws -> [HeadRead] {
        let postings = state.withLock { $0.postings }
        let ids = try postings.select(matchers)
        return state.withLock { state in
            let (volumes, pages) = (spill.volumes, state.names.pages)
            return ids.compactMap { id in
                let series = state.slots[Int(id)]
                guard let earliest = series.earliest, earliest <= range.through,
                    series.open.last >= range.from
                else { return nil }
                return HeadRead(id: id, series, volumes, pages)
            }
        }
    }

    /// The series that have samples before a time, in the order of their labels.
    func series(before end: Millis) -> [UInt32] {
        let (unsorted, pages) = state.withLock { state in
            let found = state.postings.all.compactMap { id -> (names: UInt32, id: UInt32)? in
                let series = state.slots[Int(id)]
                guard let earliest = series.earliest, earliest < end else { return nil }
                return (series.names, id)
            }
            return (found, state.names.pages)
        }
        let found = unsorted.sorted { pages.precedes($0.names, $1.names) }
        return found.map(\.id)
    }

    /// What some series have now.
    func reads(of ids: some Sequence<UInt32>) -> [HeadRead] {
        state.withLock { state in
            let (volumes, pages) = (spill.volumes, state.names.pages)
            return ids.map { HeadRead(id: $0, state.slots[Int($0)], volumes, pages) }
        }
    }

    /// From now on refuses samples before a time, because a block is about to hold them.
    func raiseFloor(to time: Millis) { state.withLock { $0.floor = max($0.floor, time) } }

    /// Forgets samples before a time.
    func drop(before end: Millis) { state.withLock { $0.drop(before: end) } }

    /// Forgets all samples, and that any were sealed.
    func dropAll() {
        state.withLock {
            $0.dropAll()
            $0.floor = .min
        }
    }

    /// Forgets series that have been quiet for long; see ``HeadState/forgetQuiet()``.
    func forgetQuiet() { state.withLock { $0.forgetQuiet() } }

    /// The labels of the series in many slots, in their order; nil where a slot has none.
    func labels(of slots: [UInt32]) -> [Labels?] {
        let (places, pages) = state.withLock { state in
            (slots.map { state.names(of: Int($0)) }, state.names.pages)
        }
        return places.map { $0.map { pages.labels(of: $0) } }
    }

    /// The first and the last sample; nil when the head is empty.
    var span: TimeRange? {
        state.withLock { state in
            state.earliest == .max
                ? nil : TimeRange(from: state.earliest, through: max(state.latest, state.earliest))
        }
    }

    var postings: Postings { state.withLock { $0.postings } }

    var counts: (series: Int, quiet: Int, samples: Int) {
        state.withLock {
            let listed = $0.postings.all.count
            return (listed, $0.heldCount - listed, $0.sampleCount)
        }
    }

    /// Of the labels of all series.
    var labelBytes: Int { state.withLock { $0.names.pages.byteCount } }

    /// Chunks, and their bytes in memory and in the spill's files; walks all series.
    var chunkTotals: (chunks: Int, bytes: Int, spilledBytes: Int) {
        state.withLock { state in
            let (inMemory, inFiles) = spill.totals
            var totals = (chunks: 0, bytes: inMemory, spilledBytes: inFiles)
            for series in state.slots where !series.isEmpty {
                totals.chunks += series.chunks.count + 1
                totals.bytes += series.open.bits.words.count * 8
            }
            return totals
        }
    }
}
