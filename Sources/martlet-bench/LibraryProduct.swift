// The peer of our products: one call of OpenBLAS, which splits it among threads of its own. It is found by
// name in the library that is loaded, because Algebra alone owns the door to it and never lets it split.

import Algebra
import Foundation

/// `cblas_dgemm` on a number of the library's threads.
struct LibraryProduct {
    private typealias SetThreads = @convention(c) (Int32) -> Void
    private typealias Multiply =
        @convention(c) (
            Int32, Int32, Int32, Int32, Int32, Int32, Double, UnsafePointer<Double>, Int32,
            UnsafePointer<Double>, Int32, Double, UnsafeMutablePointer<Double>, Int32
        ) -> Void

    private let setThreads: SetThreads
    private let multiply: Multiply

    init() throws {
        guard let threads = dlsym(nil, "openblas_set_num_threads"),
            let multiply = dlsym(nil, "cblas_dgemm")
        else { throw CocoaError(.featureUnsupported) }
        setThreads = unsafeBitCast(threads, to: SetThreads.self)
        self.multiply = unsafeBitCast(multiply, to: Multiply.self)
    }

    func product(
        _ left: Matrix, _ right: Matrix, _ turnsLeft: Bool, _ turnsRight: Bool, _ threads: Int
    ) -> Matrix {
        var result = Matrix(
            rows: turnsLeft ? left.columns : left.rows,
            columns: turnsRight ? right.rows : right.columns)
        setThreads(Int32(threads))
        defer { setThreads(1) }
        // CblasRowMajor is 101, CblasNoTrans 111, CblasTrans 112.
        multiply(
            101, turnsLeft ? 112 : 111, turnsRight ? 112 : 111, Int32(result.rows),
            Int32(result.columns), Int32(turnsLeft ? left.rows : left.columns), 1, left.values,
            Int32(left.columns), right.values, Int32(right.columns), 0, &result.values,
            Int32(result.columns))
        return result
    }
}
