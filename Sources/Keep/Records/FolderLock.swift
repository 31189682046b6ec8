// One agent a data folder. The lock is the kernel's (flock on `LOCK`), so it vanishes with its holder
// whatever way that ends; the file's content only tells others whom to talk to. A command that finds
// the folder locked reads the address and asks the agent instead.

internal import Basics
internal import Bytes
internal import Glibc

/// Who holds a data folder.
public struct FolderHolder: Sendable, Equatable {
    public var pid: Int
    /// Where the agent listens, as `host:port`; empty while it has not opened its port.
    public var address: String

    public init(pid: Int, address: String) {
        self.pid = pid
        self.address = address
    }
}

/// Why a folder could not be locked.
public enum FolderLockError: Error, Equatable, CustomStringConvertible {
    case held(path: String, by: FolderHolder?)
    case cannotLock(path: String, reason: String)

    public var description: String {
        switch self {
        case .held(let path, let holder?):
            "\(path) is held by the agent with process id \(holder.pid)"
                + (holder.address.isEmpty ? "" : ", which listens on \(holder.address)")
                + "; stop it, or choose another folder with --data"
        case .held(let path, nil):
            "\(path) is held by another process; stop it, or choose another folder with --data"
        case .cannotLock(let path, let reason):
            "cannot lock \(path): \(reason); check that the agent's user may write there"
        }
    }
}

/// The lock on a data folder, held until this goes away.
public final class FolderLock: Sendable {
    private let descriptor: Int32
    private let path: String

    private init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    /// Makes the folder when it is missing, and locks it.
    public static func take(folder: String, address: String) throws(FolderLockError) -> FolderLock {
        let path = folder + "/LOCK"
        do throws(FileError) {
            try Files.system.makeFolder(folder)
        } catch {
            throw .cannotLock(path: path, reason: error.reason)
        }
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw .cannotLock(path: path, reason: systemReason()) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            let reason = systemReason()
            close(descriptor)
            guard code == EWOULDBLOCK else { throw .cannotLock(path: path, reason: reason) }
            throw .held(path: path, by: written(at: path))
        }
        let lock = FolderLock(descriptor: descriptor, path: path)
        try lock.announce(address: address)
        return lock
    }

    /// Writes where the agent listens; called again when the port is known.
    public func announce(address: String) throws(FolderLockError) {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("pid")
        writer.number(Int(getpid()))
        writer.field("address", address)
        writer.endObject()
        let bytes = writer.bytes + [0x0a]
        let written = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        guard written == bytes.count, ftruncate(descriptor, off_t(bytes.count)) == 0 else {
            throw .cannotLock(path: path, reason: systemReason())
        }
    }

    /// The agent that holds a folder now; nil when it is free.
    public static func holder(of folder: String) -> FolderHolder? {
        let path = folder + "/LOCK"
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        if flock(descriptor, LOCK_SH | LOCK_NB) == 0 { return nil }
        return written(at: path)
    }

    private static func written(at path: String) -> FolderHolder? {
        let files = Files.system
        guard let file = try? files.open(path, .read) else { return nil }
        defer { files.close(file) }
        guard let bytes = try? files.read(file, 0, 4096), let json = try? JSON(bytes),
            let pid = json["pid"]?.int
        else { return nil }
        return FolderHolder(pid: pid, address: json["address"]?.text ?? "")
    }
}

private func systemReason() -> String { String(cString: strerror(errno)) }
