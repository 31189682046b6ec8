// What is measured about a pair. Every reading is turned so that a positive gain speaks for the
// candidate; margin and test know one direction only, and words and tables turn it back.

internal import Glibc

/// One measured property of the candidate beside the primary.
public enum Metric: String, Sendable, CaseIterable {
    /// The candidate failed where the primary answered, or the other way about.
    case errors
    /// The answer is right, by a label that is known.
    case accuracy
    /// Distance of a predicted number from the true one.
    case deviation
    /// Both sides gave the same answer, by label, number within tolerance, or normalised text.
    case agreement
    /// As near to the primary's answer as a second copy of the primary is.
    case excess
    /// Fields of the primary's answer that the candidate lacks or has with another type.
    case shape
    /// Nearness of the two texts (ROUGE-L).
    case similarity
    /// Nearness of meaning (cosine of embeddings).
    case cosine
    /// The answer has the form that was asked for: JSON, a schema, a proper end.
    case format
    /// Tool calls have known names and arguments that satisfy their schema.
    case tools
    /// The answer is in the language of the question.
    case language
    /// The answer is no refusal.
    case refusal
    /// A person's or a program's opinion that came later.
    case feedback
    /// Seconds to the first content.
    case ttft
    /// Seconds for each further token, by the usage that the server counted.
    case tpot
    /// Seconds of the longest pause between two chunks of a stream.
    case stall
    /// Seconds to the end.
    case latency
    /// The answer took longer than the primary's slow ones do.
    case tail
    /// Tokens of the answer.
    case tokens
    /// What the answer cost.
    case cost
    /// Characters of the answer.
    case length

    /// How a gain is bounded, which the tests need.
    public enum Scale: Sendable, Equatable {
        /// A difference of two shares or scores in 0…1.
        case difference
        /// The candidate's score in 0…1 against a floor.
        case floor
        /// ln of the ratio primary ÷ candidate, cut at ± ``Metric/ratioMax``.
        case ratio
    }

    /// Ratios beyond fourfold count as fourfold: one stalled request must not outweigh a thousand.
    public static let ratioMax = 1.3862943611198906

    /// Says something of what was answered, and not only whether and how fast.
    var isAboutAnswers: Bool {
        switch self {
        case .errors, .ttft, .tpot, .stall, .latency, .tail, .tokens, .cost, .length: false
        default: true
        }
    }

    public var scale: Scale {
        switch self {
        case .similarity, .cosine: .floor
        case .ttft, .tpot, .stall, .latency, .tokens, .cost, .length: .ratio
        default: .difference
        }
    }
}

/// What one pair says about one metric.
public struct Reading: Sendable, Equatable {
    public var metric: Metric
    /// Each side's figure in its own unit; the primary has none where only nearness is measured.
    public var primary: Double?
    public var candidate: Double?
    /// Positive speaks for the candidate; within the bounds of the metric's scale.
    public var gain: Double

    public init(_ metric: Metric, primary: Double?, candidate: Double?, gain: Double) {
        self.metric = metric
        self.primary = primary
        self.candidate = candidate
        self.gain = gain
    }

    /// A difference of two scores in 0…1, of which more is better.
    public static func difference(
        _ metric: Metric, primary: Double, candidate: Double
    ) -> Reading {
        Reading(metric, primary: primary, candidate: candidate, gain: candidate - primary)
    }

    /// A ratio of two positive amounts, of which less is better; nil when either is none.
    ///
    /// - Parameter ballast: added to both before they are compared; the figures stay as they are.
    public static func ratio(
        _ metric: Metric, primary: Double, candidate: Double, ballast: Double = 0
    ) -> Reading? {
        guard primary > 0, candidate > 0, primary.isFinite, candidate.isFinite else { return nil }
        let ratio = log((primary + ballast) / (candidate + ballast))
        let gain = min(max(ratio, -Metric.ratioMax), Metric.ratioMax)
        return Reading(metric, primary: primary, candidate: candidate, gain: gain)
    }

    /// A nearness in 0…1 of the candidate to the primary.
    public static func nearness(_ metric: Metric, _ score: Double) -> Reading {
        let score = min(max(score, 0), 1)
        return Reading(metric, primary: nil, candidate: score, gain: score)
    }
}
