// A tree as PromQL that parses to the same tree: on one line, and with indentation for people.

internal import Basics

extension Expression: CustomStringConvertible {
    /// The query on one line.
    public var description: String {
        switch self {
        case .number(let node): return node.text
        case .string(let node): return quotedBytes(node.bytes)
        case .vector(let node): return node.head + node.shift.text
        case .range(let node):
            return node.vector.head + "[\(durationText(node.rangeMillis))]" + node.vector.shift.text
        case .subquery(let node): return "\(node.expression)" + node.suffix
        case .unary(let node): return (node.isNegation ? "-" : "+") + "\(node.operand)"
        case .binary(let node): return "\(node.left) \(node.operationText) \(node.right)"
        case .paren(let node): return "(\(node.expression))"
        case .call(let node):
            let arguments = node.arguments.map(\.description).joined(separator: ", ")
            return "\(node.function.rawValue)(\(arguments))"
        case .aggregation(let node):
            let arguments = self.children.map(\.description).joined(separator: ", ")
            return "\(node.head)(\(arguments))"
        }
    }
}

extension NumberLiteral {
    var text: String {
        // Not "+Inf": in front of a power the sign would become an operator of its own.
        if value == .infinity { return "Inf" }
        guard isDuration else { return numberText(value, .plain) }
        return durationText(Millis((value * 1000).rounded()))
    }
}

extension VectorSelector {
    /// The selector without its shift.
    var head: String {
        var matchers = self.matchers[...]
        if name != nil { matchers = matchers.dropLast() }
        if matchers.isEmpty && name != nil { return name ?? "" }
        let texts = matchers.map { matcher in
            // A name that was quoted inside the braces needs no label.
            let isQuotedName =
                name == nil && matcher.name == Labels.metricName && matcher.operation == .equal
                && !matcher.value.isEmpty
            return isQuotedName ? quoted(matcher.value) : matcher.description
        }
        return (name ?? "") + "{" + texts.joined(separator: ",") + "}"
    }
}

extension TimeShift {
    var text: String {
        var text = ""
        switch moment {
        case .time(let time):
            let digits = String(time.magnitude % 1000)
            let fraction = String(repeating: "0", count: 3 - digits.count) + digits
            text += " @ \(time < 0 ? "-" : "")\(time.magnitude / 1000).\(fraction)"
        case .start: text += " @ start()"
        case .end: text += " @ end()"
        case nil: break
        }
        if offsetMillis != 0 { text += " offset \(durationText(offsetMillis))" }
        return text
    }
}

extension Subquery {
    var suffix: String {
        let step = stepMillis.map(durationText) ?? ""
        return "[\(durationText(rangeMillis)):\(step)]" + shift.text
    }
}

extension BinaryOperation {
    /// The operator and its modifiers.
    var operationText: String {
        var text = operation.rawValue
        if returnsBool { text += " bool" }
        guard let matching else { return text }
        let isGrouping = matching.cardinality == .manyToOne || matching.cardinality == .oneToMany
        if !matching.labels.isEmpty || matching.isOn || isGrouping {
            text += matching.isOn ? " on (" : " ignoring ("
            text += labelListText(matching.labels) + ")"
        }
        if isGrouping {
            text += matching.cardinality == .manyToOne ? " group_left (" : " group_right ("
            text += labelListText(matching.included) + ")"
        }
        return text
    }
}

extension Aggregation {
    /// The operator and its grouping.
    var head: String {
        if isWithout { return "\(operation.rawValue) without (\(labelListText(grouping))) " }
        if grouping.isEmpty { return operation.rawValue }
        return "\(operation.rawValue) by (\(labelListText(grouping))) "
    }
}

private func labelListText(_ names: [String]) -> String {
    names.map { isLegacyLabelName($0) ? $0 : quoted($0) }.joined(separator: ", ")
}

extension Expression {
    /// The query over several lines, as Prometheus' `format_query` writes it: what fits into 100
    /// columns stays on its line.
    public var formatted: String { formatted(0) }

    private func formatted(_ level: Int) -> String {
        let indent = String(repeating: "  ", count: level)
        let line = description
        // Prometheus splits nodes longer than 100 characters.
        guard line.utf8.count > 100 else { return indent + line }
        switch self {
        case .number, .string, .vector, .range: return indent + line
        case .subquery(let node):
            return node.expression.formatted(level) + node.suffix
        case .unary(let node):
            let inner = node.operand.formatted(level).drop { $0 == " " }
            return indent + (node.isNegation ? "-" : "+") + inner
        case .paren(let node):
            return "\(indent)(\n\(node.expression.formatted(level + 1))\n\(indent))"
        case .binary(let node):
            let (left, right) = (node.left.formatted(level + 1), node.right.formatted(level + 1))
            return "\(left)\n\(indent)\(node.operationText)\n\(right)"
        case .call(let node):
            return "\(indent)\(node.function.rawValue)(\n\(list(level))\n\(indent))"
        case .aggregation(let node):
            return "\(indent)\(node.head)(\n\(list(level))\n\(indent))"
        }
    }

    private func list(_ level: Int) -> String {
        children.map { $0.formatted(level + 1) }.joined(separator: ",\n")
    }
}
