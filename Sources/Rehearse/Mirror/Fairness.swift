// Times in the path are not measured alike: the primary is asked by the relay at once, a copy by a
// thread that gives way to others. With a second copy of the primary, which is asked as the candidate
// is, its times stand for the primary's. Without one, a ballast keeps the difference of the two ways,
// some milliseconds, from looking like a slow candidate; of answers that take seconds it takes little.

internal import Glibc

/// How the times of the two sides are made comparable.
enum Fairness {
    /// On a machine with six times more work than cores the two ways differed by 2 to 20 ms: a quarter
    /// second makes that less than the margin, and leaves what a person notices.
    private static let ballastSeconds = 0.25

    /// The primary's answer with the times of its second copy, when that is good.
    static func timed(_ primary: Answer, by second: Answer?, _ dialect: Dialect) -> Answer {
        guard let second, second.isGood, primary.isGood else { return primary }
        var answer = primary
        // Where content begins is read from the body that the times belong to.
        answer.timing = Reply(second, dialect: dialect).completing(second).timing
        answer.timing.chunks = []
        return answer
    }

    /// Lightens the gains of times; the figures themselves stay as they were measured.
    static func ballast(_ outcome: inout PairOutcome) {
        for place in outcome.readings.indices {
            let reading = outcome.readings[place]
            guard reading.metric == .latency || reading.metric == .ttft,
                let primary = reading.primary, let candidate = reading.candidate
            else { continue }
            let ratio = log((primary + ballastSeconds) / (candidate + ballastSeconds))
            outcome.readings[place].gain = min(max(ratio, -Metric.ratioMax), Metric.ratioMax)
        }
    }

    /// The policy of a rehearsal in the path: without a second copy nobody can say which answers are
    /// slow for the way they were asked, so slow answers are shown and do not decide.
    static func policy(_ policy: Policy, hasSecond: Bool) -> Policy {
        var policy = policy
        if !hasSecond { policy.rules[.tail]?.isGate = false }
        return policy
    }
}
