// Principal axes of the reference, and how badly they rebuild a row. When the columns' dependence breaks,
// the error grows even though every column looks as before. The axes come from one half of the reference
// and the errors are compared with the other half: axes fitted to the rows they are compared on would
// make every other sample look worse (28 % false alarms instead of 5 %).

public import Algebra
internal import Glibc

/// Axes that hold a share of the reference's variance.
public struct PrincipalAxes: Sendable {
    public let means: [Double]
    /// Deviations with ddof 0; nil when the columns were not standardised.
    public let deviations: [Double]?
    /// One axis a row.
    public let axes: Matrix
    /// Explained variance of every component, as shares.
    public let shares: [Double]

    /// Fits axes to rows until they hold `share` of the variance.
    public init(_ rows: Matrix, share: Double = 0.65, standardises: Bool = true)
        throws(AlgebraError)
    {
        means = rows.columnMeans
        let spread = standardises ? rows.columnDeviations(around: means) : nil
        deviations = spread
        let prepared = rows.standardised(centre: means, scale: spread)
        let eigen = try SymmetricEigen(prepared.gram)
        let total = eigen.values.reduce(0) { $0 + max($1, 0) }
        shares = eigen.values.map { total > 0 ? max($0, 0) / total : 0 }
        var kept = 0
        var held = 0.0
        while kept < shares.count {
            held += shares[kept]
            kept += 1
            // A hair of slack: sums of shares round.
            if held > share - 1e-12 { break }
        }
        axes = eigen.vectors.selecting(rows: Array(0..<kept))
    }

    /// The Euclidean length of what the axes leave of every row.
    public func errors(_ rows: Matrix) -> [Double] {
        residuals(rows).squaredLengths.map { $0.squareRoot() }
    }

    /// What the axes leave of every row.
    public func residuals(_ rows: Matrix) -> Matrix {
        let prepared = rows.standardised(centre: means, scale: deviations)
        let scores = Matrix.product(prepared, axes, turningRight: true)
        let rebuilt = scores * axes
        var rest = prepared
        rest.values.withUnsafeMutableBufferPointer { rest in
            rebuilt.values.withUnsafeBufferPointer { rebuilt in
                for index in rest.indices { rest[index] -= rebuilt[index] }
            }
        }
        return rest
    }
}

/// The reconstruction test's answer.
public struct ReconstructionResult: Sendable, Equatable {
    public var components: Int
    public var heldBackError: Double
    public var currentError: Double
    public var probability: Probability
    /// Each column's share of the growth of the squared error; positive parts, adding up to 1.
    public var columnShares: [Double]
}

/// Fits axes on half of the reference (every second row of a seeded shuffle) and compares errors.
public func reconstructionTest(
    reference: Matrix, current: Matrix, standardises: Bool = false, seed: UInt64 = 1
) throws(AlgebraError) -> ReconstructionResult {
    var generator = Generator(seed: seed)
    let order = generator.permutation(reference.rows)
    let half = reference.rows / 2
    let fitting = reference.selecting(rows: Array(order.prefix(half)))
    let heldBack = reference.selecting(rows: Array(order.dropFirst(half)))
    let axes = try PrincipalAxes(fitting, standardises: standardises)
    let before = axes.residuals(heldBack)
    let after = axes.residuals(current)
    let errorsBefore = before.squaredLengths.map { $0.squareRoot() }
    let errorsAfter = after.squaredLengths.map { $0.squareRoot() }
    let drift = compareNumbers(reference: errorsBefore, current: errorsAfter)
    var growth = (0..<reference.columns).map { column in
        max(meanSquare(after, column) - meanSquare(before, column), 0)
    }
    let total = growth.reduce(0, +)
    if total > 0 { growth = growth.map { $0 / total } }
    return ReconstructionResult(
        components: axes.axes.rows, heldBackError: Moments(errorsBefore).mean,
        currentError: Moments(errorsAfter).mean,
        probability: drift?.probability ?? Probability(log: 0), columnShares: growth)
}

private func meanSquare(_ matrix: Matrix, _ column: Int) -> Double {
    var sum = 0.0
    for row in 0..<matrix.rows { sum += matrix[row, column] * matrix[row, column] }
    return sum / Double(max(matrix.rows, 1))
}
