// Dense matrices over OpenBLAS. Row-major doubles in one array; a product is one DGEMM. The
// decompositions, distances and statistics that judges need lie beside this file.

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

    /// A matrix from its columns, which must be equally long.
    public init(columns vectors: [[Double]]) {
        let rows = vectors.first?.count ?? 0
        self.init(rows: rows, columns: vectors.count)
        for (column, vector) in vectors.enumerated() {
            precondition(vector.count == rows, "columns differ in length")
            for row in 0..<rows { values[row * vectors.count + column] = vector[row] }
        }
    }

    public subscript(row: Int, column: Int) -> Double {
        get { values[row * columns + column] }
        set { values[row * columns + column] = newValue }
    }

    /// A view of one row, not copied.
    public func row(_ row: Int) -> ArraySlice<Double> {
        values[row * columns..<(row + 1) * columns]
    }

    /// A column, copied.
    public func column(_ column: Int) -> [Double] {
        var copy: [Double] = []
        copy.reserveCapacity(rows)
        for row in 0..<rows { copy.append(values[row * columns + column]) }
        return copy
    }

    /// Some rows, in the order given.
    public func selecting(rows chosen: [Int]) -> Matrix {
        var picked: [Double] = []
        picked.reserveCapacity(chosen.count * columns)
        for row in chosen { picked += self.row(row) }
        return Matrix(rows: chosen.count, columns: columns, values: picked)
    }

    /// These rows, then those of another matrix of as many columns.
    public func stacked(on other: Matrix) -> Matrix {
        precondition(columns == other.columns, "stacked matrices have as many columns")
        return Matrix(
            rows: rows + other.rows, columns: columns, values: values + other.values)
    }

    public var transposed: Matrix {
        var turned = Matrix(rows: columns, columns: rows)
        for row in 0..<rows {
            for column in 0..<columns {
                turned.values[column * rows + row] = values[row * columns + column]
            }
        }
        return turned
    }

    /// The product of an `m × k` and a `k × n` matrix, `m × n`.
    public static func * (left: Matrix, right: Matrix) -> Matrix {
        product(left, right)
    }

    /// `selfᵀ · self`, symmetric, by one DSYRK.
    public var gram: Matrix {
        BLAS.prepare()
        var result = Matrix(rows: columns, columns: columns)
        guard rows > 0 && columns > 0 else { return result }
        cblas_dsyrk(
            CblasRowMajor, CblasUpper, CblasTrans, Int32(columns), Int32(rows), 1, values,
            Int32(columns), 0, &result.values, Int32(columns))
        for row in 0..<columns {
            for column in 0..<row {
                result.values[row * columns + column] = result.values[column * columns + row]
            }
        }
        return result
    }

    /// The product with a vector, by one DGEMV.
    public func times(_ vector: [Double], transposed turns: Bool = false) -> [Double] {
        precondition(vector.count == (turns ? rows : columns), "vector and matrix differ in size")
        BLAS.prepare()
        var result = [Double](repeating: 0, count: turns ? columns : rows)
        guard rows > 0 && columns > 0 else { return result }
        cblas_dgemv(
            CblasRowMajor, turns ? CblasTrans : CblasNoTrans, Int32(rows), Int32(columns), 1,
            values, Int32(columns), vector, 1, 0, &result, 1)
        return result
    }

    /// The mean of every column; accumulated around the first row, so that a big offset is harmless.
    public var columnMeans: [Double] {
        guard rows > 0 else { return Array(repeating: 0, count: columns) }
        var sums = [Double](repeating: 0, count: columns)
        values.withUnsafeBufferPointer { source in
            sums.withUnsafeMutableBufferPointer { sums in
                for row in 1..<max(rows, 1) {
                    let start = row * columns
                    for column in 0..<columns {
                        sums[column] += source[start + column] - source[column]
                    }
                }
                for column in 0..<columns {
                    sums[column] = source[column] + sums[column] / Double(rows)
                }
            }
        }
        return sums
    }

    /// `(value - centre) / scale` column by column; a scale of 0 counts as 1.
    public func standardised(centre: [Double], scale: [Double]? = nil) -> Matrix {
        var result = self
        let factors = scale.map { $0.map { $0 > 0 ? 1 / $0 : 1 } }
        result.values.withUnsafeMutableBufferPointer { cells in
            centre.withUnsafeBufferPointer { centre in
                for row in 0..<rows {
                    let start = row * columns
                    if let factors {
                        factors.withUnsafeBufferPointer { factors in
                            for column in 0..<columns {
                                cells[start + column] =
                                    (cells[start + column] - centre[column]) * factors[column]
                            }
                        }
                    } else {
                        for column in 0..<columns { cells[start + column] -= centre[column] }
                    }
                }
            }
        }
        return result
    }

    /// The standard deviation of every column, divided by the number of rows (ddof 0).
    public func columnDeviations(around means: [Double]) -> [Double] {
        var sums = [Double](repeating: 0, count: columns)
        guard rows > 0 else { return sums }
        values.withUnsafeBufferPointer { source in
            sums.withUnsafeMutableBufferPointer { sums in
                for row in 0..<rows {
                    let start = row * columns
                    for column in 0..<columns {
                        let distance = source[start + column] - means[column]
                        sums[column] += distance * distance
                    }
                }
            }
        }
        return sums.map { ($0 / Double(rows)).squareRoot() }
    }
}
