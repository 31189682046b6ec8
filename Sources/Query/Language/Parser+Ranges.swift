// What stands behind an operand: `[5m]`, `[1h:5m]`, `offset 5m`, `@ 12.5`. Durations are numbers of
// seconds or `5m`; arithmetic on them is an option and is worked out here, once.

internal import Basics
internal import Glibc

/// The furthest time that a query may name, either way: some 285,000 years, so that sums of times,
/// offsets and ranges cannot overflow.
let timeMillisMax: Millis = 9_000_000_000_000_000

/// The longest duration: Prometheus keeps them as 64-bit nanoseconds, about 292 years.
let durationMillisMax: Millis = 9_223_372_036_854

extension Parser {
    mutating func postfix(_ operand: Expression) throws(QueryError) -> Expression {
        var result = operand
        while true {
            switch current.kind {
            case .leftBracket: result = try ranged(result)
            case .offset: result = try offset(result)
            case .at: result = try pinned(result)
            default: return result
            }
            try rise(above: height)
        }
    }

    private mutating func ranged(_ operand: Expression) throws(QueryError) -> Expression {
        let open = take()
        guard current.kind != .rightBracket, current.kind != .colon else {
            throw unexpected("subquery or range selector", expected: "number, duration, or step()")
        }
        let range = try durationExpression(0, atLeast: 1)
        if take(.colon) != nil {
            var step: Millis?
            if current.kind != .rightBracket { step = try durationExpression(0, atLeast: 1) }
            guard take(.rightBracket) != nil else {
                throw unexpected("subquery selector", expected: "\"]\"")
            }
            let span = Span(from: operand.span.from, end: lastEnd)
            return .subquery(
                Subquery(expression: operand, rangeMillis: range, stepMillis: step, span: span))
        }
        guard take(.rightBracket) != nil else {
            throw unexpected("subquery or range", expected: "\":\" or \"]\"")
        }
        let brackets = Span(from: open.span.from, end: lastEnd)
        guard case .vector(let vector) = operand else {
            throw fault("ranges only allowed for vector selectors", brackets)
        }
        if vector.shift.offsetMillis != 0 {
            throw fault("no offset modifiers allowed before range", brackets)
        }
        if vector.shift.moment != nil {
            throw fault("no @ modifiers allowed before range", brackets)
        }
        let span = Span(from: operand.span.from, end: lastEnd)
        return .range(RangeSelector(vector: vector, rangeMillis: range, span: span))
    }

    private mutating func offset(_ operand: Expression) throws(QueryError) -> Expression {
        take()
        let isSigned = current.kind == .subtract || current.kind == .add
        let isNegative = current.kind == .subtract
        if isSigned { take() }
        guard [.number, .duration, .leftParen].contains(current.kind) else {
            throw unexpected("offset", expected: "number, duration, or step()")
        }
        let amount = try durationOperand(current.kind == .leftParen)
        let millis = try wholeMillis(isNegative ? -amount : amount, current.span)
        return try shifted(
            operand,
            what: "offset modifier must be preceded by an instant vector selector or range"
                + " vector selector or a subquery"
        ) { shift in
            if shift.offsetMillis != 0 { return "offset may not be set multiple times" }
            shift.offsetMillis = millis
            return nil
        }
    }

    private mutating func pinned(_ operand: Expression) throws(QueryError) -> Expression {
        take()
        let moment: Moment
        if current.kind == .start || current.kind == .ending {
            moment = take().kind == .start ? .start : .end
            guard take(.leftParen) != nil, take(.rightParen) != nil else {
                throw unexpected("@", expected: "timestamp")
            }
        } else {
            let isNegative = current.kind == .subtract
            if isNegative || current.kind == .add { take() }
            guard current.kind == .number || current.kind == .duration else {
                throw unexpected("@", expected: "timestamp")
            }
            let seconds = try durationOperand(false) * (isNegative ? -1 : 1)
            guard seconds.magnitude <= Double(timeMillisMax / 1000) else {
                throw fault(
                    "timestamp out of bounds for @ modifier: \(numberText(seconds, .plain))",
                    operand.span)
            }
            moment = .time(Millis((seconds * 1000).rounded()))
        }
        return try shifted(
            operand,
            what: "@ modifier must be preceded by an instant vector selector or range vector"
                + " selector or a subquery"
        ) { shift in
            if shift.moment != nil { return "@ <timestamp> may not be set multiple times" }
            shift.moment = moment
            return nil
        }
    }

    /// The operand with its shift changed; `change` returns a complaint or nil.
    private func shifted(
        _ operand: Expression, what: String, _ change: (inout TimeShift) -> String?
    ) throws(QueryError) -> Expression {
        var complaint: String?
        let result: Expression
        switch operand {
        case .vector(var node):
            complaint = change(&node.shift)
            node.span.end = lastEnd
            result = .vector(node)
        case .range(var node):
            complaint = change(&node.vector.shift)
            node.span.end = lastEnd
            result = .range(node)
        case .subquery(var node):
            complaint = change(&node.shift)
            node.span.end = lastEnd
            result = .subquery(node)
        default: throw fault(what, operand.span)
        }
        if let complaint { throw fault(complaint, operand.span) }
        return result
    }

    /// A duration in milliseconds, with arithmetic where the options allow it.
    private mutating func durationExpression(
        _ floor: Int, atLeast: Millis
    ) throws(QueryError) -> Millis {
        let start = current.span
        let isPlain = current.kind == .number || current.kind == .duration
        let seconds = try durationSum(floor, 0)
        let span = Span(from: start.from, end: lastEnd)
        if !options.durationExpressions && !(isPlain && span == start) {
            throw fault("experimental duration expression is not enabled", span)
        }
        let millis = try wholeMillis(seconds, span)
        guard millis >= atLeast else { throw fault("duration must be greater than 0", span) }
        return millis
    }

    private func wholeMillis(_ seconds: Double, _ span: Span) throws(QueryError) -> Millis {
        guard seconds.magnitude <= Double(durationMillisMax / 1000) else {
            throw fault("duration out of range", span)
        }
        return Millis((seconds * 1000).rounded())
    }

    private mutating func durationSum(_ floor: Int, _ depth: Int) throws(QueryError) -> Double {
        guard depth <= Parser.depthMax else {
            throw fault(
                "the duration is nested deeper than \(Parser.depthMax) levels", current.span)
        }
        var left = try durationSigned(depth)
        while let operation = current.kind.binary, operation.precedence >= floor {
            let place = current.span
            switch operation {
            case .add, .subtract, .multiply, .divide, .modulo, .power: take()
            default: throw unexpected("subquery or range", expected: "\":\" or \"]\"")
            }
            let next = operation.precedence + (operation == .power ? 0 : 1)
            let right = try durationSum(next, depth + 1)
            switch operation {
            case .add: left += right
            case .subtract: left -= right
            case .multiply: left *= right
            case .power: left = pow(left, right)
            case .modulo:
                if right == 0 { throw fault("modulo by zero", place) }
                left = fmod(left, right)
            default:
                if right == 0 { throw fault("division by zero", place) }
                left /= right
            }
        }
        return left
    }

    private mutating func durationSigned(_ depth: Int) throws(QueryError) -> Double {
        if current.kind == .add || current.kind == .subtract {
            let isNegative = take().kind == .subtract
            let value = try durationSum(BinaryOperator.power.precedence, depth + 1)
            return isNegative ? -value : value
        }
        if current.kind == .leftParen {
            take()
            let value = try durationSum(0, depth + 1)
            guard take(.rightParen) != nil else {
                throw unexpected("subquery or range", expected: "\")\"")
            }
            return value
        }
        return try durationOperand(false)
    }

    /// A number of seconds, a duration, or (where asked) a sum in parentheses.
    private mutating func durationOperand(_ isParenthesized: Bool) throws(QueryError) -> Double {
        let token = current
        if isParenthesized {
            let value = try durationSigned(0)
            guard options.durationExpressions else {
                let span = Span(from: token.span.from, end: lastEnd)
                throw fault("experimental duration expression is not enabled", span)
            }
            return value
        }
        switch token.kind {
        case .number:
            take()
            return try number(token.span)
        case .duration:
            take()
            return Double(try duration(token.span)) / 1000
        default:
            throw unexpected("subquery or range selector", expected: "number, duration, or step()")
        }
    }
}
