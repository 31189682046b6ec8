// Whether a value satisfies a JSON Schema, as far as schemas of answers and of tools' arguments go:
// type, enum, const, required, properties, additionalProperties, items, bounds of numbers, lengths and
// counts, anyOf, oneOf, allOf, and $ref to $defs. Keywords that are not known are not held against a
// value.

internal import Bytes

/// A schema to hold values against.
struct JSONSchema: Sendable {
    private static let depthMax = 64
    private let root: JSON

    init(_ root: JSON) { self.root = root }

    func accepts(_ value: JSON) -> Bool { accepts(value, root, depth: 0) }

    private func accepts(_ value: JSON, _ schema: JSON, depth: Int) -> Bool {
        if schema.boolean == false { return false }
        // A schema that refers to itself without end accepts; its values are finite anyway.
        guard schema.fields != nil, depth < Self.depthMax else { return true }
        if let reference = schema["$ref"]?.text {
            guard let target = resolve(reference) else { return true }
            return accepts(value, target, depth: depth + 1)
        }
        if let type = schema["type"] {
            let names = type.items?.compactMap(\.text) ?? type.text.map { [$0] } ?? []
            if !names.isEmpty && !names.contains(where: { Self.isType(value, $0) }) { return false }
        }
        if let allowed = schema["enum"]?.items, !allowed.contains(value) { return false }
        if let only = schema["const"], only != value { return false }
        if let all = schema["allOf"]?.items,
            !all.allSatisfy({ accepts(value, $0, depth: depth + 1) })
        {
            return false
        }
        if let any = schema["anyOf"]?.items,
            !any.contains(where: { accepts(value, $0, depth: depth + 1) })
        {
            return false
        }
        if let one = schema["oneOf"]?.items,
            one.count(where: { accepts(value, $0, depth: depth + 1) }) != 1
        {
            return false
        }
        switch value {
        case .object(let fields): return acceptsFields(fields, schema, depth)
        case .array(let items): return acceptsItems(items, schema, depth)
        case .string(let text):
            return Self.isWithin(Double(text.count), schema, "minLength", "maxLength")
        case .number: return acceptsNumber(value.double ?? .nan, schema)
        default: return true
        }
    }

    private func acceptsFields(
        _ fields: [(key: String, value: JSON)], _ schema: JSON, _ depth: Int
    ) -> Bool {
        for name in schema["required"]?.items?.compactMap(\.text) ?? []
        where !fields.contains(where: { $0.key == name }) {
            return false
        }
        let known = schema["properties"]
        for (key, value) in fields {
            if let property = known?[key] {
                if !accepts(value, property, depth: depth + 1) { return false }
            } else if let other = schema["additionalProperties"],
                !accepts(value, other, depth: depth + 1)
            {
                return false
            }
        }
        return Self.isWithin(Double(fields.count), schema, "minProperties", "maxProperties")
    }

    private func acceptsItems(_ items: [JSON], _ schema: JSON, _ depth: Int) -> Bool {
        if let each = schema["items"], !items.allSatisfy({ accepts($0, each, depth: depth + 1) }) {
            return false
        }
        return Self.isWithin(Double(items.count), schema, "minItems", "maxItems")
    }

    private func acceptsNumber(_ number: Double, _ schema: JSON) -> Bool {
        if let bound = schema["exclusiveMinimum"]?.double, number <= bound { return false }
        if let bound = schema["exclusiveMaximum"]?.double, number >= bound { return false }
        return Self.isWithin(number, schema, "minimum", "maximum")
    }

    private static func isWithin(
        _ number: Double, _ schema: JSON, _ least: String, _ most: String
    ) -> Bool {
        number >= schema[least]?.double ?? -.infinity && number <= schema[most]?.double ?? .infinity
    }

    private static func isType(_ value: JSON, _ name: String) -> Bool {
        switch (name, value) {
        case ("object", .object), ("array", .array), ("string", .string), ("number", .number),
            ("boolean", .bool), ("null", .null):
            true
        case ("integer", .number): value.double.map { $0 == $0.rounded() } ?? false
        default: false
        }
    }

    /// A reference within the document, `#/$defs/item`.
    private func resolve(_ reference: String) -> JSON? {
        guard reference.hasPrefix("#") else { return nil }
        var target = root
        for step in reference.dropFirst().split(separator: "/") {
            guard let next = target[String(step)] else { return nil }
            target = next
        }
        return target
    }
}
