// One path, followed. Its state is small: the file being read (which may be a rotated one that the
// path was before), and the position that was committed with the last lines. Whatever goes wrong, a
// failed append, a file that vanished, a restart, the answer is the same: close, look for the file of
// the committed position, and read on from there.
//
// Order of things in one step: status, read, then compare the first bytes. A file truncated before or
// during the read no longer begins as it did, so what was read is thrown away and the copy is sought.

internal import Basics
internal import Bytes

/// What a step came to.
enum FollowStep: Equatable {
    /// There may be more right now.
    case more
    /// Nothing to do until the file changes or time passes.
    case idle
}

/// One path being followed; used by one thread.
final class FollowedFile {
    /// Bytes read at a time: some thousand lines, one transaction.
    private static let chunkBytes = 256 << 10
    /// How long a file is read on after its name is gone: a program that is told to reopen its log
    /// does so in under a second.
    private static let lingerMillis: Millis = 5_000
    /// How long a record that may go on waits for its next line.
    private static let joinMillis: Millis = 1_000
    /// How long a record that stops inside a private key or a line waits.
    private static let brokenMillis: Millis = 5_000
    /// A store that refused is asked again after this.
    private static let retryMillis: Millis = 1_000
    /// How long a file without a name is kept open for a new one to appear.
    private static let goneMillis: Millis = 60_000
    /// An idle file is closed after this; its name is watched on.
    private static let dormantMillis: Millis = 300_000

    private struct Open {
        var handle: FileHandle
        var status: LogFileStatus
        /// The first bytes of the file, up to ``FileChain/headBytesMax``.
        var head: [UInt8]
        var splitter: LineSplitter
        var joiner: RecordJoiner
        /// True when a writer may still hold it.
        var lingers: Bool
        /// When the path was first seen to be another file.
        var replacedAt: Millis?
    }

    let path: String
    /// The name of its position.
    let key: String
    private let config: LogSourceConfig
    private let files: LogFiles
    private let intake: Intake
    private let clock: Clock
    private let meters: LogMeters
    private let chain: FileChain
    private var reader: LineReader
    private var open: Open?
    private(set) var position: LogPosition?
    private var lastChange: Millis = 0
    private var retryAt: Millis = .min
    /// True when a batch failed: the store says up to where it really took the file.
    private var mustAsk = false
    private var dormant: LogFileStatus?

    init(
        path: String, config: LogSourceConfig, position: LogPosition?, files: LogFiles,
        intake: Intake, clock: Clock, meters: LogMeters
    ) {
        self.path = path
        self.config = config
        self.position = position
        self.files = files
        self.intake = intake
        self.clock = clock
        self.meters = meters
        key = FollowedFile.key(config.source, path)
        chain = FileChain(path: path, files: files)
        reader = LineReader(config: config, path: path)
    }

    static func key(_ source: String, _ path: String) -> String { "\(source):\(path)" }

    /// The files that are this path's business, under whatever name.
    var identities: [LogFileIdentity] {
        let committed = position.map { LogFileIdentity(device: $0.device, inode: $0.inode) }
        return [committed, open?.status.identity].compactMap { $0 }
    }

    /// Bytes known to be there and not yet committed.
    var behindBytes: Int64 {
        guard let open else { return 0 }
        let isCommitted = position?.inode == open.status.identity.inode
        return max(0, open.status.bytes - (isCommitted ? position?.offset ?? 0 : 0))
    }

    /// True when nothing is left to read and the name is gone.
    var isGone: Bool { open == nil && files.status(path) == nil }

    func close() {
        if let open { files.close(open.handle) }
        open = nil
    }

    /// Commits where to begin in a file that is seen for the first time.
    func begin(atEnd: Bool) throws(IntakeError) {
        guard position == nil, let status = files.status(path), let handle = try? files.open(path)
        else { return }
        defer { files.close(handle) }
        var offset: Int64 = 0
        if atEnd {
            // Behind the last newline: what follows it is a line that is still being written.
            let from = max(0, status.bytes - Int64(Limits.lineBytesMax))
            let tail = (try? files.read(handle, from, Int(status.bytes - from))) ?? []
            offset = from + Int64(tail.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0)
        }
        let head = (try? files.read(handle, 0, FileChain.headBytesMax)) ?? []
        let start = place(status.identity, offset, head)
        try intake.appendLog([], start)
        position = start
    }

    /// Reads on; called again and again.
    func step() -> FollowStep {
        let now = clock.monotonic() / 1_000_000
        guard now >= retryAt else { return .idle }
        do {
            if mustAsk {
                position = try intake.logPosition(key) ?? position
                mustAsk = false
            }
            guard open != nil || resume(now) else { return .idle }
            return try advance(now)
        } catch is IntakeError {
            mustAsk = true
            meters.refused.add()
        } catch {
            meters.unreadable.add()
        }
        close()
        retryAt = now + FollowedFile.retryMillis
        return .idle
    }

    /// Opens the file of the committed position, or the path when that file is gone.
    private func resume(_ now: Millis) -> Bool {
        let status = files.status(path)
        if let dormant, dormant == status { return false }
        dormant = nil
        if let position, let link = chain.find(position) {
            return start(link, at: position.offset, lingers: true, now)
        }
        guard let status, !status.isFolder else { return false }
        if let position, position.offset > 0 { meters.gaps.add() }
        return start(ChainLink(path: path, status: status), at: 0, lingers: true, now)
    }

    private func start(_ link: ChainLink, at offset: Int64, lingers: Bool, _ now: Millis) -> Bool {
        guard let handle = try? files.open(link.path) else { return false }
        // Between the look at its name and the opening another file may have taken the name.
        guard let status = try? files.openStatus(handle), status.identity == link.status.identity,
            let head = try? files.read(handle, 0, FileChain.headBytesMax)
        else {
            files.close(handle)
            return false
        }
        close()
        open = Open(
            handle: handle, status: LogFileStatus(identity: status.identity, bytes: 0, modified: 0),
            head: head, splitter: LineSplitter(offset: offset),
            joiner: RecordJoiner(joinsTraces: config.multiline), lingers: lingers)
        lastChange = now
        return true
    }

    private func advance(_ now: Millis) throws -> FollowStep {
        guard var current = open else { return .idle }
        let status = try files.openStatus(current.handle)
        let before = current.status
        if status.bytes < current.splitter.offset { return try truncated(now) }
        if status == before && status.bytes == current.splitter.offset { return try atEnd(now) }
        let bytes = try files.read(
            current.handle, current.splitter.offset, FollowedFile.chunkBytes)
        let head = try files.read(current.handle, 0, FileChain.headBytesMax)
        guard head.starts(with: current.head) else { return try truncated(now) }
        current.head = head
        lastChange = now
        var joined: [JoinedRecord] = []
        for line in current.splitter.take(bytes) { joined += current.joiner.take(line) }
        current.status = status
        open = current
        try deliver(joined)
        return .more
    }

    /// Everything is read: give out what waited, and see whether the path is another file now.
    private func atEnd(_ now: Millis) throws -> FollowStep {
        guard var current = open else { return .idle }
        let quiet = now - lastChange
        let patience =
            config.multiline && !current.splitter.hasPartial
            ? FollowedFile.joinMillis : FollowedFile.brokenMillis
        if current.joiner.hasWaiting, quiet >= patience, let record = current.joiner.finish() {
            open = current
            try deliver([record])
        }
        guard let status = files.status(path) else {
            // A file that was removed holds its disk space until it is closed.
            if quiet >= FollowedFile.goneMillis { try finish(); close() }
            return .idle
        }
        if status.identity == current.status.identity {
            if quiet >= FollowedFile.dormantMillis, !current.splitter.hasPartial {
                close()
                dormant = status
            }
            return .idle
        }
        let replacedAt = current.replacedAt ?? now
        open?.replacedAt = replacedAt
        let isSettled = min(quiet, now - replacedAt) >= FollowedFile.lingerMillis
        if current.lingers && !isSettled { return .idle }
        return try leave(now)
    }

    /// Goes on to the next file of the chain; a line without its end has no hope of one now.
    private func leave(_ now: Millis) throws -> FollowStep {
        guard let current = open, let next = chain.next(after: current.status) else { return .idle }
        try finish()
        // Under its new name the file may match the source's wildcards: it is not a new one.
        if let position, position.inode == current.status.identity.inode {
            for link in chain.neighbours() where link.status.identity == current.status.identity {
                guard rotationSuffix(of: link.path, base: path) == nil else { continue }
                var alias = position
                alias.source = FollowedFile.key(config.source, link.path)
                alias.offset = current.splitter.offset
                try intake.appendLog([], alias)
            }
        }
        // One that rotation named moments ago may still be written to; older ones are complete.
        let age = clock.now() - next.status.modified / 1_000_000
        let lingers = next.path == path || age < FollowedFile.lingerMillis
        guard start(next, at: 0, lingers: lingers, now) else { return .idle }
        meters.rotations.add()
        return .more
    }

    /// Gives out what waits for more.
    private func finish() throws(IntakeError) {
        guard var current = open else { return }
        var joined: [JoinedRecord] = []
        if let line = current.splitter.finish() { joined += current.joiner.take(line) }
        if let record = current.joiner.finish() { joined.append(record) }
        open = current
        try deliver(joined)
    }

    /// The file was emptied or written anew: read the rest in its copy, or note that there is none.
    private func truncated(_ now: Millis) throws -> FollowStep {
        guard var current = open else { return .idle }
        let read = place(current.status.identity, current.splitter.offset, current.head)
        if current.splitter.offset > 0, let copy = chain.find(read),
            copy.status.identity != current.status.identity
        {
            // From what was committed; the copy has every byte that was read since.
            let isCommitted = position?.inode == current.status.identity.inode
            let offset = isCommitted ? position?.offset ?? 0 : 0
            return start(copy, at: offset, lingers: false, now) ? .more : .idle
        }
        if current.splitter.offset > 0 { meters.gaps.add() }
        var joined: [JoinedRecord] = []
        if let line = current.splitter.finish() { joined += current.joiner.take(line) }
        if let record = current.joiner.finish() { joined.append(record) }
        for index in joined.indices { joined[index].end = 0 }
        current.head = []
        current.splitter = LineSplitter(offset: 0)
        open = current
        try deliver(joined)
        return .more
    }

    /// Hands records over with the place behind the last one.
    private func deliver(_ joined: [JoinedRecord]) throws(IntakeError) {
        guard let open, let last = joined.last else { return }
        var counts = MaskCounts()
        let arrival = clock.now()
        let records = joined.map { reader.record($0, arrival: arrival, counts: &counts) }
        let place = place(open.status.identity, last.end, open.head)
        try intake.appendLog(records, place)
        position = place
        meters.count(records, counts, cut: joined.count { $0.isCut })
    }

    private func place(
        _ identity: LogFileIdentity, _ offset: Int64, _ head: [UInt8]
    ) -> LogPosition {
        LogPosition(
            source: key, device: identity.device, inode: identity.inode, offset: offset,
            headChecksum: crc32c(head), headBytes: head.count)
    }
}
