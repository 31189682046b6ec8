// Can a classifier tell the samples apart? Ridge-logistic regression learns on one half and is judged by
// ranks on the other, then the halves change places: both verdicts together use every row, and neither
// is judged on what it learned. A Newton step is one SYRK and one Cholesky.

public import Algebra
internal import Glibc

/// L2-logistic regression on standardised columns.
public struct LogisticModel: Sendable {
    public let means: [Double]
    public let deviations: [Double]
    /// One weight a standardised column.
    public let weights: [Double]
    public let intercept: Double

    /// Fits by Newton's method (IRLS).
    ///
    /// `penalty` is added to the Hessian's diagonal, the intercept's too.
    public init(
        _ rows: Matrix, labels: [Double], penalty: Double = 10, steps: Int = 8
    ) throws(AlgebraError) {
        means = rows.columnMeans
        deviations = rows.columnDeviations(around: means)
        let size = rows.columns + 1
        let count = rows.rows
        var design = Matrix(rows: count, columns: size)
        let prepared = rows.standardised(centre: means, scale: deviations)
        for row in 0..<count { design.values[row * size] = 1 }
        design.values.withUnsafeMutableBufferPointer { target in
            prepared.values.withUnsafeBufferPointer { source in
                for row in 0..<count {
                    for column in 1..<size {
                        target[row * size + column] = source[row * (size - 1) + column - 1]
                    }
                }
            }
        }
        var solution = [Double](repeating: 0, count: size)
        for _ in 0..<steps {
            let scores = design.times(solution)
            var residual = [Double](repeating: 0, count: count)
            var weighted = design
            weighted.values.withUnsafeMutableBufferPointer { cells in
                for row in 0..<count {
                    let chance = 1 / (1 + exp(-scores[row]))
                    residual[row] = chance - labels[row]
                    let root = (chance * (1 - chance)).squareRoot()
                    for column in 0..<size { cells[row * size + column] *= root }
                }
            }
            var hessian = weighted.gram
            var gradient = design.times(residual, transposed: true)
            for index in 0..<size {
                hessian[index, index] += penalty
                gradient[index] += penalty * solution[index]
            }
            let step = try Cholesky(hessian).solve(gradient)
            var largest = 0.0
            for index in 0..<size {
                solution[index] -= step[index]
                largest = max(largest, abs(step[index]))
            }
            if largest < 1e-8 { break }
        }
        intercept = solution[0]
        weights = Array(solution.dropFirst())
    }

    /// The log-odds of every row.
    public func scores(_ rows: Matrix) -> [Double] {
        rows.standardised(centre: means, scale: deviations).times(weights).map { $0 + intercept }
    }
}

/// The classifier test's answer.
public struct ClassifierResult: Sendable, Equatable {
    /// The mean area under the ROC curve on rows that were not learned from; 0.5 without drift.
    public var area: Double
    public var probability: Probability
    /// Each column's share of the absolute weights.
    public var columnShares: [Double]
    /// The sign of each column's weight: +1 when larger values point to the current sample.
    public var columnSigns: [Int]
}

/// Learns on one half and ranks the other, both ways.
///
/// The mean of the two normal deviates is judged as one: they depend on each other (nearly the same
/// inner product), so their sum would claim too much.
public func classifierTest(
    reference: Matrix, current: Matrix, seed: UInt64 = 1
) throws(AlgebraError) -> ClassifierResult {
    var generator = Generator(seed: seed)
    let first = generator.permutation(reference.rows)
    let second = generator.permutation(current.rows)
    let halvesA = [Array(first.prefix(first.count / 2)), Array(first.dropFirst(first.count / 2))]
    let halvesB = [
        Array(second.prefix(second.count / 2)), Array(second.dropFirst(second.count / 2)),
    ]
    var deviates: [Double] = []
    var areas: [Double] = []
    var weights = [Double](repeating: 0, count: reference.columns)
    for fold in 0..<2 {
        let a = reference.selecting(rows: halvesA[fold])
        let b = current.selecting(rows: halvesB[fold])
        let labels = Array(repeating: 0.0, count: a.rows) + Array(repeating: 1.0, count: b.rows)
        let model = try LogisticModel(a.stacked(on: b), labels: labels)
        let before = model.scores(reference.selecting(rows: halvesA[1 - fold]))
        let after = model.scores(current.selecting(rows: halvesB[1 - fold]))
        let (area, deviate) = rankTest(before, after)
        deviates.append(deviate)
        areas.append(area)
        for index in weights.indices { weights[index] += model.weights[index] }
    }
    let total = weights.reduce(0) { $0 + abs($1) }
    return ClassifierResult(
        area: areas.reduce(0, +) / 2,
        probability: Probability(log: Normal.logTail(0.5 * (deviates[0] + deviates[1]))),
        columnShares: weights.map { total > 0 ? abs($0) / total : 0 },
        columnSigns: weights.map { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 })
}

/// The share of pairs in which the second is larger (ties half), and its normal deviate.
func rankTest(_ lower: [Double], _ upper: [Double]) -> (area: Double, deviate: Double) {
    let m = Double(lower.count)
    let n = Double(upper.count)
    let ranks = midRanks(lower + upper)
    let sum = ranks.dropFirst(lower.count).reduce(0, +)
    let u = sum - n * (n + 1) / 2
    // Ties shrink the variance: Σ of rank squares says how much.
    let mean = (m + n + 1) / 2
    let squares = ranks.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let spread = (m * n / ((m + n) * (m + n - 1)) * squares).squareRoot()
    if !(spread > 0) { return (0.5, 0) }
    return (u / (m * n), (u - m * n / 2 - 0.5) / spread)
}
