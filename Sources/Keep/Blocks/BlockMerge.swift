// Merging: when a day is over, its blocks become one, series by series, without holding more than one
// series of each block. Blocks of one import are merged sooner when they are many, because each open
// file costs a look-up per query.

internal import Basics

struct BlockMerge {
    static let dayMillis: Millis = 86_400_000
    /// Overlapping blocks of an unfinished day that are still left alone.
    static let smallBlocksMax = 8

    /// The blocks that should become one now; empty when there are none.
    ///
    /// - Parameter settled: nothing before it will be sealed any more.
    static func plan(_ blocks: [Block], settled: Millis) -> [Block] {
        var days: [Millis: [Block]] = [:]
        for block in blocks {
            let day = block.info.from.flooredDivision(by: dayMillis)
            guard block.info.end <= (day + 1) * dayMillis else { continue }
            days[day, default: []].append(block)
        }
        for (day, blocks) in days.sorted(by: { $0.key < $1.key }) where blocks.count > 1 {
            if (day + 1) * dayMillis <= settled { return blocks }
            let imported = blocks.filter { $0.info.end - $0.info.from > Block.spanMillis }
            if imported.count > smallBlocksMax { return imported }
        }
        return []
    }

    /// Merges blocks into one on their shelf.
    ///
    /// Of two values at one time, the later block's stays.
    static func run(
        _ blocks: [Block], on shelf: BlockShelf, report: (BadBlock) -> Void
    ) throws(KeepError) {
        let from = blocks.map(\.info.from).min() ?? 0
        let end = blocks.map(\.info.end).max() ?? 0
        var cursors = blocks.sorted { $0.info.serial < $1.info.serial }
            .map { BlockCursor($0) }
        // One run for all series, as in a seal.
        var merge = ColumnMerge()
        _ = try shelf.replace(blocks, from: from, end: end) {
            var least: Labels?
            for index in cursors.indices {
                guard let labels = try cursors[index].labels(report) else { continue }
                if let known = least, !(labels < known) { continue }
                least = labels
            }
            guard let least else { return nil }
            merge.removeAll()
            for index in cursors.indices where try cursors[index].labels(report) == least {
                for chunk in try cursors[index].take(report) {
                    if !merge.add(chunk, in: .all) {
                        report(
                            BadBlock(
                                path: cursors[index].block.info.path,
                                reason: "a chunk of \(least) cannot be decoded; left out"))
                    }
                }
            }
            let chunks = makeChunks(
                merge.times, merge.values, samplesMax: Chunk.blockSamplesMax)
            return (least, chunks)
        }
    }
}

/// Walks the series of a block in the order of labels, some hundred at a time.
struct BlockCursor {
    /// Series read at once: amortises a query, and bounds memory.
    private static let pageSeries = 256

    let block: Block
    private var page: [BlockRead] = []
    private var place = 0
    private var nextID: UInt32 = 1
    private var isDone = false

    init(_ block: Block) { self.block = block }

    mutating func labels(_ report: (BadBlock) -> Void) throws -> Labels? {
        if place == page.count && !isDone {
            (page, nextID, isDone) = try block.page(
                from: nextID, count: BlockCursor.pageSeries, report: report)
            place = 0
        }
        return place < page.count ? page[place].labels : nil
    }

    /// The chunks of the current series; moves on.
    mutating func take(_ report: (BadBlock) -> Void) throws -> [Chunk] {
        guard try labels(report) != nil else { return [] }
        defer { place += 1 }
        return page[place].chunks
    }
}
