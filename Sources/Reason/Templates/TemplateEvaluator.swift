// Walks the tree. Variables live on a stack that shrinks at the end of each block. A template is
// user input that runs in the rule loop, so its steps, its depth and its output have limits.

import Basics

struct TemplateEvaluator {
    /// Nodes and calls of one expansion: an honest template needs hundreds.
    private static let stepsMax = 1_000_000
    /// Nested templates; Go stops at 100,000, which would not fit a thread's stack here.
    private static let depthMax = 200
    /// Bytes of one expansion: it becomes a label or an annotation.
    private static let outputBytesMax = 1 << 20

    private let template: Template
    private let world: TemplateWorld
    private let root: TemplateValue
    private var stack: [(name: String, value: TemplateValue)]
    private var output: [UInt8] = []
    private var steps = 0
    private var depth = 0

    init(
        _ template: Template, _ data: TemplateValue, _ variables: [String: TemplateValue],
        _ world: TemplateWorld
    ) {
        self.template = template
        self.world = world
        root = data
        stack = [("$", data)] + variables.map { ($0.key, $0.value) }
    }

    mutating func run() throws(TemplateError) -> String {
        _ = try walk(template.nodes, root)
        return String(decoding: output, as: UTF8.self)
    }

    private func fault(
        _ place: TemplatePlace, _ source: String, _ reason: String
    ) -> TemplateError {
        TemplateError(name: template.name, place: place, reason: reason, executing: source)
    }

    private mutating func step(_ place: TemplatePlace, _ source: String) throws(TemplateError) {
        steps += 1
        if steps > Self.stepsMax {
            throw fault(place, source, "more than the limit of \(Self.stepsMax) steps")
        }
        if output.count > Self.outputBytesMax {
            throw fault(
                place, source, "more than the limit of \(Self.outputBytesMax) bytes of output")
        }
    }

    // MARK: - Nodes

    private enum Flow { case on, leave, again }

    private mutating func walk(
        _ nodes: [TemplateNode], _ dot: TemplateValue
    ) throws(TemplateError) -> Flow {
        for node in nodes {
            let flow = try walk(node, dot)
            if flow != .on { return flow }
        }
        return .on
    }

    private mutating func walk(
        _ node: TemplateNode, _ dot: TemplateValue
    ) throws(TemplateError) -> Flow {
        let mark = stack.count
        switch node {
        case .text(let text): output += text.utf8
        case .action(let pipe):
            let value = try evaluate(pipe, dot)
            // A declared variable outlives its action, up to the end of the block around it.
            if pipe.variables.isEmpty { output += value.text.utf8 }
        case .when(let pipe, let then, let otherwise):
            defer { stack.removeLast(stack.count - mark) }
            return try walk(try evaluate(pipe, dot).isTrue ? then : otherwise, dot)
        case .with(let pipe, let then, let otherwise):
            defer { stack.removeLast(stack.count - mark) }
            let value = try evaluate(pipe, dot)
            return value.isTrue ? try walk(then, value) : try walk(otherwise, dot)
        case .range(let pipe, let body, let otherwise):
            defer { stack.removeLast(stack.count - mark) }
            return try loop(pipe, body, otherwise, dot)
        case .call(let name, let pipe, let place): try call(name, pipe, place, dot)
        case .leaveLoop: return .leave
        case .nextTurn: return .again
        }
        return .on
    }

    private mutating func call(
        _ name: String, _ pipe: TemplatePipeline?, _ place: TemplatePlace, _ dot: TemplateValue
    ) throws(TemplateError) {
        let source = "{{template \(goQuoted(name))}}"
        try step(place, source)
        guard let body = template.definitions[name] else {
            throw fault(place, source, "template \(goQuoted(name)) not defined")
        }
        guard depth < Self.depthMax else {
            throw fault(place, source, "exceeded maximum template depth (\(Self.depthMax))")
        }
        let value =
            try pipe.map { (pipe) throws(TemplateError) in try evaluate(pipe, dot) } ?? .none
        let outer = stack
        stack = [("$", value)]
        depth += 1
        _ = try walk(body, value)
        depth -= 1
        stack = outer
    }

    private mutating func loop(
        _ pipe: TemplatePipeline, _ body: [TemplateNode], _ otherwise: [TemplateNode],
        _ dot: TemplateValue
    ) throws(TemplateError) -> Flow {
        let value = try evaluate(pipe, dot, declares: false)
        let pairs: [(TemplateValue, TemplateValue)]
        switch value {
        case .list(let items): pairs = items.enumerated().map { (.int($0.offset), $0.element) }
        case .labels(let labels): pairs = labels.map { (.string($0.name), .string($0.value)) }
        case .map(let fields):
            pairs = fields.sorted { $0.key < $1.key }.map { (.string($0.key), $0.value) }
        case .int(let count) where count <= Self.stepsMax:
            pairs = (0..<max(0, count)).map { (.int($0), .int($0)) }
        case .none: pairs = []
        default:
            throw fault(pipe.place, pipe.source, "range can't iterate over \(value.text)")
        }
        if pairs.isEmpty { return try walk(otherwise, dot) }
        for (key, element) in pairs {
            try step(pipe.place, pipe.source)
            let mark = stack.count
            switch pipe.variables.count {
            case 1: set(pipe.variables[0], element, assigns: pipe.assigns)
            case 2:
                set(pipe.variables[0], key, assigns: pipe.assigns)
                set(pipe.variables[1], element, assigns: pipe.assigns)
            default: break
            }
            let flow = try walk(body, element)
            stack.removeLast(stack.count - mark)
            if flow == .leave { break }
        }
        return .on
    }

    private mutating func set(_ name: String, _ value: TemplateValue, assigns: Bool) {
        if assigns, let index = stack.lastIndex(where: { $0.name == name }) {
            stack[index].value = value
        } else {
            stack.append((name, value))
        }
    }

    // MARK: - Pipelines

    private mutating func evaluate(
        _ pipe: TemplatePipeline, _ dot: TemplateValue, declares: Bool = true
    ) throws(TemplateError) -> TemplateValue {
        var value: TemplateValue?
        for command in pipe.commands { value = try evaluate(command, dot, piped: value) }
        let result = value ?? .none
        if declares {
            for variable in pipe.variables { set(variable, result, assigns: pipe.assigns) }
        }
        return result
    }

    private mutating func evaluate(
        _ command: TemplateCommand, _ dot: TemplateValue, piped: TemplateValue?
    ) throws(TemplateError) -> TemplateValue {
        try step(command.place, command.source)
        let first = command.operands[0]
        let rest = command.operands.dropFirst()
        if case .function(let name) = first.kind {
            if name == "and" || name == "or" {
                return try shortCircuit(name, rest, dot, piped)
            }
            var arguments: [TemplateValue] = []
            for operand in rest { arguments.append(try evaluate(operand, command, dot)) }
            if let piped { arguments.append(piped) }
            do {
                return try builtinNames.contains(name)
                    ? callBuiltin(name, arguments) : template.functions.call(name, arguments, world)
            } catch {
                throw fault(
                    command.place, command.source, "error calling \(name): \(error.reason)")
            }
        }
        var arguments: [TemplateValue] = []
        for operand in rest { arguments.append(try evaluate(operand, command, dot)) }
        if let piped { arguments.append(piped) }
        return try evaluate(first, command, dot, arguments: arguments)
    }

    /// `and` and `or` stop at the first argument that decides.
    private mutating func shortCircuit(
        _ name: String, _ operands: ArraySlice<TemplateOperand>, _ dot: TemplateValue,
        _ piped: TemplateValue?
    ) throws(TemplateError) -> TemplateValue {
        var last = TemplateValue.none
        for operand in operands {
            let command = TemplateCommand(place: operand.place, source: name)
            last = try evaluate(operand, command, dot)
            if last.isTrue == (name == "or") { return last }
        }
        return piped ?? last
    }

    private mutating func evaluate(
        _ operand: TemplateOperand, _ command: TemplateCommand, _ dot: TemplateValue,
        arguments: [TemplateValue] = []
    ) throws(TemplateError) -> TemplateValue {
        switch operand.kind {
        case .dot: return try plain(dot, command, arguments)
        case .none: return .none
        case .constant(let value): return try plain(value, command, arguments)
        case .fields(let fields): return try follow(fields, in: dot, command, arguments)
        case .variable(let name, let fields):
            let value = stack.last { $0.name == name }?.value ?? .none
            return try follow(fields, in: value, command, arguments)
        case .function(let name):
            let call = TemplateCommand(place: operand.place, source: name, operands: [operand])
            return try evaluate(call, dot, piped: nil)
        case .group(let pipe, let fields):
            return try follow(fields, in: try evaluate(pipe, dot), command, arguments)
        }
    }

    private func plain(
        _ value: TemplateValue, _ command: TemplateCommand, _ arguments: [TemplateValue]
    ) throws(TemplateError) -> TemplateValue {
        guard arguments.isEmpty else {
            throw fault(command.place, command.source, "can't give argument to non-function")
        }
        return value
    }

    private func follow(
        _ fields: [String], in start: TemplateValue, _ command: TemplateCommand,
        _ arguments: [TemplateValue]
    ) throws(TemplateError) -> TemplateValue {
        var value = start
        for (index, field) in fields.enumerated() {
            let isLast = index == fields.count - 1
            switch value {
            case .labels where template.functions.labelsHaveMethods && labelMethods.contains(field):
                do {
                    value = try callMethod(field, of: value, isLast ? arguments : [])
                } catch {
                    throw fault(command.place, command.source, error.reason)
                }
                if isLast { return value }
            case .labels(let labels): value = .string(labels[field] ?? "")
            case .map(let members): value = members[field] ?? .none
            case .record(let members):
                guard let member = members.first(where: { $0.name == field }) else {
                    throw fault(
                        command.place, command.source,
                        "can't evaluate field \(field) in type \(value.typeName)")
                }
                value = member.value
            case .none:
                throw fault(
                    command.place, command.source, "nil data; no entry for key \(goQuoted(field))")
            default:
                do {
                    value = try callMethod(field, of: value, isLast ? arguments : [])
                } catch {
                    throw fault(command.place, command.source, error.reason)
                }
                if isLast { return value }
            }
        }
        return try plain(value, command, arguments)
    }
}

extension TemplatePipeline {
    var source: String { commands.map(\.source).joined(separator: " | ") }
}
