// What a picture of an alert shows: not the expression itself, which has values only while it holds, but
// what it compares, with the number it is compared with as a line across.

public import Basics
public import Keep
public import Query

/// An expression taken apart into what is compared and with what.
public struct ComparedExpression: Sendable, Equatable {
    /// What is drawn.
    public var text: String
    /// The number on the other side; nil when there is none.
    public var threshold: Double?

    /// Takes `rate(x[5m]) > 0.5` apart; of `a and b` and `a unless b` the left side counts, and what is
    /// no comparison with a number stays whole.
    public init(_ expression: Expression) {
        switch expression {
        case .paren(let node): self = ComparedExpression(node.expression)
        case .binary(let node) where node.operation == .and || node.operation == .unless:
            self = ComparedExpression(node.left)
        case .binary(let node) where node.operation.isComparison:
            if let number = Self.number(node.right) {
                (text, threshold) = ("\(node.left)", number)
            } else if let number = Self.number(node.left) {
                (text, threshold) = ("\(node.right)", number)
            } else {
                (text, threshold) = ("\(node.left)", nil)
            }
        default: (text, threshold) = ("\(expression)", nil)
        }
    }

    private static func number(_ expression: Expression) -> Double? {
        switch expression {
        case .number(let literal): literal.value
        case .paren(let node): number(node.expression)
        case .unary(let node): number(node.operand).map { node.isNegation ? -$0 : $0 }
        default: nil
        }
    }
}

extension Picture {
    /// A point for each two pixels.
    private static let pointsMax: Millis = 320

    /// Reads what an expression compares, over a range.
    ///
    /// - Throws: ``QueryError`` for an expression that cannot be read or evaluated.
    public init(
        of expression: String, title: String? = nil, over range: TimeRange, engine: Engine,
        limits: QueryLimits
    ) throws(QueryError) {
        let compared = ComparedExpression(try parseExpression(expression))
        let span = max(1, range.through - range.from)
        let step = max(15_000, (span / Self.pointsMax + 999) / 1000 * 1000)
        // The newest value is the one that matters, so the steps are counted back from the end.
        let aligned = TimeRange(from: range.through - span / step * step, through: range.through)
        let answer = try engine.range(compared.text, aligned, step, limits)
        guard case .matrix(let all) = answer.value else {
            throw .execution("this yields nothing that can be drawn")
        }
        let count = Int((aligned.through - aligned.from) / step) + 1
        // Those that matter most stand highest or lowest; the order of labels keeps a picture stable.
        let lines = all.prefix(200).map { series in
            var values = [Double](repeating: .nan, count: count)
            for (time, value) in zip(series.times, series.values) {
                values[Int((time - aligned.from) / step)] = value
            }
            let name = series.labels.isEmpty ? compared.text : series.labels.description
            return Line(name: name, values: values)
        }
        self.init(
            title: title ?? compared.text, range: aligned, stepMillis: step, lines: lines,
            threshold: compared.threshold)
    }
}
