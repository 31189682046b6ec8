// What a template works on: the few kinds of Go values that Prometheus and Alertmanager hand to
// theirs, with Go's ideas of truth and of printing.

public import Basics

/// A value inside a template.
public indirect enum TemplateValue: Sendable {
    /// No value: what a missing key of a mixed map yields.
    case none
    case bool(Bool)
    case int(Int)
    case float(Double)
    case string(String)
    case list([TemplateValue])
    /// Texts by name; a missing name is the empty text.
    case labels(Labels)
    /// Mixed values by name; a missing name is ``none``.
    case map([String: TemplateValue])
    /// A Go struct: its fields in order, and an unknown field is an error.
    case record([(name: String, value: TemplateValue)])
    /// Seconds since the epoch, UTC.
    case time(Double)
    /// Seconds.
    case duration(Double)

    /// One element of a query's answer, as templates see it.
    public static func sample(_ labels: Labels, _ value: Double) -> TemplateValue {
        .record([("Labels", .labels(labels)), ("Value", .float(value))])
    }

    /// Go's truth: false, zero, and whatever is empty are false.
    public var isTrue: Bool {
        switch self {
        case .none: false
        case .bool(let flag): flag
        case .int(let number): number != 0
        case .float(let number): number != 0
        case .string(let text): !text.isEmpty
        case .list(let items): !items.isEmpty
        case .labels(let labels): !labels.isEmpty
        case .map(let fields): !fields.isEmpty
        case .record, .time: true
        case .duration(let seconds): seconds != 0
        }
    }

    /// The value as `{{ . }}` prints it.
    public var text: String {
        switch self {
        case .none: return "<no value>"
        case .bool(let flag): return flag ? "true" : "false"
        case .int(let number): return String(number)
        case .float(let number): return numberText(number)
        case .string(let text): return text
        case .list(let items): return "[" + items.map(\.text).joined(separator: " ") + "]"
        case .labels(let labels):
            return "map[" + labels.map { "\($0.name):\($0.value)" }.joined(separator: " ") + "]"
        case .map(let fields):
            let sorted = fields.sorted { $0.key < $1.key }
            return "map[" + sorted.map { "\($0.key):\($0.value.text)" }.joined(separator: " ") + "]"
        case .record(let fields):
            return "{" + fields.map(\.value.text).joined(separator: " ") + "}"
        case .time(let seconds): return goTimeText(seconds)
        case .duration(let seconds): return goDurationText(seconds)
        }
    }

    /// The name of the Go type that this stands for, for error messages and `%T`.
    var typeName: String {
        switch self {
        case .none: "nil"
        case .bool: "bool"
        case .int: "int"
        case .float: "float64"
        case .string: "string"
        case .list: "[]interface {}"
        case .labels: "map[string]string"
        case .map: "map[string]interface {}"
        case .record: "struct"
        case .time: "time.Time"
        case .duration: "time.Duration"
        }
    }
}
