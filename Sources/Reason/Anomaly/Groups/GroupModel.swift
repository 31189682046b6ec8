// Series of one service move together: when the load rises, so do tokens, latency and queues. Principal
// axes hold how. A moment is odd when the axes cannot rebuild it (the series no longer move together)
// or when it lies far out along them (Hotelling's T²: together, but further than ever). The axes come
// from older moments and the errors are ranked against newer ones, which the axes have not seen: axes
// fitted to the rows they are judged by make every other row look odd.

public import Algebra
internal import Glibc

/// What a group's model says of one moment.
public struct GroupReading: Sendable, Equatable {
    /// The squared length of what the axes leave.
    public var error: Double
    /// Hotelling's T² within the axes.
    public var distance: Double
    /// 1 − p of the more surprising of both, corrected for looking at two.
    public var score: Double
    /// −ln p of the same: keeps apart what the score rounds to 1.
    public var surprise: Double
    /// Each series' share of the evidence; adds up to 1, or is 0 throughout.
    public var shares: [Double]
}

/// The model of series that belong together.
public struct GroupModel: Sendable, Equatable {
    public let scale: Standardiser
    /// One axis a row.
    public let axes: Matrix
    /// The variance along each axis.
    public let variances: [Double]
    private let errors: PastErrors
    private let distances: PastErrors

    /// A group of more series is cut by whoever makes it: the work grows with the cube of their number,
    /// and so do the moments that are needed to tell their axes from chance.
    public static let seriesMax = 64
    /// Fewer moments say nothing about how series move together.
    public static let momentsMin = 60

    /// Learns from moments, one a row, oldest first; rows with NaN are left out.
    ///
    /// - Parameter share: of the variance that the axes hold.
    /// - Returns: nil with fewer than ``momentsMin`` complete rows, or three for every series.
    public init?(_ rows: Matrix, share: Double = 0.9) throws(AlgebraError) {
        let complete = (0..<rows.rows).filter { rows.row($0).allSatisfy(\.isFinite) }
        guard rows.columns > 1, rows.columns <= GroupModel.seriesMax,
            complete.count >= max(GroupModel.momentsMin, 3 * rows.columns)
        else { return nil }
        let half = complete.count * 2 / 3
        let older = rows.selecting(rows: Array(complete[..<half]))
        let newer = rows.selecting(rows: Array(complete[half...]))
        scale = Standardiser(older)
        let standard = scale(older)
        var covariance = Matrix.product(standard, standard, turningLeft: true)
        for index in covariance.values.indices { covariance.values[index] /= Double(half) }
        let eigen = try SymmetricEigen(covariance)
        let total = eigen.values.reduce(0) { $0 + max($1, 0) }
        var held = 0.0
        var kept = 0
        // At least one direction is left to be wrong in.
        while kept < rows.columns - 1 && held < share * total {
            held += max(eigen.values[kept], 0)
            kept += 1
        }
        axes = eigen.vectors.selecting(rows: Array(0..<kept))
        // A ridge: a direction that never varied would make T² infinite.
        let ridge = 1e-6 * total / Double(rows.columns)
        variances = eigen.values.prefix(kept).map { max($0, 0) + ridge }
        let parts = GroupModel.parts(scale(newer), axes, variances)
        errors = PastErrors(parts.errors)
        distances = PastErrors(parts.distances)
    }

    /// Judges moments, one a row; a missing value counts as the mean of its series.
    public func callAsFunction(_ rows: Matrix) -> [GroupReading] {
        var filled = rows
        for index in filled.values.indices where !filled.values[index].isFinite {
            filled.values[index] = scale.means[index % rows.columns]
        }
        let standard = scale(filled)
        let parts = GroupModel.parts(standard, axes, variances)
        return (0..<rows.rows).map { row in
            let first = errors.logProbability(parts.errors[row])
            let second = distances.logProbability(parts.distances[row])
            let least = min(min(first, second) + log(2), 0)
            // The series that the winning statistic speaks of.
            let cells = first <= second ? parts.residuals.row(row) : standard.row(row)
            let sum = cells.reduce(0) { $0 + $1 * $1 }
            return GroupReading(
                error: parts.errors[row], distance: parts.distances[row],
                score: -expm1(least), surprise: -least,
                shares: cells.map { sum > 0 ? $0 * $0 / sum : 0 })
        }
    }

    private static func parts(
        _ standard: Matrix, _ axes: Matrix, _ variances: [Double]
    ) -> (errors: [Double], distances: [Double], residuals: Matrix) {
        let scores = Matrix.product(standard, axes, turningRight: true)
        var residuals = standard
        let rebuilt = Matrix.product(scores, axes)
        for index in residuals.values.indices { residuals.values[index] -= rebuilt.values[index] }
        let distances = (0..<scores.rows).map { row in
            zip(scores.row(row), variances).reduce(0) { $0 + $1.0 * $1.0 / $1.1 }
        }
        return (residuals.squaredLengths, distances, residuals)
    }
}
