// How often a series reaches some evidence while nothing is wrong: peaks over a threshold. Exceedances
// within a quiet time are one episode; the count of episodes gives the rate, the mean height of their
// peaks an exponential tail beyond it (the tail of a −log p). Both start from what series of the usual
// kinds show, and the height leans on the service's other series while the series has few of its own.

internal import Basics
internal import Glibc

/// The episodes of one series.
struct AlarmRate: Sendable, Equatable {
    /// Episodes a week, and the weeks that this assumption weighs.
    private static let assumedRate = 4.0
    private static let assumedWeeks = 1.0
    /// The mean height of a peak, and the episodes that an assumption of it weighs.
    static let assumedHeight = 0.3
    static let assumedEpisodes = 5.0
    /// A real incident's peak must not stretch the tail: higher ones count as this high.
    private static let mostHeight = 1.5
    private static let week = 7.0 * 86_400_000

    var since: Millis
    var episodes = 0.0
    var heights = 0.0
    var peak = 0.0
    var latest: Millis?
    var notified: Millis?
    /// The evidence carried over the blocks of time that are over, and the block it stands at.
    var carried = 1.0
    var block: Int64 = 0
    var leastOfBlock = 1.0

    init(since: Millis) { self.since = since }

    /// The expected episodes per `period` (milliseconds) that reach `excess` above the threshold.
    func expected(
        excess: Double, height: Double, period: Double, now: Millis
    ) -> Double {
        let weeks = max(0, Double(now) - Double(since)) / Self.week
        let rate = (episodes + Self.assumedRate * Self.assumedWeeks) / (weeks + Self.assumedWeeks)
        return rate * period / Self.week * exp(-excess / height)
    }

    /// The mean height of this series' peaks; `pooled` is that of the whole service.
    func height(pooled: Double) -> Double {
        (heights + pooled * Self.assumedEpisodes) / (episodes + Self.assumedEpisodes)
    }

    /// Takes an exceedance.
    ///
    /// - Returns: what it adds to the service's episodes and heights.
    mutating func take(
        excess: Double, now: Millis, quietTime: Millis
    ) -> (episodes: Double, heights: Double) {
        var opened = 0.0
        if latest.map({ now < $0 || now - $0 > quietTime }) ?? true {
            opened = 1
            episodes += 1
            peak = 0
        }
        latest = now
        let higher = max(0, min(excess, Self.mostHeight) - peak)
        peak += higher
        heights += higher
        return (opened, higher)
    }

    /// Carries evidence over time: an e-detector (Shin, Ramdas, Rinaldo 2022).
    ///
    /// Each block of time bets against "nothing is wrong"; M ← (M + 1) · bet, and the mean time until
    /// M reaches a bound while nothing is wrong is at least that bound, in blocks. A block without
    /// exceedance bets ½.
    ///
    /// - Returns: M with the bet of the present block.
    mutating func carry(_ probability: Double, now: Millis, blockLength: Millis) -> Double {
        let present = now / blockLength
        if present > block {
            carried = (carried + 1) * Self.bet(leastOfBlock)
            // (M + 1) / 2, repeated, tends to 1.
            let quiet = min(Double(present - block - 1), 60)
            carried = 1 + (carried - 1) * exp2(-quiet)
            block = present
            leastOfBlock = 1
        }
        leastOfBlock = min(leastOfBlock, probability)
        return (carried + 1) * Self.bet(leastOfBlock)
    }

    /// The mean of κ p^{κ−1} over κ in (0, 1).
    private static func bet(_ probability: Double) -> Double {
        exp(SequentialWatch.logBet(Probability(log: log(probability))))
    }
}
