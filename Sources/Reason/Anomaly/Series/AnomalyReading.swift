// What a series' model says about one observation: how unusual it is, the band it was expected in, and
// what moved. Numbers are finite always; a model that knows too little says so instead of guessing.

public import Basics

/// The judgement of one observation, made from what came before it only.
public struct AnomalyReading: Sendable, Equatable {
    /// How unusual, in 0...1 and like 1 − p: 0.99 comes about once in a hundred quiet observations.
    ///
    /// In the quiet time after an alarm only something still more unusual scores at the alarm's level
    /// or above, so a high score is news. 0 while the model is not ready.
    public var score: Double
    /// The same without the quiet time: stays high for as long as the series is unusual.
    ///
    /// For ribbons.
    public var surprise: Double
    /// −log₁₀ of the p behind `surprise`; what `NotificationBudget` weighs, because 1 − p runs out of
    /// digits.
    public var evidence: Double
    /// The band that held 99 % of such observations, in the series' own unit.
    public var low: Double
    public var high: Double
    /// The value that was expected.
    public var expected: Double
    /// Since when its level has moved, and by how much.
    public var shift: LevelShift?
    /// Enough was seen to judge.
    public var isReady: Bool
    /// What moved, or why there is no judgement: keys `anomaly.*` of `lang/*.json`.
    public var reason: Phrase

    public init(
        score: Double, surprise: Double, evidence: Double = 0, low: Double, high: Double,
        expected: Double, isReady: Bool, reason: Phrase, shift: LevelShift? = nil
    ) {
        self.score = score
        self.surprise = surprise
        self.evidence = evidence
        self.low = low
        self.high = high
        self.expected = expected
        self.isReady = isReady
        self.reason = reason
        self.shift = shift
    }

    /// Keeps the band of a series that was never below 0 from going below.
    mutating func cutAtZero() {
        low = max(low, 0)
        high = max(high, 0)
        expected = max(expected, 0)
    }
}

/// What a model of a series may be told.
///
/// The defaults are the agent's.
public struct AnomalyOptions: Sendable, Equatable {
    /// −log₁₀ p from which an observation counts as an alarm of its series: p = 0.025.
    ///
    /// A team is told of far fewer; `NotificationBudget` decides that.
    public var alarmEvidence = 1.6
    /// After an alarm, how long only something more unusual is news.
    public var quietTime: Millis = 12 * 3_600_000
    /// Observations before the first judgement.
    public var warmUp = 60

    public init() {}
}
