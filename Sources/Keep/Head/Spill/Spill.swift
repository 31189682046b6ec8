// Where the head's full chunks go, so that memory holds what is open and not what is full: a volume for
// each block's span, because a chunk never crosses the boundary of a block and a sealed span then goes
// whole. Pages that are full wait here for whoever next has the head's lock behind it; writing one is a
// copy into the page cache, but on a disk that is slow not even that may keep samples waiting.

internal import Basics

/// The volumes of the head.
final class Spill: Sendable {
    private struct State {
        var volumes: [SpillVolume] = []
        /// Full pages, oldest first.
        var full: [(volume: SpillVolume, page: UInt32)] = []
        var isWriting = false
        /// The disk took no page; it is asked again when the next page is full.
        var isWaiting = false
        /// What the disk said since somebody asked.
        var fault: FileError?
    }

    let folder: String
    private let files: Files
    let pageBytes: Int
    private let failed: @Sendable () -> Void
    private let state = Lock(State())

    /// - Parameters:
    ///   - folder: on the file system of the journal; made when the first page is full.
    ///   - failed: called for each page that the disk did not take.
    init(
        folder: String, files: Files, pageBytes: Int,
        failed: @escaping @Sendable () -> Void = {}
    ) {
        self.folder = folder
        self.files = files
        self.pageBytes = pageBytes
        self.failed = failed
    }

    /// Removes what a kill between opening a file and taking its name has left.
    func clean() {
        for name in (try? files.list(folder)) ?? [] where Millis(name) != nil {
            try? files.remove("\(folder)/\(name)")
        }
    }

    /// The volumes as they are; a reader keeps them for as long as it reads.
    var volumes: [SpillVolume] { state.withLock { $0.volumes } }

    /// The volume of a span, new or known.
    func volume(of span: Int64) -> SpillVolume {
        state.withLock { state in
            if let known = state.volumes.first(where: { $0.span == span }) { return known }
            let volume = SpillVolume(span: span, folder: folder, files: files)
            state.volumes.append(volume)
            return volume
        }
    }

    /// Takes over a page to which nothing will be added.
    func take(_ page: UInt32, of volume: SpillVolume) {
        state.withLock { state in
            state.full.append((volume, page))
            state.isWaiting = false
        }
    }

    /// Writes the full pages; called without the head's lock.
    func write() {
        while let (volume, page) = next() {
            var fault: FileError?
            do throws(FileError) { try volume.write(page) } catch { fault = error }
            if fault != nil { failed() }
            let outcome = fault
            state.withLock { state in
                state.isWriting = false
                guard let outcome else { return }
                state.fault = outcome
                state.isWaiting = true
                // Unless its span went meanwhile.
                if state.volumes.contains(where: { $0 === volume }) {
                    state.full.insert((volume, page), at: 0)
                }
            }
        }
    }

    private func next() -> (volume: SpillVolume, page: UInt32)? {
        state.withLock { state in
            if state.isWriting || state.isWaiting || state.full.isEmpty { return nil }
            state.isWriting = true
            return state.full.removeFirst()
        }
    }

    /// Tries again what the disk did not take, and says what it answers now.
    func retry() -> FileError? {
        state.withLock { $0.isWaiting = false }
        write()
        return state.withLock { state in
            defer { state.fault = nil }
            return state.fault
        }
    }

    /// Forgets the volumes of spans before one.
    func drop(before span: Int64) {
        // Their files are closed when the lock is free again.
        let gone = state.withLock { state in
            let gone = state.volumes.filter { $0.span < span }
            state.volumes.removeAll { $0.span < span }
            state.full.removeAll { $0.volume.span < span }
            return gone
        }
        _ = gone
    }

    /// Bytes of chunks in memory and in files.
    ///
    /// Meant for who holds the head's lock.
    var totals: (memory: Int, files: Int) {
        volumes.map(\.totals).reduce((0, 0)) { ($0.0 + $1.memory, $0.1 + $1.file) }
    }
}
