// When a seal meets full chunks that the disk does not give back as they were: the journal still has their
// samples, because no segment goes before what it holds is in blocks. The series concerned are read from it
// again and written as a second block over the same span, which reading merges with the first. It costs
// a look through the whole journal, and damage is rare.

internal import Basics

/// The series of a seal that could not be read whole.
struct HeadDamage {
    private(set) var series: Set<Labels> = []
    /// The first of what was met, and how many there were.
    private(set) var first: BadBlock?
    private(set) var count = 0
    /// Samples of these series that could be read.
    var readable = 0

    mutating func add(_ bad: BadBlock, of labels: Labels) {
        series.insert(labels)
        first = first ?? bad
        count += 1
    }
}

extension HeadRead {
    /// Puts the samples in a range in the place of what the columns hold; false when there was damage.
    func read(
        in range: TimeRange, into columns: inout Columns, _ reader: inout SpillReader,
        into damage: inout HeadDamage
    ) -> Bool {
        let before = damage.count
        read(in: range, into: &columns, &reader) { damage.add($0, of: labels()) }
        if damage.count == before { return true }
        damage.readable += columns.times.count
        return false
    }
}

extension SeriesKeeper {
    /// Brings the samples of damaged series in a range from the journal into a block of their own.
    func salvage(
        _ damage: HeadDamage, in range: TimeRange, _ metadata: Metadata,
        _ report: inout MaintenanceReport
    ) {
        meters.damagedChunks.add(Double(damage.count))
        let what = "\(damage.count) full chunks, the first: \(damage.first.map { "\($0)" } ?? "")"
        do {
            let samples = try reseal(damage.series, in: range, metadata, &report)
            let gained = samples - damage.readable
            report.notices.append(
                gained > 0
                    ? "\(what); \(gained) samples of \(damage.series.count) series were taken from "
                        + "the journal instead; check disk and memory (dmesg)"
                    : "\(what); the journal does not have their samples any more")
        } catch {
            report.notices.append("\(what); the journal cannot be read either: \(error)")
        }
    }

    private func reseal(
        _ wanted: Set<Labels>, in range: TimeRange, _ metadata: Metadata,
        _ report: inout MaintenanceReport
    ) throws -> Int {
        let again = Head(
            seriesMax: .max,
            spill: Spill(
                folder: head.spill.folder, files: files, pageBytes: options.spillPageBytes))
        var recovery = JournalRecovery(
            folder: journal.folder, files: files, threads: 1, wanted: wanted)
        // What it says of damaged frames was said at the start, or will be at the next.
        var unheard = RecoveryReport()
        try recovery.run(into: again, now: range.from, &unheard, nil)
        var cursor = HeadCursor(again, again.series(before: range.through + 1))
        var samples = 0
        var archived: [(Labels, Columns)] = []
        _ = try shelf.add(from: range.from, end: range.through + 1) {
            guard let read = cursor.next() else { return nil }
            let labels = read.labels()
            let columns = read.samples(in: range) { _ in }
            samples += columns.times.count
            if !columns.times.isEmpty && archive.holds(labels) {
                archived.append((labels, columns))
            }
            return (
                labels,
                makeChunks(columns.times, columns.values, samplesMax: Chunk.blockSamplesMax)
            )
        }
        for fault in archive.seal(archived, isCounter: { isCounter($0, metadata) }) {
            report.notices.append("archive: \(fault)")
        }
        return samples
    }
}
