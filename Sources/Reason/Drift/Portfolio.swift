// Four kinds of evidence that two clouds of rows differ, and one verdict: MMD sees new and vanished
// regions, the reconstruction error broken dependence and spread, the classifier small shifts of the
// mean, KS per column a few columns out of many. Holm's procedure over the four keeps the false alarms;
// the weights give the test that sees most of what the others miss the larger share of the level.

public import Algebra

/// The tests of the portfolio.
public enum PortfolioTest: String, Sendable, CaseIterable {
    case kernel = "mmd"
    case reconstruction = "pca_error"
    case classifier
    case columns = "ks_columns"

    /// The share of the level; the four add up to 1.
    var weight: Double {
        switch self {
        case .kernel: 0.7
        case .reconstruction: 0.1
        case .classifier: 0.1
        case .columns: 0.1
        }
    }
}

/// What the portfolio says.
public struct PortfolioResult: Sendable, Equatable {
    /// The p-value of each test on its own, in the order of `PortfolioTest.allCases`.
    public var probabilities: [Probability]
    /// After Holm, in the same order.
    public var adjusted: [Double]
    public var kernel: KernelTestResult
    public var reconstruction: ReconstructionResult
    public var classifier: ClassifierResult
    /// KS per column, and the sign of each column's largest difference.
    public var columnProbabilities: [Probability]
    public var columnSigns: [Int]

    /// The smallest adjusted p-value: the portfolio's verdict.
    public var probability: Double { adjusted.min() ?? 1 }

    /// The tests that are significant at a level after Holm.
    public func alarms(at level: Double = 0.05) -> [PortfolioTest] {
        zip(PortfolioTest.allCases, adjusted).filter { $0.1 <= level }.map(\.0)
    }
}

/// Why the portfolio has nothing to say.
public enum PortfolioError: Error, Equatable, CustomStringConvertible {
    case tooFewRows(needed: Int, reference: Int, current: Int)
    case noColumns
    case algebra(AlgebraError)

    public var description: String {
        switch self {
        case .tooFewRows(let needed, let reference, let current):
            "not enough data: \(reference) and \(current) rows without missing values, \(needed) needed in each"
        case .noColumns: "no numeric column is there to compare"
        case .algebra(let error): error.description
        }
    }
}

/// The fewest rows on each side: halves of fewer cannot hold a classifier.
public let portfolioRowsMin = 20

/// The most rows on each side that the kernel test takes; more are sampled, because the Gram matrix grows
/// with the square.
public let kernelRowsMax = 2000

/// Runs the four tests on rows without missing values.
///
/// `standardises` brings every column to the pooled scale first: right for columns of different units,
/// wrong for embeddings, whose directions share one.
public func portfolio(
    reference: Matrix, current: Matrix, standardises: Bool, permutations: Int = 200,
    seed: UInt64 = 1
) throws(PortfolioError) -> PortfolioResult {
    if reference.columns == 0 { throw .noColumns }
    if min(reference.rows, current.rows) < portfolioRowsMin {
        throw .tooFewRows(
            needed: portfolioRowsMin, reference: reference.rows, current: current.rows)
    }
    let (first, second) = prepared(reference, current, standardises)
    do {
        let kernel = kernelTest(
            reference: sampled(first, seed: seed), current: sampled(second, seed: seed &+ 1),
            permutations: permutations, seed: seed &+ 2)
        let reconstruction = try reconstructionTest(
            reference: first, current: second, standardises: standardises, seed: seed &+ 3)
        let classifier = try classifierTest(reference: first, current: second, seed: seed &+ 4)
        var perColumn: [Probability] = []
        var signs: [Int] = []
        for column in 0..<first.columns {
            let pair = SortedPair(
                reference: first.column(column), current: second.column(column))
            perColumn.append(pair?.kolmogorovTail().0 ?? Probability(log: 0))
            signs.append(pair?.merged.kolmogorovSign ?? 0)
        }
        let smallest = perColumn.min() ?? Probability(log: 0)
        let columns = Probability(
            min(smallest.value * Double(max(perColumn.count, 1)), 1))
        let probabilities = [
            kernel.probability, reconstruction.probability, classifier.probability, columns,
        ]
        return PortfolioResult(
            probabilities: probabilities,
            adjusted: Correction.holm(
                probabilities.map(\.value), weights: PortfolioTest.allCases.map(\.weight)),
            kernel: kernel, reconstruction: reconstruction, classifier: classifier,
            columnProbabilities: perColumn, columnSigns: signs)
    } catch {
        throw .algebra(error)
    }
}

private func prepared(
    _ reference: Matrix, _ current: Matrix, _ standardises: Bool
) -> (Matrix, Matrix) {
    if !standardises { return (reference, current) }
    let pooled = reference.stacked(on: current)
    let means = pooled.columnMeans
    let spread = pooled.columnDeviations(around: means)
    return (
        reference.standardised(centre: means, scale: spread),
        current.standardised(centre: means, scale: spread)
    )
}

/// All rows, or a seeded sample when there are more than the kernel test takes.
func sampled(_ rows: Matrix, seed: UInt64) -> Matrix {
    if rows.rows <= kernelRowsMax { return rows }
    var generator = Generator(seed: seed)
    return rows.selecting(
        rows: Array(generator.permutation(rows.rows).prefix(kernelRowsMax)).sorted())
}
