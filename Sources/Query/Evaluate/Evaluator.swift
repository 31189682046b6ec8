// Walks a checked tree, each node once for all steps. What does not depend on the step is evaluated
// at the first step and spread. Selectors, ranges, operators and functions lie in files of their own;
// here are the order of things and the accounting.

internal import Basics

final class Evaluator {
    let text: String
    let source: SeriesSource
    let options: EngineOptions
    let budget: Budget
    /// The query's own steps, for `start()`, `end()`, `range()` and `step()`.
    let whole: Steps
    var remarks = Remarks()
    /// Notes what each node cost, when somebody asked.
    var trace: Trace?

    init(
        _ text: String, _ source: SeriesSource, _ options: EngineOptions, _ budget: Budget,
        _ whole: Steps
    ) {
        self.text = text
        self.source = source
        self.options = options
        self.budget = budget
        self.whole = whole
    }

    /// The labels that go when a value is no longer that of its metric.
    var nameFilter: LabelFilter {
        .dropping(
            options.typeAndUnitLabels
                ? [Labels.metricName, "__type__", "__unit__"] : [Labels.metricName])
    }

    func place(_ span: Span) -> String { "(\(placeText(span.from, in: text)))" }

    func warn(_ what: String, _ span: Span) {
        remarks.warn("PromQL warning: \(what) \(place(span))")
    }

    func inform(_ what: String, _ span: Span) {
        remarks.inform("PromQL info: \(what) \(place(span))")
    }

    /// Evaluates a node; `function` is the call or aggregation around it, for the source's hints.
    func evaluate(
        _ node: Expression, _ steps: Steps, in function: String? = nil
    ) throws(QueryError) -> StepValue {
        try budget.check()
        let mark = budget.held
        trace?.enter(node)
        let value: StepValue
        if steps.count > 1, !node.isLiteral, node.isStepInvariant {
            let once = try compute(node, Steps(at: steps.from), function)
            value = try spread(once, steps.count)
        } else {
            value = try compute(node, steps, function)
        }
        budget.settle(at: mark, keeping: value.cells)
        trace?.leave(value)
        return value
    }

    private func spread(_ value: StepValue, _ count: Int) throws(QueryError) -> StepValue {
        switch value {
        case .string: return value
        case .scalar(let column):
            return .scalar(Array(repeating: column.first ?? .nan, count: count))
        case .vector(let frame):
            try budget.hold(rows: frame.rows, width: count)
            return .vector(frame.spread(over: count))
        }
    }

    private func compute(
        _ node: Expression, _ steps: Steps, _ function: String?
    ) throws(QueryError) -> StepValue {
        switch node {
        case .number(let node):
            try budget.hold(steps.count)
            return .scalar(Array(repeating: node.value, count: steps.count))
        case .string(let node): return .string(node.bytes)
        case .paren(let node): return try evaluate(node.expression, steps, in: function)
        case .vector(let node):
            return .vector(try instant(node, steps, function, wantsTimes: false))
        case .unary(let node): return try unary(node, steps, function)
        case .binary(let node): return try binary(node, steps)
        case .call(let node): return try call(node, steps)
        case .aggregation(let node): return .vector(try aggregate(node, steps))
        case .range, .subquery:
            // The type check lets these stand only as arguments, which ask for windows.
            throw .execution("internal: a range vector was evaluated as an instant vector")
        }
    }

    private func unary(
        _ node: UnaryOperation, _ steps: Steps, _ function: String?
    ) throws(QueryError) -> StepValue {
        let value = try evaluate(node.operand, steps, in: function)
        guard node.isNegation else { return value }
        switch value {
        case .scalar(let column): return .scalar(column.map { -$0 })
        case .string: return value
        case .vector(var frame):
            frame.mapValues { -$0 }
            return .vector(try withoutNames(frame))
        }
    }

    func vector(
        _ node: Expression, _ steps: Steps, in function: String? = nil
    ) throws(QueryError) -> Frame {
        guard case .vector(let frame) = try evaluate(node, steps, in: function) else {
            throw .execution("internal: not an instant vector")
        }
        return frame
    }

    func scalar(_ node: Expression, _ steps: Steps) throws(QueryError) -> [Double] {
        guard case .scalar(let column) = try evaluate(node, steps) else {
            throw .execution("internal: not a scalar")
        }
        return column
    }

    func string(_ node: Expression) -> [UInt8] {
        guard case .string(let literal) = node.unparenthesized else { return [] }
        return literal.bytes
    }

    /// The frame with its rows' names gone, or marked to go at the end of the query.
    func withoutNames(_ original: Frame) throws(QueryError) -> Frame {
        var frame = original
        if options.delayedNameRemoval {
            frame.dropsName = Array(repeating: true, count: frame.rows)
            return frame
        }
        let first = frame.labels.first.map { $0.withMetricName { Array($0) } } ?? []
        let areOfOneMetric = frame.labels.allSatisfy {
            $0.withMetricName { $0.elementsEqual(first) }
        }
        let filter = nameFilter
        for row in 0..<frame.rows { frame.labels[row] = filter.labels(frame.labels[row]) }
        // Series of one metric stay different without its name.
        return areOfOneMetric && !options.typeAndUnitLabels ? frame : try frame.merged()
    }

    /// What delayed name removal left to do.
    func finished(_ original: Frame) throws(QueryError) -> Frame {
        guard original.dropsName.contains(true) else { return original }
        var frame = original
        let filter = nameFilter
        for row in 0..<frame.rows where frame.dropsName[row] {
            frame.labels[row] = filter.labels(frame.labels[row])
            frame.dropsName[row] = false
        }
        return try frame.merged()
    }
}

extension Labels {
    /// Calls `body` with the bytes of the metric's name, empty when there is none.
    func withMetricName<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        metricNameBytes.withUnsafeBytes { name in
            withValue(of: name, body) ?? body(UnsafeRawBufferPointer(start: nil, count: 0))
        }
    }
}

private let metricNameBytes = Array(Labels.metricName.utf8)

extension Expression {
    var isLiteral: Bool {
        switch self {
        case .number, .string: true
        default: false
        }
    }

    /// True when the node yields the same at every step.
    var isStepInvariant: Bool {
        switch self {
        case .number, .string: return true
        case .vector(let node): return node.shift.moment != nil
        case .range(let node): return node.vector.shift.moment != nil
        case .subquery(let node): return node.shift.moment != nil
        case .call(let node):
            if node.function.dependsOnTime { return false }
            return node.arguments.allSatisfy(\.isStepInvariant)
        default: return children.allSatisfy(\.isStepInvariant)
        }
    }

    /// The tree with `start()` and `end()` of `@` replaced by the times they stand for.
    func pinned(from: Millis, through: Millis) -> Expression {
        func pin(_ shift: inout TimeShift) {
            if shift.moment == .start { shift.moment = .time(from) }
            if shift.moment == .end { shift.moment = .time(through) }
        }
        return rewritten { node in
            switch node {
            case .vector(var node):
                pin(&node.shift)
                return .vector(node)
            case .subquery(var node):
                pin(&node.shift)
                return .subquery(node)
            default: return node
            }
        }
    }
}
