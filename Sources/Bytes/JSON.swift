// JSON as a value, for configuration-sized and API-sized documents: objects keep their order, numbers
// keep their text until somebody asks. Writing is a separate affair (JSONWriter), because answers are
// written field by field without building a tree.

internal import Basics

/// A JSON value.
public enum JSON: Sendable, Equatable {
    case null
    case bool(Bool)
    /// The number's text, as it stood.
    case number(String)
    case string(String)
    case array([JSON])
    case object([(key: String, value: JSON)])

    public static func == (left: JSON, right: JSON) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.number(let a), .number(let b)): a == b || Double(a) == Double(b)
        case (.string(let a), .string(let b)): a.utf8.elementsEqual(b.utf8)
        case (.array(let a), .array(let b)): a == b
        case (.object(let a), .object(let b)):
            a.count == b.count
                && a.allSatisfy { pair in
                    b.contains { $0.key == pair.key && $0.value == pair.value }
                }
        default: false
        }
    }

    /// A field of an object; nil when this is no object or has no such field.
    public subscript(key: String) -> JSON? {
        guard case .object(let fields) = self else { return nil }
        return fields.last { $0.key == key }?.value
    }

    public var text: String? {
        if case .string(let text) = self { return text }
        return nil
    }

    /// The number; nil when this is none.
    public var double: Double? {
        if case .number(let text) = self { return Double(text) }
        return nil
    }

    /// The whole number; nil when this is none or has a fraction.
    public var int: Int? {
        guard case .number(let text) = self else { return nil }
        return Int(text) ?? Double(text).flatMap { Int(exactly: $0) }
    }

    public var boolean: Bool? {
        if case .bool(let flag) = self { return flag }
        return nil
    }

    public var items: [JSON]? {
        if case .array(let items) = self { return items }
        return nil
    }

    public var fields: [(key: String, value: JSON)]? {
        if case .object(let fields) = self { return fields }
        return nil
    }

    public static func number(_ value: Double) -> JSON { .number(numberText(value, .api)) }
    public static func number(_ value: Int) -> JSON { .number(String(value)) }

    /// The value as compact JSON.
    public var encoded: [UInt8] {
        var writer = JSONWriter()
        writer.write(self)
        return writer.bytes
    }
}
