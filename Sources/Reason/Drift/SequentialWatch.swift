// Watching for ever: a p-value looked at every day is sure to cry wolf some day. An e-value is a bet
// against "no drift" whose stake may be carried from look to look; the chance that it ever reaches 1/α
// is at most α (Ville), however often one looks and whenever one stops. Each look turns its p-value into
// a bet (κ p^{κ−1}, mixed over κ); the product of the bets is the evidence. A mixture over the look at
// which the drift began (weights 6/π²k²) lets old quiet looks be forgotten without spending more level.

internal import Algebra
public import Bytes
internal import Glibc

/// The running evidence of one watched column: a value of six numbers, which becomes JSON and is read
/// back, so that a watch outlives the process.
///
/// By simulation (`martlet-bench drift-null`) fewer than 5 % of columns ever alarm in 1,000 drift-free
/// looks, and a shift of half a standard deviation is seen after the number of rows that it prints.
public struct SequentialWatch: Sendable, Equatable {
    /// The chance, over all time, of an alarm without drift.
    public let level: Double
    public private(set) var looks = 0
    /// ln of the evidence now; an alarm at −ln(0.8 level): the other fifth is the reference's.
    public private(set) var logEvidence = 0.0
    /// The look of the first alarm, from 1 on.
    public private(set) var alarmedAt: Int?

    /// ln Σ of the weighted products of all starts so far.
    private var logStarted = -Double.infinity
    /// The weight that future starts still hold.
    private var weightLeft = 1.0

    public init(level: Double = 0.05) { self.level = level }

    /// Takes the Kolmogorov-Smirnov distance of fresh rows from one fixed reference; true at the
    /// first alarm.
    ///
    /// A fixed reference errs the same way at every look, and a thousand looks would find that
    /// error out. So a fifth of the level pays for a band around the reference's distribution
    /// (Dvoretzky, Kiefer, Wolfowitz, Massart: √(ln(2/δ)/2m)), and only the distance beyond the
    /// band is evidence. Categories count by their places in one fixed order.
    ///
    /// - Parameter error: how far the distance may be off, because it was read from sketches.
    public mutating func look(
        distance: Double, rows: Int, referenceRows: Int, error: Double = 0
    ) -> Bool {
        let band = (log(2 / (0.2 * level)) / (2 * Double(max(referenceRows, 1)))).squareRoot()
        let beyond = distance - band - error
        if rows < 1 { return false }
        return look(Probability(log: beyond > 0 ? Kolmogorov.logTail(beyond, rows) : 0))
    }

    /// Takes a p-value that is valid given all earlier looks; true at the first alarm.
    public mutating func look(_ probability: Probability) -> Bool {
        looks += 1
        let bet = Self.logBet(probability)
        let weight = 6 / (Double.pi * Double.pi * Double(looks) * Double(looks))
        weightLeft -= weight
        logStarted = sum(logStarted, log(weight)) + bet
        logEvidence = sum(logStarted, log(max(weightLeft, 1e-300)))
        if alarmedAt == nil && logEvidence >= -log(0.8 * level) {
            alarmedAt = looks
            return true
        }
        return false
    }

    /// The state as JSON, to be kept.
    public var state: JSON {
        .object([
            ("level", .number(level)), ("looks", .number(looks)),
            ("log_evidence", number(logEvidence)), ("log_started", number(logStarted)),
            ("weight_left", .number(weightLeft)),
            ("alarmed_at", alarmedAt.map { .number($0) } ?? .null),
        ])
    }

    /// Reads a kept state; nil when it is none.
    public init?(state: JSON) {
        guard let level = state["level"]?.double, level > 0, level < 1,
            let looks = state["looks"]?.int, looks >= 0,
            let weightLeft = state["weight_left"]?.double
        else { return nil }
        self.level = level
        self.looks = looks
        self.weightLeft = weightLeft
        logEvidence = state["log_evidence"]?.double ?? 0
        logStarted = state["log_started"]?.double ?? -.infinity
        alarmedAt = state["alarmed_at"]?.int
    }

    /// The watch begun anew, after what alarmed it was dealt with.
    public func restarted() -> SequentialWatch { SequentialWatch(level: level) }

    /// The evidence as an ever-valid p-value: at most 1, and small when drift is sure.
    public var probability: Probability { Probability(log: -logEvidence) }

    /// ln of the mean of κ p^{κ−1} over κ uniform in (0, 1): ln((1 − p + p ln p) / (p ln² p)).
    static func logBet(_ probability: Probability) -> Double {
        let l = min(probability.log, -1e-4)
        // 1 − p + p ln p is about ln²p / 2 near p = 1, where the formula loses its digits.
        if l > -0.01 { return log(0.5 - l / 6) }
        return log(-expm1(l) + exp(l) * l) - l - 2 * log(-l)
    }

    private func sum(_ a: Double, _ b: Double) -> Double {
        let high = max(a, b)
        return high == -.infinity ? high : high + log1p(exp(min(a, b) - high))
    }
}
