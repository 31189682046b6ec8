// The functions and methods that Alertmanager adds to the language for notifications. Not done:
// `tz`, because times here know no zone but UTC; `base64encode`, `dict` and `append` of the newest
// versions.

import Basics
import Bytes

extension TemplateFunctions {
    /// Alertmanager's functions, and the methods of its label sets and lists.
    public static let notifications: TemplateFunctions = {
        var functions = TemplateFunctions(
            names: [
                "toUpper", "toLower", "title", "trimSpace", "join", "match", "safeHtml", "safeUrl",
                "urlUnescape", "reReplaceAll", "stringSlice", "date", "since", "humanizeDuration",
                "toJson", "list",
            ], call: callNotification)
        functions.labelsHaveMethods = true
        return functions
    }()
}

/// The methods of a set of labels.
let labelMethods: Set<String> = ["SortedPairs", "Names", "Values", "Remove"]

@Sendable
private func callNotification(
    _ name: String, _ arguments: [TemplateValue], _ world: TemplateWorld
) throws(TemplateFault) -> TemplateValue {
    let counts = ["join": 2, "match": 2, "reReplaceAll": 3, "date": 2]
    let wanted = counts[name] ?? 1
    guard ["stringSlice", "list"].contains(name) || arguments.count == wanted else {
        throw TemplateFault(
            "wrong number of args for \(name): want \(wanted) got \(arguments.count)")
    }
    switch name {
    case "stringSlice", "list": return .list(arguments)
    case "join":
        guard case .list(let items) = arguments[1] else {
            throw TemplateFault(
                "wrong type for value; expected []string; got \(arguments[1].typeName)")
        }
        return .string(items.map(\.text).joined(separator: try plain(arguments[0])))
    case "toJson": return .string(String(decoding: json(arguments[0]).encoded, as: UTF8.self))
    case "date": return try callMethod("Format", of: arguments[1], [arguments[0]])
    case "since":
        guard case .time(let seconds) = arguments[0] else {
            throw TemplateFault(
                "wrong type for value; expected time.Time; got \(arguments[0].typeName)")
        }
        return .duration(Double(world.now) / 1000 - seconds)
    case "humanizeDuration":
        if case .duration(let seconds) = arguments[0] { return .string(humanizedDuration(seconds)) }
        return try TemplateFunctions.prometheus.call(name, arguments, world)
    case "trimSpace":
        return .string(trimmedSpace(try plain(arguments[0])))
    case "safeUrl": return .string(try plain(arguments[0]))
    case "urlUnescape": return .string(unescaped(try plain(arguments[0])))
    default: return try TemplateFunctions.prometheus.call(name, arguments, world)
    }
}

private func plain(_ value: TemplateValue) throws(TemplateFault) -> String {
    guard case .string(let text) = value else {
        throw TemplateFault("wrong type for value; expected string; got \(value.typeName)")
    }
    return text
}

private func trimmedSpace(_ text: String) -> String {
    let start = text.drop(while: \.isWhitespace)
    return String(start.reversed().drop(while: \.isWhitespace).reversed())
}

private func unescaped(_ text: String) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.first {
        rest.removeFirst()
        if byte == UInt8(ascii: "%"), rest.count >= 2,
            let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
        {
            bytes.append(value)
            rest.removeFirst(2)
        } else {
            bytes.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}

private func json(_ value: TemplateValue) -> JSON {
    switch value {
    case .none: .null
    case .bool(let flag): .bool(flag)
    case .int(let number): .number(number)
    case .float(let number): .number(number)
    case .list(let items): .array(items.map(json))
    case .labels(let labels): .object(labels.map { ($0.name, .string($0.value)) })
    case .map(let fields):
        .object(fields.sorted { $0.key < $1.key }.map { ($0.key, json($0.value)) })
    case .record(let fields): .object(fields.map { ($0.name, json($0.value)) })
    case .string, .time, .duration: .string(value.text)
    }
}

// MARK: - Methods

/// Calls a method of a set of labels.
func callLabelMethod(
    _ name: String, _ labels: Labels, _ arguments: [TemplateValue]
) throws(TemplateFault) -> TemplateValue {
    let pairs = sortedPairs(labels)
    switch name {
    case "SortedPairs":
        return .list(
            pairs.map { .record([("Name", .string($0.name)), ("Value", .string($0.value))]) })
    case "Names": return .list(pairs.map { .string($0.name) })
    case "Values": return .list(pairs.map { .string($0.value) })
    case "Remove":
        guard arguments.count == 1, case .list(let names) = arguments[0] else {
            throw TemplateFault("wrong number of args for Remove: want 1 got \(arguments.count)")
        }
        let gone = Set(names.map(\.text))
        return .labels(
            Labels(labels.filter { !gone.contains($0.name) }.map { ($0.name, $0.value) }))
    default: throw TemplateFault("can't evaluate field \(name) in type map[string]string")
    }
}

/// By name, but the alert's name first.
private func sortedPairs(_ labels: Labels) -> [Label] {
    let all = Array(labels)
    return all.filter { $0.name == "alertname" } + all.filter { $0.name != "alertname" }
}

/// The text of a record's field; empty for anything else.
func fieldText(_ name: String, of value: TemplateValue) -> String {
    guard case .record(let fields) = value else { return "" }
    return fields.first { $0.name == name }?.value.text ?? ""
}
