// From the tests to a verdict with its reasons. A candidate is promoted when every gate has shown that
// its loss is smaller than the margin (each at the full level: to promote wrongly, the one that is
// really lost would have to err), no slice looks broken, and time enough has passed. No data is never
// a pass.

internal import Basics
internal import Glibc

extension Trial {
    /// Slices whose interval is worked out.
    private static let sliceIntervalsMax = 24

    /// Where it stands.
    public func standing() -> Standing {
        let gates = gates
        let metrics = overallStandings(gates) + sliceStandings(gates)
        let holds = metrics.filter { $0.slice == nil && $0.isGate && $0.verdict != .promote }
        let verdict = verdict
        let needed: [Int?] = holds.map { $0.pairsNeeded }
        let missing = max(policy.pairsMin - pairs, 0)
        var standing = Standing(
            verdict: verdict, reasons: [], pairs: pairs, from: from, through: through,
            metrics: metrics, paths: pathStandings(), worst: worst, failure: failure,
            pairsNeeded: needed.contains(nil)
                ? nil : max(missing, needed.compactMap(\.self).max() ?? 0),
            confusion: confusions(), numbers: numbers.count > 0 ? numbers : nil,
            overrides: overrides)
        if verdict == .promote || verdict == .reject { standing.pairsNeeded = 0 }
        standing.reasons = reasons(standing)
        return standing
    }

    /// The verdict alone, cheap enough to be asked after every pair.
    public var verdict: Verdict {
        if failure != nil { return .reject }
        let gates = gates
        if pairs < policy.pairsMin || gates.isEmpty || !hasAnswers(gates) {
            return .notEnoughData
        }
        let isSafe = gates.allSatisfy { metric in
            guard let test = overall[metric], test.count >= policy.pairsMin else { return false }
            return test.safe.logEvidence >= safeBar(metric)
        }
        if !isSafe || through - from < policy.durationMin { return .hold }
        let isSuspect = slices.values.contains { tests in
            tests.contains { gates.contains($0.key) && $0.value.isSuspect }
        }
        return isSuspect ? .hold : .promote
    }

    /// Whether enough answers were compared, where they are needed.
    ///
    /// Two servers that both refuse all requests are fast and alike, and nothing is known of them.
    func hasAnswers(_ gates: Set<Metric>) -> Bool {
        !policy.needsAnswers
            || gates.contains {
                $0.isAboutAnswers && overall.count($0) >= policy.pairsMin
            }
    }

    /// Slices that are not proven to be broken but look so.
    func suspects(_ metrics: [MetricStanding]) -> [MetricStanding] {
        metrics.filter {
            $0.slice != nil && $0.isGate && $0.logHarm >= MetricTest.suspicion
        }
    }

    private func overallStandings(_ gates: Set<Metric>) -> [MetricStanding] {
        let harm = overallHarm(gates)
        let harmBar = bar(harm.values, .overall)
        let order = Metric.allCases
        return order.compactMap { metric in
            guard let test = overall[metric] else { return nil }
            let isRejected = harm[metric].map { $0 >= harmBar } ?? false
            var standing = standing(
                test, slice: nil, isGate: gates.contains(metric), isRejected: isRejected,
                harmBar: harmBar)
            standing.interval = test.tally.interval(level: policy.level)
            standing.visibleGain = test.visibleGain(logBar: harmBar)
            return standing
        }
    }

    private func sliceStandings(_ gates: Set<Metric>) -> [MetricStanding] {
        let harm = sliceHarm(gates)
        let harmBar = bar(harm.values, .slices)
        var all: [MetricStanding] = []
        for (slice, tests) in slices {
            for (metric, test) in tests {
                let evidence = harm[SliceQuestion(slice: slice, metric: metric)]
                all.append(
                    standing(
                        test, slice: slice, isGate: gates.contains(metric),
                        isRejected: evidence.map { $0 >= harmBar } ?? false, harmBar: harmBar))
            }
        }
        all.sort {
            ($0.logHarm, $1.slice?.field ?? "", $1.slice?.value ?? "", $1.metric.rawValue)
                > ($1.logHarm, $0.slice?.field ?? "", $0.slice?.value ?? "", $0.metric.rawValue)
        }
        for index in all.indices.prefix(Self.sliceIntervalsMax) {
            guard let slice = all[index].slice, let test = slices[slice]?[all[index].metric] else {
                continue
            }
            all[index].interval = test.tally.interval(level: policy.level)
        }
        return all
    }

    private func standing(
        _ test: MetricTest, slice: Slice?, isGate: Bool, isRejected: Bool, harmBar: Double
    ) -> MetricStanding {
        let least = slice == nil ? policy.pairsMin : policy.slicePairsMin
        let safeBar = safeBar(test.metric)
        let isFailed =
            failure.map { $0.metric == test.metric && $0.slice == slice && $0.path == nil } ?? false
        var verdict = Verdict.hold
        if isRejected || isFailed {
            verdict = .reject
        } else if test.count < least {
            verdict = .notEnoughData
        } else if test.safe.logEvidence >= safeBar {
            verdict = .promote
        }
        var needed: Int?
        if verdict == .hold || verdict == .notEnoughData {
            let canFail = policy.rule(test.metric).rejects
            needed = test.pairsNeeded(
                logBar: canFail ? harmBar : .infinity, logSafeBar: safeBar
            ).map {
                max($0, least - test.count)
            }
        }
        return MetricStanding(
            metric: test.metric, slice: slice, pairs: test.count, primary: test.primary,
            candidate: test.candidate, gain: test.gain, interval: nil,
            threshold: test.threshold, logHarm: test.harm.logEvidence,
            logSafe: test.safe.logEvidence,
            logDifference: test.metric.scale == .floor ? 0 : test.logDifference,
            primaryAlone: test.discordance.primaryAlone,
            candidateAlone: test.discordance.candidateAlone, isGate: isGate, verdict: verdict,
            pairsNeeded: needed, visibleGain: nil)
    }

    private func pathStandings() -> [PathStanding] {
        let broken = brokenPaths
        let unlike = paths.mapValues(\.logUnlike)
        let brokenBar = bar(broken.values, .brokenPaths)
        let unlikeBar = bar(unlike.values, .unlikePaths)
        let standings = paths.map { path, test in
            let (lost, other) = (broken[path] ?? 0, unlike[path] ?? 0)
            var state = PathStanding.State.unsure
            if lost >= brokenBar || failure?.path == path {
                state = .broken
            } else if other >= unlikeBar {
                state = .differs
            } else if test.secondDiffers > 0 {
                state = .noise
            }
            return PathStanding(
                path: path, pairs: compared, secondPairs: seconds, differs: test.differs,
                secondDiffers: test.secondDiffers, kinds: test.kinds, logBroken: lost,
                logUnlike: other, state: state)
        }
        return standings.sorted {
            (max($0.logBroken, $0.logUnlike), $1.path) > (max($1.logBroken, $1.logUnlike), $0.path)
        }
    }

    private func confusions() -> [Confusion] {
        confusion.map { cell, count in
            var cell = cell
            cell.count = count
            return cell
        }.sorted {
            ($0.count, $1.primary, $1.candidate, $1.label)
                > ($1.count, $0.primary, $0.candidate, $0.label)
        }
    }
}
