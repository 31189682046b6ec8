// Dense matrices over OpenBLAS. Row-major doubles in one array; a product is one DGEMM. The
// statistics that judges need (decompositions, distances, tests) grow beside this file.

internal import COpenBLAS

/// A dense matrix, row-major.
public struct Matrix: Sendable, Equatable {
    public let rows: Int
    public let columns: Int
    /// `rows * columns` values, row after row.
    public var values: [Double]

    /// A matrix of zeros.
    public init(rows: Int, columns: Int) {
        self.init(rows: rows, columns: columns, values: Array(repeating: 0, count: rows * columns))
    }

    public init(rows: Int, columns: Int, values: [Double]) {
        precondition(
            values.count == rows * columns, "a \(rows) × \(columns) matrix has that many values")
        self.rows = rows
        self.columns = columns
        self.values = values
    }

    public subscript(row: Int, column: Int) -> Double {
        get { values[row * columns + column] }
        set { values[row * columns + column] = newValue }
    }

    /// The product of an `m × k` and a `k × n` matrix, `m × n`.
    public static func * (left: Matrix, right: Matrix) -> Matrix {
        precondition(
            left.columns == right.rows, "inner sizes differ: \(left.columns), \(right.rows)")
        var product = Matrix(rows: left.rows, columns: right.columns)
        guard left.rows > 0 && left.columns > 0 && right.columns > 0 else { return product }
        cblas_dgemm(
            CblasRowMajor, CblasNoTrans, CblasNoTrans,
            Int32(left.rows), Int32(right.columns), Int32(left.columns),
            1, left.values, Int32(left.columns), right.values, Int32(right.columns),
            0, &product.values, Int32(right.columns))
        return product
    }
}
