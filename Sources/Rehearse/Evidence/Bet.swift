// Testing the mean of bounded values by betting (Waudby-Smith, Ramdas 2024). A gambler who believes
// that the mean lies above θ stakes a fixed share of what he has on every value: capital becomes
// capital · (1 + λ (x − θ)). If the mean is at most θ the capital is a non-negative supermartingale,
// so the chance that it ever reaches 1/α is at most α (Ville), however often one looks. Nobody knows
// the best λ beforehand, so sixteen gamblers share the stake; no variance is assumed or estimated.

internal import Glibc

/// A test of `mean ≤ threshold` against more, by capital; it can be looked at after every value.
public struct Bet: Sendable, Equatable {
    /// Capital of each gambler, times exp(−logScale).
    var capital: SIMD16<Double> = Bet.shares
    var logScale = 0.0
    /// The part of the stake that is kept back for harm which begins later.
    var reserve = 0.0
    var rounds = 0
    let fractions: SIMD16<Double>
    let isPatient: Bool

    /// - Parameters:
    ///   - reach: the largest loss of one round, threshold − lowest value; positive.
    ///   - isPatient: half of the stake enters little by little, so that a mean that changes after a
    ///     long quiet time is found in hundreds of values and not in tens of thousands; it costs ln 2.
    public init(reach: Double, isPatient: Bool = false) {
        fractions = Bet.ladder * (Bet.boldest / max(reach, 1e-12))
        self.isPatient = isPatient
        if isPatient {
            capital *= 0.5
            reserve = 0.5
        }
    }

    /// Takes a value minus the threshold.
    public mutating func add(_ excess: Double) {
        if isPatient { release() }
        capital *= 1 + fractions * excess
        let total = capital.sum()
        if total > 1e100 || total < 1e-100 {
            // At 0 every gambler is ruined; only rounding could bring him there, as no stake is all.
            let scale = max(total, 1e-290)
            capital *= 1 / scale
            logScale += log(scale)
        }
    }

    /// The reserve after t values is ½ / log₂(t + 2); what it loses goes into the game.
    private mutating func release() {
        rounds += 1
        let kept = 0.5 / log2(Double(rounds) + 2)
        let entering = (reserve - kept) * (logScale == 0 ? 1 : exp(-max(logScale, -600)))
        if entering.isFinite { capital += Bet.shares * entering }
        reserve = kept
    }

    /// ln of the evidence against `mean ≤ threshold`.
    public var logEvidence: Double {
        let staked = log(capital.sum()) + logScale
        if reserve == 0 { return staked }
        let kept = log(reserve)
        let high = max(staked, kept)
        return high + log1p(exp(min(staked, kept) - high))
    }

    /// Whether ``logEvidence`` is at least so much.
    ///
    /// Most of the time it is far from it, which costs no logarithm to say.
    func reaches(_ bar: Double) -> Bool {
        if logScale == 0, capital.sum() + reserve < 0.5 * exp(bar) { return false }
        return logEvidence >= bar
    }

    /// Falling shares of what can be lost at most, 0.9 · 0.6^k.
    ///
    /// The boldest decides where nothing ever goes wrong, the most timid where the spread is wide.
    static let ladder: SIMD16<Double> = {
        var ladder = SIMD16<Double>()
        for index in 0..<16 { ladder[index] = pow(0.6, Double(index)) }
        return ladder
    }()

    static let boldest = 0.9

    /// The gamblers' shares of the stake, 1/(k + 2) made to add up to 1.
    static let shares: SIMD16<Double> = {
        var shares = SIMD16<Double>()
        for index in 0..<16 { shares[index] = 1 / Double(index + 2) }
        return shares * (1 / shares.sum())
    }()

    /// ln of the capital after values that are given as counts: the order does not matter to a fixed
    /// share (not for patient bets).
    static func logEvidence(
        _ tally: [(value: Double, count: Int)], above threshold: Double,
        reach: Double
    ) -> Double {
        var logs = SIMD16<Double>()
        for index in 0..<16 {
            let fraction = ladder[index] * boldest / max(reach, 1e-12)
            var sum = log(shares[index])
            for (value, count) in tally where count > 0 {
                sum += Double(count) * log1p(fraction * (value - threshold))
            }
            logs[index] = sum
        }
        let high = logs.max()
        var total = 0.0
        for index in 0..<16 { total += exp(logs[index] - high) }
        return high + log(total)
    }
}
