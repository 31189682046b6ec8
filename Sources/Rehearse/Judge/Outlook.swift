// What is still to come: how many more pairs a verdict needs when the next ones are like those seen,
// and what loss would have been seen already. Estimates for people; no verdict rests on them.

internal import Glibc

extension MetricTest {
    /// About how many more pairs until the gain is shown to be above or below the threshold; nil when
    /// it lies so near that nothing can be said.
    ///
    /// - Parameter harmBar: infinite where harm decides nothing.
    func pairsNeeded(logBar harmBar: Double, logSafeBar safeBar: Double) -> Int? {
        if count == 0 { return nil }
        let values = tally.values
        let toSafe = more(safe, values, sign: 1, reach: threshold - tally.low, bar: safeBar)
        let toHarm = more(harm, values, sign: -1, reach: tally.high - threshold, bar: harmBar)
        guard let needed = [toSafe, toHarm].compactMap(\.self).min() else { return nil }
        // Further away than this is no plan.
        return needed < 1e7 ? Int(needed.rounded(.up)) : nil
    }

    /// The gambler who would be there first, if values went on as they came.
    private func more(
        _ bet: Bet, _ values: [(value: Double, count: Int)], sign: Double, reach: Double,
        bar: Double
    ) -> Double? {
        if bet.logEvidence >= bar { return 0 }
        var least: Double?
        for index in 0..<16 {
            var growth = 0.0
            for (value, times) in values {
                growth +=
                    Double(times) * log1p(bet.fractions[index] * sign * (value - threshold))
            }
            growth /= Double(count)
            // Even a dead gambler's share of a patient bet is filled up again.
            let held = max(log(max(bet.capital[index], 1e-300)) + bet.logScale, log(1e-3))
            if growth > 1e-9 { least = min(least ?? .infinity, max(bar - held, 0) / growth) }
        }
        return least
    }

    /// The mean gain, below the threshold, that would have been shown as harm with a chance of at least
    /// 90 % in as many pairs as were seen; nil when no gain would have been.
    ///
    /// What was seen is made worse until one gambler's ln capital, about normal, clears the bar in nine
    /// cases of ten: shares and labels by replacing pairs with losses, ratios and scores by a shift.
    func visibleGain(logBar: Double) -> Double? {
        if count < 2 { return nil }
        let values = tally.values
        var (low, high) = (tally.low, min(threshold, gain))
        guard isVisible(low, values, logBar) else { return nil }
        for _ in 0..<24 {
            let middle = 0.5 * (low + high)
            if isVisible(middle, values, logBar) { low = middle } else { high = middle }
        }
        return low
    }

    private func isVisible(
        _ worse: Double, _ values: [(value: Double, count: Int)], _ logBar: Double
    ) -> Bool {
        let number = Double(count)
        let replaces = metric.scale == .difference
        let replaced = replaces && gain > tally.low ? (gain - worse) / (gain - tally.low) : 0
        let reach = tally.high - threshold
        for index in 0..<16 {
            let fraction = Bet.ladder[index] * Bet.boldest / reach
            var (mean, square) = (0.0, 0.0)
            for (value, times) in values {
                let moved = replaces ? value : max(value - (gain - worse), tally.low)
                let growth = log1p(fraction * (threshold - moved))
                let share = Double(times) / number * (1 - replaced)
                mean += share * growth
                square += share * growth * growth
            }
            let loss = log1p(fraction * (threshold - tally.low))
            mean += replaced * loss
            square += replaced * loss * loss
            let spread = max(square - mean * mean, 0).squareRoot()
            // Half of a patient bet's stake is in the game at once.
            let asked = logBar - log(Bet.shares[index] / 2)
            if number * mean - 1.2816 * number.squareRoot() * spread >= asked { return true }
        }
        return false
    }
}
