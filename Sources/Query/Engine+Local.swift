// The engine over a source of this process: parse, evaluate over all steps, and shape the answer.

public import Basics

/// How an engine reads and evaluates.
public struct EngineOptions: Sendable {
    public var parser = ParserOptions()
    /// The step of a subquery that names none: Prometheus uses its evaluation interval, 1 minute.
    public var subqueryStepMillis: Millis = 60_000
    /// Names go at the end of the query and not at each operator, so that `label_replace` still sees
    /// them (Prometheus' `promql-delayed-name-removal`).
    public var delayedNameRemoval = false
    /// `__type__` and `__unit__` go where the name goes (Prometheus' `type-and-unit-labels`).
    public var typeAndUnitLabels = false
    public var clock = Clock.system
    /// Counts what limits refused, as `martlet_limit_refusals_total`.
    public var registry: Registry?

    public init() {}
}

extension Engine {
    /// An engine that evaluates here.
    ///
    /// Calls block: they read the source and compute.
    public static func local(
        source: SeriesSource, options: EngineOptions = EngineOptions()
    ) -> Engine {
        Engine(
            instant: { (text, time, limits) throws(QueryError) in
                try LocalQuery(text, source, options, limits).instant(at: time)
            },
            range: { (text, range, step, limits) throws(QueryError) in
                try LocalQuery(text, source, options, limits).range(range, stepMillis: step)
            },
            explain: { (text, range, step, limits) throws(QueryError) in
                try LocalQuery(text, source, options, limits).explanation(range, step)
            })
    }
}

/// Evaluates a query and tells what each of its nodes cost.
///
/// - Parameters:
///   - range: the times to evaluate at; equal ends for an instant query.
///   - stepMillis: the step; 0 for an instant query.
public func explain(
    _ text: String, source: SeriesSource, range: TimeRange, stepMillis: Millis,
    options: EngineOptions = EngineOptions(), limits: QueryLimits = QueryLimits()
) throws(QueryError) -> Explanation {
    try LocalQuery(text, source, options, limits).explanation(range, stepMillis)
}

/// One query on its way.
struct LocalQuery {
    let text: String
    let source: SeriesSource
    let options: EngineOptions
    let limits: QueryLimits
    let expression: Expression

    init(
        _ text: String, _ source: SeriesSource, _ options: EngineOptions, _ limits: QueryLimits
    ) throws(QueryError) {
        self.text = text
        self.source = source
        self.options = options
        self.limits = limits
        expression = try parseExpression(text, options: options.parser)
    }

    private func evaluator(_ steps: Steps) throws(QueryError) -> Evaluator {
        for time in [steps.from, steps.through] where time.magnitude > timeMillisMax.magnitude {
            throw .execution("the time \(time) ms is out of bounds (at most \(timeMillisMax) ms)")
        }
        return Evaluator(
            text, source, options, Budget(limits, options.clock, options.registry), steps)
    }

    func instant(at time: Millis) throws(QueryError) -> QueryAnswer {
        let steps = Steps(at: time)
        let evaluator = try evaluator(steps)
        let tree = expression.pinned(from: time, through: time)
        let value: QueryValue
        if tree.valueType == .matrix {
            value = try matrix(tree, steps, evaluator)
        } else {
            switch try evaluator.evaluate(tree, steps) {
            case .scalar(let column): value = .scalar(column.first ?? .nan)
            case .string(let bytes): value = .string(String(decoding: bytes, as: UTF8.self))
            case .vector(let frame):
                let finished = try evaluator.finished(frame)
                value = .vector(
                    (0..<finished.rows).filter { !isAbsent(finished[$0, 0]) }.map { row in
                        VectorSample(
                            labels: finished.labels[row], time: time, value: finished[row, 0])
                    })
            }
        }
        return answer(value, evaluator)
    }

    /// A range selector or subquery as the whole of an instant query.
    private func matrix(
        _ tree: Expression, _ steps: Steps, _ evaluator: Evaluator
    ) throws(QueryError) -> QueryValue {
        let input = try evaluator.windows(tree, steps, nil)
        let end = input.sight.first
        var found: [Series] = []
        for (one, dropsName) in zip(input.series, input.dropsName) {
            let inside = one.times.indices.filter {
                one.times[$0] <= end && one.times[$0] > end - input.rangeMillis
            }
            if inside.isEmpty { continue }
            found.append(
                Series(
                    labels: dropsName ? evaluator.nameFilter.labels(one.labels) : one.labels,
                    times: inside.map { one.times[$0] }, values: inside.map { one.values[$0] }))
        }
        return .matrix(found.sorted { $0.labels < $1.labels })
    }

    func range(_ range: TimeRange, stepMillis: Millis) throws(QueryError) -> QueryAnswer {
        guard stepMillis > 0 || range.from == range.through else {
            throw .execution("the step must be greater than 0, got \(stepMillis) ms")
        }
        let type = expression.valueType
        guard type == .scalar || type == .vector else {
            throw .execution(
                "invalid expression type \"\(type.rawValue)\" for range query, must be Scalar or"
                    + " instant Vector")
        }
        // Ends are checked before anything is added to them or subtracted from them.
        let bound = timeMillisMax.magnitude
        guard range.from.magnitude <= bound, range.through.magnitude <= bound else {
            throw .execution("the times are out of bounds (at most \(timeMillisMax) ms)")
        }
        if stepMillis > 0, (range.through - range.from) / stepMillis >= Millis(limits.samplesMax) {
            // A value at every step is already too much.
            try Budget(limits, options.clock, options.registry).hold(Int.max)
        }
        let steps = Steps(from: range.from, through: range.through, stepMillis: stepMillis)
        let evaluator = try evaluator(steps)
        guard steps.count > 0 else { return answer(.matrix([]), evaluator) }
        let tree = expression.pinned(from: range.from, through: range.through)
        let times = (0..<steps.count).map(steps.time)
        switch try evaluator.evaluate(tree, steps) {
        case .scalar(let column):
            return answer(
                .matrix([Series(labels: .empty, times: times, values: column)]), evaluator)
        case .string: return answer(.matrix([]), evaluator)
        case .vector(let frame):
            let finished = try evaluator.finished(frame)
            return answer(.matrix(series(finished, times)), evaluator)
        }
    }

    private func series(_ frame: Frame, _ times: [Millis]) -> [Series] {
        var result: [Series] = []
        result.reserveCapacity(frame.rows)
        for row in 0..<frame.rows {
            let values = frame.values[frame.cells(row)]
            if !values.contains(where: isAbsent) {
                result.append(
                    Series(labels: frame.labels[row], times: times, values: Array(values)))
                continue
            }
            var one = Series(labels: frame.labels[row])
            for (time, value) in zip(times, values) where !isAbsent(value) {
                one.times.append(time)
                one.values.append(value)
            }
            if !one.times.isEmpty { result.append(one) }
        }
        return result.sorted { $0.labels < $1.labels }
    }

    func explanation(_ range: TimeRange, _ stepMillis: Millis) throws(QueryError) -> Explanation {
        let steps = Steps(from: range.from, through: range.through, stepMillis: stepMillis)
        let evaluator = try evaluator(steps)
        evaluator.trace = Trace(options.clock)
        let tree = expression.pinned(from: range.from, through: range.through)
        if tree.valueType == .matrix {
            _ = try evaluator.windows(tree, steps, nil)
        } else {
            _ = try evaluator.evaluate(tree, steps)
        }
        return evaluator.trace?.root
            ?? Explanation(
                text: tree.description, seriesCount: 0, cellCount: 0, nanoseconds: 0, children: [])
    }

    private func answer(_ value: QueryValue, _ evaluator: Evaluator) -> QueryAnswer {
        var answer = QueryAnswer(
            value: value, warnings: evaluator.remarks.warnings, infos: evaluator.remarks.infos)
        answer.statistics = evaluator.budget.statistics
        return answer
    }
}
