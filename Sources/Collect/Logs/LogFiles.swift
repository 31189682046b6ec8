// What following a file needs of the disk: names in a folder, what a name or an open file is at the
// moment, and reading at a place. A seam of its own, because the device, inode and size of a file are
// the whole difficulty here, and a test must be able to rotate a file between any two calls.

public import Basics
internal import Glibc

/// What a file is at one moment.
public struct LogFileStatus: Sendable, Equatable {
    public var identity: LogFileIdentity
    public var bytes: Int64
    /// Nanoseconds since the epoch.
    public var modified: Int64
    public var isFolder: Bool

    public init(identity: LogFileIdentity, bytes: Int64, modified: Int64, isFolder: Bool = false) {
        self.identity = identity
        self.bytes = bytes
        self.modified = modified
        self.isFolder = isFolder
    }
}

/// Which file it is, whatever its name.
public struct LogFileIdentity: Sendable, Hashable {
    public var device: UInt64
    public var inode: UInt64

    public init(device: UInt64, inode: UInt64) {
        self.device = device
        self.inode = inode
    }
}

/// The file operations of following.
public struct LogFiles: Sendable {
    /// The names in a folder, in any order; empty when it cannot be read.
    public var list: @Sendable (_ folder: String) -> [String]
    /// What stands at a path (symbolic links followed); nil when nothing does.
    public var status: @Sendable (_ path: String) -> LogFileStatus?
    public var open: @Sendable (_ path: String) throws(FileError) -> FileHandle
    public var openStatus: @Sendable (FileHandle) throws(FileError) -> LogFileStatus
    /// Reads up to `count` bytes at an offset; fewer only at the end.
    public var read:
        @Sendable (FileHandle, _ offset: Int64, _ count: Int) throws(FileError) -> [UInt8]
    public var close: @Sendable (FileHandle) -> Void

    public init(
        list: @escaping @Sendable (String) -> [String],
        status: @escaping @Sendable (String) -> LogFileStatus?,
        open: @escaping @Sendable (String) throws(FileError) -> FileHandle,
        openStatus: @escaping @Sendable (FileHandle) throws(FileError) -> LogFileStatus,
        read: @escaping @Sendable (FileHandle, Int64, Int) throws(FileError) -> [UInt8],
        close: @escaping @Sendable (FileHandle) -> Void
    ) {
        self.list = list
        self.status = status
        self.open = open
        self.openStatus = openStatus
        self.read = read
        self.close = close
    }

    /// The system's.
    public static let system = LogFiles(
        list: { folder in (try? Files.system.list(folder)) ?? [] },
        status: { path in
            var raw = stat()
            return stat(path, &raw) == 0 ? LogFileStatus(raw) : nil
        },
        open: { (path) throws(FileError) in try Files.system.open(path, .read) },
        openStatus: { (file) throws(FileError) in
            var raw = stat()
            guard fstat(file.descriptor, &raw) == 0 else {
                let code = errno
                throw FileError(
                    operation: "stat", path: "descriptor \(file.descriptor)", code: code,
                    reason: String(cString: strerror(code)))
            }
            return LogFileStatus(raw)
        },
        read: { (file, offset, count) throws(FileError) in
            try Files.system.read(file, Int(offset), count)
        },
        close: { file in Files.system.close(file) }
    )
}

extension LogFileStatus {
    fileprivate init(_ raw: stat) {
        self.init(
            identity: LogFileIdentity(device: UInt64(raw.st_dev), inode: UInt64(raw.st_ino)),
            bytes: Int64(raw.st_size),
            modified: Int64(raw.st_mtim.tv_sec) * 1_000_000_000 + Int64(raw.st_mtim.tv_nsec),
            isFolder: raw.st_mode & S_IFMT == S_IFDIR)
    }
}
