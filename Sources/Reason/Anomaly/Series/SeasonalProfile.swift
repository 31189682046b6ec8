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

    /// Learns a value.
    ///
    /// `step` is the usual time between values, in milliseconds.
    mutating func learn(_ value: Double, bin: Int, step: Double) {
        let width = Double(period) / Double(means.count)
        let most = rounds * max(1, step > 0 ? width / step : 1)
        visits[bin] = Float(min(Double(visits[bin]) + 1, most))
        means[bin] += (value - means[bin]) / Double(visits[bin])
    }

    /// The whole profile moves, its shape stays.
    mutating func move(by offset: Double) {
        for bin in means.indices where visits[bin] > 0 { means[bin] += offset }
    }
}
