// Runs scripts as Prometheus' own runner does, with the options of its test engine, and repeats its
// hidden checks: an instant query must give the same at other times once its selectors are pinned with
// `@`, and the same as the middle of a range query. Cases that touch native histograms are skipped and
// named: which series are histograms is known from the `load` blocks.

internal import Basics

/// Runs promqltest scripts.
public struct ScriptRunner: Sendable {
    public var options: EngineOptions
    public var limits: QueryLimits
    /// Repeats instant queries pinned and as range queries.
    public var repeatsQueries = true

    public init() {
        options = EngineOptions()
        options.parser = ParserOptions(experimentalFunctions: true, durationExpressions: true)
        options.delayedNameRemoval = true
        options.typeAndUnitLabels = true
        limits = QueryLimits()
        // Upstream's test engine: small, so that scripts show what holds too much.
        limits.samplesMax = 10_000
        limits.timeout = .seconds(100)
    }

    /// Runs a script.
    public func run(_ text: String, named name: String) -> ScriptReport {
        var report = ScriptReport(name: name)
        let memory = MemorySource()
        var histograms: Set<Labels> = []
        for command in ScriptCommand.read(text) {
            switch command.kind {
            case .clear:
                memory.removeAll()
                histograms = []
            case .load(let load): histograms.formUnion(load.run(into: memory))
            case .fault(let reason):
                report.failures.append(.init(line: command.line, query: "", reason: reason))
            case .evaluate(let evaluation):
                if let reason = reasonToSkip(evaluation, histograms) {
                    report.skips.append(
                        .init(line: command.line, query: evaluation.query, reason: reason))
                    continue
                }
                let engine = Engine.local(source: memory.source, options: options)
                if let reason = fault(of: evaluation, engine) {
                    report.failures.append(
                        .init(line: command.line, query: evaluation.query, reason: reason))
                } else {
                    report.passedCount += 1
                }
            }
        }
        return report
    }

    private func reasonToSkip(_ evaluation: Evaluation, _ histograms: Set<Labels>) -> String? {
        if evaluation.results.contains(where: { $0.items.contains(.histogram) }) {
            return "expects native histograms"
        }
        guard let tree = try? parseExpression(evaluation.query, options: options.parser) else {
            return nil
        }
        for matchers in tree.selectors {
            let touches = histograms.contains { labels in
                matchers.allSatisfy { (try? $0.matches(labels)) ?? true }
            }
            if touches { return "selects native histograms" }
        }
        return nil
    }

    /// What is wrong with a case, nil when nothing is.
    private func fault(of evaluation: Evaluation, _ engine: Engine) -> String? {
        if !evaluation.isInstant {
            let answer = result { () throws(QueryError) in
                try engine.range(
                    evaluation.query, evaluation.range, evaluation.stepMillis, limits)
            }
            return evaluation.fault(of: answer)
        }
        let time = evaluation.range.from
        let answer = result { () throws(QueryError) in
            try engine.instant(evaluation.query, time, limits)
        }
        if let fault = evaluation.fault(of: answer) { return fault }
        guard repeatsQueries,
            let tree = try? parseExpression(evaluation.query, options: options.parser)
        else { return nil }
        return pinnedFault(evaluation, tree, engine) ?? rangeFault(evaluation, tree, engine)
    }

    /// Repeats an instant query at other times, its selectors pinned to the original one.
    private func pinnedFault(_ evaluation: Evaluation, _ tree: Expression, _ engine: Engine)
        -> String?
    {
        let time = evaluation.range.from
        let dependsOnTime = tree.functions.contains {
            $0.dependsOnTime || [.start, .end, .range, .step].contains($0)
        }
        if dependsOnTime { return nil }
        let query = tree.pinnedEverywhere(to: time).description
        let others = time == 0 ? [-1000, 0, 1000] : [-10 * time, 0, time / 5, time, 10 * time]
        for other in others {
            let answer = result { () throws(QueryError) in try engine.instant(query, other, limits)
            }
            if let fault = evaluation.fault(of: answer) {
                return "repeated as \(query) at \(durationText(other)): \(fault)"
            }
        }
        return nil
    }

    /// Repeats an instant query as a range query whose middle step is the same time.
    private func rangeFault(_ evaluation: Evaluation, _ tree: Expression, _ engine: Engine)
        -> String?
    {
        let isComparable =
            !evaluation.isOrdered && evaluation.string == nil && evaluation.matrix == nil
            && (tree.valueType == .scalar || tree.valueType == .vector)
            && tree.functions.isDisjoint(with: [.start, .end, .range, .step])
            && !tree.usesEnds
        guard isComparable else { return nil }
        let time = evaluation.range.from
        let minute: Millis = 60_000
        let answer = result { () throws(QueryError) in
            let range = TimeRange(from: time - minute, through: time + minute)
            var answer = try engine.range(evaluation.query, range, minute, limits)
            guard case .matrix(let series) = answer.value else { return answer }
            var elements: [VectorSample] = []
            for one in series {
                guard let index = one.times.firstIndex(of: time) else { continue }
                elements.append(
                    VectorSample(labels: one.labels, time: time, value: one.values[index]))
            }
            answer.value = .vector(elements)
            if tree.valueType == .scalar, let only = elements.first {
                answer.value = .scalar(only.value)
            }
            return answer
        }
        return evaluation.fault(of: answer).map { "repeated as a range query: \($0)" }
    }

    private func result(
        _ body: () throws(QueryError) -> QueryAnswer
    ) -> Result<QueryAnswer, QueryError> {
        do {
            return .success(try body())
        } catch {
            return .failure(error)
        }
    }
}

extension Load {
    /// Stores the series; returns the labels of those that are native histograms.
    func run(into memory: MemorySource) -> Set<Labels> {
        var histograms: Set<Labels> = []
        for (labels, items) in series {
            var made = Series(labels: labels)
            for (index, item) in items.enumerated() {
                switch item {
                case .value(let value):
                    made.times.append(Millis(index) * stepMillis)
                    made.values.append(value)
                case .gap: break
                case .histogram: histograms.insert(labels)
                }
            }
            if !made.times.isEmpty { memory.append(made) }
            let name = labels.metric
            if makesNativeHistograms, name.hasSuffix("_bucket"), labels["le"] != nil {
                let base = labels.dropping(["le"])
                histograms.insert(base.setting(Labels.metricName, String(name.dropLast(7))))
            }
        }
        return histograms
    }
}

extension Expression {
    /// The tree with every selector and subquery that has no `@` pinned to a time; what lies inside a
    /// subquery moves with the subquery and stays.
    fileprivate func pinnedEverywhere(to time: Millis) -> Expression {
        switch self {
        case .number, .string: return self
        case .vector(var node):
            if node.shift.moment == nil { node.shift.moment = .time(time) }
            return .vector(node)
        case .range(var node):
            if node.vector.shift.moment == nil { node.vector.shift.moment = .time(time) }
            return .range(node)
        case .subquery(var node):
            if node.shift.moment == nil { node.shift.moment = .time(time) }
            return .subquery(node)
        case .unary(var node):
            node.operand = node.operand.pinnedEverywhere(to: time)
            return .unary(node)
        case .binary(var node):
            node.left = node.left.pinnedEverywhere(to: time)
            node.right = node.right.pinnedEverywhere(to: time)
            return .binary(node)
        case .call(var node):
            node.arguments = node.arguments.map { $0.pinnedEverywhere(to: time) }
            return .call(node)
        case .aggregation(var node):
            node.expression = node.expression.pinnedEverywhere(to: time)
            node.parameter = node.parameter?.pinnedEverywhere(to: time)
            return .aggregation(node)
        case .paren(var node):
            node.expression = node.expression.pinnedEverywhere(to: time)
            return .paren(node)
        }
    }

    /// True when `@ start()` or `@ end()` occurs.
    fileprivate var usesEnds: Bool {
        switch self {
        case .vector(let node): return node.shift.moment == .start || node.shift.moment == .end
        case .subquery(let node):
            if node.shift.moment == .start || node.shift.moment == .end { return true }
            return node.expression.usesEnds
        default: return children.contains(where: \.usesEnds)
        }
    }
}
