// The false alarms that a team is ready to bear, and whom to tell within them. A service has one budget
// over all its series. Per look, each series' evidence becomes the expected number of such episodes per
// period, and Benjamini and Hochberg's rule joins the series: several that move together need less each.
// Over time, weak evidence that stays is carried as e-values, on a tenth of the budget. What the tails
// get wrong, a feedback corrects (adaptive conformal inference, Gibbs and Candès 2021): each notification
// makes the level stricter, each quiet day looser, so that the rate holds whatever the series are like.
// Stricter has a bound, because real incidents must not silence those that follow.

public import Basics
internal import Glibc

/// The budget of one service, with the state that keeps it.
///
/// A value: same looks, same notifications.
public struct NotificationBudget: Sendable, Equatable {
    /// Evidence below this is no exceedance; `AnomalyOptions.alarmEvidence`.
    public static let threshold = 1.6
    /// The first two days only teach: what is usual every noon is rare to models that have seen one noon.
    private static let learningTime: Millis = 2 * 86_400_000
    /// How much a notification tightens (ln), and the bounds of the correction.
    private static let tightening = 0.7
    private static let strictest = -1.5
    private static let loosest = 4.0
    /// The rate aimed at, below the budget for what the feedback lets through at first.
    private static let aim = 0.9
    private static let carriedShare = 0.1

    /// False alarms per `period`, over all series of the service.
    public var alarms: Double
    public var period: Millis
    /// After a notification of a series, how long it is not notified again.
    public var quietTime: Millis
    var began: Millis?
    var last: Millis?
    /// ln of the factor on the budget that the feedback has come to.
    var correction = 0.0
    var episodes = 0.0
    var heights = 0.0
    var rates: [String: AlarmRate] = [:]

    public init(
        alarms: Double = 1, period: Millis = 7 * 86_400_000, quietTime: Millis = 12 * 3_600_000
    ) {
        self.alarms = alarms
        self.period = period
        self.quietTime = quietTime
    }

    /// An observation's evidence, `AnomalyReading.evidence`.
    public struct Evidence: Sendable, Equatable {
        public var series: String
        public var evidence: Double

        public init(series: String, evidence: Double) {
            self.series = series
            self.evidence = evidence
        }
    }

    /// Decides about one look.
    ///
    /// - Parameters:
    ///   - look: the readings of this moment; those without exceedance may be left out.
    ///   - count: how many series of the service are watched.
    /// - Returns: the series to tell of, strongest first; together they are one notification.
    public mutating func notified(_ look: [Evidence], among count: Int, at now: Millis) -> [String]
    {
        let beginning = began ?? now
        began = beginning
        let isLearning = now - beginning < Self.learningTime
        if let last, now > last, !isLearning {
            let looser = Self.tightening * Self.aim * alarms * Double(now - last) / Double(period)
            correction = min(Self.loosest, correction + looser)
        }
        last = now
        let series = Double(max(count, 1))
        let allowed = alarms * exp(correction)
        var candidates: [(series: String, expected: Double)] = []
        var chosen: [String] = []
        for one in look where one.evidence > Self.threshold && one.evidence.isFinite {
            let excess = one.evidence - Self.threshold
            let expected = take(one.series, excess, since: beginning, now: now)
            if isRecent(one.series, now) { continue }
            candidates.append((one.series, expected.now))
            // Blocks of the quiet time: the bound on their mean time to a false alarm is the budget's.
            let blocks = Double(period) / Double(quietTime)
            let bound = series * blocks / (Self.carriedShare * allowed)
            if expected.carried >= bound { chosen.append(one.series) }
        }
        if isLearning { return [] }
        candidates.sort { ($0.expected, $0.series) < ($1.expected, $1.series) }
        var passing = 0
        for (index, candidate) in candidates.enumerated()
        where candidate.expected <= Double(index + 1) * (1 - Self.carriedShare) * allowed / series {
            passing = index + 1
        }
        let strong = candidates.prefix(passing).map(\.series)
        let told = strong + chosen.filter { !strong.contains($0) }
        if told.isEmpty { return [] }
        correction = max(Self.strictest, correction - Self.tightening)
        for name in told {
            rates[name]?.notified = now
            rates[name]?.carried = 1
            rates[name]?.leastOfBlock = 1
        }
        return told
    }

    private func isRecent(_ name: String, _ now: Millis) -> Bool {
        guard let notified = rates[name]?.notified else { return false }
        return now >= notified && now - notified <= quietTime
    }

    /// Learns an exceedance: the expected episodes as strong as it, and the evidence carried.
    private mutating func take(
        _ name: String, _ excess: Double, since: Millis, now: Millis
    ) -> (now: Double, carried: Double) {
        let assumed = AlarmRate.assumedHeight * AlarmRate.assumedEpisodes
        let pooled = (heights + assumed) / (episodes + AlarmRate.assumedEpisodes)
        var rate = rates[name] ?? AlarmRate(since: since)
        let height = rate.height(pooled: pooled)
        let expected = rate.expected(
            excess: excess, height: height, period: Double(period), now: now)
        let block = max(quietTime, 1)
        let probability = 1 - exp(-expected * Double(block) / Double(period))
        let carried = rate.carry(max(probability, 1e-300), now: now, blockLength: block)
        let added = rate.take(excess: excess, now: now, quietTime: quietTime)
        episodes += added.episodes
        heights += added.heights
        rates[name] = rate
        return (expected, carried)
    }

    /// Forgets a series that is gone.
    public mutating func forget(series: String) { rates[series] = nil }
}
