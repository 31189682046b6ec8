// Where a trial stands: the verdict, and for every metric and slice the figures that it rests on. A
// value to print, to store and to show; a verdict is never without its evidence.

public import Basics

/// How one metric stands, overall or in one slice.
public struct MetricStanding: Sendable {
    public var metric: Metric
    /// Nil for all pairs.
    public var slice: Slice?
    public var pairs: Int
    /// Means of the sides, in the metric's unit; geometric for ratios.
    public var primary: Double?
    public var candidate: Double?
    /// The mean gain, of a ratio its logarithm; positive speaks for the candidate.
    public var gain: Double
    /// Holds the true gain at all looks together with the policy's certainty; worked out for all
    /// pairs and for the slices that look worst.
    public var interval: ClosedRange<Double>?
    /// What must be reached: −margin, or the floor.
    public var threshold: Double
    /// ln of the evidence that the gain is below the threshold, and that it is above.
    public var logHarm: Double
    public var logSafe: Double
    /// ln of the evidence that there is any difference at all.
    public var logDifference: Double
    /// Discordant pairs: the primary alone did well, the candidate alone did.
    public var primaryAlone: Int
    public var candidateAlone: Int
    public var isGate: Bool
    public var verdict: Verdict
    /// About how many more pairs until it is decided; nil when nothing can be said.
    public var pairsNeeded: Int?
    /// A mean gain as low as this would have been shown as harm with a chance of 90 %.
    public var visibleGain: Double?
}

/// A path of the answers that differs beyond the primary's own noise, or is noise.
public struct PathStanding: Sendable {
    public var path: String
    public var pairs: Int
    /// Pairs with a second answer.
    public var secondPairs: Int
    public var differs: Int
    public var secondDiffers: Int
    public var kinds: [DifferenceKind: Int]
    /// ln of the evidence that it is lost or retyped in more pairs than the margin allows.
    public var logBroken: Double
    /// ln of the evidence that it differs more than a second copy of the primary does.
    public var logUnlike: Double
    public var state: State

    public enum State: String, Sendable, Equatable {
        /// Lost or of another type: a reason to reject.
        case broken
        /// Differs more than the primary from itself.
        case differs
        /// The primary differs from itself too, and nothing says that the candidate does more.
        case noise
        /// Differs; whether more than the primary from itself is not known.
        case unsure
    }
}

/// A failure that stays until a person says otherwise.
public struct Failure: Sendable, Equatable {
    public var metric: Metric
    public var slice: Slice?
    /// The path, when the answers' shape failed.
    public var path: String?
    public var time: Millis
    /// Pairs that had been seen.
    public var pairs: Int
}

/// Where a trial stands.
public struct Standing: Sendable {
    public var verdict: Verdict
    /// The verdict in words, and why.
    public var reasons: [Phrase]
    public var pairs: Int
    public var from: Millis
    public var through: Millis
    /// Overall first, then the slices; the worst first.
    public var metrics: [MetricStanding]
    public var paths: [PathStanding]
    /// Request ids of the worst pairs, the worst first.
    public var worst: [(id: String, badness: Double)]
    public var failure: Failure?
    /// About how many more pairs until a verdict; nil when nothing can be said.
    public var pairsNeeded: Int?
    /// Counts of what the sides said, where they said something else; the commonest first.
    public var confusion: [Confusion]
    /// Bias and limits of agreement, where answers are numbers.
    public var numbers: NumberAgreement?
    /// How often a person overrode a failure.
    public var overrides: [Override]
}

/// How often the sides gave these two classes for a true one.
public struct Confusion: Sendable, Hashable {
    public var primary: String
    public var candidate: String
    /// Empty when it is not known.
    public var label: String
    public var count: Int
}

/// A person's word against a failure.
public struct Override: Sendable, Equatable {
    /// A pseudonym.
    public var person: String
    public var reason: String
    public var time: Millis
    public var failure: Failure
}
