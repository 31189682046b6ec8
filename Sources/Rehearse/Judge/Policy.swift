// What a team asks of a candidate: per metric a margin, whether it decides, and how sure one must be.
// Defaults are the ones of the documentation; a margin as wide as a real loss promotes a broken model,
// so the default is one point.

public import Basics

/// What is asked of one metric.
public struct MetricRule: Sendable, Equatable {
    /// The loss that is still accepted: points of a share (0.01), or of a ratio (0.1 is ten per cent).
    public var margin: Double
    /// The least mean score, for metrics of nearness.
    public var floor: Double
    /// False: shown, never decides.
    public var isGate: Bool
    /// False: may hold a candidate back but not reject it, because another answer is no worse answer.
    public var rejects: Bool

    public init(
        margin: Double = 0.01, floor: Double = 0, isGate: Bool = true, rejects: Bool = true
    ) {
        self.rejects = rejects
        self.margin = margin
        self.floor = floor
        self.isGate = isGate
    }
}

/// When a candidate is promoted, held or rejected.
public struct Policy: Sendable, Equatable {
    /// The chance, over all looks together, of a wrong reject, and of a wrong promote.
    public var level = 0.05
    public var rules: [Metric: MetricRule]
    /// No verdict before so many pairs.
    public var pairsMin = 50
    /// An answer is slow when it takes longer than nineteen of twenty of the primary's by more seconds
    /// than these, which nobody notices.
    public var unnoticedSeconds = 0.02
    /// Nothing is promoted on speed and status alone; false where there are no answers to compare.
    public var needsAnswers = true
    /// No promotion before so much time has passed between the first pair and the last.
    public var durationMin: Millis = 0
    /// A slice with fewer pairs is not looked at.
    public var slicePairsMin = 20
    /// Values of one field that are followed; later ones are pooled as `other`.
    public var sliceValuesMax = 50
    /// Worst pairs that are remembered.
    public var examplesMax = 20

    public init() { rules = Self.standard }

    public static let standard: [Metric: MetricRule] = [
        .errors: MetricRule(), .accuracy: MetricRule(), .agreement: MetricRule(rejects: false),
        .excess: MetricRule(margin: 0.02, rejects: false), .shape: MetricRule(rejects: false),
        .format: MetricRule(), .tools: MetricRule(),
        .language: MetricRule(), .refusal: MetricRule(), .feedback: MetricRule(),
        .deviation: MetricRule(margin: 0.05),
        .similarity: MetricRule(isGate: false), .cosine: MetricRule(floor: 0.98),
        .ttft: MetricRule(margin: 0.1), .tpot: MetricRule(margin: 0.1),
        .latency: MetricRule(margin: 0.1), .tail: MetricRule(margin: 0.05),
        .stall: MetricRule(margin: 0.1, isGate: false),
        .tokens: MetricRule(margin: 0.1, isGate: false),
        .cost: MetricRule(margin: 0.1, isGate: false),
        .length: MetricRule(margin: 0.1, isGate: false),
    ]

    public func rule(_ metric: Metric) -> MetricRule { rules[metric] ?? MetricRule(isGate: false) }
}
