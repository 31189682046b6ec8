// Times in the path are not measured alike: the primary is asked by the relay at once, a copy by a
// thread that gives way to others. With a second copy of the primary, which is asked as the candidate
// is, its times stand for the primary's. Without one, a larger ballast keeps the difference of the two
// ways, some milliseconds, from looking like a slow candidate; of answers that take seconds it takes
// little.

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

    /// Settings of a rehearsal in the path, by whether there is a second copy.
    static func adapted(_ settings: MirrorSettings) -> MirrorSettings {
        guard settings.second == nil else { return settings }
        var settings = settings
        let least = ballastSeconds
        settings.comparison.ballastSeconds = max(settings.comparison.ballastSeconds, least)
        settings.policy.unnoticedSeconds = max(settings.policy.unnoticedSeconds, least)
        return settings
    }
}
