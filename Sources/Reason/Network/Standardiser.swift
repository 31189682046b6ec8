// Columns brought to mean 0 and deviation 1, with the numbers to undo it. Values further out than a
// fixed number of deviations are drawn in: one broken reading must not turn a network's weights.

public import Algebra

/// The centre and scale of every column.
public struct Standardiser: Sendable, Equatable {
    public var means: [Double]
    /// ddof 0; a constant column has 1.
    public var deviations: [Double]

    /// Beyond this a value is as surprising as it can be.
    public static let reach = 8.0

    public init(means: [Double], deviations: [Double]) {
        self.means = means
        self.deviations = deviations
    }

    /// The columns of rows, which must be finite.
    public init(_ rows: Matrix) {
        means = rows.columnMeans
        deviations = rows.columnDeviations(around: means)
        for column in deviations.indices {
            // What is left of a constant by rounding is no deviation.
            let rounding = abs(means[column]) * 1e-12
            if !(deviations[column] > rounding) || !deviations[column].isFinite {
                deviations[column] = max(rounding, 1)
            }
        }
    }

    /// `(value − mean) / deviation`, drawn in to ± ``reach``.
    public func callAsFunction(_ rows: Matrix) -> Matrix {
        var result = rows.standardised(centre: means, scale: deviations)
        result.values.withUnsafeMutableBufferPointer { cells in
            for index in cells.indices {
                cells[index] = min(max(cells[index], -Standardiser.reach), Standardiser.reach)
            }
        }
        return result
    }
}
