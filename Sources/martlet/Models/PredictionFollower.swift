// Followed files of prediction lines: what is appended is taken, and the place behind the last whole line
// is kept in the same transaction as its predictions, so that a restart neither loses nor repeats one.
// A file that was replaced (another inode, or shorter than before) is read from its start; what a
// rotation left unread in the old file is read first while it is still open.

import Basics
import Bytes
import Collect
import Keep
import Serve

/// One followed file; used by one thread.
final class FollowedPredictions {
    /// Bytes read at a time: some thousand lines, one transaction.
    private static let chunkBytes = 4 << 20

    let path: String
    private let model: ModelVersion
    private let door: PredictionDoor
    private let files: LogFiles
    private let complain: @Sendable (String) -> Void
    private var open: (handle: FileHandle, identity: LogFileIdentity, offset: Int64)?
    private let key: String

    init(
        path: String, model: ModelVersion, door: PredictionDoor, files: LogFiles = .system,
        complain: @escaping @Sendable (String) -> Void
    ) {
        self.path = path
        self.model = model
        self.door = door
        self.files = files
        self.complain = complain
        key = "\(model.model):\(path)"
    }

    deinit { if let open { files.close(open.handle) } }

    /// Reads on.
    ///
    /// - Parameter position: where the store says the file was taken to.
    /// - Returns: true when there may be more right now.
    func step(_ position: LogPosition?) -> Bool {
        do {
            if open == nil && !start(position) { return false }
            return try advance()
        } catch {
            complain("\(path): \(error)")
            close()
            return false
        }
    }

    private func close() {
        if let open { files.close(open.handle) }
        open = nil
    }

    private func start(_ position: LogPosition?) -> Bool {
        guard let status = files.status(path), !status.isFolder, let handle = try? files.open(path)
        else { return false }
        var offset: Int64 = 0
        if let position, position.device == status.identity.device,
            position.inode == status.identity.inode, position.offset <= status.bytes,
            let head = try? files.read(handle, 0, position.headBytes),
            crc32c(head) == position.headChecksum
        {
            offset = position.offset
        }
        open = (handle, status.identity, offset)
        return true
    }

    private func advance() throws -> Bool {
        guard let current = open else { return false }
        let status = try files.openStatus(current.handle)
        if status.bytes < current.offset {
            close()
            return true
        }
        let bytes = try files.read(
            current.handle, current.offset, FollowedPredictions.chunkBytes)
        let isReplaced = files.status(path)?.identity != current.identity
        guard let newline = bytes.lastIndex(of: 0x0a) else {
            // A line without its end has no hope of one when the file has a successor.
            if isReplaced && files.status(path) != nil { close() }
            return isReplaced && files.status(path) != nil
        }
        let end = current.offset + Int64(newline + 1)
        let head = try files.read(current.handle, 0, 1024)
        let reading = try door.predictions(
            Array(bytes[...newline]),
            position: LogPosition(
                source: key, device: current.identity.device, inode: current.identity.inode,
                offset: end, headChecksum: crc32c(head), headBytes: head.count),
            standing: model)
        if let fault = reading.faults.first {
            complain(
                "\(path), \(reading.refused) lines refused, the first behind byte \(current.offset): \(fault)"
            )
        }
        open?.offset = end
        return true
    }

    /// Under what the place is kept.
    var source: String { key }
}

/// All followed files, on a thread of their own.
final class PredictionFollower: Sendable {
    private let loop: Loop

    init(_ config: ModelsConfig, door: PredictionDoor, keeper: PredictionKeeper, clock: Clock) {
        let grumble = Grumble()
        let followed = Lock(
            config.models.flatMap { model in
                model.files.map { path in
                    FollowedPredictions(
                        path: path, model: ModelVersion(model.name, model.version ?? "1"),
                        door: door, complain: { grumble.say($0) })
                }
            }.map { Followed(file: $0) })
        loop = Loop("predictions", everyMillis: 500, clock: clock) { _ in
            followed.withLock { all in
                for one in all {
                    // A few chunks of one file, then the others have their turn.
                    var steps = 0
                    while steps < 8, one.file.step(keeper.position(one.file.source)) { steps += 1 }
                }
            }
        }
    }

    func stop() { loop.stop() }

    /// Used under its lock only.
    private struct Followed: @unchecked Sendable {
        let file: FollowedPredictions
    }
}
