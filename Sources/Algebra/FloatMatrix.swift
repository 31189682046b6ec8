// Single-precision matrices, for kernels over embeddings: half the memory and twice the speed, and
// seven digits are enough for a permutation test that compares like with like.

internal import COpenBLAS

/// A dense matrix of floats, row-major.
public struct FloatMatrix: Sendable, Equatable {
    public let rows: Int
    public let columns: Int
    public var values: [Float]

    public init(rows: Int, columns: Int, values: [Float]) {
        precondition(
            values.count == rows * columns, "a \(rows) × \(columns) matrix has that many values")
        self.rows = rows
        self.columns = columns
        self.values = values
    }

    public init(rows: Int, columns: Int) {
        self.init(rows: rows, columns: columns, values: Array(repeating: 0, count: rows * columns))
    }

    /// The matrix rounded to floats.
    public init(_ matrix: Matrix) {
        self.init(
            rows: matrix.rows, columns: matrix.columns, values: matrix.values.map { Float($0) })
    }

    /// `self · selfᵀ`; only the upper triangle is filled.
    ///
    /// One SSYRK.
    public var outerGram: FloatMatrix {
        BLAS.prepare()
        var result = FloatMatrix(rows: rows, columns: rows)
        guard rows > 0 && columns > 0 else { return result }
        cblas_ssyrk(
            CblasRowMajor, CblasUpper, CblasNoTrans, Int32(rows), Int32(columns), 1, values,
            Int32(columns), 0, &result.values, Int32(rows))
        return result
    }

    /// The product of a symmetric matrix, given by its upper triangle, with another.
    ///
    /// One SSYMM.
    public func symmetricTimes(_ right: FloatMatrix) -> FloatMatrix {
        BLAS.prepare()
        precondition(rows == columns && columns == right.rows, "inner sizes differ")
        var result = FloatMatrix(rows: rows, columns: right.columns)
        guard rows > 0 && right.columns > 0 else { return result }
        cblas_ssymm(
            CblasRowMajor, CblasLeft, CblasUpper, Int32(rows), Int32(right.columns), 1, values,
            Int32(columns), right.values, Int32(right.columns), 0, &result.values,
            Int32(right.columns))
        return result
    }
}
