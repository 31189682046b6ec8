// The tree of a query. Every node knows the bytes it came from, because messages and annotations name
// places. Nodes are values: a plan is another tree, made from this one. What the tree may hold is
// checked by the parser, so that evaluation never meets a vector where a scalar belongs.

public import Basics

/// What an expression yields.
public enum ValueType: String, Sendable {
    case scalar
    case vector = "instant vector"
    case matrix = "range vector"
    case string
}

/// A query, parsed and checked.
public indirect enum Expression: Sendable, Equatable {
    case number(NumberLiteral)
    case string(StringLiteral)
    case vector(VectorSelector)
    case range(RangeSelector)
    case subquery(Subquery)
    case unary(UnaryOperation)
    case binary(BinaryOperation)
    case call(FunctionCall)
    case aggregation(Aggregation)
    case paren(Parentheses)
}

/// `12`, `0x1f`, `Inf`, or `5m` for its seconds.
public struct NumberLiteral: Sendable, Equatable {
    public var value: Double
    /// True when it was written as a duration.
    public var isDuration = false
    public var span: Span

    /// By bits, so that NaN equals NaN.
    public static func == (left: NumberLiteral, right: NumberLiteral) -> Bool {
        left.value.bitPattern == right.value.bitPattern && left.isDuration == right.isDuration
            && left.span == right.span
    }
}

/// A text, which may hold bytes that are not UTF-8.
public struct StringLiteral: Sendable, Equatable {
    public var bytes: [UInt8]
    public var span: Span

    /// The text; bytes that are not UTF-8 are replaced.
    public var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// The moment of an `@` modifier.
public enum Moment: Sendable, Equatable {
    case time(Millis)
    case start
    case end
}

/// `offset` and `@`.
public struct TimeShift: Sendable, Equatable {
    public var offsetMillis: Millis = 0
    public var moment: Moment?

    public init() {}
}

/// `name{label="value"} @ 5 offset 1m`.
public struct VectorSelector: Sendable, Equatable {
    /// The name that stood before the braces; it is also among the matchers.
    public var name: String?
    public var matchers: [Matcher]
    public var shift = TimeShift()
    public var span: Span
}

/// `name[5m]`.
public struct RangeSelector: Sendable, Equatable {
    /// The selector with the shift that was written behind the range.
    public var vector: VectorSelector
    public var rangeMillis: Millis
    public var span: Span
}

/// `expression[1h:5m]`.
public struct Subquery: Sendable, Equatable {
    public var expression: Expression
    public var rangeMillis: Millis
    /// Nil for the engine's default.
    public var stepMillis: Millis?
    public var shift = TimeShift()
    public var span: Span
}

/// `-x` or `+x`.
public struct UnaryOperation: Sendable, Equatable {
    public var isNegation: Bool
    public var operand: Expression
    public var span: Span
}

/// `(x)`.
public struct Parentheses: Sendable, Equatable {
    public var expression: Expression
    public var span: Span
}

/// `f(x, …)`.
public struct FunctionCall: Sendable, Equatable {
    public var function: Function
    public var arguments: [Expression]
    public var span: Span
}

/// `sum by (a) (x)`.
public struct Aggregation: Sendable, Equatable {
    public var operation: AggregationOperator
    public var expression: Expression
    /// The first argument of `topk`, `bottomk`, `quantile`, `count_values`, `limitk`, `limit_ratio`.
    public var parameter: Expression?
    public var grouping: [String]
    public var isWithout: Bool
    public var span: Span
}

/// How many series of each side may meet.
public enum Cardinality: Sendable, Equatable {
    case oneToOne, manyToOne, oneToMany, manyToMany
}

/// `on`, `ignoring` and `group_…`.
public struct VectorMatching: Sendable, Equatable {
    public var cardinality = Cardinality.oneToOne
    public var isOn = false
    public var labels: [String] = []
    /// The labels that `group_left` or `group_right` takes from the one side.
    public var included: [String] = []

    public init() {}
}

/// `a + on (x) b`.
public struct BinaryOperation: Sendable, Equatable {
    public var operation: BinaryOperator
    public var left: Expression
    public var right: Expression
    /// Nil unless both sides are instant vectors.
    public var matching: VectorMatching?
    public var returnsBool: Bool
    public var span: Span
}

/// The binary operators; the raw value is their text.
public enum BinaryOperator: String, Sendable, CaseIterable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case modulo = "%"
    case power = "^"
    case atan2
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case and, or, unless

    public var isComparison: Bool {
        switch self {
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: true
        default: false
        }
    }

    public var isSetOperation: Bool { self == .and || self == .or || self == .unless }

    /// Higher binds tighter.
    var precedence: Int {
        switch self {
        case .or: 1
        case .and, .unless: 2
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: 3
        case .add, .subtract: 4
        case .multiply, .divide, .modulo, .atan2: 5
        case .power: 6
        }
    }
}

/// The aggregations; the raw value is their text.
public enum AggregationOperator: String, Sendable, CaseIterable {
    case sum, avg, count, min, max, group, stddev, stdvar, topk, bottomk, quantile, limitk
    case countValues = "count_values"
    case limitRatio = "limit_ratio"

    var takesParameter: Bool {
        switch self {
        case .topk, .bottomk, .quantile, .countValues, .limitk, .limitRatio: true
        default: false
        }
    }

    var isExperimental: Bool { self == .limitk || self == .limitRatio }
}
