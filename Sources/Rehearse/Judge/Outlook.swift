// What is still to come: how many more pairs a verdict needs when the next ones are like those seen,
// and what loss would have been seen already. Estimates for people; no verdict rests on them.

internal import Glibc

extension MetricTest {
    /// About how many more pairs until the gain is shown to be above or below the threshold; nil when
    /// it lies so near that nothing can be said.
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

    /// The mean gain, below the threshold, that would have been shown as harm with a chance of 90 %
    /// in as many pairs of the spread that was seen; nil when no gain would have been.
    ///
    /// With a loss Δ beyond the threshold the best gambler's ln capital is about normal with mean
    /// nΔ²/2v and deviation √n·Δ/√v, and finding him among the others costs about 2.
    func visibleGain(logBar: Double) -> Double? {
        if count < 2 { return nil }
        let number = Double(count)
        let score = 1.2816 + (1.2816 * 1.2816 + 2 * (logBar + 2)).squareRoot()
        let widest = threshold - tally.low
        var beyond = 0.0
        for _ in 0..<40 {
            // A loss of shares brings its own spread with it.
            let own = metric.scale == .difference ? beyond * max(1 - beyond, 0) : 0
            // No gambler stakes all: the gain of one round is bounded too.
            let bold = 2 * (tally.high - threshold) * (logBar + 2) / number
            let next = max(score * ((variance + own) / number).squareRoot(), 0.5 * bold)
            if abs(next - beyond) < 1e-9 { break }
            beyond = 0.5 * (beyond + next)
        }
        return beyond < widest ? threshold - beyond : nil
    }
}
