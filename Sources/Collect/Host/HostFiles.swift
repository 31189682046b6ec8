// Where the host's numbers are read: /proc and /sys as texts, file systems by statvfs. A value of
// closures, so that a test can be a container, a laptop or a machine without PSI.

internal import Basics
internal import Glibc

/// The size of a mounted file system.
public struct FilesystemSize: Sendable {
    public var sizeBytes: Double
    public var freeBytes: Double
    public var availableBytes: Double
    public var files: Double
    public var filesFree: Double
    public var isReadOnly: Bool

    public init(
        sizeBytes: Double, freeBytes: Double, availableBytes: Double, files: Double,
        filesFree: Double, isReadOnly: Bool
    ) {
        self.sizeBytes = sizeBytes
        self.freeBytes = freeBytes
        self.availableBytes = availableBytes
        self.files = files
        self.filesFree = filesFree
        self.isReadOnly = isReadOnly
    }
}

/// The host's own accounts of itself.
public struct HostFiles: Sendable {
    /// The text of a file such as `/proc/stat`; nil when it cannot be read.
    public var read: @Sendable (_ path: String) -> String?
    /// The names in a folder; empty when there is none.
    public var list: @Sendable (_ path: String) -> [String]
    public var measure: @Sendable (_ mountpoint: String) -> FilesystemSize?
    /// What a command prints; nil when it is missing or fails.
    public var run: @Sendable (_ command: String) -> String?

    public init(
        read: @escaping @Sendable (String) -> String?,
        list: @escaping @Sendable (String) -> [String],
        measure: @escaping @Sendable (String) -> FilesystemSize?,
        run: @escaping @Sendable (String) -> String? = { _ in nil }
    ) {
        self.run = run
        self.read = read
        self.list = list
        self.measure = measure
    }

    /// The real ones.
    public static let system = HostFiles(
        read: { readSmallFile($0) },
        list: { (try? Files.system.list($0)) ?? [] },
        measure: { mountpoint in
            var status = statvfs()
            guard statvfs(mountpoint, &status) == 0 else { return nil }
            let block = Double(status.f_frsize)
            return FilesystemSize(
                sizeBytes: Double(status.f_blocks) * block,
                freeBytes: Double(status.f_bfree) * block,
                availableBytes: Double(status.f_bavail) * block, files: Double(status.f_files),
                filesFree: Double(status.f_ffree), isReadOnly: status.f_flag & UInt(ST_RDONLY) != 0)
        },
        run: { command in
            guard let pipe = popen(command, "re") else { return nil }
            var bytes: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 4096)
            while case let count = fread(&chunk, 1, chunk.count, pipe), count > 0 {
                bytes.append(contentsOf: chunk[..<count])
            }
            return pclose(pipe) == 0 ? String(decoding: bytes, as: UTF8.self) : nil
        })

    /// The first line of a file without its end, as most of /sys is.
    func line(_ path: String) -> String? {
        read(path)?.split(separator: "\n", omittingEmptySubsequences: false).first.map(String.init)
    }

    func number(_ path: String) -> Double? { line(path).flatMap(Double.init) }
}

/// Files of /proc say that they are empty, so they are read until they end.
private func readSmallFile(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    // 4 MB: /proc/interrupts on the largest machines is under one.
    while bytes.count < 4 << 20 {
        let count = read(descriptor, &chunk, chunk.count)
        if count < 0 { return nil }
        if count == 0 { break }
        bytes.append(contentsOf: chunk[..<count])
    }
    return String(decoding: bytes, as: UTF8.self)
}
