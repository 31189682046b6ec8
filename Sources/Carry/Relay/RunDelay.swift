// How long a thread has waited for a processor, as Linux counts it. A thread that gives way to others
// measures with it by how much the times that it took may be too long; what it does not say is which of
// several times the waiting belongs to.

internal import Glibc

/// The waiting of the thread that makes it.
struct RunDelay: ~Copyable {
    private let file: Int32

    init() { file = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC) }

    deinit { if file >= 0 { close(file) } }

    /// Seconds so far; 0 where the kernel does not count them.
    var seconds: Double {
        var bytes = [UInt8](repeating: 0, count: 96)
        let count = pread(file, &bytes, bytes.count, 0)
        guard count > 0 else { return 0 }
        // Three numbers: nanoseconds on a processor, nanoseconds waiting for one, turns.
        let words = bytes[..<count].split(separator: 0x20)
        guard words.count >= 2 else { return 0 }
        return (Double(String(decoding: words[1], as: UTF8.self)) ?? 0) / 1e9
    }
}
