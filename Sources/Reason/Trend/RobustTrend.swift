// A trend that a few wild values do not bend: the median of the slopes between all pairs of points
// (Theil 1950, Sen 1968), with Sen's interval around it from the variance of Kendall's S, and from both the
// time until a limit is reached. The line goes through the median of what the slope leaves over.

/// A fitted trend.
public struct RobustTrend: Sendable, Equatable {
    /// Change a second.
    public var slope: Double
    /// The ends of the slope's interval.
    public var slopeLow: Double
    public var slopeHigh: Double
    /// The value of the line at the last point.
    public var level: Double
    public var count: Int

    /// Fewer points say nothing about how sure one is.
    public static let countMin = 10
    /// All pairs of so many points are 45,000 slopes; longer series are thinned to it.
    static let countMax = 300

    /// Fits a trend.
    ///
    /// - Parameters:
    ///   - times: seconds, ascending.
    ///   - deviations: how many standard deviations the interval reaches; 1.2816 for 80 %.
    /// - Returns: nil for fewer than ``countMin`` finite points.
    public init?(times: [Double], values: [Double], deviations: Double = 1.2816) {
        var points = zip(times, values).filter { $0.0.isFinite && $0.1.isFinite }
        guard points.count >= Self.countMin else { return nil }
        if points.count > Self.countMax {
            let all = points
            let step = Double(all.count - 1) / Double(Self.countMax - 1)
            points = (0..<Self.countMax).map { all[Int((Double($0) * step).rounded())] }
        }
        var slopes: [Double] = []
        slopes.reserveCapacity(points.count * (points.count - 1) / 2)
        for i in points.indices {
            for j in (i + 1)..<points.count where points[j].0 > points[i].0 {
                slopes.append((points[j].1 - points[i].1) / (points[j].0 - points[i].0))
            }
        }
        guard !slopes.isEmpty else { return nil }
        slopes.sort()
        let slope = Self.median(slopes)
        let last = points[points.count - 1].0
        let rests = points.map { $0.1 - slope * ($0.0 - last) }.sorted()
        let n = Double(points.count)
        let spread = deviations * (n * (n - 1) * (2 * n + 5) / 18).squareRoot()
        let middle = Double(slopes.count)
        let low = Int(((middle - spread) / 2).rounded(.down))
        let high = Int(((middle + spread) / 2).rounded(.up))
        self.slope = slope
        slopeLow = slopes[min(max(low, 0), slopes.count - 1)]
        slopeHigh = slopes[min(max(high, 0), slopes.count - 1)]
        level = Self.median(rests)
        count = points.count
    }

    /// Seconds from the last point until a limit is reached.
    ///
    /// - Parameter limit: above the level for a value that grows, below for one that falls.
    /// - Returns: nil for an end that is never reached; `expected` is nil when the trend leads away.
    public func secondsUntil(
        _ limit: Double
    ) -> (low: Double?, expected: Double?, high: Double?) {
        let rest = limit - level
        func time(_ slope: Double) -> Double? {
            if rest == 0 { return 0 }
            let seconds = rest / slope
            return slope != 0 && seconds > 0 && seconds.isFinite ? seconds : nil
        }
        let ends = rest > 0 ? (slopeHigh, slopeLow) : (slopeLow, slopeHigh)
        return (time(ends.0), time(slope), time(ends.1))
    }

    private static func median(_ sorted: [Double]) -> Double {
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}

/// How right such trends were before: at earlier times a trend is fitted to what was known then, and
/// compared with what came.
public struct TrendBacktest: Sendable, Equatable {
    /// Intervals that held the value that came.
    public var hits: Int
    public var of: Int

    /// nil before there is one.
    public var hitRate: Double? { of == 0 ? nil : Double(hits) / Double(of) }

    /// Tries a series at up to twenty earlier times: from the window before each, the value one horizon
    /// later is predicted as an interval.
    ///
    /// - Parameters:
    ///   - window: seconds of history that a trend is fitted to.
    ///   - horizon: seconds ahead.
    public init(times: [Double], values: [Double], window: Double, horizon: Double) {
        (hits, of) = (0, 0)
        guard let first = times.first, let last = times.last else { return }
        let span = last - horizon - (first + window)
        guard span >= 0 else { return }
        for index in 0..<20 {
            let at = first + window + span * Double(index) / 19
            let known = zip(times, values).filter { $0.0 > at - window && $0.0 <= at }
            guard let trend = RobustTrend(times: known.map(\.0), values: known.map(\.1)),
                let came = zip(times, values).reversed().first(where: {
                    $0.0 <= at + horizon && $0.0 > at
                })
            else { continue }
            let ahead = came.0 - (known.last?.0 ?? at)
            let rests = known.map { abs($0.1 - trend.level - trend.slope * ($0.0 - at)) }.sorted()
            // The noise around the line belongs to the interval as well: 80 % of past rests.
            let noise = rests[min(rests.count - 1, Int(Double(rests.count) * 0.8))]
            let low = trend.level + trend.slopeLow * ahead - noise
            let high = trend.level + trend.slopeHigh * ahead + noise
            of += 1
            if came.1 >= low && came.1 <= high { hits += 1 }
            if span == 0 { return }
        }
    }
}
