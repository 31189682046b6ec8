// What the evaluation of rules needs from outside: somebody who answers queries, a place for
// results, a memory, and the names under which this agent is known.

public import Basics
public import Query

/// An alert that changed its state.
public struct AlertTransition: Sendable, Equatable {
    public enum State: String, Sendable {
        case pending, firing, resolved
        /// Its condition ended before it fired.
        case inactive
    }

    public var at: Millis
    public var alert: String
    public var labels: Labels
    public var state: State
    /// NaN when the expression no longer has one.
    public var value: Double
}

/// The seams and settings of rule evaluation.
public struct RuleWorld: Sendable {
    public var engine: Engine
    public var intake: Intake
    public var memory: AlertMemory
    public var limits = QueryLimits()
    /// Added to alerts that leave, unless they have the label already.
    public var externalLabels: Labels = .empty
    /// The address under which people reach this server, without a slash at its end.
    public var externalURL = ""
    /// For groups without an interval of their own; Prometheus' default is a minute.
    public var intervalMillis: Millis = 60_000
    /// For groups without an offset of their own.
    public var queryOffsetMillis: Millis = 0
    public var resendDelayMillis: Millis = 60_000
    public var restoring = AlertRestoring()
    /// Hears of every alert that changes its state, once a rule and only when there is news.
    public var transitions: @Sendable ([AlertTransition]) -> Void = { _ in }
    /// Nanoseconds that only grow, for measuring.
    public var monotonic: @Sendable () -> Int64 = Clock.system.monotonic

    public init(engine: Engine, intake: Intake, memory: AlertMemory = .none) {
        self.engine = engine
        self.intake = intake
        self.memory = memory
    }

    /// The answer of an expression as a vector; a scalar becomes one element without labels.
    func vector(_ expression: String, at time: Millis) throws(RuleFault) -> [VectorSample] {
        let answer: QueryAnswer
        do {
            answer = try engine.instant(expression, time, limits)
        } catch {
            throw RuleFault(error.text(in: expression))
        }
        switch answer.value {
        case .vector(let samples): return samples
        case .scalar(let value): return [VectorSample(labels: .empty, time: time, value: value)]
        case .string, .matrix: throw RuleFault("rule result is not a vector or scalar")
        }
    }

    /// What templates may ask at a time.
    func templates(at time: Millis) -> TemplateWorld {
        let (engine, limits) = (engine, limits)
        return TemplateWorld(now: time, externalURL: externalURL) { (text, at) throws(QueryError) in
            let answer = try engine.instant(text, at, limits)
            switch answer.value {
            case .vector(let samples): return samples
            case .scalar(let value): return [VectorSample(labels: .empty, time: at, value: value)]
            default: throw .execution("query result is not a vector or scalar")
            }
        }
    }
}
