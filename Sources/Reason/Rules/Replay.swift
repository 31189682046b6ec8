// Rules over history: what would have fired, when, and for how long. The same evaluator as in the agent runs
// step by step over the past; what the rules write goes into a store of its own, beside the history, so that
// rules that build on each other work and nothing real is touched.

public import Basics
public import Query

/// A run of rules over the past.
public struct RuleReplay: Sendable {
    /// An alert that would have fired.
    public struct Episode: Sendable, Equatable {
        public var alert: String
        public var labels: Labels
        public var from: Millis
        /// nil when it still fired at the end.
        public var to: Millis?
        public var firstValue: Double
    }

    public var episodes: [Episode] = []
    /// Alerts that were pending and passed.
    public var passedCount = 0
    /// Rules that failed, with their last error.
    public var faults: [(rule: String, reason: String)] = []
    public var stepCount = 0

    /// A month at 15 s is 180,000 steps of every group.
    public static let stepsMax = 500_000

    /// Runs groups from one time to another.
    ///
    /// - Parameters:
    ///   - source: the history; its `ALERTS` are not seen.
    ///   - makeEngine: makes an engine over the history and what the rules write.
    /// - Throws: ``RuleFault`` for more than ``stepsMax`` steps.
    public init(
        _ groups: [RuleGroup], over range: TimeRange, intervalMillis: Millis = 60_000,
        makeEngine: (_ written: SeriesSource) -> Engine
    ) throws(RuleFault) {
        let store = BenchStore()
        let news = Lock<[AlertTransition]>([])
        var world = RuleWorld(engine: makeEngine(store.source), intake: store.intake)
        world.intervalMillis = intervalMillis
        world.transitions = { all in news.withLock { $0 += all } }
        var evaluators = groups.map { GroupEvaluator($0, world: world) }
        let steps = evaluators.reduce(0) {
            $0 + Int((range.through - range.from) / $1.intervalMillis)
        }
        guard steps <= Self.stepsMax else {
            throw RuleFault(
                "\(steps) evaluations are more than the limit of \(Self.stepsMax); choose a shorter time"
            )
        }
        var next = evaluators.map { _ in range.from }
        while let time = next.min(), time <= range.through {
            for index in evaluators.indices where next[index] == time {
                _ = evaluators[index].step(at: time)
                next[index] += evaluators[index].intervalMillis
                stepCount += 1
            }
        }
        collect(news.withLock { $0 })
        for rule in evaluators.flatMap(\.snapshot.rules) where rule.health == .err {
            faults.append((rule.rule.name, rule.lastError ?? "failed"))
        }
    }

    private mutating func collect(_ news: [AlertTransition]) {
        var open: [String: Int] = [:]
        for change in news {
            let key = "\(change.alert) \(change.labels)"
            switch change.state {
            case .firing:
                open[key] = episodes.count
                episodes.append(
                    Episode(
                        alert: change.alert, labels: change.labels, from: change.at, to: nil,
                        firstValue: change.value))
            case .resolved:
                if let index = open.removeValue(forKey: key) { episodes[index].to = change.at }
            case .inactive: passedCount += 1
            case .pending: break
            }
        }
    }
}
