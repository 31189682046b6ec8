// Several threads where a start is worth them: a body run once for each, joined at the end. No queue and no
// shared state; whoever calls divides the work so that the outcome is that of one thread.

internal import Dispatch
internal import Glibc

/// Threads worth using.
///
/// A power of two, so that a mask shares out the work; above four, memory is what they wait for.
let threadsMax: Int = {
    let processors = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    return processors >= 4 ? 4 : processors >= 2 ? 2 : 1
}()

/// The results of a body for each of some threads, run beside each other.
func concurrently<Result: Sendable>(
    _ threads: Int, _ body: @Sendable (Int) -> Result
) -> [Result] {
    if threads == 1 { return [body(0)] }
    var results = [Result?](repeating: nil, count: threads)
    results.withUnsafeMutableBufferPointer { buffer in
        // Each thread writes its own place.
        nonisolated(unsafe) let places = buffer
        DispatchQueue.concurrentPerform(iterations: threads) { places[$0] = body($0) }
    }
    return results.compactMap { $0 }
}
