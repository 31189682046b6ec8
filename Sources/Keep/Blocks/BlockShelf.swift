// The blocks on disk, in the order of time. Blocks come by sealing and by bulk import, are merged when
// their day is over, and leave as whole files. A reader keeps the blocks it took while they are removed.

internal import Basics

/// All blocks of a folder.
final class BlockShelf: Sendable {
    private struct State {
        var blocks: [Block]
        var serial: Int
    }

    let folder: String
    private let files: Files
    private let state: Lock<State>

    /// Opens all blocks of a folder; what is no block is reported and left where it is.
    init(folder: String, files: Files, report: (BadBlock) -> Void) throws(FileError) {
        try files.makeFolder(folder)
        var blocks: [Block] = []
        var serial = 0
        for name in try files.list(folder) {
            if name.hasSuffix(BlockWriter.temporarySuffix) {
                try? files.remove(folder + "/" + name)
                continue
            }
            guard let info = BlockInfo(folder: folder, name: name) else { continue }
            serial = max(serial, info.serial)
            do throws(BadBlock) {
                blocks.append(try Block(info, files: files))
            } catch {
                report(error)
            }
        }
        self.folder = folder
        self.files = files
        state = Lock(State(blocks: BlockShelf.sorted(blocks), serial: serial))
    }

    private static func sorted(_ blocks: [Block]) -> [Block] {
        blocks.sorted { ($0.info.from, $0.info.serial) < ($1.info.from, $1.info.serial) }
    }

    /// All blocks, the earliest first.
    var blocks: [Block] { state.withLock { $0.blocks } }

    /// The start of the earliest block.
    var earliest: Millis? { state.withLock { $0.blocks.first?.info.from } }

    /// Writes a block and puts it on the shelf.
    ///
    /// - Returns: false when there was nothing to write.
    func add(
        from: Millis, end: Millis, next: () throws -> (labels: Labels, chunks: [Chunk])?
    ) throws(KeepError) -> Bool {
        try replace([], from: from, end: end, next: next)
    }

    /// Writes a block in the place of others.
    func replace(
        _ old: [Block], from: Millis, end: Millis,
        next: () throws -> (labels: Labels, chunks: [Chunk])?
    ) throws(KeepError) -> Bool {
        let serial = state.withLock { state in
            state.serial += 1
            return state.serial
        }
        let writer = BlockWriter(folder: folder, files: files)
        let info = try writer.write(from: from, end: end, serial: serial, next: next)
        var fresh: [Block] = []
        if let info {
            do throws(BadBlock) {
                fresh = [try Block(info, files: files)]
            } catch {
                throw .failed(operation: "open the block", path: error.path, reason: error.reason)
            }
        }
        let gone = Set(old.map { $0.info.serial })
        let added = fresh
        state.withLock { state in
            let kept = state.blocks.filter { !gone.contains($0.info.serial) }
            state.blocks = BlockShelf.sorted(kept + added)
        }
        for block in old { try? files.remove(block.info.path) }
        return info != nil
    }

    /// Removes a block for good.
    func remove(_ block: Block) throws(KeepError) {
        do throws(FileError) {
            try files.remove(block.info.path)
        } catch {
            if !error.isMissing { throw KeepError(error) }
        }
        state.withLock { state in
            state.blocks.removeAll { $0.info.serial == block.info.serial }
        }
    }
}
