// Tokens to a tree, by precedence climbing. The first fault ends the parse; its words and place are
// those of Prometheus where a user would compare them. Nesting is limited, so that no text can
// exhaust the stack of whoever parses, prints or evaluates it.

public import Basics

/// Which parts of the language are allowed.
public struct ParserOptions: Sendable {
    /// `limitk`, `limit_ratio` and the functions whose `isExperimental` is true.
    public var experimentalFunctions = false
    /// Arithmetic in ranges and offsets: `[26m + 4m]`.
    public var durationExpressions = false

    public init(experimentalFunctions: Bool = false, durationExpressions: Bool = false) {
        self.experimentalFunctions = experimentalFunctions
        self.durationExpressions = durationExpressions
    }
}

/// Reads and checks a query.
///
/// - Throws: ``QueryError/parse(reason:from:through:)``.
public func parseExpression(
    _ text: String, options: ParserOptions = ParserOptions()
) throws(QueryError) -> Expression {
    var parser = Parser(Array(text.utf8), options)
    if parser.current.kind == .end {
        throw parser.fault("no expression found in input", Span(from: 0, end: 0))
    }
    let expression = try parser.expression(floor: 0)
    guard parser.current.kind == .end else { throw parser.unexpected() }
    let checker = TypeChecker(bytes: parser.bytes, options: options)
    return try checker.checked(expression)
}

/// Reads a selector such as `up{job="x"}`, as the API's `match[]` has it.
///
/// - Throws: ``QueryError/parse(reason:from:through:)``.
public func parseSelector(_ text: String) throws(QueryError) -> [Matcher] {
    var parser = Parser(Array(text.utf8), ParserOptions())
    guard parser.current.kind.mayNameMetric || parser.current.kind == .leftBrace else {
        throw parser.unexpected()
    }
    let selector = try parser.vectorSelector()
    guard parser.current.kind == .end else { throw parser.unexpected() }
    let checker = TypeChecker(bytes: parser.bytes, options: ParserOptions())
    guard case .vector(let checked) = try checker.checked(.vector(selector)) else { return [] }
    return checked.matchers
}

struct Parser {
    /// Levels of one expression.
    ///
    /// Each costs under 2 kB of stack in evaluation; people's deepest have 30.
    static let depthMax = 250

    let bytes: [UInt8]
    let options: ParserOptions
    private let tokens: [Token]
    private let lexicalFault: String
    private var index = 0
    private var depth = 0
    /// Levels of the tree that was made last.
    ///
    /// A chain such as `1+1+1` leans to the left, so that its tree is high although the parser
    /// never went deep.
    var height = 0
    /// The end of the last token that was taken.
    private(set) var lastEnd = 0

    init(_ bytes: [UInt8], _ options: ParserOptions) {
        self.bytes = bytes
        self.options = options
        (tokens, lexicalFault) = Lexer.tokens(of: bytes)
    }

    var current: Token { tokens[index] }

    func peek(_ ahead: Int) -> TokenKind { tokens[Swift.min(index + ahead, tokens.count - 1)].kind }

    func text(_ span: Span) -> ArraySlice<UInt8> { bytes[span.from..<span.end] }

    func string(_ span: Span) -> String { String(decoding: text(span), as: UTF8.self) }

    @discardableResult
    mutating func take() -> Token {
        let token = tokens[index]
        lastEnd = token.span.end
        if index < tokens.count - 1 { index += 1 }
        return token
    }

    mutating func take(_ kind: TokenKind) -> Token? { current.kind == kind ? take() : nil }

    func fault(_ reason: String, _ span: Span) -> QueryError {
        .parse(reason: reason, from: span.from, through: span.end)
    }

    /// A complaint about the current token.
    func unexpected(_ context: String = "", expected: String = "") -> QueryError {
        if current.kind == .fault { return fault(lexicalFault, current.span) }
        var reason = "unexpected " + describe(current)
        if !context.isEmpty { reason += " in " + context }
        if !expected.isEmpty { reason += ", expected " + expected }
        return fault(reason, current.span)
    }

    private func describe(_ token: Token) -> String {
        let kind = token.kind
        switch kind {
        case .end: return kind.rawValue
        case .number, .duration, .string, .identifier, .metricName, .fault:
            return kind.rawValue + " " + quotedBytes(Array(text(token.span)))
        default:
            if kind.aggregation != nil { return "<aggr:\(kind.rawValue)>" }
            if kind.binary != nil || kind == .matches || kind == .matchesNot || kind == .assign {
                return "<op:\(kind.rawValue)>"
            }
            let isWord = kind.rawValue.utf8.first.map(isLetter) == true
            return isWord ? "<\(kind.rawValue)>" : quoted(kind.rawValue)
        }
    }

    /// An expression whose operators bind at least as tightly as `floor`.
    mutating func expression(floor: Int) throws(QueryError) -> Expression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Parser.depthMax else {
            throw fault(
                "the expression is nested deeper than \(Parser.depthMax) levels", current.span)
        }
        var left = try operand()
        while let operation = current.kind.binary, operation.precedence >= floor {
            let leftHeight = height
            take()
            let (matching, returnsBool) = try modifiers()
            let isRightAssociative = operation == .power
            let right = try expression(floor: operation.precedence + (isRightAssociative ? 0 : 1))
            try rise(above: Swift.max(leftHeight, height))
            left = .binary(
                BinaryOperation(
                    operation: operation, left: left, right: right, matching: matching,
                    returnsBool: returnsBool, span: .joining(left.span, right.span)))
        }
        return left
    }

    /// Notes that a node was put above others.
    mutating func rise(above lower: Int) throws(QueryError) {
        height = lower + 1
        guard height <= Parser.depthMax else {
            throw fault("the expression has more than \(Parser.depthMax) levels", current.span)
        }
    }

    /// A signed or plain operand with its ranges and modifiers.
    private mutating func operand() throws(QueryError) -> Expression {
        guard current.kind == .add || current.kind == .subtract else {
            return try postfix(try primary())
        }
        let sign = take()
        let isNegation = sign.kind == .subtract
        let inner = try expression(floor: BinaryOperator.power.precedence)
        try rise(above: height)
        if case .number(var literal) = inner {
            if isNegation && !literal.value.isNaN { literal.value = -literal.value }
            literal.span.from = sign.span.from
            return .number(literal)
        }
        return .unary(
            UnaryOperation(
                isNegation: isNegation, operand: inner, span: .joining(sign.span, inner.span)))
    }

    private mutating func primary() throws(QueryError) -> Expression {
        let token = current
        height = 1
        switch token.kind {
        case .number:
            take()
            return .number(NumberLiteral(value: try number(token.span), span: token.span))
        case .duration:
            take()
            let seconds = Double(try duration(token.span)) / 1000
            return .number(NumberLiteral(value: seconds, isDuration: true, span: token.span))
        case .string:
            take()
            return .string(StringLiteral(bytes: unquotedBytes(text(token.span)), span: token.span))
        case .leftParen:
            take()
            let inner = try expression(floor: 0)
            try rise(above: height)
            guard let close = take(.rightParen) else { throw unexpected() }
            return .paren(Parentheses(expression: inner, span: .joining(token.span, close.span)))
        case .leftBrace: return .vector(try vectorSelector())
        case .identifier where peek(1) == .leftParen: return try call(take())
        case .start where peek(1) == .leftParen, .ending where peek(1) == .leftParen:
            return try call(take())
        default: break
        }
        if token.kind.aggregation != nil, [.leftParen, .by, .without].contains(peek(1)) {
            return try aggregation()
        }
        guard token.kind.mayNameMetric else { throw unexpected() }
        return .vector(try vectorSelector())
    }

    func number(_ span: Span) throws(QueryError) -> Double {
        guard let value = numberValue(text(span)) else {
            throw fault("error parsing number: value out of range: \(quoted(string(span)))", span)
        }
        return value
    }

    func duration(_ span: Span) throws(QueryError) -> Millis {
        let text = string(span)
        guard let millis = parseDuration(text) else {
            throw fault("not a valid duration string: \(quoted(text))", span)
        }
        guard millis <= durationMillisMax else { throw fault("duration out of range", span) }
        return millis
    }
}
