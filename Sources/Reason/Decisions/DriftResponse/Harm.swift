// Does it do harm? A figure of quality against the least that is still acceptable, with its interval:
// harm is sure only when the whole interval lies on the wrong side.

public import Basics

/// What the drift response asks.
public struct DriftResponsePolicy: Sendable, Equatable {
    /// The loss of a share (accuracy, F1, ROC area) that matters: two points, which is about what a
    /// person notices and what a thousand labels resolve.
    public var shareLossMax = 0.02
    /// The rise of an error (MAE, RMSE), as a share of it before, that matters.
    public var errorRiseMax = 0.1
    /// Labels under which neither recalibration nor retraining is advised: calibration of fewer rows
    /// is noise.
    public var labelsMin = 300
    /// How long after it began to serve a version is still suspected: a week of traffic.
    public var suspectMillis: Millis = 604_800_000

    public init() {}

    /// The figure's value from which on (towards worse) a loss matters.
    func limit(_ quality: QualityEvidence) -> Double {
        quality.isHigherBetter
            ? quality.before - shareLossMax : quality.before * (1 + errorRiseMax)
    }
}

/// How sure harm is.
public enum Harm: String, Sendable, Equatable {
    /// The whole interval is acceptable.
    case none
    /// The value is acceptable, its interval is not wholly.
    case unclear
    /// The value is not acceptable, chance may explain it.
    case possible
    /// No value of the interval is acceptable.
    case sure
    /// Nobody measured.
    case unknown

    init(_ quality: QualityEvidence?, _ policy: DriftResponsePolicy) {
        guard let quality, quality.now.isFinite, quality.before.isFinite else {
            self = .unknown
            return
        }
        let limit = policy.limit(quality)
        // Turned so that larger is better.
        let sign = quality.isHigherBetter ? 1.0 : -1
        let worst = min(sign * quality.low, sign * quality.high)
        let best = max(sign * quality.low, sign * quality.high)
        if worst >= sign * limit {
            self = .none
        } else if sign * quality.now >= sign * limit {
            self = .unclear
        } else {
            self = best < sign * limit ? .sure : .possible
        }
    }
}
