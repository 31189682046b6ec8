// What users said of a model's answers: feedback that names the model, version by version. Feedback of
// the model's service that names no model is counted apart: it may be about it, and may not.

internal import Algebra
public import Basics

/// Thumbs and scores of one version.
public struct FeedbackTally: Sendable, Equatable {
    /// Empty for feedback that names the model and no version.
    public var version: String
    public var count = 0
    public var up = 0
    public var down = 0
    /// The sum of scores as shares of their scale, and how many there were.
    public var scoreSum = 0.0
    public var scored = 0
    public var last: Millis = .min

    public init(version: String) { self.version = version }

    /// The share of thumbs up with Wilson's interval; nil without thumbs.
    public var upShare: (value: Double, interval: ClosedRange<Double>)? {
        let thumbs = Double(up + down)
        return thumbs > 0
            ? (Double(up) / thumbs, Binomial.interval(Double(up), thumbs)) : nil
    }

    /// The mean score between 0 and 1; nil without scores.
    public var meanScore: Double? { scored > 0 ? scoreSum / Double(scored) : nil }

    mutating func take(_ entry: FeedbackEntry) {
        count += 1
        last = max(last, entry.time)
        if let isUp = entry.isUp {
            up += isUp ? 1 : 0
            down += isUp ? 0 : 1
        }
        if let score = entry.score {
            let scale = entry.scale ?? 5
            guard scale > 0 else { return }
            scored += 1
            scoreSum += score / scale
        }
    }
}

/// All feedback of a model.
public struct ModelFeedback: Sendable, Equatable {
    /// By version, the newest feedback first.
    public private(set) var versions: [FeedbackTally] = []
    /// Feedback of the model's service that names no model.
    public private(set) var unnamed = 0

    public init(_ entries: [FeedbackEntry], of model: String, service: String) {
        var found: [String: FeedbackTally] = [:]
        for entry in entries {
            if entry.model == model {
                found[entry.version, default: FeedbackTally(version: entry.version)].take(entry)
            } else if entry.model.isEmpty && entry.place.service == service {
                unnamed += 1
            }
        }
        versions = found.values.sorted { ($1.last, $0.version) < ($0.last, $1.version) }
    }
}
