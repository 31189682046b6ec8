// YAML as a tree of values that know their place, so that an error in a configuration can name line
// and column. Reading is Yams' (libyaml); this is the view on it that the rooms share.

internal import Yams

/// A YAML node with its place in the file.
public struct YAML: Sendable {
    public enum Value: Sendable {
        case scalar(String, isPlain: Bool)
        case sequence([YAML])
        case mapping([(key: YAML, value: YAML)])
    }

    public var value: Value
    /// Counted from 1.
    public var line: Int
    public var column: Int

    public init(value: Value, line: Int, column: Int) {
        self.value = value
        self.line = line
        self.column = column
    }

    /// Reads one document; an empty text is an empty mapping.
    public static func parse(_ text: String) throws(YAMLError) -> YAML {
        do {
            guard let node = try Yams.compose(yaml: text) else {
                return YAML(value: .mapping([]), line: 1, column: 1)
            }
            return YAML(node, depth: 0)
        } catch let error as YamlError {
            throw YAMLError(error)
        } catch {
            throw YAMLError(line: 1, column: 1, reason: "\(error)")
        }
    }

    private init(_ node: Yams.Node, depth: Int) {
        line = node.mark?.line ?? 1
        column = node.mark?.column ?? 1
        switch node {
        case .scalar(let scalar):
            value = .scalar(scalar.string, isPlain: scalar.style == .plain || scalar.style == .any)
        case .sequence(let sequence):
            value = .sequence(sequence.map { YAML($0, depth: depth + 1) })
        case .mapping(let mapping):
            value = .mapping(
                mapping.map { (YAML($0.key, depth: depth + 1), YAML($0.value, depth: depth + 1)) })
        case .alias:
            value = .scalar("", isPlain: true)
        }
    }

    /// The text of a scalar; nil for anything else and for a plain `null`.
    public var text: String? {
        guard case .scalar(let text, let isPlain) = value else { return nil }
        return isPlain && ["", "~", "null", "Null", "NULL"].contains(text) ? nil : text
    }

    public var isNull: Bool {
        if case .scalar(let text, let isPlain) = value {
            return isPlain && ["", "~", "null", "Null", "NULL"].contains(text)
        }
        return false
    }

    public var boolean: Bool? {
        guard case .scalar(let text, true) = value else { return nil }
        switch text {
        case "true", "True", "TRUE", "yes", "on": return true
        case "false", "False", "FALSE", "no", "off": return false
        default: return nil
        }
    }

    public var int: Int? { text.flatMap { Int($0.replacing("_", with: "")) } }

    public var double: Double? { text.flatMap(Double.init) }

    public var items: [YAML]? {
        if case .sequence(let items) = value { return items }
        return nil
    }

    public var fields: [(key: YAML, value: YAML)]? {
        if case .mapping(let fields) = value { return fields }
        return nil
    }

    /// A field of a mapping.
    public subscript(key: String) -> YAML? {
        fields?.last { $0.key.text == key }?.value
    }
}

/// Where a YAML text is wrong.
public struct YAMLError: Error, Equatable, CustomStringConvertible {
    public var line: Int
    public var column: Int
    public var reason: String

    public init(line: Int, column: Int, reason: String) {
        self.line = line
        self.column = column
        self.reason = reason
    }

    init(_ error: YamlError) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self.init(line: mark.line, column: mark.column, reason: problem)
        case .duplicatedKeysInMapping(let duplicates, let context):
            self.init(
                line: context.mark.line, column: context.mark.column,
                reason: "duplicate key \(duplicates.sorted().joined(separator: ", "))")
        default:
            self.init(line: 1, column: 1, reason: "\(error)")
        }
    }

    public var description: String { "line \(line), column \(column): \(reason)" }
}
