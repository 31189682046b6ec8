// Deleting series, or a span of them. Blocks never change, so those that hold something of it are written
// again without it; what is in memory is sealed first, so that the journal holds nothing that could come
// back. Rare, and slow on purpose: a block of the day is some megabytes. The archive forgets a series
// that is deleted for all time; a span of it stays there, because its rows are means of whole steps.

public import Basics

/// What was deleted.
public struct Deletion: Sendable, Equatable {
    public var series = 0
    public var samples = 0
    public var blocksRewritten = 0
}

extension SeriesKeeper {
    /// Deletes the samples in a range of all series that satisfy all matchers of any group.
    ///
    /// Samples that come later are kept, also those of the range.
    ///
    /// - Throws: ``KeepError`` when a block cannot be written; then it is as it was, and the deletion
    ///   can be asked for again. ``PatternError`` when a matcher cannot be applied.
    public func delete(_ groups: [[Matcher]], in range: TimeRange) throws -> Deletion {
        try maintenance.withLock { _ in
            var report = MaintenanceReport()
            sealAll(journal.metadata, &report)
            guard head.span == nil else {
                throw KeepError.failed(
                    operation: "seal before deleting in", path: shelf.folder,
                    reason: report.notices.joined(separator: "; "))
            }
            var deletion = Deletion()
            var gone: Set<ByteKey> = []
            for block in shelf.blocks where block.overlaps(range) {
                let doomed = try doomed(in: block, groups)
                if doomed.isEmpty { continue }
                deletion.samples += try rewrite(block, without: doomed, in: range)
                deletion.blocksRewritten += 1
                gone.formUnion(doomed)
            }
            let archived = try archive.entries.map(\.labels).filter { labels in
                try groups.contains { try $0.allSatisfy { try $0.matches(labels) } }
            }
            if range.from <= 0 && range.through >= clock.now() {
                try archive.remove(archived)
                gone.formUnion(archived.map { ByteKey($0) })
            }
            deletion.series = gone.count
            return deletion
        }
    }

    private func doomed(in block: Block, _ groups: [[Matcher]]) throws -> Set<ByteKey> {
        var doomed: Set<ByteKey> = []
        for group in groups {
            let found = try block.labels(group) { _ in meters.damagedChunks.add() }
            doomed.formUnion(found.map { ByteKey($0) })
        }
        return doomed
    }

    /// Writes a block again without the samples of some series in a range; answers how many those were.
    private func rewrite(
        _ block: Block, without doomed: Set<ByteKey>, in range: TimeRange
    ) throws -> Int {
        var cursor = BlockCursor(block)
        var removed = 0
        let report: (BadBlock) -> Void = { [meters] _ in meters.damagedChunks.add() }
        _ = try shelf.replace([block], from: block.info.from, end: block.info.end) {
            guard let labels = try cursor.labels(report) else { return nil }
            let chunks = try cursor.take(report)
            guard doomed.contains(ByteKey(labels)) else { return (labels, chunks) }
            var columns: Columns = ([], [])
            for chunk in chunks {
                _ = chunk.decode(in: .all, times: &columns.times, values: &columns.values)
            }
            let kept = columns.times.indices.filter { !range.contains(columns.times[$0]) }
            removed += columns.times.count - kept.count
            return (
                labels,
                makeChunks(
                    kept.map { columns.times[$0] }, kept.map { columns.values[$0] },
                    samplesMax: Chunk.blockSamplesMax)
            )
        }
        return removed
    }
}
