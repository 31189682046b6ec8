// Reading the archive: one tier is chosen for a query, one column by the function around the selector.
// For an instant selector a row's value is repeated every lookback up to the next row, else a graph of
// 1 h rows would be holes: a sample counts for five minutes only.

internal import Basics

/// What the archive has for a query.
struct ArchiveAnswer {
    var series: [(labels: Labels, kind: ArchiveKind, columns: Columns)] = []
    var tier: ArchiveTier?
    var faults: [ArchiveFault] = []
}

extension Archive {
    /// Prometheus' default lookback.
    private static let repeatMillis: Int64 = 300_000

    /// The finest tier that reaches back to a time, or a coarser one when the query's step allows it.
    func tier(from: Millis, now: Millis, stepMillis: Millis) -> ArchiveTier? {
        let tiers = settings.tiers.sorted { $0.stepSeconds < $1.stepSeconds }
        let reaching = tiers.filter { now - $0.spanMillis <= from }
        let coarse = reaching.last { $0.stepMillis <= stepMillis }
        return coarse ?? reaching.first ?? tiers.last
    }

    /// Rows as samples at the ends of their steps.
    func read(
        _ matchers: [Matcher], in range: TimeRange, tier: ArchiveTier, hints: SelectHints
    ) throws(PatternError) -> ArchiveAnswer {
        var answer = ArchiveAnswer()
        for entry in entries {
            var isWanted = true
            for matcher in matchers where try !matcher.matches(entry.labels) {
                isWanted = false
                break
            }
            guard isWanted else { continue }
            do throws(ArchiveFault) {
                let columns = try samples(entry, in: range, tier, hints)
                guard !columns.times.isEmpty else { continue }
                answer.tier = tier
                answer.series.append((entry.labels, entry.kind, columns))
            } catch {
                answer.faults.append(error)
            }
        }
        return answer
    }

    /// The row of one step.
    func row(_ labels: Labels, _ tier: ArchiveTier, endMillis: Millis) throws -> ArchiveRow? {
        guard let entry = find(labels) else { return nil }
        let seconds = Int(endMillis / 1000)
        return try gated(entry) { () throws(ArchiveFault) -> ArchiveRow? in
            let file = file(entry, tier)
            guard try file.validate() else { return nil }
            return try file.rows(from: seconds, through: seconds).first
        }
    }

    private func samples(
        _ entry: ArchiveEntry, in range: TimeRange, _ tier: ArchiveTier, _ hints: SelectHints
    ) throws(ArchiveFault) -> Columns {
        let file = file(entry, tier)
        let from = Int(max(0, range.from / 1000))
        let through = Int(max(0, min(range.through, 1 << 52) / 1000))
        let rows = try gated(entry) { () throws(ArchiveFault) -> [ArchiveRow] in
            guard try file.validate() else { return [] }
            return try file.rows(from: from, through: through)
        }
        let column = entry.kind.column(for: hints.function)
        var columns: Columns = ([], [])
        for (index, row) in rows.enumerated() where !row.values[column].isNaN {
            let time = Millis(row.endSeconds) * 1000
            columns.times.append(time)
            columns.values.append(row.values[column])
            let isNextKnown =
                index + 1 < rows.count
                && rows[index + 1].endSeconds - row.endSeconds == tier.stepSeconds
            guard hints.rangeMillis == 0, isNextKnown else { continue }
            for later in stride(
                from: time + Archive.repeatMillis, to: time + tier.stepMillis,
                by: Int(Archive.repeatMillis))
            {
                columns.times.append(later)
                columns.values.append(row.values[column])
            }
        }
        return columns
    }
}
