// Looking into a tree: places, types, children, selectors, and a rewriting that visits every node.

public import Basics

extension Expression {
    /// The bytes the node came from.
    public var span: Span {
        switch self {
        case .number(let node): node.span
        case .string(let node): node.span
        case .vector(let node): node.span
        case .range(let node): node.span
        case .subquery(let node): node.span
        case .unary(let node): node.span
        case .binary(let node): node.span
        case .call(let node): node.span
        case .aggregation(let node): node.span
        case .paren(let node): node.span
        }
    }

    /// What the node yields.
    public var valueType: ValueType {
        switch self {
        case .number: return .scalar
        case .string: return .string
        case .vector, .aggregation: return .vector
        case .range, .subquery: return .matrix
        case .unary(let node): return node.operand.valueType
        case .binary(let node):
            let areScalars = node.left.valueType == .scalar && node.right.valueType == .scalar
            return areScalars ? .scalar : .vector
        case .call(let node): return node.function.signature.result
        case .paren(let node): return node.expression.valueType
        }
    }

    /// The nodes directly below, in the order they are written.
    public var children: [Expression] {
        switch self {
        case .number, .string, .vector: []
        case .range(let node): [.vector(node.vector)]
        case .subquery(let node): [node.expression]
        case .unary(let node): [node.operand]
        case .binary(let node): [node.left, node.right]
        case .call(let node): node.arguments
        case .aggregation(let node): (node.parameter.map { [$0] } ?? []) + [node.expression]
        case .paren(let node): [node.expression]
        }
    }

    /// The matchers of every vector selector, also of those inside ranges and subqueries.
    public var selectors: [[Matcher]] {
        if case .vector(let node) = self { return [node.matchers] }
        return children.flatMap(\.selectors)
    }

    /// The functions that are called anywhere in the tree.
    public var functions: Set<Function> {
        var found = children.reduce(into: Set<Function>()) { $0.formUnion($1.functions) }
        if case .call(let node) = self { found.insert(node.function) }
        return found
    }

    /// The expression inside any parentheses.
    var unparenthesized: Expression {
        var inner = self
        while case .paren(let node) = inner { inner = node.expression }
        return inner
    }

    /// The tree with every node replaced, from the leaves upwards.
    public func rewritten(_ change: (Expression) -> Expression) -> Expression {
        switch self {
        case .number, .string, .vector: return change(self)
        case .range(var node):
            if case .vector(let vector) = change(.vector(node.vector)) { node.vector = vector }
            return change(.range(node))
        case .subquery(var node):
            node.expression = node.expression.rewritten(change)
            return change(.subquery(node))
        case .unary(var node):
            node.operand = node.operand.rewritten(change)
            return change(.unary(node))
        case .binary(var node):
            node.left = node.left.rewritten(change)
            node.right = node.right.rewritten(change)
            return change(.binary(node))
        case .call(var node):
            node.arguments = node.arguments.map { $0.rewritten(change) }
            return change(.call(node))
        case .aggregation(var node):
            node.expression = node.expression.rewritten(change)
            node.parameter = node.parameter?.rewritten(change)
            return change(.aggregation(node))
        case .paren(var node):
            node.expression = node.expression.rewritten(change)
            return change(.paren(node))
        }
    }

    /// The tree without its places: two queries that differ in spaces become equal.
    public var unplaced: Expression {
        let nowhere = Span(from: 0, end: 0)
        return rewritten { node in
            switch node {
            case .number(var node):
                node.span = nowhere
                return .number(node)
            case .string(var node):
                node.span = nowhere
                return .string(node)
            case .vector(var node):
                node.span = nowhere
                return .vector(node)
            case .range(var node):
                node.span = nowhere
                return .range(node)
            case .subquery(var node):
                node.span = nowhere
                return .subquery(node)
            case .unary(var node):
                node.span = nowhere
                return .unary(node)
            case .binary(var node):
                node.span = nowhere
                return .binary(node)
            case .call(var node):
                node.span = nowhere
                return .call(node)
            case .aggregation(var node):
                node.span = nowhere
                return .aggregation(node)
            case .paren(var node):
                node.span = nowhere
                return .paren(node)
            }
        }
    }
}
