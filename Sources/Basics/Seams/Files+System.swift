// The real disk behind the `Files` seam: one system call each, retried when a signal interrupts.

internal import Glibc

extension Files {
    /// The system's file operations.
    public static let system = Files(
        open: { (path, mode) throws(FileError) in
            let flags =
                switch mode {
                case .create: O_RDWR | O_CREAT | O_EXCL | O_APPEND
                case .append: O_RDWR | O_CREAT | O_APPEND
                case .read: O_RDONLY
                }
            let result = retry { Glibc.open(path, flags | O_CLOEXEC, 0o640) }
            guard result >= 0 else { throw failure("open", path) }
            return FileHandle(descriptor: result)
        },
        write: { (file, bytes) throws(FileError) in
            var written = 0
            while written < bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
                let count = retry { Glibc.write(file.descriptor, rest.baseAddress, rest.count) }
                guard count >= 0 else { throw failure("write", "descriptor \(file.descriptor)") }
                written += count
            }
        },
        read: { (file, offset, count) throws(FileError) in
            var bytes = [UInt8](repeating: 0, count: count)
            var filled = 0
            while filled < count {
                let part = bytes.withUnsafeMutableBytes { buffer in
                    retry {
                        pread(
                            file.descriptor, buffer.baseAddress?.advanced(by: filled),
                            count - filled, off_t(offset + filled))
                    }
                }
                guard part >= 0 else { throw failure("read", "descriptor \(file.descriptor)") }
                if part == 0 { break }
                filled += part
            }
            if filled < count { bytes.removeLast(count - filled) }
            return bytes
        },
        size: { (file) throws(FileError) in
            var status = stat()
            guard fstat(file.descriptor, &status) == 0 else {
                throw failure("stat", "descriptor \(file.descriptor)")
            }
            return Int(status.st_size)
        },
        truncate: { (file, size) throws(FileError) in
            guard retry({ ftruncate(file.descriptor, off_t(size)) }) == 0 else {
                throw failure("truncate", "descriptor \(file.descriptor)")
            }
        },
        sync: { (file) throws(FileError) in
            guard retry({ fdatasync(file.descriptor) }) == 0 else {
                throw failure("fsync", "descriptor \(file.descriptor)")
            }
        },
        close: { file in _ = Glibc.close(file.descriptor) },
        rename: { (from, to) throws(FileError) in
            guard Glibc.rename(from, to) == 0 else { throw failure("rename", "\(from) to \(to)") }
        },
        remove: { (path) throws(FileError) in
            guard Glibc.unlink(path) == 0 else { throw failure("remove", path) }
        },
        makeFolder: { (path) throws(FileError) in try makeFolders(path) },
        syncFolder: { (path) throws(FileError) in
            let descriptor = retry { Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
            guard descriptor >= 0 else { throw failure("open", path) }
            defer { _ = Glibc.close(descriptor) }
            guard retry({ fsync(descriptor) }) == 0 else { throw failure("fsync", path) }
        },
        list: { (path) throws(FileError) in
            guard let folder = opendir(path) else {
                if errno == ENOENT { return [] }
                throw failure("list", path)
            }
            defer { closedir(folder) }
            var names: [String] = []
            while let entry = readdir(folder) {
                let name = withUnsafeBytes(of: entry.pointee.d_name) { raw in
                    String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name != "." && name != ".." { names.append(name) }
            }
            return names.sorted()
        },
        freeBytes: { (path) throws(FileError) in
            var status = statvfs()
            guard statvfs(path, &status) == 0 else { throw failure("measure", path) }
            return Int(status.f_bavail) * Int(status.f_frsize)
        }
    )
}

private func makeFolders(_ path: String) throws(FileError) {
    var made = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
        made += (made.isEmpty || made.hasSuffix("/") ? "" : "/") + part
        if mkdir(made, 0o750) != 0 && errno != EEXIST { throw failure("make the folder", made) }
    }
    var status = stat()
    guard stat(path, &status) == 0 else { throw failure("open", path) }
    guard status.st_mode & S_IFMT == S_IFDIR else {
        throw FileError(
            operation: "make the folder", path: path, code: ENOTDIR, reason: "a file has that name")
    }
}

private func failure(_ operation: String, _ path: String) -> FileError {
    let code = errno
    return FileError(
        operation: operation, path: path, code: code, reason: String(cString: strerror(code)))
}

private func retry<Result: FixedWidthInteger>(_ call: () -> Result) -> Result {
    while true {
        let result = call()
        if result != -1 || errno != EINTR { return result }
    }
}
