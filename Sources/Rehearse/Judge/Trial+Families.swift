// Which questions a trial asks together, and which of them are answered with "harm". The families
// share the level: all pairs have half of it, slices and paths a quarter each; within a family the
// rule is e-BH. Slices are looked at first, because a broken part hides in a good whole.

internal import Basics
internal import Glibc

extension Trial {
    /// How the level is shared out; the parts add up to one.
    enum Family {
        case overall, slices, brokenPaths, unlikePaths

        var share: Double {
            switch self {
            case .overall: 0.5
            case .slices: 0.25
            case .brokenPaths, .unlikePaths: 0.125
            }
        }
    }

    /// Questions that a family is taken to have at least.
    private static let sliceQuestionsMin = 10
    private static let pathQuestionsMin = 5

    /// The metrics that decide, given what there is to judge by.
    ///
    /// Who knows which answer is right need not ask whether the answers are the same; a stream is
    /// judged by its first content and its pace, not by its end.
    var gates: Set<Metric> {
        var gates = Set(overall.keys.filter { policy.rule($0).isGate })
        func has(_ metric: Metric) -> Bool {
            gates.contains(metric) && overall.count(metric) >= policy.pairsMin
        }
        let opinions: [Metric] = [.accuracy, .deviation, .feedback]
        for metric in opinions where !has(metric) { gates.remove(metric) }
        if opinions.contains(where: has) || has(.cosine) || has(.similarity) {
            gates.subtract([.agreement, .excess])
        }
        // The same answers need no noise to excuse them; other answers may have it.
        let isSame = overall[.agreement]?.safe.logEvidence ?? 0 >= safeBar(.agreement)
        if has(.excess) && !isSame { gates.remove(.agreement) } else { gates.remove(.excess) }
        if 2 * overall.count(.ttft) >= max(pairs, 1) {
            gates.subtract([.latency, .tail])
        }
        return gates
    }

    /// ln of the evidence from which on a gate is safe.
    ///
    /// Agreement and excess are two ways to pass one gate, so each has half of the level.
    func safeBar(_ metric: Metric) -> Double {
        let hasTwo = overall[.agreement] != nil && overall[.excess] != nil
        let isEither = metric == .agreement || metric == .excess
        return log((hasTwo && isEither ? 2 : 1) / policy.level)
    }

    /// ln of the evidence of harm, by gate, over all pairs.
    func overallHarm(_ gates: Set<Metric>) -> [Metric: Double] {
        var harm: [Metric: Double] = [:]
        for (metric, test) in overall
        where gates.contains(metric) && policy.rule(metric).rejects
            && test.count >= policy.pairsMin
        {
            harm[metric] = test.harm.logEvidence
        }
        return harm
    }

    struct SliceQuestion: Hashable {
        var slice: Slice
        var metric: Metric
    }

    func sliceHarm(_ gates: Set<Metric>) -> [SliceQuestion: Double] {
        var harm: [SliceQuestion: Double] = [:]
        for (slice, tests) in slices {
            for (metric, test) in tests
            where gates.contains(metric) && test.count >= policy.slicePairsMin {
                harm[SliceQuestion(slice: slice, metric: metric)] = test.harm.logEvidence
            }
        }
        return harm
    }

    var brokenPaths: [String: Double] {
        let margin = policy.rule(.shape).margin
        return paths.mapValues { $0.logBroken(pairs: compared, margin: margin) }
    }

    /// ln of the evidence from which on a question of a family counts as answered.
    func bar(_ evidence: some Collection<Double>, _ family: Family) -> Double {
        let questionsMin =
            switch family {
            case .overall: 1
            case .slices: Self.sliceQuestionsMin
            case .brokenPaths, .unlikePaths: Self.pathQuestionsMin
            }
        return evidenceBar(
            Array(evidence), level: policy.level * family.share, questionsMin: questionsMin)
    }

    /// The failure to report, slices first, the surest first; nil while nothing has failed.
    func firstFailure(at time: Millis) -> Failure? {
        if pairs < policy.pairsMin { return nil }
        let gates = gates
        let bySlice = sliceHarm(gates)
        let sliceBar = bar(bySlice.values, .slices)
        let surest = bySlice.filter { $0.value >= sliceBar }.max {
            ($0.value, $1.key.slice) < ($1.value, $0.key.slice)
        }
        if let (question, _) = surest {
            return Failure(
                metric: question.metric, slice: question.slice, path: nil, time: time,
                pairs: pairs)
        }
        let byPath = brokenPaths
        let pathBar = bar(byPath.values, .brokenPaths)
        let broken = byPath.filter { $0.value >= pathBar }.max {
            ($0.value, $1.key) < ($1.value, $0.key)
        }
        if let (path, _) = broken, policy.rule(.shape).isGate {
            return Failure(metric: .shape, slice: nil, path: path, time: time, pairs: pairs)
        }
        let byMetric = overallHarm(gates)
        let overallBar = bar(byMetric.values, .overall)
        let worst = byMetric.filter { $0.value >= overallBar }.max {
            ($0.value, $1.key.rawValue) < ($1.value, $0.key.rawValue)
        }
        return worst.map {
            Failure(metric: $0.key, slice: nil, path: nil, time: time, pairs: pairs)
        }
    }
}
