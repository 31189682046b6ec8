// Some consecutive rows of a matrix without a copy: what blocked work (distances, batches) runs over. A
// view shares the matrix' storage; changing the matrix afterwards copies, so a view never changes.

internal import COpenBLAS

/// Consecutive rows of a matrix, row-major.
public struct MatrixView: Sendable {
    public let rows: Int
    public let columns: Int
    /// The rows one after the other; indices are those of the matrix' storage.
    public let values: ArraySlice<Double>

    /// A row, not copied.
    public func row(_ row: Int) -> ArraySlice<Double> {
        let start = values.startIndex + row * columns
        return values[start..<start + columns]
    }

    /// The rows as a matrix of their own.
    public var copy: Matrix { Matrix(rows: rows, columns: columns, values: Array(values)) }

    /// The squared length of every row.
    public var squaredLengths: [Double] {
        (0..<rows).map { row($0).reduce(0) { $0 + $1 * $1 } }
    }

    /// The product with a matrix, `rows × n`, or with its transpose; one DGEMM.
    public func times(_ right: Matrix, turningRight turns: Bool = false) -> Matrix {
        BLAS.prepare()
        let inner = turns ? right.columns : right.rows
        let width = turns ? right.rows : right.columns
        precondition(columns == inner, "inner sizes differ: \(columns), \(inner)")
        var result = Matrix(rows: rows, columns: width)
        guard rows > 0 && columns > 0 && width > 0 else { return result }
        values.withUnsafeBufferPointer { left in
            cblas_dgemm(
                CblasRowMajor, CblasNoTrans, turns ? CblasTrans : CblasNoTrans, Int32(rows),
                Int32(width), Int32(columns), 1, left.baseAddress, Int32(columns), right.values,
                Int32(right.columns), 0, &result.values, Int32(width))
        }
        return result
    }
}

extension Matrix {
    /// A view of some consecutive rows.
    public func rows(_ range: Range<Int>) -> MatrixView {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "no such rows")
        return MatrixView(
            rows: range.count, columns: columns,
            values: values[range.lowerBound * columns..<range.upperBound * columns])
    }
}
