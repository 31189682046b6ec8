// A disk in memory that can rotate a file between any two calls, and a store that can fail before or
// after it commits.

import Basics
import Collect

/// Files with names, inodes and open handles; inodes are used again as soon as they are free.
final class LogsFakeDisk: Sendable {
    private struct Node {
        var bytes: [UInt8] = []
        var modified: Int64 = 0
    }

    private struct State {
        var nodes: [UInt64: Node] = [:]
        var names: [String: UInt64] = [:]
        var handles: [Int32: UInt64] = [:]
        var nextHandle: Int32 = 3

        mutating func make() -> UInt64 {
            var inode: UInt64 = 1
            while nodes[inode] != nil { inode += 1 }
            nodes[inode] = Node()
            return inode
        }

        mutating func sweep() {
            let used = Set(names.values).union(handles.values)
            for inode in nodes.keys where !used.contains(inode) { nodes[inode] = nil }
        }
    }

    private let state = Lock(State())
    private let now: @Sendable () -> Millis

    init(now: @escaping @Sendable () -> Millis) { self.now = now }

    func append(_ text: String, to path: String) { append(Array(text.utf8), to: path) }

    func append(_ bytes: [UInt8], to path: String) {
        let modified = now() * 1_000_000
        state.withLock { state in
            let inode = state.names[path] ?? state.make()
            state.names[path] = inode
            state.nodes[inode]?.bytes += bytes
            state.nodes[inode]?.modified = modified
        }
    }

    func rename(_ from: String, _ to: String) {
        state.withLock { state in
            guard let inode = state.names.removeValue(forKey: from) else { return }
            state.names[to] = inode
            state.sweep()
        }
    }

    func remove(_ path: String) {
        state.withLock { state in
            state.names[path] = nil
            state.sweep()
        }
    }

    func truncate(_ path: String) {
        let modified = now() * 1_000_000
        state.withLock { state in
            guard let inode = state.names[path] else { return }
            state.nodes[inode] = Node(modified: modified)
        }
    }

    func copy(_ from: String, _ to: String) {
        append(contents(from), to: to)
    }

    func exists(_ path: String) -> Bool { state.withLock { $0.names[path] != nil } }

    func contents(_ path: String) -> [UInt8] {
        state.withLock { state in
            state.names[path].flatMap { inode in state.nodes[inode]?.bytes } ?? []
        }
    }

    /// A crash: every open handle is gone.
    func closeAll() {
        state.withLock { state in
            state.handles.removeAll()
            state.sweep()
        }
    }

    var openHandles: Int { state.withLock { $0.handles.count } }

    var files: LogFiles {
        LogFiles(
            list: { folder in
                self.state.withLock { state in
                    state.names.keys.filter { $0.hasPrefix(folder + "/") }
                        .map { String($0.dropFirst(folder.count + 1)) }
                        .filter { !$0.contains("/") }.sorted()
                }
            },
            status: { path in
                self.state.withLock { state in
                    if let inode = state.names[path] { return LogsFakeDisk.status(state, inode) }
                    let isFolder = state.names.keys.contains { $0.hasPrefix(path + "/") }
                    return isFolder
                        ? LogFileStatus(
                            identity: LogFileIdentity(device: 0, inode: 0), bytes: 0, modified: 0,
                            isFolder: true) : nil
                }
            },
            open: { (path) throws(FileError) in
                try self.state.withLock { (state) throws(FileError) in
                    guard let inode = state.names[path] else {
                        throw FileError(operation: "open", path: path, code: 2, reason: "missing")
                    }
                    state.nextHandle += 1
                    state.handles[state.nextHandle] = inode
                    return FileHandle(descriptor: state.nextHandle)
                }
            },
            openStatus: { (file) throws(FileError) in
                try self.state.withLock { (state) throws(FileError) in
                    guard let inode = state.handles[file.descriptor] else {
                        throw FileError(operation: "stat", path: "", code: 9, reason: "closed")
                    }
                    return LogsFakeDisk.status(state, inode)
                }
            },
            read: { (file, offset, count) throws(FileError) in
                try self.state.withLock { (state) throws(FileError) in
                    guard let inode = state.handles[file.descriptor],
                        let bytes = state.nodes[inode]?.bytes
                    else { throw FileError(operation: "read", path: "", code: 9, reason: "closed") }
                    let start = min(Int(offset), bytes.count)
                    return Array(bytes[start..<min(start + count, bytes.count)])
                }
            },
            close: { file in
                self.state.withLock { state in
                    state.handles[file.descriptor] = nil
                    state.sweep()
                }
            })
    }

    private static func status(_ state: State, _ inode: UInt64) -> LogFileStatus {
        LogFileStatus(
            identity: LogFileIdentity(device: 7, inode: inode),
            bytes: Int64(state.nodes[inode]?.bytes.count ?? 0),
            modified: state.nodes[inode]?.modified ?? 0)
    }
}

/// What was kept, with the positions.
final class LogsFakeStore: Sendable {
    enum Fault: Sendable { case none, beforeCommit, afterCommit }

    private struct State {
        var records: [LogRecord] = []
        var positions: [String: LogPosition] = [:]
        var fault = Fault.none
    }

    private let state = Lock(State())

    var records: [LogRecord] { state.withLock { $0.records } }
    var bodies: [String] { records.map(\.body) }
    func position(_ source: String) -> LogPosition? { state.withLock { $0.positions[source] } }
    /// The next append fails so.
    func fail(_ fault: Fault) { state.withLock { $0.fault = fault } }

    var intake: Intake {
        Intake(
            resolve: { _ in .success(SeriesID(0)) },
            append: { (_) throws(IntakeError) in AppendOutcome() },
            backfill: { (_) throws(IntakeError) in AppendOutcome() },
            describe: { _, _ in },
            appendLog: { (records, position) throws(IntakeError) in
                try self.state.withLock { (state) throws(IntakeError) in
                    let fault = state.fault
                    state.fault = .none
                    if fault == .beforeCommit { throw IntakeError(reason: "the disk is full") }
                    state.records += records
                    if let position { state.positions[position.source] = position }
                    if fault == .afterCommit { throw IntakeError(reason: "killed") }
                }
            },
            logPosition: { (source) throws(IntakeError) in self.position(source) })
    }
}

/// SplitMix64; the same numbers on every machine.
struct LogsRandom: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
