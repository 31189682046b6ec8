// Asking a file system how full it is can hang for ever (a network mount whose server is gone). Each
// mount is asked on a thread of its own with a limit; one that hung is not asked again until its
// thread comes back.

internal import Basics
internal import Dispatch
internal import Glibc

/// Measures file systems without ever hanging with them.
final class SlowMounts: Sendable {
    static let shared = SlowMounts()

    private final class Answer: Sendable {
        let usage = Lock<FileSystemUsage?>(nil)
        let done = DispatchSemaphore(value: 0)
    }

    private let hanging = Lock<Set<String>>([])
    private let queue = DispatchQueue(label: "martlet.mounts", attributes: .concurrent)

    /// nil when the file system does not answer within two seconds or refuses.
    func usage(_ mountPoint: String) -> FileSystemUsage? {
        guard hanging.withLock({ $0.insert(mountPoint).inserted }) else { return nil }
        let answer = Answer()
        queue.async { [hanging] in
            let usage = measured(mountPoint)
            answer.usage.withLock { $0 = usage }
            _ = hanging.withLock { $0.remove(mountPoint) }
            answer.done.signal()
        }
        // A local disk answers in microseconds, a slow server in tenths of a second.
        guard answer.done.wait(timeout: .now() + .seconds(2)) == .success else { return nil }
        return answer.usage.withLock { $0 }
    }
}

private func measured(_ mountPoint: String) -> FileSystemUsage? {
    var status = statvfs()
    guard statvfs(mountPoint, &status) == 0 else { return nil }
    let block = Double(status.f_frsize)
    return FileSystemUsage(
        sizeBytes: Double(status.f_blocks) * block, freeBytes: Double(status.f_bfree) * block,
        availableBytes: Double(status.f_bavail) * block, files: Double(status.f_files),
        filesFree: Double(status.f_ffree), isReadOnly: status.f_flag & UInt(ST_RDONLY) != 0)
}
