// What a series' model says about one observation: how unusual it is, the band it was expected in, and
// what moved. Numbers are finite always; a model that knows too little says so instead of guessing.

public import Basics

/// The judgement of one observation, made from what came before it only.
public struct AnomalyReading: Sendable, Equatable {
    /// How unusual, in 0...1 and like 1 − p: 0.999 comes about once in a thousand quiet observations. In
    /// the quiet time after an alarm only something still more unusual scores high again, so a score is
    /// news. 0 while the model is not ready.
    public var score: Double
    /// The same without the quiet time: stays high for as long as the series is unusual. For ribbons.
    public var surprise: Double
    /// The band that held about 99 % of such observations, in the series' own unit.
    public var low: Double
    public var high: Double
    /// The value that was expected.
    public var expected: Double
    /// Enough was seen to judge.
    public var isReady: Bool
    /// What moved, or why there is no judgement yet: keys `anomaly.*` of `lang/*.json`.
    public var reason: Phrase

    public init(
        score: Double, surprise: Double, low: Double, high: Double, expected: Double,
        isReady: Bool, reason: Phrase
    ) {
        self.score = score
        self.surprise = surprise
        self.low = low
        self.high = high
        self.expected = expected
        self.isReady = isReady
        self.reason = reason
    }
}
