// Two columns of texts, by their descriptors: lengths as numbers, kinds and checks as categories; and by
// the embeddings that accompany them.

internal import Algebra
internal import Glibc

/// What two samples of texts have to say about each other: a comparison per descriptor.
public struct TextDrift: Sendable, Equatable {
    /// Lengths: `characters`, `words`, `sentences`.
    public var numeric: [(name: String, drift: NumericDrift)]
    /// Kinds and checks: `language`, `refusal`, `json`, `code`, `list`, `link`, `empty`.
    public var categorical: [(name: String, drift: CategoricalDrift)]
    /// The smallest after Bonferroni over the descriptors that vary.
    public var descriptorProbability: Probability
    /// The embeddings that accompany the texts, when there are some.
    public var embedding: EmbeddingDrift?

    /// The column's p-value: of descriptors and embeddings the surer one, twice.
    public var probability: Probability {
        guard let embedding else { return descriptorProbability }
        let surer = min(descriptorProbability, embedding.probability)
        return Probability(log: surer.log + log(2))
    }

    func joined(with vectors: EmbeddingDrift?) -> TextDrift {
        var joined = self
        joined.embedding = vectors
        return joined
    }

    public static func == (left: TextDrift, right: TextDrift) -> Bool {
        left.descriptorProbability == right.descriptorProbability
            && left.embedding == right.embedding
            && left.numeric.elementsEqual(right.numeric) {
                $0.name == $1.name && $0.drift == $1.drift
            }
            && left.categorical.elementsEqual(right.categorical) {
                $0.name == $1.name && $0.drift == $1.drift
            }
    }
}

/// Compares two columns of texts by their descriptors; nil when a side has no text at all.
public func compareTexts(reference: [String?], current: [String?]) -> TextDrift? {
    let before = reference.compactMap { $0 }.map { TextDescriptors($0) }
    let after = current.compactMap { $0 }.map { TextDescriptors($0) }
    if before.isEmpty || after.isEmpty { return nil }
    let lengths: [(String, (TextDescriptors) -> Int)] = [
        ("characters", { $0.characters }), ("words", { $0.words }), ("sentences", { $0.sentences }),
    ]
    let checks: [(String, (TextDescriptors) -> String)] = [
        ("language", { $0.language.rawValue }), ("refusal", { $0.isRefusal ? "yes" : "no" }),
        ("json", { $0.isJSON ? "yes" : "no" }), ("code", { $0.hasCode ? "yes" : "no" }),
        ("list", { $0.hasList ? "yes" : "no" }), ("link", { $0.hasLink ? "yes" : "no" }),
        ("empty", { $0.isEmpty ? "yes" : "no" }),
    ]
    var logs: [Double] = []
    var numeric: [(name: String, drift: NumericDrift)] = []
    for (name, measure) in lengths {
        if let drift = compareNumbers(
            reference: before.map { Double(measure($0)) },
            current: after.map { Double(measure($0)) })
        {
            numeric.append((name, drift))
            logs.append(drift.probability.log)
        }
    }
    var categorical: [(name: String, drift: CategoricalDrift)] = []
    for (name, kind) in checks {
        if let drift = compareCategories(reference: before.map(kind), current: after.map(kind)) {
            categorical.append((name, drift))
            // A check with one outcome tests nothing and takes no share of the level.
            if drift.categories.count > 1 { logs.append(drift.probability.log) }
        }
    }
    let smallest = logs.min() ?? 0
    return TextDrift(
        numeric: numeric, categorical: categorical,
        descriptorProbability: Probability(log: smallest + log(Double(max(logs.count, 1)))),
        embedding: nil)
}
