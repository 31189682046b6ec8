// The way out: one answer from head, blocks and archive. Blocks are merged in the order they were written
// and the head comes last, so that of two values at one time the later written counts. Before the first
// block the archive answers, and the reader is told.

public import Basics

extension SeriesKeeper {
    /// Where queries find these series.
    public var source: SeriesSource {
        SeriesSource(
            select: { [self] (matchers, range, hints) throws(SourceError) in
                try select(matchers, range, hints)
            },
            series: { [self] (groups, range) throws(SourceError) in try labels(groups, range) },
            metadata: { [self] in journal.metadata }
        )
    }

    private func select(
        _ matchers: [Matcher], _ range: TimeRange, _ hints: SelectHints
    ) throws(SourceError) -> Selected {
        var warnings: [String] = []
        do {
            let (blocks, earliest) = blocksAndStart()
            var found = Gathering()
            var tier: ArchiveTier?
            if range.from < earliest {
                tier = try addArchive(matchers, range, hints, earliest, &found, &warnings)
            }
            for block in blocks where block.overlaps(range) {
                let reads = try block.read(matchers, in: range) { warn($0, &warnings) }
                found.add(reads.map { ($0.labels, .block($0.chunks, path: block.info.path)) })
            }
            found.add(try head.read(matchers, in: range).map { ($0.labels(), .head($0)) })
            let series = try found.series(in: range, hints) { warn($0, &warnings) }
            let infos = tier.map { ["answered from the \($0.name) tier"] } ?? []
            return Selected(series: series, infos: infos, warnings: warnings)
        } catch let error as SourceError {
            throw error
        } catch {
            throw SourceError(reason: "\(error)")
        }
    }

    /// The blocks in the order they were written, and the first time that blocks or head answer for.
    private func blocksAndStart() -> (blocks: [Block], earliest: Millis) {
        let blocks = shelf.blocks
        let inHead = head.span?.from ?? .max
        let earliest = min(blocks.first?.info.from ?? .max, inHead)
        return (blocks.sorted { $0.info.serial < $1.info.serial }, earliest)
    }

    private func warn(_ bad: BadBlock, _ warnings: inout [String]) {
        meters.damagedChunks.add()
        warnings.append(bad.description)
    }

    /// Adds what the archive has before the first block.
    private func addArchive(
        _ matchers: [Matcher], _ range: TimeRange, _ hints: SelectHints, _ earliest: Millis,
        _ found: inout Gathering, _ warnings: inout [String]
    ) throws -> ArchiveTier? {
        let now = clock.now()
        guard let tier = archive.tier(from: range.from, now: now, stepMillis: hints.stepMillis)
        else { return nil }
        let wanted = TimeRange(from: range.from, through: min(range.through, earliest))
        let answer = try archive.read(matchers, in: wanted, tier: tier, hints: hints)
        for fault in answer.faults {
            meters.archiveFailures.add()
            warnings.append("archive: \(fault)")
        }
        var pieces: [(Labels, Gathering.Piece)] = []
        for (labels, kind, columns) in answer.series {
            var columns = columns
            if kind == .counter, let shift = try counterShift(labels, earliest, tier) {
                for index in columns.values.indices { columns.values[index] += shift }
            }
            pieces.append((labels, .archive(columns)))
        }
        found.add(pieces)
        return answer.tier
    }

    /// What to add to a counter's archived total so that it meets the counter's own value where the exact
    /// samples begin; the difference is what resets took away.
    private func counterShift(
        _ labels: Labels, _ earliest: Millis, _ tier: ArchiveTier
    ) throws -> Double? {
        let matchers = labels.map { Matcher($0.name, equals: $0.value) }
        let reach = TimeRange(from: earliest, through: earliest + 2 * tier.stepMillis)
        var exact = ColumnMerge()
        for block in shelf.blocks where block.overlaps(reach) {
            for read in try block.read(matchers, in: reach, report: { _ in })
            where read.labels == labels {
                for chunk in read.chunks { _ = exact.add(chunk, in: reach) }
            }
        }
        for read in try head.read(matchers, in: reach) where read.labels() == labels {
            exact.add(read.samples(in: reach) { _ in })
        }
        guard let firstTime = exact.times.first else { return nil }
        // Where the archive has not come so far yet, its counting has stopped before that sample.
        if let total = archive.find(labels)?.total, let raw = total.last, total.through < firstTime
        {
            return raw - total.total
        }
        // The step in which exact samples begin ends at this row, which counts its last sample.
        let rowTime = (firstTime.flooredDivision(by: tier.stepMillis) + 1) * tier.stepMillis
        let last = exact.times.partitionIndex { $0 < rowTime } - 1
        guard last >= 0, let row = try archive.row(labels, tier, endMillis: rowTime),
            !exact.values[last].isNaN
        else { return nil }
        return exact.values[last] - row.values[0]
    }

    private func labels(_ groups: [[Matcher]], _ range: TimeRange) throws(SourceError) -> [Labels] {
        do {
            var found: Set<ByteKey> = []
            let (blocks, earliest) = blocksAndStart()
            var warnings: [String] = []
            for matchers in groups {
                for block in blocks where block.overlaps(range) {
                    for set in try block.labels(matchers, report: { warn($0, &warnings) }) {
                        found.insert(ByteKey(set))
                    }
                }
                for read in try head.read(matchers, in: range) {
                    found.insert(ByteKey(read.labels()))
                }
                guard range.from < earliest else { continue }
                for entry in archive.entries
                where try matchers.allSatisfy({ try $0.matches(entry.labels) }) {
                    found.insert(ByteKey(entry.labels))
                }
            }
            return found.map { Labels(encoded: $0.bytes) }.sorted()
        } catch {
            throw SourceError(reason: "\(error)")
        }
    }
}
