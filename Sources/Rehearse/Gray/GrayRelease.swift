// A release that gets more traffic step by step. Each stage is a trial of its own, because what was seen
// at one per cent says little about fifty: it starts from nothing, and its verdict is kept. A stage that
// fails asks for a roll-back, once, and the release stays failed until a person says otherwise. Requests
// of the two versions are different requests, so those of a window are matched by chance.

internal import Algebra
public import Basics
public import Bytes

/// One stage and its judgement.
public struct GrayStage: Sendable {
    /// The canary's share of the traffic, 0…1.
    public var share: Double
    public var start: Millis
    public internal(set) var trial: Trial
    public internal(set) var windows = 0
    /// The verdict when the stage was over, or when it failed.
    public internal(set) var verdict: Verdict?
}

/// What a release wants to be told to the world.
public struct RollBackSignal: Sendable {
    public var release: String
    public var version: String
    public var share: Double
    /// For a webhook: `{"event":"rollback", …}` with the reasons and the figures.
    public var payload: JSON
}

/// A gray release.
public struct GrayRelease: Sendable {
    public let release: String
    public let version: String
    public let policy: Policy
    public internal(set) var stages: [GrayStage] = []
    private var generator: Generator

    public init(release: String, version: String, policy: Policy = Policy(), seed: UInt64 = 1) {
        self.release = release
        self.version = version
        // Answers of different requests cannot be compared.
        var policy = policy
        policy.needsAnswers = false
        self.policy = policy
        generator = Generator(seed: seed)
    }

    /// The stage that traffic is in.
    public var current: GrayStage? { stages.last }

    /// Begins a stage; the one before is over, with the verdict that it had.
    public mutating func begin(share: Double, start: Millis) {
        if let last = stages.indices.last, stages[last].verdict == nil {
            stages[last].verdict = stages[last].trial.verdict
        }
        stages.append(GrayStage(share: share, start: start, trial: Trial(policy)))
    }

    /// Takes a window in.
    ///
    /// A window from before the stage's start belongs to another stage and is left out.
    ///
    /// - Returns: a signal when this window made the stage fail.
    public mutating func add(_ window: StageWindow) -> RollBackSignal? {
        guard let last = stages.indices.last, window.time >= stages[last].start else { return nil }
        stages[last].windows += 1
        for outcome in outcomes(window) { stages[last].trial.add(outcome) }
        guard stages[last].verdict == nil, stages[last].trial.failure != nil else { return nil }
        stages[last].verdict = .reject
        return signal(stages[last], at: window.time)
    }

    /// Where the current stage stands.
    public func standing() -> Standing? { current?.trial.standing() }

    /// A person lets a failed stage go on.
    public mutating func override(person: String, reason: String, time: Millis) -> Bool {
        guard let last = stages.indices.last,
            stages[last].trial.override(person: person, reason: reason, time: time)
        else { return false }
        stages[last].verdict = nil
        return true
    }

    /// Matched requests of a window: the smaller side whole, of the larger a sample as large.
    ///
    /// Under equal error rates a match is as likely to go one way as the other.
    private mutating func outcomes(_ window: StageWindow) -> [PairOutcome] {
        let (a, b) = (window.baseline, window.canary)
        let count = min(a.requests, b.requests)
        let primary = sampled(a, count)
        let candidate = sampled(b, count)
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
    private mutating func sampled(_ side: StageWindow.Side, _ count: Int) -> Int {
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

    private func signal(_ stage: GrayStage, at time: Millis) -> RollBackSignal {
        let standing = stage.trial.standing()
        let known = standing.json
        let payload = JSON.object([
            ("event", .string("rollback")), ("release", .string(release)),
            ("version", .string(version)), ("share", .exact(stage.share)),
            ("stage_started", .number(Int(stage.start))), ("decided", .number(Int(time))),
            ("verdict", .string(standing.verdict.rawValue)),
            ("reasons", known["reasons"] ?? .array([])),
            ("metrics", known["metrics"] ?? .array([])),
        ])
        return RollBackSignal(
            release: release, version: version, share: stage.share, payload: payload)
    }

    /// The record of all stages: share, start, windows, verdict and figures.
    public var record: JSON {
        .object([
            ("release", .string(release)), ("version", .string(version)),
            (
                "stages",
                .array(
                    stages.map { stage in
                        .object([
                            ("share", .exact(stage.share)), ("start", .number(Int(stage.start))),
                            ("windows", .number(stage.windows)),
                            (
                                "verdict",
                                .string((stage.verdict ?? stage.trial.verdict).rawValue)
                            ),
                            ("standing", stage.trial.standing().json),
                        ])
                    })
            ),
        ])
    }
}
