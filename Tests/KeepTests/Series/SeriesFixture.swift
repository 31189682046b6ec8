// What the tests of the series half of Keep share: numbers from a seed, a folder that goes away, a disk
// that fails on demand and that knows what a power loss would leave, and keepers over them.

import Basics
import Glibc
import Synchronization

@testable import Keep

/// SplitMix64 (Steele and others, 2014): the same numbers from a seed everywhere.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// A value of one of the kinds that a store meets.
    mutating func value() -> Double {
        switch Int.random(in: 0..<12, using: &self) {
        case 0: Stale.marker
        case 1: .nan
        case 2: Bool.random(using: &self) ? .infinity : -.infinity
        case 3: -0.0
        case 4: 0
        case 5: Double(Int64.random(in: -(1 << 53)...(1 << 53), using: &self))
        case 6: Double(bitPattern: next())
        case 7: Double.random(in: -1...1, using: &self)
        case 8: Double(Int.random(in: 0..<100, using: &self)) / 4
        default: Double(Int.random(in: -1000..<1000, using: &self))
        }
    }
}

/// A folder that is removed with its owner.
final class ScratchFolder: Sendable {
    let path: String
    private static let counter = Atomic<Int>(0)

    /// - Parameter inMemory: on a file system that never waits for a disk, where there is one.
    init(inMemory: Bool = false) throws {
        let number = ScratchFolder.counter.add(1, ordering: .relaxed).newValue
        let place = inMemory && access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
        path = "\(place)/martlet-keep-\(getpid())-\(number)"
        try Files.system.makeFolder(path)
    }

    deinit { remove(path) }

    private func remove(_ path: String) {
        for name in (try? Files.system.list(path)) ?? [] {
            let inner = path + "/" + name
            if unlink(inner) != 0 { remove(inner) }
        }
        rmdir(path)
    }
}

/// The real disk, but its n-th change can fail, it can be full, and it remembers what was synced.
final class FaultyDisk: Sendable {
    struct State {
        var changes = 0
        var failsAt: Int?
        /// From this change on nothing reaches the disk: the process is gone.
        var stopsAt = Int.max
        var isFull = false
        /// A part of the paths of files that take nothing.
        var refused: String?
        var isTorn = true
        /// Reads so far, of all files, and the one that shall fail.
        var reads = 0
        var failsReadAt: Int?
        /// Files of which nothing can be read.
        var brokenHandles: Set<FileHandle> = []
        var paths: [FileHandle: String] = [:]
        var syncedBytes: [String: Int] = [:]
    }

    let state = Lock(State())

    /// Counts a change; throws when it is the one that shall fail.
    private func change(
        _ operation: String, _ path: String = "", isWrite: Bool = false
    ) throws(FileError) {
        let fails = state.withLock { state in
            state.changes += 1
            return state.changes == state.failsAt || state.changes >= state.stopsAt
                || (state.isFull && isWrite) || state.refused.map { path.contains($0) } == true
        }
        if fails {
            throw FileError(operation: operation, path: "(test)", code: ENOSPC, reason: "full")
        }
    }

    var files: Files {
        let real = Files.system
        var files = real
        files.open = { [self] (path, mode) throws(FileError) in
            if mode != .read { try change("open", path) }
            let handle = try real.open(path, mode)
            let size = try real.size(handle)
            state.withLock { state in
                state.paths[handle] = path
                if mode == .create { state.syncedBytes[path] = size }
            }
            return handle
        }
        files.read = { [self] (handle, offset, count) throws(FileError) in
            let fails = state.withLock { state in
                state.reads += 1
                return state.reads == state.failsReadAt || state.brokenHandles.contains(handle)
            }
            if fails {
                throw FileError(operation: "read", path: "(test)", code: EIO, reason: "broken")
            }
            return try real.read(handle, offset, count)
        }
        files.close = { [self] handle in
            state.withLock { _ = $0.paths.removeValue(forKey: handle) }
            real.close(handle)
        }
        files.write = { [self] (handle, bytes) throws(FileError) in
            do throws(FileError) {
                try change("write", state.withLock { $0.paths[handle] } ?? "", isWrite: true)
            } catch {
                // Half of the bytes arrive, as on a disk that fills up.
                if state.withLock({ $0.isTorn }) {
                    try real.write(
                        handle, UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count / 2)]))
                }
                throw error
            }
            try real.write(handle, bytes)
        }
        files.truncate = { [self] (handle, size) throws(FileError) in
            try change("truncate")
            try real.truncate(handle, size)
        }
        files.sync = { [self] (handle) throws(FileError) in
            try change("sync")
            try real.sync(handle)
            let size = try real.size(handle)
            state.withLock { state in
                if let path = state.paths[handle] { state.syncedBytes[path] = size }
            }
        }
        files.rename = { [self] (from, to) throws(FileError) in
            try change("rename")
            try real.rename(from, to)
        }
        files.remove = { [self] (path) throws(FileError) in
            try change("remove")
            try real.remove(path)
        }
        files.syncFolder = { [self] (path) throws(FileError) in
            try change("sync folder")
            try real.syncFolder(path)
        }
        return files
    }

    var hasStopped: Bool { state.withLock { $0.changes >= $0.stopsAt } }

    /// Cuts every file back to what was synced.
    func losePower() throws {
        for (path, size) in state.withLock({ $0.syncedBytes }) {
            truncate(path, off_t(size))
        }
    }
}

extension Head {
    /// A head whose full chunks go to files of a folder of its own, in small pages.
    convenience init(seriesMax: Int) {
        self.init(seriesMax: seriesMax, spill: Spill.ofTests())
    }
}

extension Spill {
    /// In a folder that lives as long as the spill.
    static func ofTests(
        _ files: Files = .system, pageBytes: Int = 700, failed: @escaping @Sendable () -> Void = {}
    ) -> Spill {
        let folder = try? ScratchFolder(inMemory: true)
        return Spill(
            folder: (folder?.path ?? "/tmp") + "/head", files: files, pageBytes: pageBytes
        ) {
            _ = folder
            failed()
        }
    }
}

let hour: Millis = 3_600_000
/// 2026-11-21T00:00:00Z, a boundary of blocks and days.
let startOfTest: Millis = 1_795_219_200_000

struct Bench {
    let folder: ScratchFolder
    let time: ManualClock
    let registry = Registry()
    var options: SeriesKeeperOptions

    init(_ adjust: (inout SeriesKeeperOptions) -> Void = { _ in }) throws {
        folder = try ScratchFolder()
        time = ManualClock(now: startOfTest)
        var options = SeriesKeeperOptions()
        options.journalSync = .whenAsked
        // A handful of chunks: what a real head writes after some hundred.
        options.spillPageBytes = 2000
        adjust(&options)
        self.options = options
    }

    func open(_ files: Files = .system) throws -> (keeper: SeriesKeeper, report: RecoveryReport) {
        try SeriesKeeper.open(
            folder: folder.path, options: options, files: files, clock: time.clock,
            registry: Registry())
    }
}

extension SeriesKeeper {
    func id(_ labels: Labels) throws -> SeriesID { try resolve(labels).get() }

    @discardableResult
    func put(_ labels: Labels, _ samples: [(Millis, Double)]) throws -> AppendOutcome {
        let id = try id(labels)
        var batch = SampleBatch()
        for (time, value) in samples { batch.append(id, time, value) }
        return try append(batch)
    }

    func all(
        _ matchers: [Matcher] = [], from: Millis = 0, through: Millis = .max / 2,
        _ adjust: (inout SelectHints) -> Void = { _ in }
    ) throws -> Selected {
        var hints = SelectHints()
        adjust(&hints)
        return try source.select(matchers, TimeRange(from: from, through: through), hints)
    }
}

func flipBit(in path: String, at offset: Int, bit: UInt8 = 0) throws {
    let descriptor = Glibc.open(path, O_RDWR)
    defer { Glibc.close(descriptor) }
    var byte: UInt8 = 0
    pread(descriptor, &byte, 1, off_t(offset))
    byte ^= 1 << bit
    pwrite(descriptor, &byte, 1, off_t(offset))
}

func contents(of path: String) throws -> [UInt8] {
    let handle = try Files.system.open(path, .read)
    defer { Files.system.close(handle) }
    return try Files.system.read(handle, 0, try Files.system.size(handle))
}
