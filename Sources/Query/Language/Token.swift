// The words of PromQL. A token knows its kind and its place; its text is looked up in the query, so
// that lexing makes no strings.

/// A run of bytes in the query's text.
public struct Span: Sendable, Hashable {
    /// The offset of the first byte, counted from 0.
    public var from: Int
    /// The offset behind the last byte.
    public var end: Int

    public init(from: Int, end: Int) {
        self.from = from
        self.end = end
    }

    /// From the start of one span to the end of another.
    static func joining(_ first: Span, _ last: Span) -> Span {
        Span(from: first.from, end: last.end)
    }
}

/// What a token is; the raw value is its text where that is fixed.
enum TokenKind: String, Sendable {
    case end = "end of input"
    case fault = "error"
    case number, duration, string, identifier
    /// A name with a colon in it: it can only be a metric's.
    case metricName = "metric identifier"

    case leftParen = "("
    case rightParen = ")"
    case leftBrace = "{"
    case rightBrace = "}"
    case leftBracket = "["
    case rightBracket = "]"
    case comma = ","
    case colon = ":"
    case at = "@"
    case assign = "="
    case matches = "=~"
    case matchesNot = "!~"

    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case modulo = "%"
    case power = "^"
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case and, or, unless, atan2

    case sum, avg, count, min, max, group, stddev, stdvar, topk, bottomk, quantile, limitk
    case countValues = "count_values"
    case limitRatio = "limit_ratio"

    case offset, by, without, on, ignoring, bool, start
    case ending = "end"
    case groupLeft = "group_left"
    case groupRight = "group_right"
}

/// A word of the query.
struct Token: Sendable {
    var kind: TokenKind
    var span: Span
}

extension TokenKind {
    /// The reserved words, by their lower-case text.
    static let words: [String: TokenKind] = {
        let reserved: [TokenKind] = [
            .and, .or, .unless, .atan2, .sum, .avg, .count, .min, .max, .group, .stddev, .stdvar,
            .topk,
            .bottomk, .quantile, .limitk, .countValues, .limitRatio, .offset, .by, .without, .on,
            .ignoring, .bool, .start, .ending, .groupLeft, .groupRight,
        ]
        var words = Dictionary(uniqueKeysWithValues: reserved.map { ($0.rawValue, $0) })
        words["inf"] = .number
        words["nan"] = .number
        return words
    }()

    var aggregation: AggregationOperator? { AggregationOperator(rawValue: rawValue) }

    var binary: BinaryOperator? { BinaryOperator(rawValue: rawValue) }

    /// True for reserved words that a metric may nevertheless be called.
    var mayNameMetric: Bool {
        switch self {
        case .identifier, .metricName, .by, .and, .or, .unless, .offset, .without, .start, .ending:
            true
        default: aggregation != nil
        }
    }

    /// True for what may stand in a list of labels.
    var mayNameLabel: Bool {
        switch self {
        case .on, .ignoring, .bool, .groupLeft, .groupRight, .atan2: true
        default: mayNameMetric
        }
    }
}
