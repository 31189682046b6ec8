// Binary operators. Scalars combine column by column, a vector with a scalar cell by cell; two vectors
// are matched by their labels once, and then combine row by row.

internal import Basics
internal import Glibc

extension BinaryOperator {
    /// The arithmetic, or 1 and 0 for a comparison.
    @inline(__always)
    func apply(_ left: Double, _ right: Double) -> Double {
        switch self {
        case .add: left + right
        case .subtract: left - right
        case .multiply: left * right
        case .divide: left / right
        case .modulo: fmod(left, right)
        case .power: pow(left, right)
        case .atan2: Glibc.atan2(left, right)
        case .equal: left == right ? 1 : 0
        case .notEqual: left != right ? 1 : 0
        case .less: left < right ? 1 : 0
        case .lessOrEqual: left <= right ? 1 : 0
        case .greater: left > right ? 1 : 0
        case .greaterOrEqual: left >= right ? 1 : 0
        case .and, .or, .unless: .nan
        }
    }
}

extension Evaluator {
    func binary(_ node: BinaryOperation, _ steps: Steps) throws(QueryError) -> StepValue {
        let left = try evaluate(node.left, steps)
        let right = try evaluate(node.right, steps)
        switch (left, right) {
        case (.scalar(let left), .scalar(let right)):
            return .scalar(zip(left, right).map { node.operation.apply($0, $1) })
        case (.vector(let frame), .scalar(let column)):
            return .vector(try combine(frame, column, node, isSwapped: false))
        case (.scalar(let column), .vector(let frame)):
            return .vector(try combine(frame, column, node, isSwapped: true))
        case (.vector(let left), .vector(let right)):
            if node.operation.isSetOperation { return .vector(try setOperation(left, right, node)) }
            return .vector(try matched(left, right, node))
        default: throw .execution("internal: a binary operator met a string")
        }
    }

    private func combine(
        _ original: Frame, _ column: [Double], _ node: BinaryOperation, isSwapped: Bool
    ) throws(QueryError) -> Frame {
        var frame = original
        let operation = node.operation
        let filters = operation.isComparison && !node.returnsBool
        let width = frame.width
        frame.values.withUnsafeMutableBufferPointer { cells in
            column.withUnsafeBufferPointer { column in
                for start in stride(from: 0, to: cells.count, by: Swift.max(1, width)) {
                    for step in 0..<width {
                        let value = cells[start + step]
                        if isAbsent(value) { continue }
                        let result =
                            isSwapped
                            ? operation.apply(column[step], value)
                            : operation.apply(value, column[step])
                        if filters {
                            if result == 0 { cells[start + step] = absent }
                        } else {
                            cells[start + step] = result
                        }
                    }
                }
            }
        }
        return filters ? frame.compacted() : try withoutNames(frame)
    }

    /// `and`, `or`, `unless`: elements are kept or not by whether the other side has their labels.
    private func setOperation(
        _ left: Frame, _ right: Frame, _ node: BinaryOperation
    ) throws(QueryError) -> Frame {
        let matching = node.matching ?? VectorMatching()
        var grouping = Grouping(signature(matching))
        let leftGroups = left.labels.map { grouping.group(of: $0) }
        let rightGroups = right.labels.map { grouping.group(of: $0) }
        let width = left.width
        var isThere = [Bool](repeating: false, count: grouping.keys.count * width)
        let (decider, groups) = node.operation == .or ? (left, leftGroups) : (right, rightGroups)
        for row in 0..<decider.rows {
            for step in 0..<width where !isAbsent(decider[row, step]) {
                isThere[groups[row] * width + step] = true
            }
        }
        var result: Frame
        switch node.operation {
        case .or:
            result = left
            var other = right
            for row in 0..<other.rows {
                for step in 0..<width where isThere[rightGroups[row] * width + step] {
                    other[row, step] = absent
                }
            }
            for row in 0..<other.rows where other.hasValues(row) {
                result.append(
                    other.labels[row], other.values[other.cells(row)],
                    dropsName: other.dropsName[row])
            }
            return try result.merged()
        default:
            result = left
            let wanted = node.operation == .and
            for row in 0..<result.rows {
                for step in 0..<width where isThere[leftGroups[row] * width + step] != wanted {
                    result[row, step] = absent
                }
            }
            return result.compacted()
        }
    }

    /// The labels by which the sides of an operator meet.
    func signature(_ matching: VectorMatching) -> LabelFilter {
        if matching.isOn { return .keeping(matching.labels) }
        return .dropping([Labels.metricName] + matching.labels)
    }
}
