// The number of threads of OpenBLAS, set once for the whole process: by default as many as cores.
// Nothing else in the process may change it, because the setting is global.

internal import COpenBLAS
internal import Glibc

/// The one setting of OpenBLAS.
public enum BLAS {
    private static let isReady: Bool = {
        let cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        // More than 8 threads cost more to wake than products of our sizes save.
        openblas_set_num_threads(Int32(min(max(cores, 1), 8)))
        return true
    }()

    /// Sets the threads when nobody has yet; every operation of this room calls it.
    @inline(__always) static func prepare() { _ = isReady }

    /// The number of threads that products use.
    public static var threadCount: Int {
        prepare()
        return Int(openblas_get_num_threads())
    }
}
