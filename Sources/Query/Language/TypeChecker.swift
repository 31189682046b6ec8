// What may stand where. One pass over a parsed tree, leaves last, that reports the first fault with
// the words of Prometheus and drops what only two instant vectors can have (their matching).

internal import Basics

struct TypeChecker {
    let bytes: [UInt8]
    let options: ParserOptions

    private func fault(_ reason: String, _ span: Span) -> QueryError {
        .parse(reason: reason, from: span.from, through: span.end)
    }

    /// The tree, checked and with matchings settled.
    func checked(_ expression: Expression) throws(QueryError) -> Expression {
        switch expression {
        case .number, .string: return expression
        case .vector(let node):
            try check(node)
            return expression
        case .range(let node):
            try check(node.vector)
            return expression
        case .paren(var node):
            node.expression = try checked(node.expression)
            return .paren(node)
        case .unary(var node):
            node.operand = try checked(node.operand)
            let type = node.operand.valueType
            guard type == .scalar || type == .vector else {
                throw fault(
                    "unary expression only allowed on expressions of type scalar or instant vector,"
                        + " got \(quoted(type.rawValue))", node.span)
            }
            return .unary(node)
        case .subquery(var node):
            node.expression = try checked(node.expression)
            let type = node.expression.valueType
            guard type == .vector else {
                let short = type == .matrix ? "matrix" : type.rawValue
                throw fault(
                    "subquery is only allowed on instant vector, got \(short) instead", node.span)
            }
            return .subquery(node)
        case .binary(let node): return .binary(try check(node))
        case .call(let node): return .call(try check(node))
        case .aggregation(let node): return .aggregation(try check(node))
        }
    }

    private func check(_ node: VectorSelector) throws(QueryError) {
        let names = node.matchers.filter { $0.name == Labels.metricName }
        if let name = node.name, names.count > 1, let other = names.first {
            throw fault(
                "metric name must not be set twice: \(quoted(name)) or \(quoted(other.value))",
                node.span)
        }
        for matcher in node.matchers {
            let matchesNothing = (try? matcher.matches("")) ?? false
            if !matchesNothing { return }
        }
        throw fault("vector selector must contain at least one non-empty matcher", node.span)
    }

    private func expect(
        _ wanted: ValueType, _ node: Expression, _ context: String
    ) throws(QueryError) {
        let type = node.valueType
        guard type == wanted else {
            throw fault(
                "expected type \(wanted.rawValue) in \(context), got \(type.rawValue)", node.span)
        }
    }

    private func check(_ original: Aggregation) throws(QueryError) -> Aggregation {
        var node = original
        node.expression = try checked(node.expression)
        try expect(.vector, node.expression, "aggregation expression")
        if let parameter = node.parameter {
            let settled = try checked(parameter)
            let wanted: ValueType = node.operation == .countValues ? .string : .scalar
            try expect(wanted, settled, "aggregation parameter")
            node.parameter = settled
        }
        return node
    }

    private func check(_ original: FunctionCall) throws(QueryError) -> FunctionCall {
        var node = original
        let name = quoted(node.function.rawValue)
        let signature = node.function.signature
        if node.function.isExperimental && !options.experimentalFunctions {
            throw fault(
                "function \(name) is not enabled: experimental functions are off", node.span)
        }
        let wanted = signature.arguments.count
        let given = node.arguments.count
        if signature.variadic == 0 {
            guard given == wanted else {
                throw fault(
                    "expected \(wanted) argument(s) in call to \(name), got \(given)", node.span)
            }
        } else {
            let least = wanted - 1
            guard given >= least else {
                throw fault(
                    "expected at least \(least) argument(s) in call to \(name), got \(given)",
                    node.span)
            }
            let most = least + signature.variadic
            guard signature.variadic < 0 || given <= most else {
                throw fault(
                    "expected at most \(most) argument(s) in call to \(name), got \(given)",
                    node.span)
            }
        }
        for index in node.arguments.indices {
            let type = signature.arguments[Swift.min(index, wanted - 1)]
            if node.function == .info && index == 1 {
                // The second argument of `info` only chooses labels, so it may match everything.
                guard case .vector(let selector) = node.arguments[index], selector.name == nil
                else {
                    throw fault("expected label selectors only", node.arguments[index].span)
                }
                continue
            }
            node.arguments[index] = try checked(node.arguments[index])
            try expect(type, node.arguments[index], "call to function \(name)")
        }
        return node
    }

    private func check(_ original: BinaryOperation) throws(QueryError) -> BinaryOperation {
        var node = original
        node.left = try checked(node.left)
        node.right = try checked(node.right)
        let (left, right) = (node.left.valueType, node.right.valueType)
        let operation = node.operation
        if node.returnsBool && !operation.isComparison {
            throw fault(
                "bool modifier can only be used on comparison operators", operatorSpan(node))
        }
        if operation.isComparison && !node.returnsBool && left == .scalar && right == .scalar {
            throw fault("comparisons between scalars must use BOOL modifier", operatorSpan(node))
        }
        var matching = node.matching ?? VectorMatching()
        if operation.isSetOperation && matching.cardinality == .oneToOne {
            matching.cardinality = .manyToMany
        }
        if matching.isOn,
            let both = matching.labels.first(where: { label in
                matching.included.contains { $0.utf8.elementsEqual(label.utf8) }
            })
        {
            throw fault(
                "label \(quoted(both)) must not occur in ON and GROUP clause at once",
                operatorSpan(node))
        }
        for (type, side) in [(left, node.left), (right, node.right)] {
            guard type == .scalar || type == .vector else {
                throw fault(
                    "binary expression must contain only scalar and instant vector types", side.span
                )
            }
        }
        if left != .vector || right != .vector {
            if !matching.labels.isEmpty {
                throw fault("vector matching only allowed between instant vectors", node.span)
            }
            if operation.isSetOperation {
                throw fault(
                    "set operator \(quoted(operation.rawValue)) not allowed in binary scalar expression",
                    node.span)
            }
            node.matching = nil
            return node
        }
        if operation.isSetOperation && matching.cardinality != .manyToMany {
            throw fault(
                "no grouping allowed for \(quoted(operation.rawValue)) operation", node.span)
        }
        node.matching = matching
        return node
    }

    /// Where the operator and its modifiers stand.
    private func operatorSpan(_ node: BinaryOperation) -> Span {
        var span = Span(from: node.left.span.end, end: node.right.span.from)
        while span.from < span.end, isSpace(bytes[span.from]) { span.from += 1 }
        while span.end > span.from, isSpace(bytes[span.end - 1]) { span.end -= 1 }
        return span
    }
}
