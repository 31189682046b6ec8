// The full chunks of one block's span: pages, each in memory until it is in the volume's file. The file has
// no name: it is unlinked as soon as it is open, so that a kill leaves nothing behind, a back-up meets
// nothing, and what is dropped is given back when its last reader is done. Nothing is synced, because the
// journal has every sample. A page that the disk does not take stays in memory, and costs nothing else.
//
// Read by `pread` and not through a map: what the disk does not give is then an error of one chunk and not
// a signal that ends the process.

internal import Basics

/// The pages of a span.
final class SpillVolume: Sendable {
    private enum Place {
        case memory(SpillPage)
        /// From an offset of the file on.
        case file(Int)
    }

    private struct State {
        var pages: [Place] = []
        var handle: FileHandle?
        /// Bytes of the file that hold pages.
        var end = 0
        /// A write that failed may have left something behind the end.
        var isTorn = false
    }

    /// The number of the span.
    let span: Int64
    private let folder: String
    private let files: Files
    private let state = Lock(State())

    init(span: Int64, folder: String, files: Files) {
        self.span = span
        self.folder = folder
        self.files = files
    }

    deinit {
        if let handle = state.withLock({ $0.handle }) { files.close(handle) }
    }

    /// Where a reader's fault is, in words; there is no file of that name.
    var path: String { "\(folder)/\(span * Block.spanMillis)" }

    /// Takes a page in, and gives it a number.
    func add(_ page: SpillPage) -> UInt32 {
        state.withLock { state in
            state.pages.append(.memory(page))
            return UInt32(state.pages.count - 1)
        }
    }

    /// Moves a page to the file.
    ///
    /// One thread at a time.
    ///
    /// - Throws: what the disk said; the page stays in memory.
    func write(_ number: UInt32) throws(FileError) {
        var (place, handle, end, isTorn) = state.withLock { state in
            (state.pages[Int(number)], state.handle, state.end, state.isTorn)
        }
        guard case .memory(let page) = place else { return }
        do throws(FileError) {
            let file: FileHandle
            if let handle { file = handle } else { file = try open() }
            handle = file
            if isTorn { try files.truncate(file, end) }
            isTorn = true
            try files.write(file, page.filled)
        } catch {
            let (opened, torn) = (handle, isTorn)
            state.withLock { state in
                state.handle = opened
                state.isTorn = torn
            }
            throw error
        }
        let opened = handle
        state.withLock { state in
            state.handle = opened
            state.isTorn = false
            state.pages[Int(number)] = .file(end)
            state.end = end + page.count
        }
    }

    private func open() throws(FileError) -> FileHandle {
        try files.makeFolder(folder)
        do throws(FileError) {
            let handle = try files.open(path, .create)
            do throws(FileError) {
                try files.remove(path)
            } catch {
                files.close(handle)
                throw error
            }
            return handle
        } catch {
            // The next time finds the name free.
            try? files.remove(path)
            throw error
        }
    }

    /// The bytes of a chunk, and as many more of its page as are wanted and there.
    ///
    /// - Throws: ``BadBlock`` when the disk does not give those of the chunk.
    func bytes(_ chunk: HeadChunk, _ wanted: Int) throws(BadBlock) -> [UInt8] {
        let (place, handle) = state.withLock { ($0.pages[Int(chunk.page)], $0.handle) }
        let (offset, length) = (Int(chunk.offset), Int(chunk.length))
        var bytes: [UInt8] = []
        if case .memory(let page) = place { bytes = page.bytes(at: offset, length) }
        if case .file(let start) = place, let handle {
            do throws(FileError) {
                bytes = try files.read(handle, start + offset, max(wanted, length))
            } catch {
                if wanted > length { return try self.bytes(chunk, length) }
                throw bad(chunk, "cannot be read (\(error.reason))")
            }
        }
        guard bytes.count >= length else { throw bad(chunk, "has been cut off") }
        return bytes
    }

    /// What is wrong with a chunk, and where.
    func bad(_ chunk: HeadChunk, _ what: String) -> BadBlock {
        let place = state.withLock { $0.pages[Int(chunk.page)] }
        var at = "in memory"
        if case .file(let start) = place { at = "at byte \(start + Int(chunk.offset))" }
        return BadBlock(path: path, reason: "a full chunk of the head \(at) \(what)")
    }

    /// Bytes of pages in memory and in the file.
    ///
    /// Meant for who holds the head's lock, so that no page grows.
    var totals: (memory: Int, file: Int) {
        state.withLock { state in
            var memory = 0
            for case .memory(let page) in state.pages { memory += page.count }
            return (memory, state.end)
        }
    }
}
