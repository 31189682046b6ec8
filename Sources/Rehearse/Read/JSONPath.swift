// Paths into JSON, `choices[0].message.content`, `outputs[*].data`, `meta.*`: read values, set values,
// and recognise paths of differences. A subset of JSONPath (RFC 9535) that a person can type; a name
// with a dot in it is written `["a.b"]`.

public import Bytes

/// A path into a document.
public struct JSONPath: Sendable, Hashable, CustomStringConvertible {
    enum Step: Hashable, Sendable {
        case name(String)
        case index(Int)
        /// `*` and `[*]`: every field, every element.
        case any
    }

    let steps: [Step]
    public let description: String

    /// Reads a path, with or without a leading `$.`; nil when it is none.
    public init?(_ text: String) {
        var steps: [Step] = []
        var rest = text[...]
        if rest.first == "$" { rest = rest.dropFirst() }
        while !rest.isEmpty {
            if rest.first == "[" {
                guard let end = rest.firstIndex(of: "]") else { return nil }
                let inner = rest[rest.index(after: rest.startIndex)..<end]
                rest = rest[rest.index(after: end)...]
                if inner == "*" {
                    steps.append(.any)
                } else if let index = Int(inner), index >= 0 {
                    steps.append(.index(index))
                } else if let quote = inner.first, quote == "\"" || quote == "'",
                    inner.count >= 2, inner.last == quote
                {
                    steps.append(.name(String(inner.dropFirst().dropLast())))
                } else {
                    return nil
                }
            } else {
                if rest.first == "." { rest = rest.dropFirst() }
                let name = rest.prefix { $0 != "." && $0 != "[" }
                if name.isEmpty { return nil }
                rest = rest[name.endIndex...]
                steps.append(name == "*" ? .any : .name(String(name)))
            }
        }
        if steps.isEmpty { return nil }
        self.steps = steps
        description = text
    }

    /// A path of field names.
    init(names: [String]) {
        steps = names.map { .name($0) }
        description = names.joined(separator: ".")
    }

    /// The values at the path, in order.
    public func values(in document: JSON) -> [JSON] {
        var found = [document]
        for step in steps {
            found = found.flatMap { value -> [JSON] in
                switch step {
                case .name(let name): value[name].map { [$0] } ?? []
                case .index(let index):
                    value.items.flatMap { $0.dropFirst(index).first }.map { [$0] } ?? []
                case .any: value.items ?? value.fields?.map(\.value) ?? []
                }
            }
        }
        return found
    }

    /// The document with a value set, or the field taken away; fields that are missing on the way are
    /// made, elements are not.
    public func setting(_ value: JSON?, in document: JSON) -> JSON {
        Self.set(steps[...], value, document)
    }

    private static func set(_ steps: ArraySlice<Step>, _ value: JSON?, _ document: JSON) -> JSON {
        guard let step = steps.first else { return value ?? .null }
        let rest = steps.dropFirst()
        switch (step, document) {
        case (.name(let name), .object(var fields)):
            if let place = fields.lastIndex(where: { $0.key == name }) {
                if rest.isEmpty && value == nil {
                    fields.remove(at: place)
                } else {
                    fields[place].value = set(rest, value, fields[place].value)
                }
            } else if value != nil, !rest.contains(where: { $0 == .any }) {
                fields.append((name, set(rest, value, .object([]))))
            }
            return .object(fields)
        case (.index(let index), .array(var items)) where index < items.count:
            if rest.isEmpty && value == nil {
                items.remove(at: index)
            } else {
                items[index] = set(rest, value, items[index])
            }
            return .array(items)
        case (.any, .array(let items)):
            return rest.isEmpty && value == nil
                ? .array([]) : .array(items.map { set(rest, value, $0) })
        case (.any, .object(let fields)):
            return rest.isEmpty && value == nil
                ? .object([]) : .object(fields.map { ($0.key, set(rest, value, $0.value)) })
        default: return document
        }
    }

    /// True when a path of differences (`scores[*].value`) is this one or lies below it.
    public func covers(_ segments: [String]) -> Bool {
        guard segments.count >= steps.count else { return false }
        return zip(steps, segments).allSatisfy { step, segment in
            switch step {
            case .any: true
            case .index: segment == "[*]"
            case .name(let name): segment == name
            }
        }
    }
}
