// The running test of one metric, over all pairs or in one slice: four bets on the mean gain. Two at
// the threshold decide, below it is harm and above it is safe; two at zero say whether there is any
// difference at all. Beside them the sums and counts that a report needs.

internal import Glibc

/// One metric's evidence.
struct MetricTest: Sendable, Equatable {
    /// Ten to one for a loss beyond the margin: not enough to reject, too much to promote.
    static let suspicion = log(10.0)

    let metric: Metric
    /// What the mean gain must exceed: −margin, or the floor.
    let threshold: Double
    var count = 0
    var gainSum = 0.0
    var gainSquares = 0.0
    /// Sums of the sides' figures, of their logarithms for ratios, and how many there were.
    var primarySum = 0.0
    var primaryCount = 0
    var candidateSum = 0.0
    var discordance = Discordance()
    var harm: Bet
    var safe: Bet
    var better: Bet
    var worse: Bet
    var tally: Tally

    init(_ metric: Metric, rule: MetricRule) {
        self.metric = metric
        let bounds = metric.bounds
        threshold = metric.threshold(rule)
        harm = Bet(reach: bounds.upperBound - threshold, isPatient: true)
        safe = Bet(reach: threshold - bounds.lowerBound)
        better = Bet(reach: -min(bounds.lowerBound, -1))
        worse = Bet(reach: max(bounds.upperBound, 1))
        tally = Tally(
            low: bounds.lowerBound, high: bounds.upperBound,
            steps: metric.scale == .floor ? 10_000 : 200)
    }

    mutating func add(_ reading: Reading) {
        let gain = min(max(reading.gain, tally.low), tally.high)
        guard gain.isFinite else { return }
        count += 1
        gainSum += gain
        gainSquares += gain * gain
        let isRatio = metric.scale == .ratio
        if let primary = reading.primary {
            primarySum += isRatio ? log(primary) : primary
            primaryCount += 1
        }
        if let candidate = reading.candidate {
            candidateSum += isRatio ? log(candidate) : candidate
        }
        if gain < 0 { discordance.primaryAlone += 1 }
        if gain > 0 { discordance.candidateAlone += 1 }
        harm.add(threshold - gain)
        safe.add(gain - threshold)
        if metric.scale != .floor {
            better.add(gain)
            worse.add(-gain)
        }
        tally.add(gain)
    }

    var gain: Double { count > 0 ? gainSum / Double(count) : 0 }

    var variance: Double {
        let number = Double(count)
        return count > 1 ? max((gainSquares - number * gain * gain) / (number - 1), 0) : 0
    }

    var primary: Double? {
        if primaryCount == 0 { return nil }
        let mean = primarySum / Double(primaryCount)
        return metric.scale == .ratio ? exp(mean) : mean
    }

    var candidate: Double? {
        if count == 0 { return nil }
        let mean = candidateSum / Double(count)
        return metric.scale == .ratio ? exp(mean) : mean
    }

    /// ln of the evidence for any difference: the mean of the two bets is one again.
    var logDifference: Double {
        let (up, down) = (better.logEvidence, worse.logEvidence)
        let high = max(up, down)
        return high + log1p(exp(min(up, down) - high)) - log(2)
    }

    var isSuspect: Bool { harm.logEvidence >= Self.suspicion }

    /// Forgets the evidence of harm, and nothing else: a person has looked and decided otherwise.
    mutating func pardon() {
        harm = Bet(reach: tally.high - threshold, isPatient: true)
    }
}

extension Metric {
    /// The bounds of a gain.
    var bounds: ClosedRange<Double> {
        switch scale {
        case .difference: -1...1
        case .floor: 0...1
        case .ratio: -Self.ratioMax...Self.ratioMax
        }
    }

    /// What the mean gain must exceed under a rule.
    ///
    /// The bets need room on both sides of it.
    func threshold(_ rule: MetricRule) -> Double {
        let asked =
            switch scale {
            case .difference: -rule.margin
            case .floor: rule.floor
            case .ratio: -log1p(max(rule.margin, 0))
            }
        let room = 1e-6 * (bounds.upperBound - bounds.lowerBound)
        return min(max(asked, bounds.lowerBound + room), bounds.upperBound - room)
    }
}
