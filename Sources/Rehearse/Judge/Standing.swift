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
    /// The mean gain; positive speaks for the candidate. Of a ratio, its logarithm.
    public var gain: Double
    /// Holds the true gain at all looks together with the policy's certainty.
    public var interval: ClosedRange<Double>
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
    /// ln of the evidence that it differs more than a second copy of the primary does.
    public var logEvidence: Double
    /// `noise`, `differs` or `unsure`.
    public var state: State

    public enum State: String, Sendable, Equatable { case noise, differs, unsure }
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
    /// The loss that would have been seen with 90 %, by gating metric.
    public var visible: [(metric: Metric, loss: Double)]
}
