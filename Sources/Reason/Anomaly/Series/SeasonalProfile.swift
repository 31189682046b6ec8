// What a series usually is at a time of its period: a mean per bin that forgets. Bins are wider than
// most steps, so the memory is counted in visits: `rounds` periods' worth of them.

internal import Basics

/// A learnt profile of a day or a week.
struct SeasonalProfile: Sendable, Equatable {
    let period: Millis
    let rounds: Double
    var means: [Double]
    var visits: [Float]

    init(period: Millis, bins: Int, rounds: Double) {
        self.period = period
        self.rounds = rounds
        means = Array(repeating: 0, count: bins)
        visits = Array(repeating: 0, count: bins)
    }

    func bin(_ time: Millis) -> Int {
        let phase = time % period
        return Int((phase < 0 ? phase + period : phase) * Millis(means.count) / period)
    }

    /// What is usual in a bin; nil when it was never visited.
    func expected(_ bin: Int) -> Double? { visits[bin] > 0 ? means[bin] : nil }

    /// What was usual in a bin in earlier periods; nil before one visit of it is over.
    ///
    /// During the first visit the mean is of minutes ago: a residual against that is so small that the
    /// first true comparison, with another week, would be beyond all the view has seen.
    func earlier(_ bin: Int, step: Double) -> Double? {
        // Rounded, because a step that is a hair short must not ask for one value more.
        visits[bin] > 0 && Double(visits[bin]) >= visit(step).rounded() ? means[bin] : nil
    }

    /// How many values a bin gets in one period.
    private func visit(_ step: Double) -> Double {
        let width = Double(period) / Double(means.count)
        return max(1, step > 0 ? width / step : 1)
    }

    /// Learns a value.
    ///
    /// `step` is the usual time between values, in milliseconds.
    mutating func learn(_ value: Double, bin: Int, step: Double) {
        let most = rounds * visit(step)
        visits[bin] = Float(min(Double(visits[bin]) + 1, most))
        means[bin] += (value - means[bin]) / Double(visits[bin])
    }

    /// The whole profile moves, its shape stays.
    mutating func move(by offset: Double) {
        for bin in means.indices where visits[bin] > 0 { means[bin] += offset }
    }
}
