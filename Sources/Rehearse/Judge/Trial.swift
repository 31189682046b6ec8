// A trial: the running judgement about one candidate. A value: feed it outcomes, ask where it stands,
// write it down and read it again; the same outcomes give the same standing. It is looked at after
// every pair, which is allowed: a failure is noticed at the pair that shows it, and stays until a
// person says otherwise.

public import Basics
internal import Glibc

/// A running judgement.
public struct Trial: Sendable {
    /// Paths that are followed; answers of one service have some dozens.
    static let pathsMax = 500
    /// Pairs of classes that are counted.
    static let confusionsMax = 10_000
    /// Pairs after which the primary's slow answers are known well enough to say what slow is.
    static let tailPairs = 100
    /// Second answers that teach which paths are noise, before whole answers are compared.
    static let learningPairs = 20

    public let policy: Policy
    public internal(set) var pairs = 0
    /// Pairs whose answers were compared by structure, and those of them with a second answer.
    var compared = 0
    var seconds = 0
    var from: Millis = 0
    var through: Millis = 0
    var overall = MetricTests()
    var slices: [Slice: MetricTests] = [:]
    var sliceValues: [String: Int] = [:]
    var paths: [String: PathTest] = [:]
    var confusion: [Confusion: Int] = [:]
    var numbers = NumberAgreement()
    var tailWaiting: [Double] = []
    /// What is slow: the primary's 95th percentile among the first pairs, and what nobody notices.
    var slow: Double?
    var worst: [(id: String, badness: Double)] = []
    public internal(set) var failure: Failure?
    public internal(set) var overrides: [Override] = []

    public init(_ policy: Policy = Policy()) { self.policy = policy }

    /// Takes one pair in.
    public mutating func add(_ outcome: PairOutcome) {
        if pairs == 0 { from = outcome.time }
        from = min(from, outcome.time)
        through = max(through, outcome.time)
        pairs += 1
        var readings = outcome.readings
        if let tail = tail(outcome[.latency]) { readings.append(tail) }
        if let agreement = wholeAgreement(outcome) { readings.append(agreement) }
        if outcome.isUntimed && overall[.latency] == nil {
            // Times that nobody could take are no pass.
            overall.insert(MetricTest(.latency, rule: policy.rule(.latency)))
        }
        learn(outcome)
        if let numbers = outcome.numbers {
            self.numbers.add(primary: numbers.primary, candidate: numbers.candidate)
        }
        remember(outcome)
        let isBroken = outcome.paths.contains {
            $0.candidate == .missing || $0.candidate == .type
        }
        take(readings, slices: outcome.slices, time: outcome.time, isSuspicious: isBroken)
    }

    /// Takes what became known of an earlier pair: its label, a person's opinion.
    ///
    /// The readings of `late` are new ones; the pair itself was counted when it came.
    public mutating func add(late: PairOutcome) {
        remember(late)
        take(late.readings, slices: late.slices, time: late.time, isSuspicious: false)
    }

    /// Lets a failure pass: its evidence is forgotten, and new evidence can fail it again.
    ///
    /// - Returns: false when there is no failure or no reason.
    public mutating func override(person: String, reason: String, time: Millis) -> Bool {
        guard let failure, !reason.allSatisfy(\.isWhitespace) else { return false }
        overrides.append(
            Override(person: person, reason: reason, time: time, failure: failure))
        let bar = log(1 / policy.level)
        overall.pardon(from: bar)
        for slice in slices.keys { slices[slice]?.pardon(from: bar) }
        if let path = failure.path { paths[path] = nil }
        self.failure = nil
        return true
    }

    private mutating func take(
        _ readings: [Reading], slices all: [Slice], time: Millis, isSuspicious: Bool
    ) {
        var isSuspicious = isSuspicious
        let alarm = log(1 / policy.level)
        var telling: [(Reading, MetricRule)] = []
        telling.reserveCapacity(readings.count)
        for reading in readings {
            let rule = policy.rule(reading.metric)
            let isAlarming = overall.add(reading, rule: rule, bar: alarm)
            guard rule.isGate && rule.rejects else { continue }
            telling.append((reading, rule))
            if isAlarming { isSuspicious = true }
        }
        var followed: [Slice] = []
        for slice in all {
            let slice = following(slice)
            if !followed.contains(slice) { followed.append(slice) }
        }
        for slice in followed {
            let isAlarming = slices[slice, default: MetricTests()].add(telling, bar: alarm)
            if isAlarming { isSuspicious = true }
        }
        // The families are only worked out when one member could have failed.
        if failure == nil && isSuspicious { failure = firstFailure(at: time) }
    }

    /// The slice under which a value is followed: late values of a field with many are `other`.
    private mutating func following(_ slice: Slice) -> Slice {
        if slices[slice] != nil { return slice }
        let known = sliceValues[slice.field, default: 0]
        if known >= policy.sliceValuesMax { return Slice(slice.field, "other") }
        sliceValues[slice.field] = known + 1
        slices[slice] = MetricTests()
        return slice
    }

    private mutating func tail(_ latency: Reading?) -> Reading? {
        guard let primary = latency?.primary, let candidate = latency?.candidate else { return nil }
        if let slow {
            return .difference(
                .tail, primary: primary > slow ? 0 : 1, candidate: candidate > slow ? 0 : 1)
        }
        tailWaiting.append(primary)
        if tailWaiting.count == Self.tailPairs {
            let usual = tailWaiting.sorted()[Self.tailPairs * 95 / 100]
            slow = usual + policy.unnoticedSeconds
            tailWaiting = []
        }
        return nil
    }

    /// Whether the whole answers agree, but for the paths that the primary itself does not keep.
    ///
    /// Noise is what was seen before this pair, so that the pair cannot excuse itself.
    private func wholeAgreement(_ outcome: PairOutcome) -> Reading? {
        guard outcome.isCompared, outcome[.agreement] == nil, outcome[.cosine] == nil else {
            return nil
        }
        if (outcome.hasSecond || seconds > 0) && seconds < Self.learningPairs { return nil }
        let differs = outcome.paths.contains { reading in
            reading.candidate != nil && paths[reading.path]?.secondDiffers ?? 0 == 0
        }
        return .difference(.agreement, primary: 1, candidate: differs ? 0 : 1)
    }

    private mutating func learn(_ outcome: PairOutcome) {
        guard outcome.isCompared else { return }
        compared += 1
        if outcome.hasSecond { seconds += 1 }
        for reading in outcome.paths {
            guard paths[reading.path] != nil || paths.count < Self.pathsMax else { continue }
            paths[reading.path, default: PathTest()].add(reading, of: outcome)
        }
    }

    private mutating func remember(_ outcome: PairOutcome) {
        if let classes = outcome.classes {
            let cell = Confusion(
                primary: classes.primary, candidate: classes.candidate,
                label: outcome.label ?? "", count: 0)
            if confusion[cell] != nil || confusion.count < Self.confusionsMax {
                confusion[cell, default: 0] += 1
            }
        }
        guard outcome.badness > 0 else { return }
        worst.removeAll { $0.id == outcome.id && $0.badness <= outcome.badness }
        if worst.contains(where: { $0.id == outcome.id }) { return }
        let place = worst.firstIndex { $0.badness < outcome.badness } ?? worst.count
        worst.insert((outcome.id, outcome.badness), at: place)
        if worst.count > policy.examplesMax { worst.removeLast() }
    }
}
