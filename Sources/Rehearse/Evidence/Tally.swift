// How often each value of a bounded gain was seen, on a fixed grid: enough to invert a test into an
// interval, to tell how many more values are needed, and what loss would have been seen. Shares and
// labels fall on the grid exactly; ratios are rounded to a seventieth of a natural logarithm.

internal import Glibc

/// Counts of gains on a grid between two bounds.
struct Tally: Sendable, Equatable {
    let low: Double
    let high: Double
    /// Steps of the grid.
    let steps: Int
    /// Counts by step, of the steps that were seen.
    var counts: [Int: Int] = [:]
    private(set) var count = 0

    init(low: Double, high: Double, steps: Int) {
        self.low = low
        self.high = high
        self.steps = steps
    }

    init(low: Double, high: Double, steps: Int, counts: [Int: Int]) {
        self.init(low: low, high: high, steps: steps)
        self.counts = counts
        count = counts.values.reduce(0, +)
    }

    mutating func add(_ value: Double) {
        let place = (value - low) / (high - low) * Double(steps)
        counts[min(max(Int(place.rounded()), 0), steps), default: 0] += 1
        count += 1
    }

    /// The values and how often each was seen, in order.
    var values: [(value: Double, count: Int)] {
        counts.sorted { $0.key < $1.key }.map { step, count in
            (low + (high - low) * Double(step) / Double(steps), count)
        }
    }

    /// The interval that holds the mean at all looks together with certainty 1 − level: the
    /// thresholds that neither side's bet refutes.
    func interval(level: Double) -> ClosedRange<Double> {
        if count == 0 { return low...high }
        let values = values
        let mirrored = values.reversed().map { (value: -$0.value, count: $0.count) }
        let lower = Self.bound(values, low: low, high: high, level: level / 2)
        let upper = -Self.bound(mirrored, low: -high, high: -low, level: level / 2)
        return min(lower, upper)...max(lower, upper)
    }

    /// The largest threshold that "the mean is above" beats.
    private static func bound(
        _ values: [(value: Double, count: Int)], low: Double, high: Double, level: Double
    ) -> Double {
        let asked = -log(level)
        var (from, to) = (low, high)
        for _ in 0..<18 {
            let middle = 0.5 * (from + to)
            let evidence = Bet.logEvidence(values, above: middle, reach: middle - low)
            if evidence >= asked { from = middle } else { to = middle }
        }
        return from
    }
}
