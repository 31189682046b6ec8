// The functions that belong to the language: comparison, logic, indexing, printing. Like Go, they
// compare only values of one kind: `gt 1.5 1` is an error, and saying so beats guessing.

import Basics

let builtinNames: Set<String> = [
    "and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "len", "index", "slice", "print",
    "printf", "println", "html", "js", "urlquery",
]

/// Calls one of the language's functions; `and` and `or` are the evaluator's own.
func callBuiltin(
    _ name: String, _ arguments: [TemplateValue]
) throws(TemplateFault) -> TemplateValue {
    func need(_ count: Int) throws(TemplateFault) {
        guard arguments.count >= count else {
            throw TemplateFault(
                "wrong number of args for \(name): want at least \(count) got \(arguments.count)")
        }
    }
    switch name {
    case "not":
        try need(1)
        return .bool(!arguments[0].isTrue)
    case "eq":
        guard arguments.count >= 2 else { throw TemplateFault("missing argument for comparison") }
        for other in arguments.dropFirst() where try equals(arguments[0], other) {
            return .bool(true)
        }
        return .bool(false)
    case "ne", "lt", "le", "gt", "ge":
        guard arguments.count == 2 else {
            throw TemplateFault("wrong number of args for \(name): want 2 got \(arguments.count)")
        }
        if name == "ne" { return .bool(!(try equals(arguments[0], arguments[1]))) }
        return .bool(try ordered(name, arguments[0], arguments[1]))
    case "len":
        try need(1)
        return .int(try length(arguments[0]))
    case "index":
        try need(1)
        var value = arguments[0]
        for key in arguments.dropFirst() { value = try element(of: value, at: key) }
        return value
    case "slice":
        try need(1)
        return try slice(arguments)
    case "print": return .string(goPrint(arguments))
    case "println": return .string(arguments.map(\.text).joined(separator: " ") + "\n")
    case "printf":
        try need(1)
        guard case .string(let format) = arguments[0] else {
            throw TemplateFault(
                "wrong type for value; expected string; got \(arguments[0].typeName)")
        }
        return .string(goFormat(format, Array(arguments.dropFirst())))
    case "html": return .string(escapedHTML(goPrint(arguments)))
    case "js": return .string(escapedScript(goPrint(arguments)))
    default: return .string(queryEscaped(goPrint(arguments)))
    }
}

private func equals(_ left: TemplateValue, _ right: TemplateValue) throws(TemplateFault) -> Bool {
    switch (left, right) {
    case (.bool(let a), .bool(let b)): return a == b
    case (.int(let a), .int(let b)): return a == b
    case (.float(let a), .float(let b)): return a == b
    case (.string(let a), .string(let b)): return a.utf8.elementsEqual(b.utf8)
    case (.duration(let a), .duration(let b)): return a == b
    case (.none, .none): return true
    case (.none, _), (_, .none): return false
    default: throw TemplateFault("incompatible types for comparison")
    }
}

private func ordered(
    _ name: String, _ left: TemplateValue, _ right: TemplateValue
) throws(TemplateFault) -> Bool {
    func decide<Value>(_ a: Value, _ b: Value, _ less: (Value, Value) -> Bool, _ same: Bool) -> Bool
    {
        switch name {
        case "lt": less(a, b)
        case "le": less(a, b) || same
        case "gt": less(b, a)
        default: less(b, a) || same
        }
    }
    switch (left, right) {
    case (.int(let a), .int(let b)): return decide(a, b, <, a == b)
    case (.float(let a), .float(let b)), (.duration(let a), .duration(let b)):
        return decide(a, b, <, a == b)
    case (.string(let a), .string(let b)):
        let same = a.utf8.elementsEqual(b.utf8)
        return decide(a, b, { $0.utf8.lexicographicallyPrecedes($1.utf8) }, same)
    case (.bool, .bool): throw TemplateFault("invalid type for comparison")
    default: throw TemplateFault("incompatible types for comparison")
    }
}

private func length(_ value: TemplateValue) throws(TemplateFault) -> Int {
    switch value {
    case .string(let text): return text.utf8.count
    case .list(let items): return items.count
    case .labels(let labels): return labels.count
    case .map(let fields): return fields.count
    default: throw TemplateFault("len of type \(value.typeName)")
    }
}

private func element(
    of value: TemplateValue, at key: TemplateValue
) throws(TemplateFault) -> TemplateValue {
    switch (value, key) {
    case (.labels(let labels), .string(let name)): return .string(labels[name] ?? "")
    case (.map(let fields), .string(let name)): return fields[name] ?? .none
    case (.labels, _), (.map, _):
        throw TemplateFault("value has type \(key.typeName); should be string")
    case (.list(let items), .int(let index)):
        guard items.indices.contains(index) else {
            throw TemplateFault("index out of range: \(index)")
        }
        return items[index]
    case (.string(let text), .int(let index)):
        guard index >= 0 && index < text.utf8.count else {
            throw TemplateFault("index out of range: \(index)")
        }
        return .int(Int(Array(text.utf8)[index]))
    case (.list, _), (.string, _):
        throw TemplateFault("cannot index slice/array with type \(key.typeName)")
    case (.none, _): throw TemplateFault("index of untyped nil")
    default: throw TemplateFault("can't index item of type \(value.typeName)")
    }
}

private func slice(_ arguments: [TemplateValue]) throws(TemplateFault) -> TemplateValue {
    var bounds: [Int] = []
    for argument in arguments.dropFirst() {
        guard case .int(let bound) = argument else {
            throw TemplateFault("cannot index slice/array with type \(argument.typeName)")
        }
        bounds.append(bound)
    }
    let count = try length(arguments[0])
    let from = bounds.first ?? 0
    let to = bounds.count > 1 ? bounds[1] : count
    guard from >= 0, to <= count, from <= to, bounds.count <= 2 else {
        throw TemplateFault("index out of range: \(from <= count ? to : from)")
    }
    switch arguments[0] {
    case .string(let text):
        return .string(String(decoding: Array(text.utf8)[from..<to], as: UTF8.self))
    case .list(let items): return .list(Array(items[from..<to]))
    default: throw TemplateFault("can't slice item of type \(arguments[0].typeName)")
    }
}

/// Go's `Sprint`: a space between two operands when neither is a string.
func goPrint(_ values: [TemplateValue]) -> String {
    var text = ""
    var lastIsText = true
    for (index, value) in values.enumerated() {
        var isText = false
        if case .string = value { isText = true }
        if index > 0 && !isText && !lastIsText { text += " " }
        text += value.text
        lastIsText = isText
    }
    return text
}
