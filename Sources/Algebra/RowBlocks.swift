// Work on rows, cut into blocks that depend on the size of the work and never on the number of threads
// that share it: whoever computes a block adds the same numbers in the same order, so that the bits are
// the same on one thread and on many. A block is tall enough that packing the other factor again for
// each costs a few percent (5 % at 128 rows, 40 % at 16), and there are two at least when the work is
// worth waking a second thread.

internal import Dispatch
internal import Synchronization

/// Rows in blocks of one height; the last may be lower.
struct RowBlocks {
    /// Multiplications (or as much other work) below which a second thread costs more than it saves.
    private static let worthSharing = 400_000
    private static let leastHeight = 32

    let rows: Int
    private let height: Int

    /// - Parameters:
    ///   - rows: how many there are.
    ///   - work: multiplications for each.
    ///   - pair: so many rows are two blocks.
    init(_ rows: Int, work: Int, pair: Int = 256) {
        self.rows = rows
        let isShared = rows * work >= Self.worthSharing && rows >= 2 * Self.leastHeight
        let blocks = isShared ? 2 * ((rows + pair - 1) / pair) : 1
        // A multiple of 8: micro-kernels take rows by fours or eights.
        height = max(((rows + blocks - 1) / blocks + 7) / 8 * 8, 1)
    }

    var count: Int { (rows + height - 1) / height }

    /// Runs the body for every block, on up to so many threads, the calling one among them.
    func each(on threads: Int, _ body: (_ rows: Range<Int>) -> Void) {
        let count = self.count
        let crew = min(threads, count)
        if crew <= 1 {
            for block in 0..<count { body(range(block)) }
            return
        }
        // Whoever is free takes the next: a core that others use holds nobody up for long.
        let next = Atomic(0)
        // Blocks share no memory but what they read, and all are done when this returns.
        nonisolated(unsafe) let body = body
        DispatchQueue.concurrentPerform(iterations: crew) { _ in
            while true {
                let block = next.wrappingAdd(1, ordering: .relaxed).oldValue
                if block >= count { return }
                body(range(block))
            }
        }
    }

    private func range(_ block: Int) -> Range<Int> {
        block * height..<min((block + 1) * height, rows)
    }
}
