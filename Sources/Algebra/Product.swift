// Products, in blocks of rows that several threads may share (``RowBlocks``): the bits are the same on one
// thread and on many.

internal import COpenBLAS

/// A row-major matrix that lies in memory of somebody else.
struct Factor {
    var cells: UnsafePointer<Double>
    /// Cells from one row to the next.
    var stride: Int
    /// Taken as its transpose.
    var isTurned = false

    func start(row: Int) -> UnsafePointer<Double> {
        cells + (isTurned ? row : row * stride)
    }
}

extension Matrix {
    /// A product in which either side may stand transposed; nothing is copied.
    ///
    /// - Parameter threads: that share the work, the calling one among them.
    public static func product(
        _ left: Matrix, _ right: Matrix, turningLeft turnsLeft: Bool = false,
        turningRight turnsRight: Bool = false, threads: Int = 1
    ) -> Matrix {
        BLAS.prepare()
        let inner = turnsLeft ? left.rows : left.columns
        let other = turnsRight ? right.columns : right.rows
        precondition(inner == other, "inner sizes differ: \(inner), \(other)")
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
                    let left = Factor(cells: first, stride: left.columns, isTurned: turnsLeft)
                    let right = Factor(cells: second, stride: right.columns, isTurned: turnsRight)
                    RowBlocks(rows, work: columns * inner).each(on: threads) { rows in
                        multiply(
                            left, right, rows: rows, columns: columns, inner: inner, into: target)
                    }
                }
            }
        }
        return result
    }
}

/// Some rows of `result = left · right`, or of `result += left · right` when adding.
///
/// - Parameters:
///   - rows: of the left factor and of the result.
///   - columns: of the right factor and of the result, whose rows lie one after another.
///   - inner: columns of the left factor, rows of the right one.
func multiply(
    _ left: Factor, _ right: Factor, rows: Range<Int>, columns: Int, inner: Int,
    into result: UnsafeMutablePointer<Double>, adding: Bool = false
) {
    if rows.isEmpty || columns == 0 || inner == 0 { return }
    cblas_dgemm(
        CblasRowMajor, left.isTurned ? CblasTrans : CblasNoTrans,
        right.isTurned ? CblasTrans : CblasNoTrans, Int32(rows.count), Int32(columns), Int32(inner),
        1, left.start(row: rows.lowerBound), Int32(left.stride), right.cells, Int32(right.stride),
        adding ? 1 : 0, result + rows.lowerBound * columns, Int32(columns))
}
