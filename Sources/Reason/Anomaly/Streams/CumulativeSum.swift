// The two-sided CUSUM chart for values that are N(0, 1) while nothing changes. It is set by the one
// thing a user can say, how many points may lie between false alarms; the threshold follows from
// Siegmund's approximation of the run length (1985): (e^{2kb} − 1 − 2kb) / 2k² for one side, b = h + 1.166.

internal import Glibc

/// A CUSUM chart of standardised values.
public struct CumulativeSum: Sendable, Equatable {
    /// k: half the shift that is found soonest.
    public let slack: Double
    /// h: the sum that alarms.
    public let threshold: Double
    /// The sums of either side.
    public private(set) var up = 0.0
    public private(set) var down = 0.0

    /// - Parameters:
    ///   - points: the mean number of points to a false alarm; at least 10.
    ///   - shift: the change, in deviations, that is found soonest.
    public init(falseAlarmEvery points: Double, shift: Double = 1) {
        slack = shift / 2
        threshold = CumulativeSum.threshold(points: max(points, 10), slack: shift / 2)
    }

    init(slack: Double, threshold: Double, up: Double, down: Double) {
        self.slack = slack
        self.threshold = threshold
        self.up = up
        self.down = down
    }

    /// Takes a value; true at a change, after which the sums begin anew.
    public mutating func observe(_ value: Double) -> Bool {
        // A gap is no evidence, and one huge value is a spike and no shift: it may fill the sum, no more.
        if value.isNaN { return false }
        up = max(0, up + min(value, threshold) - slack)
        down = max(0, down - max(value, -threshold) - slack)
        if max(up, down) <= threshold { return false }
        reset()
        return true
    }

    /// Begins anew.
    public mutating func reset() { (up, down) = (0, 0) }

    /// The larger sum as a share of the threshold: 1 is an alarm.
    public var evidence: Double { max(up, down) / threshold }

    /// The threshold of a two-sided chart with that mean run length.
    static func threshold(points: Double, slack k: Double) -> Double {
        // Both sides alarm equally often, so that one side may take twice as long.
        func run(_ h: Double) -> Double {
            let x = 2 * k * (h + 1.166)
            return (expm1(x) - x) / (2 * k * k)
        }
        var low = 0.0
        var high = 1.0
        while run(high) < 2 * points { high *= 2 }
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if run(middle) < 2 * points { low = middle } else { high = middle }
        }
        return high
    }
}
