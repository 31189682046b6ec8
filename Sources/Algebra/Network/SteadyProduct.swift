// Products of a network's layers, in tiles so small that OpenBLAS never splits one among threads. A
// split changes the order of additions and so the last bits; tiles give the same sums on any number
// of threads, and at a network's sizes they lose nothing: waking a second thread costs more than it
// saves. For large matrices use `Matrix.product`.

internal import COpenBLAS

/// A row-major matrix that lies in memory of somebody else.
struct Factor {
    var cells: UnsafePointer<Double>
    /// Cells from one row to the next.
    var stride: Int
    /// Taken as its transpose.
    var isTurned = false

    func start(row: Int, column: Int) -> UnsafePointer<Double> {
        cells + (isTurned ? column * stride + row : row * stride + column)
    }
}

extension Matrix {
    /// A product that has the same bits on any number of threads; for judgements that must be
    /// repeatable, of matrices that are not large.
    public static func steadyProduct(
        _ left: Matrix, _ right: Matrix, turningLeft turnsLeft: Bool = false,
        turningRight turnsRight: Bool = false
    ) -> Matrix {
        BLAS.prepare()
        let inner = turnsLeft ? left.rows : left.columns
        precondition(inner == (turnsRight ? right.columns : right.rows), "inner sizes differ")
        var result = Matrix(
            rows: turnsLeft ? left.columns : left.rows,
            columns: turnsRight ? right.rows : right.columns)
        let (rows, columns) = (result.rows, result.columns)
        left.values.withUnsafeBufferPointer { first in
            right.values.withUnsafeBufferPointer { second in
                result.values.withUnsafeMutableBufferPointer { target in
                    guard let first = first.baseAddress, let second = second.baseAddress,
                        let target = target.baseAddress
                    else { return }
                    TiledProduct.multiply(
                        Factor(cells: first, stride: left.columns, isTurned: turnsLeft),
                        Factor(cells: second, stride: right.columns, isTurned: turnsRight),
                        rows: rows, columns: columns, inner: inner, into: target, stride: columns)
                }
            }
        }
        return result
    }
}

enum TiledProduct {
    /// OpenBLAS keeps a product of at most this many multiplications on the calling thread
    /// (SMP_THRESHOLD_MIN · GEMM_MULTITHREAD_THRESHOLD in its interface/gemm.c).
    static let multiplicationsMax = 65_536 * 4
    private static let side = 64

    /// `result = left · right`, or `result += left · right` when adding.
    ///
    /// - Parameters:
    ///   - rows: of the left factor and of the result.
    ///   - columns: of the right factor and of the result.
    ///   - inner: columns of the left factor, rows of the right one.
    static func multiply(
        _ left: Factor, _ right: Factor, rows: Int, columns: Int, inner: Int,
        into result: UnsafeMutablePointer<Double>, stride: Int, adding: Bool = false
    ) {
        if rows == 0 || columns == 0 || inner == 0 { return }
        let fits = rows * columns * inner <= multiplicationsMax
        let wide = fits ? columns : min(columns, side)
        let deep = fits ? inner : min(inner, side)
        let high = fits ? rows : max(multiplicationsMax / (wide * deep), 1)
        for depth in Swift.stride(from: 0, to: inner, by: deep) {
            for row in Swift.stride(from: 0, to: rows, by: high) {
                for column in Swift.stride(from: 0, to: columns, by: wide) {
                    cblas_dgemm(
                        CblasRowMajor, left.isTurned ? CblasTrans : CblasNoTrans,
                        right.isTurned ? CblasTrans : CblasNoTrans,
                        Int32(min(high, rows - row)), Int32(min(wide, columns - column)),
                        Int32(min(deep, inner - depth)),
                        1, left.start(row: row, column: depth), Int32(left.stride),
                        right.start(row: depth, column: column), Int32(right.stride),
                        adding || depth > 0 ? 1 : 0, result + row * stride + column, Int32(stride))
                }
            }
        }
    }
}
