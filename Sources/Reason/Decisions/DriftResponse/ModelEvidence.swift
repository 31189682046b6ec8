// What is known of a model version that serves, for the drift response: has anything moved, does it do
// harm, can one go back. Whoever watches models fills it; nil is unknown, and unknown is never a pass.
// It becomes JSON and is read back, so that a decision can be made again from its snapshot.

public import Basics

/// One column that moved.
public struct MovedColumn: Sendable, Equatable {
    public var name: String
    /// What happened to it: a `drift.direction.…` phrase.
    public var direction: Phrase
    /// How far: standard deviations for numbers, the largest change of a share for categories.
    public var effect: Double
    /// The column holds answers (class, score, text), not what was asked.
    public var isOutput: Bool

    public init(name: String, direction: Phrase, effect: Double, isOutput: Bool = false) {
        self.name = name
        self.direction = direction
        self.effect = effect
        self.isOutput = isOutput
    }
}

/// What the drift watch says.
public struct DriftEvidence: Sendable, Equatable {
    public var isDrifted: Bool
    /// The p-value of the whole look, or the ever-valid one of the sequential watch.
    public var probability: Double
    /// The surest first; may be empty when only all columns together moved.
    public var moved: [MovedColumn]
    /// How many columns were compared.
    public var compared: Int
    /// When it was first seen; nil without drift.
    public var since: Millis?

    public init(
        isDrifted: Bool, probability: Double, moved: [MovedColumn] = [], compared: Int,
        since: Millis? = nil
    ) {
        self.isDrifted = isDrifted
        self.probability = probability
        self.moved = moved
        self.compared = compared
        self.since = since
    }
}

/// One figure of quality now and in the reference, with its 95 % interval now.
public struct QualityEvidence: Sendable, Equatable {
    /// Where the figure comes from.
    public enum Source: String, Sendable, Equatable {
        /// True labels of this window.
        case labels
        /// The confidence of the answers (CBPE) or estimated losses (DLE).
        case estimate
    }

    /// `accuracy`, `roc_auc`, `f1`, `mae`, `rmse`, or another name of the golden vocabulary.
    public var figure: String
    public var isHigherBetter: Bool
    /// In the reference, with labels.
    public var before: Double
    public var now: Double
    public var low: Double
    public var high: Double
    public var source: Source
    /// How many rows the figure now comes from.
    public var count: Int
    /// Expected calibration error then and now; for classifiers whose labels are known.
    public var calibrationBefore: Double?
    public var calibrationNow: Double?
    /// ROC area or rank correlation then and now: whether the order of the answers still holds.
    public var rankingBefore: Double?
    public var rankingNow: Double?

    public init(
        figure: String, isHigherBetter: Bool, before: Double, now: Double, low: Double,
        high: Double, source: Source, count: Int
    ) {
        self.figure = figure
        self.isHigherBetter = isHigherBetter
        self.before = before
        self.now = now
        self.low = low
        self.high = high
        self.source = source
        self.count = count
    }
}

/// All that is known of one version that serves.
public struct ModelEvidence: Sendable, Equatable {
    public var model: String
    public var version: String
    /// The service of the delivery events that carries the model; empty when not known.
    public var service = ""
    /// When this version began to serve; nil is not known.
    public var servingSince: Millis?
    /// The version that served before and could serve again; nil when there is none.
    public var previousVersion: String?
    /// The window that was looked at, and its answers.
    public var from: Millis
    public var through: Millis
    public var count: Int
    /// True when the reference is the first traffic seen, not a data set that somebody chose.
    public var isReferenceSelfMade = false
    public var drift: DriftEvidence?
    public var quality: QualityEvidence?
    /// Why there is no figure of quality, in words of the estimator (`quality.cbpe.…`).
    public var qualityRefusal: Phrase?
    /// Columns whose data is broken (missing, other type, unseen values); nil when not looked at.
    public var brokenColumns: [String]?
    /// True labels that this window has.
    public var labelCount = 0

    public init(
        model: String, version: String, from: Millis, through: Millis, count: Int
    ) {
        self.model = model
        self.version = version
        self.from = from
        self.through = through
        self.count = count
    }
}
