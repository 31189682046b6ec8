// The Page-Hinkley test (Page 1954): the summed distances from the running mean, and how far the sum
// has come from its lowest or highest place. Thresholds are in the stream's own unit, and the usual
// ones are made for no stream in particular, so a second way to make one asks for the time between
// false alarms instead. Every decision is River's.

internal import Glibc

/// A two-sided Page-Hinkley test.
public struct PageHinkley: Sendable, Equatable {
    /// Fewer points than this never alarm.
    public let pointsMin: Int
    /// Distances up to this are no change.
    public let slack: Double
    public let threshold: Double
    /// How much of the sums is kept from point to point.
    public let kept: Double

    private var count = 0.0
    private var mean = 0.0
    private var rise = 0.0
    private var fall = 0.0
    private var lowest = Double.infinity
    private var highest = -1.0
    private var hasChanged = false

    public init(
        pointsMin: Int = 30, slack: Double = 0.005, threshold: Double = 50,
        kept: Double = 1 - 0.0001
    ) {
        self.pointsMin = pointsMin
        self.slack = slack
        self.threshold = threshold
        self.kept = kept
    }

    /// A test that alarms falsely about once in so many points of a stream of that deviation.
    ///
    /// - Parameter shift: the change, in deviations, that is found soonest.
    public init(falseAlarmEvery points: Double, deviation: Double = 1, shift: Double = 1) {
        let chart = CumulativeSum(falseAlarmEvery: points, shift: shift)
        self.init(
            slack: chart.slack * deviation, threshold: chart.threshold * deviation, kept: 1)
    }

    /// Takes a point; true at a change, after which the test begins anew.
    public mutating func observe(_ value: Double) -> Bool {
        if hasChanged {
            self = PageHinkley(
                pointsMin: pointsMin, slack: slack, threshold: threshold, kept: kept)
        }
        count += 1
        mean += 1 / count * (value - mean)
        let distance = value - mean
        rise = kept * rise + distance - slack
        fall = kept * fall + distance + slack
        lowest = min(lowest, rise)
        highest = max(highest, fall)
        if count >= Double(pointsMin) {
            hasChanged = rise - lowest > threshold || highest - fall > threshold
        }
        return hasChanged
    }
}
