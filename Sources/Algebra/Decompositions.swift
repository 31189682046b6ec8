// Cholesky, general solve, symmetric eigenvalues and SVD by LAPACK. LAPACK is column-major: a symmetric
// matrix does not notice, and for the SVD the factors change places. Signs of eigenvectors are fixed
// (the largest component is positive), so that two runs and two machines agree.

internal import COpenBLAS
internal import Glibc

/// Why a decomposition failed.
public enum AlgebraError: Error, Equatable, CustomStringConvertible {
    /// The leading minor of that order is not positive; add a ridge.
    case notPositiveDefinite(order: Int)
    case singular(order: Int)
    case noConvergence
    case notFinite

    public var description: String {
        switch self {
        case .notPositiveDefinite(let order):
            "the matrix is not positive definite (minor \(order)); add a ridge to its diagonal"
        case .singular(let order): "the matrix is singular at column \(order)"
        case .noConvergence: "LAPACK's iteration did not converge"
        case .notFinite: "the matrix holds NaN or infinite values; remove those rows"
        }
    }
}

/// The factor of a symmetric positive definite matrix, ready to solve with.
public struct Cholesky: Sendable {
    private let size: Int
    private let factor: [Double]

    /// Factors `matrix + ridge · mean(diagonal) · I`; a ridge of 1e-12 hides rounding only.
    public init(_ matrix: Matrix, ridge: Double = 1e-12) throws(AlgebraError) {
        precondition(matrix.rows == matrix.columns, "only square matrices have a Cholesky factor")
        BLAS.prepare()
        size = matrix.rows
        var values = matrix.values
        var trace = 0.0
        for index in 0..<size { trace += values[index * size + index] }
        if !trace.isFinite { throw .notFinite }
        let added = ridge * max(trace / Double(max(size, 1)), .leastNormalMagnitude)
        for index in 0..<size { values[index * size + index] += added }
        var order = Int32(size)
        var leading = Int32(max(size, 1))
        var info: Int32 = 0
        dpotrf_("U", &order, &values, &leading, &info)
        if info > 0 { throw .notPositiveDefinite(order: Int(info)) }
        factor = values
    }

    /// Solves `A x = b`.
    public func solve(_ right: [Double]) -> [Double] {
        var solution = right
        var order = Int32(size)
        var one: Int32 = 1
        var leading = Int32(max(size, 1))
        var info: Int32 = 0
        dpotrs_("U", &order, &one, factor, &leading, &solution, &leading, &info)
        return solution
    }

    /// The logarithm of the determinant of `A`.
    public var logDeterminant: Double {
        (0..<size).reduce(0) { $0 + 2 * log(factor[$1 * size + $1]) }
    }
}

/// Solves `A x = b` for a general square matrix.
public func solve(_ matrix: Matrix, _ right: [Double]) throws(AlgebraError) -> [Double] {
    precondition(matrix.rows == matrix.columns && right.count == matrix.rows, "sizes differ")
    BLAS.prepare()
    var columnMajor = matrix.transposed.values
    var solution = right
    var order = Int32(matrix.rows)
    var one: Int32 = 1
    var leading = Int32(max(matrix.rows, 1))
    var pivots = [Int32](repeating: 0, count: max(matrix.rows, 1))
    var info: Int32 = 0
    dgesv_(&order, &one, &columnMajor, &leading, &pivots, &solution, &leading, &info)
    if info > 0 { throw .singular(order: Int(info)) }
    return solution
}

/// Eigenvalues and eigenvectors of a symmetric matrix.
public struct SymmetricEigen: Sendable {
    /// Largest first.
    public let values: [Double]
    /// Row `i` is the eigenvector of `values[i]`, of length 1.
    public let vectors: Matrix

    public init(_ matrix: Matrix) throws(AlgebraError) {
        precondition(matrix.rows == matrix.columns, "only square matrices are symmetric")
        BLAS.prepare()
        let size = matrix.rows
        if !matrix.values.allSatisfy(\.isFinite) { throw .notFinite }
        // Scaled by its largest element, so that squares neither overflow nor vanish.
        let scale = matrix.values.reduce(0) { max($0, abs($1)) }
        let factor = scale > 0 ? scale : 1
        var cells = matrix.values.map { $0 / factor }
        var order = Int32(size)
        var leading = Int32(max(size, 1))
        var eigenvalues = [Double](repeating: 0, count: max(size, 1))
        var info: Int32 = 0
        var workSize: Int32 = -1
        var integerSize: Int32 = -1
        var work = [0.0]
        var integers: [Int32] = [0]
        dsyevd_(
            "V", "U", &order, &cells, &leading, &eigenvalues, &work, &workSize, &integers,
            &integerSize, &info)
        workSize = Int32(max(work[0], 1))
        integerSize = max(integers[0], 1)
        work = Array(repeating: 0, count: Int(workSize))
        integers = Array(repeating: 0, count: Int(integerSize))
        dsyevd_(
            "V", "U", &order, &cells, &leading, &eigenvalues, &work, &workSize, &integers,
            &integerSize, &info)
        if info != 0 { throw .noConvergence }
        var sorted = Matrix(rows: size, columns: size)
        for rank in 0..<size {
            let source = size - 1 - rank
            let vector = cells[source * size..<(source + 1) * size]
            let largest = vector.max { abs($0) < abs($1) } ?? 1
            let sign = largest < 0 ? -1.0 : 1
            for (offset, value) in vector.enumerated() {
                sorted.values[rank * size + offset] = sign * value
            }
        }
        values = eigenvalues.prefix(size).reversed().map { $0 * factor }
        vectors = sorted
    }
}

/// The thin singular value decomposition `A = U · diag(s) · Vᵀ`.
public struct SingularValues: Sendable {
    public let left: Matrix
    /// Largest first.
    public let values: [Double]
    /// Row `i` is the right singular vector of `values[i]`.
    public let right: Matrix

    public init(_ matrix: Matrix) throws(AlgebraError) {
        BLAS.prepare()
        if !matrix.values.allSatisfy(\.isFinite) { throw .notFinite }
        // Read column by column our matrix is its transpose, whose left factor is our right one.
        let inner = min(matrix.rows, matrix.columns)
        var cells = matrix.values
        var rows = Int32(matrix.columns)
        var columns = Int32(matrix.rows)
        var leading = Int32(max(matrix.columns, 1))
        var singular = [Double](repeating: 0, count: max(inner, 1))
        var first = [Double](repeating: 0, count: max(matrix.columns * inner, 1))
        var second = [Double](repeating: 0, count: max(inner * matrix.rows, 1))
        var secondLeading = Int32(max(inner, 1))
        var integers = [Int32](repeating: 0, count: max(8 * inner, 1))
        var info: Int32 = 0
        var workSize: Int32 = -1
        var work = [0.0]
        for _ in 0..<2 {
            dgesdd_(
                "S", &rows, &columns, &cells, &leading, &singular, &first, &leading, &second,
                &secondLeading, &work, &workSize, &integers, &info)
            if workSize < 0 {
                workSize = Int32(max(work[0], 1))
                work = Array(repeating: 0, count: Int(workSize))
            }
        }
        if info != 0 { throw .noConvergence }
        values = Array(singular.prefix(inner))
        right = Matrix(
            rows: inner, columns: matrix.columns,
            values: Array(first.prefix(inner * matrix.columns)))
        left = Matrix(
            rows: matrix.rows, columns: inner, values: Array(second.prefix(inner * matrix.rows)))
    }
}
