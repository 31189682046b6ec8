// Calls, aggregations, selectors, and the lists of labels between them.

internal import Basics

extension Parser {
    /// `bool`, `on (…)`, `ignoring (…)`, `group_left (…)`, `group_right (…)` behind an operator.
    mutating func modifiers() throws(QueryError) -> (VectorMatching, returnsBool: Bool) {
        var matching = VectorMatching()
        let returnsBool = take(.bool) != nil
        guard current.kind == .on || current.kind == .ignoring else {
            return (matching, returnsBool)
        }
        matching.isOn = take().kind == .on
        matching.labels = try labelList()
        if current.kind == .groupLeft || current.kind == .groupRight {
            matching.cardinality = take().kind == .groupLeft ? .manyToOne : .oneToMany
            if current.kind == .leftParen { matching.included = try labelList() }
        }
        return (matching, returnsBool)
    }

    /// `(a, "b.c")`; a comma may stand at the end.
    private mutating func labelList() throws(QueryError) -> [String] {
        guard take(.leftParen) != nil else { throw unexpected("grouping opts", expected: "\"(\"") }
        var names: [String] = []
        while take(.rightParen) == nil {
            let token = current
            if token.kind == .string {
                let bytes = unquotedBytes(text(token.span))
                guard let name = String(validating: bytes, as: UTF8.self), !name.isEmpty else {
                    throw fault(
                        "invalid label name for grouping: \(quotedBytes(bytes))", token.span)
                }
                names.append(name)
            } else {
                // `by` and the like are labels here, and so are the aggregations.
                guard token.kind.mayNameLabel, isLegacyLabelName(string(token.span)) else {
                    throw unexpected("grouping opts", expected: "label")
                }
                names.append(string(token.span))
            }
            take()
            if take(.comma) == nil, current.kind != .rightParen {
                throw unexpected("grouping opts", expected: "\",\" or \")\"")
            }
        }
        return names
    }

    mutating func call(_ name: Token) throws(QueryError) -> Expression {
        // The name is looked up behind the arguments, as the peer does: their faults come first.
        let arguments = try self.arguments("")
        let text = string(name.span)
        guard let function = Function(rawValue: text) else {
            throw fault("unknown function with name \(quoted(text))", name.span)
        }
        let span = Span(from: name.span.from, end: lastEnd)
        return .call(FunctionCall(function: function, arguments: arguments, span: span))
    }

    private mutating func arguments(_ context: String) throws(QueryError) -> [Expression] {
        guard take(.leftParen) != nil else { throw unexpected(context) }
        if take(.rightParen) != nil { return [] }
        var list: [Expression] = []
        var highest = 0
        while true {
            list.append(try expression(floor: 0))
            highest = Swift.max(highest, height)
            if take(.rightParen) != nil {
                try rise(above: highest)
                return list
            }
            let comma = current
            guard take(.comma) != nil else { throw unexpected(context) }
            if current.kind == .rightParen {
                throw fault("trailing commas not allowed in function call args", comma.span)
            }
        }
    }

    mutating func aggregation() throws(QueryError) -> Expression {
        let start = take()
        guard let operation = start.kind.aggregation else { throw unexpected() }
        var grouping: [String]?
        var isWithout = false
        func isModifier(_ kind: TokenKind) -> Bool { kind == .by || kind == .without }
        if isModifier(current.kind) {
            isWithout = take().kind == .without
            grouping = try labelList()
        }
        var arguments = try self.arguments("aggregation")
        if grouping == nil && isModifier(current.kind) {
            isWithout = take().kind == .without
            grouping = try labelList()
        }
        let span = Span(from: start.span.from, end: lastEnd)
        if arguments.isEmpty {
            throw fault("no arguments for aggregate expression provided", span)
        }
        if operation.isExperimental && !options.experimentalFunctions {
            throw fault(
                "\(operation.rawValue)() is experimental and must be enabled: experimental functions are off",
                span)
        }
        let wanted = operation.takesParameter ? 2 : 1
        guard arguments.count == wanted else {
            let counts = "expected \(wanted), got \(arguments.count)"
            throw fault(
                "wrong number of arguments for aggregate expression provided, \(counts)", span)
        }
        let expression = arguments.removeLast()
        return .aggregation(
            Aggregation(
                operation: operation, expression: expression, parameter: arguments.first,
                grouping: grouping ?? [], isWithout: isWithout, span: span))
    }

    /// `name{…}`, `name` or `{…}`.
    mutating func vectorSelector() throws(QueryError) -> VectorSelector {
        let start = current.span
        var name: String?
        if current.kind != .leftBrace { name = string(take().span) }
        var matchers: [Matcher] = []
        if take(.leftBrace) != nil {
            while take(.rightBrace) == nil {
                matchers.append(try matcher())
                if take(.comma) == nil, current.kind != .rightBrace {
                    throw unexpected("label matching", expected: "\",\" or \"}\"")
                }
            }
        }
        if let name { matchers.append(Matcher(Labels.metricName, equals: name)) }
        return VectorSelector(
            name: name, matchers: matchers, span: Span(from: start.from, end: lastEnd))
    }

    private mutating func matcher() throws(QueryError) -> Matcher {
        let label = current
        guard label.kind == .identifier || label.kind == .string else {
            throw unexpected("label matching", expected: "identifier or \"}\"")
        }
        take()
        var name = string(label.span)
        if label.kind == .string {
            name = String(decoding: unquotedBytes(text(label.span)), as: UTF8.self)
            // A quoted name alone is the metric's.
            if current.kind == .comma || current.kind == .rightBrace {
                return Matcher(Labels.metricName, equals: name)
            }
        }
        let operations: [TokenKind: Matcher.Operation] = [
            .assign: .equal, .notEqual: .notEqual, .matches: .matches, .matchesNot: .matchesNot,
        ]
        guard let operation = operations[current.kind] else {
            throw unexpected("label matching", expected: "label matching operator")
        }
        take()
        let value = current
        guard value.kind == .string else { throw unexpected("label matching", expected: "string") }
        take()
        let text = String(decoding: unquotedBytes(text(value.span)), as: UTF8.self)
        do {
            return try Matcher(name, operation, text)
        } catch {
            throw fault("error parsing regexp: \(error)", .joining(label.span, value.span))
        }
    }
}
