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
        withUnsafeTemporaryAllocation(byteCount: 96, alignment: 1) { room in
            // Three numbers: nanoseconds on a processor, nanoseconds waiting for one, turns.
            let count = pread(file, room.baseAddress, room.count, 0)
            var nanoseconds = 0
            var spaces = 0
            for byte in room.prefix(max(count, 0)) {
                if byte == UInt8(ascii: " ") {
                    spaces += 1
                } else if spaces == 1 {
                    nanoseconds = nanoseconds &* 10 &+ Int(byte &- UInt8(ascii: "0"))
                }
            }
            return Double(nanoseconds) / 1e9
        }
    }
}
