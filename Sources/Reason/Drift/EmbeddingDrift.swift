// Two samples of embeddings: the portfolio without standardising, because the directions of a vector
// share one unit. Its verdict after Holm is the column's p-value; the strongest test says what happened.

internal import Algebra
internal import Basics

/// What two samples of vectors have to say about each other.
public struct EmbeddingDrift: Sendable, Equatable {
    public var result: PortfolioResult
    public var dimensions: Int
    /// The rows of the current column that look most like it and least like the reference.
    public var examples: [ExampleRow]

    /// The smallest of the four after Holm.
    public var probability: Probability { Probability(result.probability) }

    /// What happened, by the test that is surest: a new or vanished region, a broken dependence, a
    /// shift of the mean, a few directions.
    func direction(_ column: String) -> Phrase {
        let surest = zip(PortfolioTest.allCases, result.adjusted).min { $0.1 < $1.1 }?.0 ?? .kernel
        let key =
            switch surest {
            case .kernel: "drift.direction.embedding_region"
            case .reconstruction: "drift.direction.embedding_dependence"
            case .classifier: "drift.direction.embedding_mean"
            case .columns: "drift.direction.embedding_axes"
            }
        let area = numberText((result.classifier.area * 100).rounded() / 100, .plain)
        return Phrase(key, ["column": column, "area": area])
    }
}

/// The most vectors on each side that are judged; more are sampled, because five thousand settle it.
let embeddingRowsMax = 5000

/// Compares two columns of embeddings; nil when either has fewer than the portfolio needs, or when their
/// lengths differ.
public func compareEmbeddings(
    reference: Embeddings, current: Embeddings, permutations: Int = 200, seed: UInt64 = 1
) -> EmbeddingDrift? {
    if reference.dimensions != current.dimensions { return nil }
    let (before, _) = reference.matrix()
    let (after, places) = current.matrix()
    if min(before.rows, after.rows) < portfolioRowsMin { return nil }
    let first = sampledRows(before.rows, embeddingRowsMax, seed: seed &+ 11)
    let second = sampledRows(after.rows, embeddingRowsMax, seed: seed &+ 12)
    guard
        let result = try? portfolio(
            reference: before.selecting(rows: first), current: after.selecting(rows: second),
            standardises: false, permutations: permutations, seed: seed)
    else { return nil }
    return EmbeddingDrift(
        result: result, dimensions: reference.dimensions,
        examples: witnessRows(result, referenceRows: first.count, places: second.map { places[$0] })
    )
}

/// The five rows with the highest witness, by their places in the current table.
///
/// Empty when the kernel test sampled the current rows: then nobody knows which rows it saw.
func witnessRows(
    _ result: PortfolioResult, referenceRows: Int, places: [Int]
) -> [ExampleRow] {
    if places.count > kernelRowsMax { return [] }
    let witness = result.kernel.witness.dropFirst(min(referenceRows, kernelRowsMax))
    return zip(places, witness).map { ExampleRow(row: $0, witness: Double($1)) }
        .sorted { $0.witness > $1.witness }.prefix(5).map { $0 }
}

/// All places, or a seeded ascending sample of them.
func sampledRows(_ count: Int, _ most: Int, seed: UInt64) -> [Int] {
    if count <= most { return Array(0..<count) }
    var generator = Generator(seed: seed)
    return Array(generator.permutation(count).prefix(most)).sorted()
}
