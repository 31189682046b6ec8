// One column in a look: what its comparison found, how sure that is after correction, and in which
// direction it went, as a phrase that pages and reports word.

internal import Algebra
public import Basics
internal import Glibc

/// What a column's comparison found.
public enum ColumnComparison: Sendable {
    case numeric(NumericDrift)
    case categorical(CategoricalDrift)
    case text(TextDrift)
    case embedding(EmbeddingDrift)
    /// No value on one side: no verdict.
    case noData
    /// The kinds differ; data quality reports it.
    case kindsDiffer

    /// The p-value that decides; nil without a verdict.
    public var probability: Probability? {
        switch self {
        case .numeric(let drift): drift.probability
        case .categorical(let drift): drift.probability
        case .text(let drift): drift.probability
        case .embedding(let drift): drift.probability
        case .noData, .kindsDiffer: nil
        }
    }
}

/// A column in a look.
public struct ColumnDrift: Sendable {
    public var name: String
    public var kind: ColumnKind
    public var comparison: ColumnComparison
    /// After Benjamini-Hochberg over the columns of the look; nil without a verdict.
    public var adjusted: Double?
    public var isDrifted: Bool
    /// The share of the classifier's weights and of the reconstruction error, when in the portfolio.
    public var classifierShare: Double?
    public var reconstructionShare: Double?

    /// What happened, as a sentence key: `drift.direction.up`, `.down`, `.wider`, `.narrower`, `.shape`,
    /// `.new_category`, `.shares`, `.text`, `.embedding_…`.
    public var direction: Phrase {
        switch comparison {
        case .numeric(let drift):
            let spread = max(drift.referenceDeviation, 1e-300)
            let shift = (drift.currentMean - drift.referenceMean) / spread
            let ratio = drift.currentDeviation / spread
            let arguments = [
                "column": name, "shift": numberText((shift * 100).rounded() / 100),
                "ratio": numberText((ratio * 100).rounded() / 100),
            ]
            // A change of the spread is named when it outweighs the change of the mean.
            if abs(log(max(ratio, 1e-9))) > 1.5 * abs(shift) {
                return Phrase(
                    ratio > 1 ? "drift.direction.wider" : "drift.direction.narrower", arguments)
            }
            if abs(shift) < 0.02 { return Phrase("drift.direction.shape", arguments) }
            return Phrase(shift > 0 ? "drift.direction.up" : "drift.direction.down", arguments)
        case .categorical(let drift):
            if let new = drift.newCategories.first {
                return Phrase("drift.direction.new_category", ["column": name, "category": new])
            }
            let m = Double(drift.referenceTotal)
            let n = Double(drift.currentTotal)
            let moves = drift.categories.indices.map {
                Double(drift.currentCounts[$0]) / n - Double(drift.referenceCounts[$0]) / m
            }
            let most = moves.indices.max { abs(moves[$0]) < abs(moves[$1]) } ?? 0
            return Phrase(
                "drift.direction.shares",
                [
                    "column": name, "category": drift.categories[most],
                    "points": numberText((moves[most] * 1000).rounded() / 10),
                ])
        case .text(let drift):
            if let vectors = drift.embedding, vectors.probability < drift.descriptorProbability {
                return vectors.direction(name)
            }
            let all =
                drift.numeric.map { ($0.name, $0.drift.probability.log) }
                + drift.categorical.map { ($0.name, $0.drift.probability.log) }
            let most = all.min { $0.1 < $1.1 }?.0 ?? ""
            return Phrase("drift.direction.text", ["column": name, "descriptor": most])
        case .embedding(let drift): return drift.direction(name)
        case .noData, .kindsDiffer: return Phrase("drift.direction.none", ["column": name])
        }
    }

    /// How far it moved: standard deviations of the reference for numbers, the largest change of a
    /// share for categories, the classifier's distance from guessing for texts and embeddings.
    public var effect: Double {
        switch comparison {
        case .numeric(let drift):
            let spread = drift.referenceDeviation
            return spread > 0 ? drift.wasserstein / spread : drift.wasserstein > 0 ? 1 : 0
        case .categorical(let drift): return drift.largestDifference
        case .text(let drift):
            let shares = drift.categorical.map(\.drift.largestDifference)
            return max(shares.max() ?? 0, drift.numeric.map(\.drift.kolmogorov).max() ?? 0)
        case .embedding(let drift): return 2 * abs(drift.result.classifier.area - 0.5)
        case .noData, .kindsDiffer: return 0
        }
    }
}
