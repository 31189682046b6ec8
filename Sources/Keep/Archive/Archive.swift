// The archive: years at a size known in advance, for the series that are worth it. It is written when a
// block is sealed, because then nothing can be added to those hours any more; bulk import and repair go
// through one operation, `rewrite`. It is derived from blocks: a file that is damaged is put aside,
// reported, and begun anew.

internal import Basics
internal import Glibc

/// The consolidated history of some series.
final class Archive: Sendable {
    struct Settings: Sendable {
        var folder: String
        var tiers: [ArchiveTier]
        /// A series is archived when it satisfies all matchers of any group.
        var groups: [[Matcher]]
        var seriesMax: Int
    }

    private struct State {
        var entries: [ByteKey: ArchiveEntry]
        var lastNumber: Int
        var refused: Set<UInt64> = []
    }

    /// Locks of files, by number: one per file would be as good and cost more.
    private static let stripes = 64
    /// Series whose samples wait together to be archived: their columns take some 2 MB, the index one commit.
    static let sealedAtOnce = 256

    let settings: Settings
    private let files: Files
    private let meters: KeepMeters
    let index: ArchiveIndex
    private let state: Lock<State>
    private let gates: [Lock<Void>]

    /// Opens the archive; an index that is damaged is put aside, reported and begun anew.
    init(
        _ settings: Settings, files: Files, meters: KeepMeters,
        report: (BadBlock) -> Void = { _ in }
    ) throws(KeepError) {
        self.settings = settings
        self.files = files
        self.meters = meters
        let path = settings.folder + "/index.db"
        do {
            for tier in settings.tiers { try files.makeFolder(settings.folder + "/" + tier.name) }
            let (index, loaded) = try ArchiveIndex.open(path, files: files, report: report)
            self.index = index
            let entries = loaded.map { (ByteKey($0.labels), $0) }
            // Files whose entry was lost keep their numbers.
            var last = loaded.map(\.number).max() ?? 0
            for tier in settings.tiers {
                for name in try files.list(settings.folder + "/" + tier.name) {
                    last = max(last, Int(name.prefix { $0.isNumber }) ?? 0)
                }
            }
            state = Lock(
                State(entries: Dictionary(entries) { first, _ in first }, lastNumber: last))
        } catch {
            throw KeepError(error, "open the archive's index", path)
        }
        gates = (0..<Archive.stripes).map { _ in Lock(()) }
    }

    /// True when a series is, or may become, part of the archive.
    func holds(_ labels: Labels) -> Bool {
        let known = state.withLock { $0.entries[ByteKey(labels)] != nil }
        if known { return true }
        return settings.groups.contains { group in
            group.allSatisfy { (try? $0.matches(labels)) ?? false }
        }
    }

    /// True when a series is part of the archive, or can become one; else it is counted as refused.
    func hasRoom(for labels: Labels) -> Bool {
        state.withLock { admits(labels, &$0) }
    }

    private func admits(_ labels: Labels, _ state: inout State) -> Bool {
        if state.entries[ByteKey(labels)] != nil || state.entries.count < settings.seriesMax {
            return true
        }
        state.refused.insert(labels.fingerprint)
        return false
    }

    /// Appends the rows of sealed samples: series with columns that ascend in time.
    ///
    /// - Parameter isCounter: tells the kind of a series that is new here.
    /// - Returns: what could not be written.
    func seal(
        _ series: [(labels: Labels, columns: Columns)], isCounter: (Labels) -> Bool
    ) -> [ArchiveFault] {
        var faults: [ArchiveFault] = []
        var moved: [ArchiveEntry] = []
        for (labels, columns) in series {
            guard var entry = entry(labels, isCounter(labels) ? .counter : .gauge) else { continue }
            let before = entry.total
            for tier in settings.tiers {
                let rows: [ArchiveRow]
                switch entry.kind {
                case .gauge:
                    rows = gaugeRows(columns.times, columns.values, stepMillis: tier.stepMillis)
                case .counter:
                    entry.total = before
                    rows = counterRows(
                        columns.times, columns.values, stepMillis: tier.stepMillis, &entry.total)
                }
                do throws(ArchiveFault) {
                    try append(rows, entry, tier)
                } catch {
                    meters.archiveFailures.add()
                    faults.append(error)
                }
            }
            moved.append(entry)
        }
        return faults + remember(moved)
    }

    /// Writes rows of any age.
    ///
    /// The file is made anew with the rows it had. Where a step has a row already, the new one counts.
    func rewrite(
        _ labels: Labels, isCounter: Bool, tier: ArchiveTier, rows: [ArchiveRow]
    ) throws(ArchiveFault) {
        guard let entry = entry(labels, isCounter ? .counter : .gauge) else { return }
        if let failure = remember([entry]).first { throw failure }
        try gated(entry) { () throws(ArchiveFault) in
            let file = file(entry, tier)
            var kept: [Int: ArchiveRow] = [:]
            if try file.validate() {
                let last = try file.lastSeconds()
                for row in try file.rows(from: last - tier.stepSeconds * tier.rows, through: last) {
                    kept[row.endSeconds] = row
                }
            }
            for row in rows where row.endSeconds > RoundRobinFile.earliestSeconds {
                kept[row.endSeconds] = row
            }
            let sorted = kept.values.sorted { $0.endSeconds < $1.endSeconds }
            guard let first = sorted.first else { return }
            let fresh = RoundRobinFile(
                path: file.path + ".tmp", tier: tier, columns: entry.kind.columns, files: files)
            try fresh.create(startSeconds: first.endSeconds - tier.stepSeconds)
            meters.archivedRows.add(Double(try fresh.append(sorted)))
            do throws(FileError) {
                try files.rename(file.path + ".tmp", file.path)
            } catch {
                throw ArchiveFault(path: file.path, reason: error.description)
            }
        }
    }

    /// Removes series with their files; a later sample begins them anew.
    func remove(_ labels: [Labels]) throws(ArchiveFault) {
        let gone = state.withLock { state in
            labels.compactMap { state.entries.removeValue(forKey: ByteKey($0)) }
        }
        do {
            try index.remove(gone)
        } catch {
            throw ArchiveFault(path: settings.folder + "/index.db", reason: "\(error)")
        }
        for entry in gone {
            for tier in settings.tiers {
                try gated(entry) { () throws(ArchiveFault) in
                    try? files.remove(file(entry, tier).path)
                }
            }
        }
    }

    private func append(
        _ rows: [ArchiveRow], _ entry: ArchiveEntry, _ tier: ArchiveTier
    ) throws(ArchiveFault) {
        let rows = rows.filter { $0.endSeconds > RoundRobinFile.earliestSeconds }
        guard let first = rows.first else { return }
        try gated(entry) { () throws(ArchiveFault) in
            let file = file(entry, tier)
            var isThere = false
            do throws(ArchiveFault) {
                isThere = try file.validate()
            } catch {
                guard error.isDamaged else { throw error }
                meters.archiveFailures.add()
                try? files.rename(file.path, file.path + ".damaged")
            }
            if !isThere { try file.create(startSeconds: first.endSeconds - tier.stepSeconds) }
            meters.archivedRows.add(Double(try file.append(rows)))
        }
    }

    /// The entry of a series, made when there is room; nil when there is none.
    private func entry(_ labels: Labels, _ kind: ArchiveKind) -> ArchiveEntry? {
        state.withLock { state in
            if let known = state.entries[ByteKey(labels)] { return known }
            guard admits(labels, &state) else { return nil }
            state.lastNumber += 1
            let entry = ArchiveEntry(
                number: state.lastNumber, labels: labels, kind: kind, total: CounterTotal())
            state.entries[ByteKey(labels)] = entry
            return entry
        }
    }

    private func remember(_ entries: [ArchiveEntry]) -> [ArchiveFault] {
        guard !entries.isEmpty else { return [] }
        state.withLock { state in
            for entry in entries { state.entries[ByteKey(entry.labels)] = entry }
        }
        do {
            try index.save(entries)
            return []
        } catch {
            meters.archiveFailures.add()
            return [ArchiveFault(path: settings.folder + "/index.db", reason: "\(error)")]
        }
    }

    func file(_ entry: ArchiveEntry, _ tier: ArchiveTier) -> RoundRobinFile {
        let digits = String(entry.number)
        let name = String(repeating: "0", count: max(0, 6 - digits.count)) + digits + ".rrd"
        return RoundRobinFile(
            path: settings.folder + "/" + tier.name + "/" + name, tier: tier,
            columns: entry.kind.columns, files: files)
    }

    /// Runs a body while no other touches the files of a series.
    func gated<Result: Sendable>(
        _ entry: ArchiveEntry, _ body: () throws(ArchiveFault) -> Result
    ) throws(ArchiveFault) -> Result {
        try gates[entry.number % Archive.stripes].withLock { _ throws(ArchiveFault) in try body() }
    }

    var entries: [ArchiveEntry] { state.withLock { Array($0.entries.values) } }

    func find(_ labels: Labels) -> ArchiveEntry? { state.withLock { $0.entries[ByteKey(labels)] } }

    /// Series held, series that found no room, bytes on disk (files do not grow).
    var totals: (series: Int, refused: Int, bytes: Int) {
        let (entries, refused) = state.withLock { (Array($0.entries.values), $0.refused.count) }
        let bytes = entries.reduce(0) { sum, entry in
            settings.tiers.reduce(sum) {
                $0 + RoundRobinHeader.fileBytes(columns: entry.kind.columns.count, rows: $1.rows)
            }
        }
        return (entries.count, refused, bytes)
    }
}
