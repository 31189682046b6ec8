// OpenBLAS computes every call on the thread that makes it: set once, for the whole process, because the
// setting is global. Split by the library, a product adds in an order that depends on the machine, and so do
// its last bits; and a background thread would take more cores than it is given. Work that is worth several
// threads is cut into blocks of rows (``RowBlocks``), whose bits do not depend on who computes them.

internal import COpenBLAS

/// The one setting of OpenBLAS.
enum BLAS {
    private static let isReady: Bool = {
        openblas_set_num_threads(1)
        return true
    }()

    /// Makes the setting when nobody has yet; every operation of this room calls it.
    @inline(__always) static func prepare() { _ = isReady }
}
