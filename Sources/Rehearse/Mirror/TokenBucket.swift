// So many a second, and a burst beyond: a verdict needs some thousands of pairs and not all of a busy
// hour, and neither a candidate nor this machine should work for those that add nothing.

/// A limit on a rate.
struct TokenBucket {
    /// Seconds of the rate that may come at once.
    static let burstSeconds = 10.0

    private let perSecond: Double
    private var tokens: Double
    private var filledAt: Int64?

    init(perSecond: Double) {
        self.perSecond = perSecond
        tokens = perSecond * TokenBucket.burstSeconds
    }

    /// Takes one, if there is one.
    ///
    /// - Parameter now: nanoseconds that only grow.
    mutating func take(at now: Int64) -> Bool {
        if let before = filledAt {
            let gained = Double(now - before) / 1e9 * perSecond
            tokens = min(tokens + gained, perSecond * TokenBucket.burstSeconds)
        }
        filledAt = now
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}
