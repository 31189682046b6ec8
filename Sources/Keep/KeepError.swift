// What can go wrong with the store as a whole. Each error says what happened, where, and what to do
// next. Faults of single frames, chunks, blocks and files are not errors: they are reported and counted.

internal import Basics
internal import Glibc

/// Why the store of series cannot be opened or written.
public enum KeepError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The folder cannot be made or written.
    case unwritable(path: String, reason: String)
    /// The file system has no room.
    case diskFull(path: String)
    /// Anything else that the system said.
    case failed(operation: String, path: String, reason: String)

    init(_ error: FileError) {
        switch error.code {
        case ENOSPC, EDQUOT: self = .diskFull(path: error.path)
        case EACCES, EPERM, EROFS, ENOTDIR:
            self = .unwritable(path: error.path, reason: error.reason)
        default:
            self = .failed(operation: error.operation, path: error.path, reason: error.reason)
        }
    }

    public var description: String {
        switch self {
        case .unwritable(let path, let reason):
            "cannot write in \(path): \(reason); give the agent's user write access to it, "
                + "or choose another folder with --data"
        case .diskFull(let path):
            "no space left for \(path); free some space or lower the retention, "
                + "and writing goes on by itself"
        case .failed(let operation, let path, let reason):
            "cannot \(operation) \(path): \(reason); check the disk (dmesg), then start again"
        }
    }
}

extension FileError {
    var isFull: Bool { code == ENOSPC || code == EDQUOT }

    var isMissing: Bool { code == ENOENT }
}
