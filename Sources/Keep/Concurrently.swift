// Several threads where a start is worth them: a body run once for each, joined at the end. No queue and no
// shared state; whoever calls divides the work so that the outcome is that of one thread.

internal import Dispatch
internal import Glibc

/// Threads worth using: above four, memory is what they wait for.
let threadsMax = min(max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1), 4)

/// The results of a body for each of some threads, run beside each other.
func concurrently<Result: Sendable>(
    _ threads: Int, _ body: @Sendable (Int) -> Result
) -> [Result] {
    if threads == 1 { return [body(0)] }
    var results = [Result?](repeating: nil, count: threads)
    results.withUnsafeMutableBufferPointer { buffer in
        // Each thread writes its own place, and all are done before the buffer ends.
        nonisolated(unsafe) let places = buffer
        DispatchQueue.concurrentPerform(iterations: threads) { places[$0] = body($0) }
    }
    return results.compactMap { $0 }
}
