// A release that gets more traffic step by step. Each stage is a trial of its own, because what was seen
// at one per cent says little about fifty: it starts from nothing, and its verdict is kept. A stage that
// fails asks for a roll-back, once, and the release stays failed until a person says otherwise or another
// version comes. Requests of the two versions are different requests, so those of a window are matched by
// chance; the chance is the window's own, so that the same reports always end in the same verdict.

internal import Algebra
public import Basics

/// One stage and its judgement.
public struct GrayStage: Sendable {
    /// The canary's share of the traffic, 0…1.
    public var share: Double
    public var start: Millis
    public internal(set) var trial: Trial
    public internal(set) var windows = 0
    /// Windows that were left out, because they were older than one that was taken, or came twice.
    public internal(set) var late = 0
    /// Requests of both versions, and those of the canary.
    public internal(set) var requests = 0
    public internal(set) var canaryRequests = 0
    /// The time of the last window.
    public internal(set) var last: Millis?
    /// The verdict when the stage was over, or when it failed.
    public internal(set) var ended: Verdict?
    /// Since when the verdict has been what it is.
    public internal(set) var since: Millis
    var known = Verdict.notEnoughData

    init(share: Double, start: Millis, trial: Trial) {
        self.share = share
        self.start = start
        self.trial = trial
        since = start
    }

    public var verdict: Verdict { ended ?? trial.verdict }
}

/// A gray release.
public struct GrayRelease: Sendable {
    /// Requests of a window that are matched; of more, a sample as large says the same.
    static let matchesMax = 10_000
    /// Stages that are remembered; releases have some five.
    static let stagesMax = 50

    public let release: String
    public let version: String
    public let policy: Policy
    public internal(set) var stages: [GrayStage] = []

    public init(release: String, version: String, policy: Policy = Policy()) {
        self.release = release
        self.version = version
        // Answers of different requests cannot be compared.
        var policy = policy
        policy.needsAnswers = false
        self.policy = policy
    }

    /// The stage that traffic is in.
    public var current: GrayStage? { stages.last }

    /// True from a failure on until a person overrides it.
    public var isFailed: Bool { stages.last?.trial.failure != nil }

    /// Begins a stage; the one before is over, with the verdict that it had.
    ///
    /// - Returns: false when the release has failed, and nobody overrode it.
    @discardableResult
    public mutating func begin(share: Double, start: Millis) -> Bool {
        if isFailed { return false }
        if let last = stages.indices.last {
            stages[last].ended = stages[last].trial.verdict
        }
        stages.append(GrayStage(share: share, start: start, trial: Trial(policy)))
        if stages.count > Self.stagesMax { stages.removeFirst() }
        return true
    }

    /// Takes a window in.
    ///
    /// A window from before the stage's start belongs to another stage, and one that is not newer than
    /// the last came twice: both are left out and counted.
    ///
    /// - Returns: a signal when this window made the stage fail.
    public mutating func add(_ window: StageWindow) -> RollBackSignal? {
        guard let last = stages.indices.last else { return nil }
        guard window.time >= stages[last].start, window.time > stages[last].last ?? .min else {
            stages[last].late += 1
            return nil
        }
        stages[last].last = window.time
        stages[last].windows += 1
        stages[last].requests += window.baseline.requests + window.canary.requests
        stages[last].canaryRequests += window.canary.requests
        let wasFailed = isFailed
        for outcome in outcomes(window) { stages[last].trial.add(outcome) }
        settle(at: window.time)
        return !wasFailed && isFailed ? RollBackSignal(self, stages[last], at: window.time) : nil
    }

    /// Where the current stage stands.
    public func standing() -> Standing? { current?.trial.standing() }

    /// A person lets a failed stage go on.
    ///
    /// - Returns: false when there is no failure or no reason.
    public mutating func override(person: String, reason: String, time: Millis) -> Bool {
        guard let last = stages.indices.last,
            stages[last].trial.override(person: person, reason: reason, time: time)
        else { return false }
        settle(at: time)
        return true
    }

    /// Notes since when the current verdict has stood.
    private mutating func settle(at time: Millis) {
        guard let last = stages.indices.last else { return }
        let verdict = stages[last].verdict
        if verdict != stages[last].known {
            stages[last].known = verdict
            stages[last].since = time
        }
    }

    /// Matched requests of a window: the smaller side whole, of the larger a sample as large.
    ///
    /// Under equal error rates a match is as likely to go one way as the other.
    private func outcomes(_ window: StageWindow) -> [PairOutcome] {
        let (a, b) = (window.baseline, window.canary)
        let count = min(a.requests, b.requests, Self.matchesMax)
        var generator = Generator(seed: UInt64(bitPattern: window.time))
        let primary = sampled(a, count, &generator)
        let candidate = sampled(b, count, &generator)
        var outcomes: [PairOutcome] = []
        for index in 0..<count {
            var outcome = PairOutcome(id: "\(window.time)-\(index)", time: window.time)
            // Failures lie apart, as chance would have it where they are rare.
            outcome.readings = [
                .difference(
                    .errors, primary: index < primary ? 0 : 1,
                    candidate: count - 1 - index < candidate ? 0 : 1)
            ]
            outcomes.append(outcome)
        }
        var summary = PairOutcome(id: "\(window.time)", time: window.time)
        for metric in Metric.allCases {
            guard let x = a.values[metric], let y = b.values[metric] else { continue }
            if metric.scale == .ratio {
                if let reading = Reading.ratio(metric, primary: x, candidate: y) {
                    summary.readings.append(reading)
                }
            } else {
                summary.readings.append(.difference(metric, primary: x, candidate: y))
            }
        }
        if !summary.readings.isEmpty || outcomes.isEmpty { outcomes.append(summary) }
        return outcomes
    }

    /// How many failures a sample of `count` requests of a side holds.
    private func sampled(
        _ side: StageWindow.Side, _ count: Int, _ generator: inout Generator
    ) -> Int {
        if count >= side.requests { return side.errors }
        var (left, failed, drawn) = (side.requests, side.errors, 0)
        for _ in 0..<count {
            if generator.below(left) < failed {
                drawn += 1
                failed -= 1
            }
            left -= 1
        }
        return drawn
    }
}
