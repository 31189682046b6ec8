// Samples as they come, made into one value an interval: the mean of a gauge, the rise per second of a
// counter. A model that sees one value a minute need not know how often somebody scrapes. An interval
// without samples gives none; what comes late for an interval that is over is left out.

public import Basics
internal import Glibc

/// One value an interval.
public struct Resampler: Sendable, Equatable {
    public let interval: Millis
    public let isCounter: Bool
    /// The interval that is being filled, by its number; nil before the first sample.
    private(set) var current: Int64?
    private(set) var sum = 0.0
    private(set) var count = 0.0
    private(set) var last: Double?

    public init(interval: Millis, isCounter: Bool) {
        self.interval = max(interval, 1)
        self.isCounter = isCounter
    }

    init(
        interval: Millis, isCounter: Bool, current: Int64?, sum: Double, count: Double,
        last: Double?
    ) {
        self.init(interval: interval, isCounter: isCounter)
        self.current = current
        self.sum = sum
        self.count = count
        self.last = last
    }

    /// A value and the end of its interval.
    public struct Point: Sendable, Equatable {
        public var time: Millis
        public var value: Double

        public init(time: Millis, value: Double) {
            self.time = time
            self.value = value
        }
    }

    /// Takes a sample; gives the interval before when this one begins another.
    public mutating func take(time: Millis, value: Double) -> Point? {
        if value.isNaN { return nil }
        let place = Int64((Double(time) / Double(interval)).rounded(.down))
        var finished: Point?
        if let current {
            if place < current { return nil }
            if place > current { finished = close() }
        }
        current = place
        if !isCounter {
            sum += value
            count += 1
        } else {
            if let last {
                // A counter that fell was reset and has risen from nothing.
                sum += value >= last ? value - last : value
                count += 1
            }
            last = value
        }
        return finished
    }

    /// Gives the interval that is being filled if it ended before a time.
    public mutating func close(before time: Millis) -> Point? {
        guard let current, (current + 1) * interval <= time else { return nil }
        let finished = close()
        self.current = current + 1
        return finished
    }

    private mutating func close() -> Point? {
        defer { (sum, count) = (0, 0) }
        guard let current, count > 0 else { return nil }
        let value = isCounter ? sum / (Double(interval) / 1000) : sum / count
        return Point(time: (current + 1) * interval, value: value)
    }
}

/// Whether the samples of a metric only rise, by what is known of it or by its name.
public func isCounter(_ metric: String, _ metadata: MetricMetadata?) -> Bool {
    switch metadata?.kind {
    case .counter?: return true
    case nil, .unknown?, .histogram?, .summary?:
        return ["_total", "_count", "_sum"].contains { metric.hasSuffix($0) }
    default: return false
    }
}
