// The disk, as a value: the operations that the journal and the blocks need, and no more, so that a
// test can fail or stop at the n-th one. SQLite and librrd reach the disk by themselves.

/// An open file.
public struct FileHandle: Hashable, Sendable {
    public let descriptor: Int32

    public init(descriptor: Int32) { self.descriptor = descriptor }
}

/// What the system said to a file operation.
public struct FileError: Error, Equatable, CustomStringConvertible {
    public var operation: String
    public var path: String
    public var code: Int32
    public var reason: String

    public init(operation: String, path: String, code: Int32, reason: String) {
        self.operation = operation
        self.path = path
        self.code = code
        self.reason = reason
    }

    public var description: String { "cannot \(operation) \(path): \(reason)" }
}

/// The file operations of the journal and the blocks.
public struct Files: Sendable {
    public enum Mode: Sendable {
        /// Made new; an error when it exists.
        case create
        /// Opened for appending; made when missing.
        case append
        case read
    }

    public var open: @Sendable (_ path: String, _ mode: Mode) throws(FileError) -> FileHandle
    /// Writes all bytes at the end, or throws; what was written before the fault may stay.
    public var write: @Sendable (FileHandle, UnsafeRawBufferPointer) throws(FileError) -> Void
    /// Reads up to `count` bytes at an offset; fewer only at the end.
    public var read:
        @Sendable (FileHandle, _ offset: Int, _ count: Int) throws(FileError) -> [UInt8]
    public var size: @Sendable (FileHandle) throws(FileError) -> Int
    public var truncate: @Sendable (FileHandle, _ size: Int) throws(FileError) -> Void
    public var sync: @Sendable (FileHandle) throws(FileError) -> Void
    public var close: @Sendable (FileHandle) -> Void
    public var rename: @Sendable (_ from: String, _ to: String) throws(FileError) -> Void
    public var remove: @Sendable (_ path: String) throws(FileError) -> Void
    /// Makes a folder and those above it; one that exists is no error.
    public var makeFolder: @Sendable (_ path: String) throws(FileError) -> Void
    /// Makes the names in a folder durable.
    public var syncFolder: @Sendable (_ path: String) throws(FileError) -> Void
    /// The names in a folder, sorted; a missing folder is empty.
    public var list: @Sendable (_ path: String) throws(FileError) -> [String]
    /// Bytes free for ordinary users on the file system of a path.
    public var freeBytes: @Sendable (_ path: String) throws(FileError) -> Int

    public init(
        open: @escaping @Sendable (String, Mode) throws(FileError) -> FileHandle,
        write: @escaping @Sendable (FileHandle, UnsafeRawBufferPointer) throws(FileError) -> Void,
        read: @escaping @Sendable (FileHandle, Int, Int) throws(FileError) -> [UInt8],
        size: @escaping @Sendable (FileHandle) throws(FileError) -> Int,
        truncate: @escaping @Sendable (FileHandle, Int) throws(FileError) -> Void,
        sync: @escaping @Sendable (FileHandle) throws(FileError) -> Void,
        close: @escaping @Sendable (FileHandle) -> Void,
        rename: @escaping @Sendable (String, String) throws(FileError) -> Void,
        remove: @escaping @Sendable (String) throws(FileError) -> Void,
        makeFolder: @escaping @Sendable (String) throws(FileError) -> Void,
        syncFolder: @escaping @Sendable (String) throws(FileError) -> Void,
        list: @escaping @Sendable (String) throws(FileError) -> [String],
        freeBytes: @escaping @Sendable (String) throws(FileError) -> Int
    ) {
        self.open = open
        self.write = write
        self.read = read
        self.size = size
        self.truncate = truncate
        self.sync = sync
        self.close = close
        self.rename = rename
        self.remove = remove
        self.makeFolder = makeFolder
        self.syncFolder = syncFolder
        self.list = list
        self.freeBytes = freeBytes
    }
}
