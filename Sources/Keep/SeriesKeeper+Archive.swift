// What of a seal or an import goes to the archive, and of what kind it is. Gauges of any age are merged
// into their files; a counter's total can only be continued, at its newer end or at its older one.

internal import Basics

extension SeriesKeeper {
    /// A counter by what was told of its metric, else by its name.
    ///
    /// - Parameter known: what was told, taken from the journal before anything holds its lock.
    func isCounter(_ labels: Labels, _ known: [String: MetricMetadata]) -> Bool {
        let name = labels.metric
        if name.contains(":") { return false }
        let family = ["_total", "_bucket", "_count", "_sum"].first { name.hasSuffix($0) }
        let base = family.map { String(name.dropLast($0.count)) } ?? name
        guard let kind = (known[name] ?? known[base])?.kind, kind != .unknown else {
            return family != nil && family != "_sum"
        }
        switch kind {
        case .counter: return true
        case .histogram, .summary: return family != nil
        default: return false
        }
    }

    /// Archives what series of the head have in a range that is sealed, for as many as there is room.
    ///
    /// Samples are decoded once more, because those of all series together are many times the head.
    func archiveSealed(
        _ ids: [UInt32], in range: TimeRange, _ metadata: [String: MetricMetadata]
    ) -> [ArchiveFault] {
        var faults: [ArchiveFault] = []
        var cursor = HeadCursor(head, ids)
        var reader = SpillReader()
        var page: [(labels: Labels, columns: Columns)] = []
        func flush() {
            faults += archive.seal(page) { isCounter($0, metadata) }
            page.removeAll(keepingCapacity: true)
        }
        while let read = cursor.next() {
            let labels = read.labels()
            guard archive.hasRoom(for: labels) else { continue }
            var columns: Columns = ([], [])
            read.read(in: range, into: &columns, &reader) { _ in }
            page.append((labels, columns))
            if page.count == Archive.sealedAtOnce { flush() }
        }
        flush()
        return faults
    }

    /// Archives imported samples.
    func archiveBackfill(_ series: [Series]) -> [ArchiveFault] {
        var faults: [ArchiveFault] = []
        let sealed = sealedThrough()
        let metadata = journal.metadata
        for entry in series where archive.holds(entry.labels) {
            // Steps that are not sealed yet would be closed too early; sealing will bring them.
            let end = entry.times.partitionIndex { $0 < sealed }
            let columns: Columns = (Array(entry.times[..<end]), Array(entry.values[..<end]))
            guard let first = columns.times.first else { continue }
            let archived = archive.find(entry.labels)
            let isCounter =
                archived.map { $0.kind == .counter } ?? isCounter(entry.labels, metadata)
            if isCounter && first > archived?.total.through ?? .min {
                faults += archive.seal([(entry.labels, columns)]) { _ in true }
                continue
            }
            for tier in archive.settings.tiers {
                do throws(ArchiveFault) {
                    try rewrite(entry.labels, columns, isCounter, tier)
                } catch {
                    meters.archiveFailures.add()
                    faults.append(error)
                }
            }
        }
        return faults
    }

    private func rewrite(
        _ labels: Labels, _ columns: Columns, _ isCounter: Bool, _ tier: ArchiveTier
    ) throws(ArchiveFault) {
        guard isCounter else {
            let rows = gaugeRows(columns.times, columns.values, stepMillis: tier.stepMillis)
            return try archive.rewrite(labels, isCounter: false, tier: tier, rows: rows)
        }
        var total = CounterTotal()
        var rows = counterRows(columns.times, columns.values, stepMillis: tier.stepMillis, &total)
        guard let first = try archive.firstRow(labels, tier) else {
            return try archive.rewrite(labels, isCounter: true, tier: tier, rows: rows)
        }
        // Older steps are shifted to end where the kept ones begin, so that no reset appears between.
        rows = rows.filter { $0.endSeconds < first.endSeconds }
        guard let last = rows.last else { return }
        let shift = first.values[0] - last.values[0]
        for index in rows.indices { rows[index].values[0] += shift }
        try archive.rewrite(labels, isCounter: true, tier: tier, rows: rows)
    }

    /// The end of the steps that sealing has closed: blocks end there, and the head begins.
    func sealedThrough() -> Millis {
        let due = admissionTime() - options.windowMillis
        return due.flooredDivision(by: Block.spanMillis) * Block.spanMillis
    }
}

extension Archive {
    /// The earliest known row of a series in a tier.
    func firstRow(_ labels: Labels, _ tier: ArchiveTier) throws(ArchiveFault) -> ArchiveRow? {
        guard let entry = find(labels) else { return nil }
        return try gated(entry) { () throws(ArchiveFault) -> ArchiveRow? in
            let file = file(entry, tier)
            guard try file.validate() else { return nil }
            let last = try file.lastSeconds()
            return try file.rows(from: last - tier.stepSeconds * tier.rows, through: last).first
        }
    }
}
