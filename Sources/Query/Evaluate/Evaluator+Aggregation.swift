// Aggregations that fold: every series belongs to a group that is found once, and a row is added to
// its group's columns in one loop.

internal import Basics

extension Evaluator {
    func aggregate(_ node: Aggregation, _ steps: Steps) throws(QueryError) -> Frame {
        var column: [Double] = []
        if let parameter = node.parameter, node.operation != .countValues {
            column = try scalar(parameter, steps)
        }
        let frame = try vector(node.expression, steps, in: node.operation.rawValue)
        var grouping = Grouping(groupFilter(node))
        let groups = frame.labels.map { grouping.group(of: $0) }
        switch node.operation {
        case .topk, .bottomk, .limitk:
            return try picked(node, frame, groups, grouping.keys.count, column)
        case .limitRatio: return limited(node, frame, column)
        case .countValues: return try countedValues(node, frame)
        default: break
        }
        var result = Frame(width: steps.count)
        try budget.hold(rows: grouping.keys.count, width: steps.count)
        for labels in grouping.keys { result.appendEmpty(labels) }
        if options.delayedNameRemoval {
            for (row, group) in groups.enumerated() where frame.dropsName[row] {
                result.dropsName[group] = true
            }
        }
        if node.operation == .quantile {
            let span = node.parameter?.span ?? node.span
            for level in Set(column) { checkQuantile(level, span) }
            try quantiles(frame, groups, column, into: &result)
        } else {
            try fold(node.operation, frame, groups, into: &result)
        }
        return result.compacted()
    }

    func groupFilter(_ node: Aggregation) -> LabelFilter {
        if !node.isWithout { return .keeping(node.grouping) }
        let names =
            options.typeAndUnitLabels
            ? [Labels.metricName, "__type__", "__unit__"] : [Labels.metricName]
        return .dropping(names + node.grouping)
    }

    private func fold(
        _ operation: AggregationOperator, _ frame: Frame, _ groups: [Int], into result: inout Frame
    ) throws(QueryError) {
        switch operation {
        case .sum:
            try fold(frame, groups, KahanSum(), into: &result) {
                $0.add($1)
            } end: {
                $0.total
            }
        case .avg:
            try fold(frame, groups, RunningMean?.none, into: &result) {
                if $0 == nil { $0 = RunningMean($1) } else { $0?.add($1) }
            } end: {
                $0?.mean ?? absent
            }
        case .count:
            try fold(frame, groups, 0.0, into: &result) { count, _ in
                count += 1
            } end: {
                $0
            }
        case .group:
            try fold(frame, groups, 1.0, into: &result) { _, _ in
            } end: {
                $0
            }
        case .min:
            try fold(frame, groups, Double.nan, into: &result) {
                if $0 > $1 || $0.isNaN { $0 = $1 }
            } end: {
                $0
            }
        case .max:
            try fold(frame, groups, Double.nan, into: &result) {
                if $0 < $1 || $0.isNaN { $0 = $1 }
            } end: {
                $0
            }
        case .stdvar:
            try fold(frame, groups, Spread(), into: &result) {
                $0.add($1)
            } end: {
                $0.variance
            }
        case .stddev:
            try fold(frame, groups, Spread(), into: &result) {
                $0.add($1)
            } end: {
                $0.variance.squareRoot()
            }
        default: break
        }
    }

    /// Folds rows into their groups; a group has a value at a step where any of its rows has one.
    @inline(__always)
    private func fold<State>(
        _ frame: Frame, _ groups: [Int], _ start: State, into result: inout Frame,
        _ add: (inout State, Double) -> Void, end: (State) -> Double
    ) throws(QueryError) {
        let width = frame.width
        var states = [State](repeating: start, count: result.rows * width)
        var isThere = [Bool](repeating: false, count: result.rows * width)
        for row in 0..<frame.rows {
            try budget.tick()
            let base = groups[row] * width
            let cells = row * width
            frame.values.withUnsafeBufferPointer { values in
                states.withUnsafeMutableBufferPointer { states in
                    isThere.withUnsafeMutableBufferPointer { isThere in
                        for step in 0..<width {
                            let value = values[cells + step]
                            if isAbsent(value) { continue }
                            add(&states[base + step], value)
                            isThere[base + step] = true
                        }
                    }
                }
            }
        }
        for index in states.indices where isThere[index] {
            result.values[index] = end(states[index])
        }
    }

    private func quantiles(
        _ frame: Frame, _ groups: [Int], _ levels: [Double], into result: inout Frame
    ) throws(QueryError) {
        var rows = [[Int]](repeating: [], count: result.rows)
        for (row, group) in groups.enumerated() { rows[group].append(row) }
        var values: [Double] = []
        for (group, members) in rows.enumerated() {
            for step in 0..<frame.width {
                try budget.tick()
                values.removeAll(keepingCapacity: true)
                for row in members where !isAbsent(frame[row, step]) {
                    values.append(frame[row, step])
                }
                if values.isEmpty { continue }
                sortNaNFirst(&values)
                result[group, step] = quantileOfSorted(levels[step], values)
            }
        }
    }
}

/// Welford's running variance; an infinite or missing number makes it NaN.
private struct Spread {
    private var count = 0.0
    private var mean = 0.0
    private var squares = 0.0

    mutating func add(_ value: Double) {
        count += 1
        if count == 1 && !value.isFinite { squares = .nan }
        let delta = value - mean
        mean += delta / count
        if count > 1 { squares += delta * (value - mean) }
    }

    var variance: Double { squares / count }
}
