// The number of threads of OpenBLAS, set once for the whole process: by default as many as cores.
// Nothing else in the process may change it, because the setting is global; whoever needs sums that no
// thread splits borrows it for the length of a call.

internal import COpenBLAS
internal import Glibc
internal import Synchronization

/// The one setting of OpenBLAS.
public enum BLAS {
    private static let isReady: Bool = {
        let cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        // More than 8 threads cost more to wake than products of our sizes save.
        openblas_set_num_threads(Int32(min(max(cores, 1), 8)))
        return true
    }()

    /// Those who borrow the setting now, and what it was before the first of them.
    private static let borrowed = Mutex((users: 0, usual: Int32(1)))

    /// Sets the threads when nobody has yet; every operation of this room calls it.
    @inline(__always) static func prepare() { _ = isReady }

    /// The number of threads that products use.
    public static var threadCount: Int {
        prepare()
        return borrowed.withLock {
            Int($0.users > 0 ? $0.usual : openblas_get_num_threads())
        }
    }

    /// Runs a body during which OpenBLAS computes everything on the thread that calls it.
    ///
    /// Products of other threads are not split meanwhile either: they may take longer and are no less
    /// right.
    static func unsplit<Result>(_ body: () -> Result) -> Result {
        prepare()
        borrowed.withLock { borrowed in
            if borrowed.users == 0 {
                borrowed.usual = openblas_get_num_threads()
                openblas_set_num_threads(1)
            }
            borrowed.users += 1
        }
        defer {
            borrowed.withLock { borrowed in
                borrowed.users -= 1
                if borrowed.users == 0 { openblas_set_num_threads(borrowed.usual) }
            }
        }
        return body()
    }

    /// Runs a body with that many threads of OpenBLAS' own, to compare with.
    ///
    /// For benchmarks: nobody else may compute meanwhile.
    public static func withThreads<Result>(_ count: Int, _ body: () throws -> Result) rethrows
        -> Result
    {
        let usual = threadCount
        openblas_set_num_threads(Int32(count))
        defer { openblas_set_num_threads(Int32(usual)) }
        return try body()
    }
}
