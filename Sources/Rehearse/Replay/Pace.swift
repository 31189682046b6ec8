// When the next request is due. The loop is open: a request is due by the clock whatever became of
// those before it, so a server that grows slow is not spared; what is late is told as lag.

public import Basics

/// How fast a replay goes.
public enum Pace: Sendable, Equatable {
    /// As fast as the concurrency allows.
    case free
    /// So many requests a second.
    case rate(Double)
    /// As recorded, times a factor.
    case recorded(speed: Double)

    /// Seconds after the start at which a request is due.
    ///
    /// - Parameters:
    ///   - index: its place, from 0.
    ///   - time: when it was recorded, and when the first one was; 0 is unknown.
    public func due(_ index: Int, time: Millis, first: Millis) -> Double {
        switch self {
        case .free: return 0
        case .rate(let rate): return Double(index) / max(rate, 1e-9)
        case .recorded(let speed):
            return max(Double(time - first) / 1000, 0) / max(speed, 1e-9)
        }
    }
}

/// How far a replay is.
public struct ReplayProgress: Sendable, Equatable {
    public var done: Int
    public var total: Int
    /// Requests a second since the start, without those that were done before.
    public var rate: Double
    /// The furthest that a request was behind its time.
    public var lagSeconds: Double
    public var failed: Int

    /// Seconds left at this rate; nil while there is none.
    public var secondsLeft: Double? {
        rate > 0 ? Double(total - done) / rate : nil
    }
}
