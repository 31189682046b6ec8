// Compares the two answers of a request. Pure: the same pair and options give the same outcome. What
// a difference means over many pairs is the trial's affair.

/// How answers are compared.
public struct ComparisonOptions: Sendable, Equatable {
    /// Numbers are the same within `absolute + relative · |primary|`.
    public var absoluteTolerance = 0.0
    public var relativeTolerance = 1e-6
    /// Paths that never count: `id`, `choices[*].logprobs`, `meta.*`.
    public var ignoredPaths: [String] = []

    public init() {}
}

/// A comparison by options.
public struct Comparison: Sendable {
    public let options: ComparisonOptions

    public init(_ options: ComparisonOptions = ComparisonOptions()) { self.options = options }

    /// What the pair says.
    public func outcome(of pair: Pair) -> PairOutcome {
        var outcome = PairOutcome(
            id: pair.request.id, time: pair.request.time, slices: pair.slices)
        outcome.readings.append(
            .difference(
                .errors, primary: pair.primary.isGood ? 1 : 0,
                candidate: pair.candidate.isGood ? 1 : 0))
        return outcome
    }
}
