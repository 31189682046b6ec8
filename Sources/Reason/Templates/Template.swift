// Templates: the language of Go's text/template, as far as Prometheus' rules and Alertmanager's
// notifications use it, because that is what people's files are written in. A template is parsed
// once, when its file is read, and expanded as often as needed; both are pure.
//
// The order to read: TemplateLexer, TemplateParser, TemplateEvaluator, then the functions. Not
// done, because no rule uses it: complex numbers, method calls on anything but times and durations,
// `call`.

public import Basics
public import Query

/// A template or its expansion that went wrong.
public struct TemplateError: Error, Sendable, CustomStringConvertible {
    public var name: String
    /// Counted from 1.
    public var line: Int
    /// Counted from 1, in bytes.
    public var column: Int
    public var reason: String
    /// The piece that was being executed; nil when the text itself is wrong.
    public var executing: String?

    init(name: String, place: TemplatePlace, reason: String, executing: String? = nil) {
        self.name = name
        line = place.line
        column = place.column
        self.reason = reason
        self.executing = executing
    }

    public var description: String {
        let place = "template: \(name):\(line):\(column): "
        guard let executing else { return place + reason }
        return place + "executing \(goQuoted(name)) at <\(executing)>: \(reason)"
    }
}

/// What a function has to say against its arguments.
public struct TemplateFault: Error, Sendable {
    public var reason: String

    public init(_ reason: String) { self.reason = reason }
}

/// What templates may ask of the world around them.
public struct TemplateWorld: Sendable {
    /// The time of the evaluation that the template belongs to.
    public var now: Millis
    /// The address under which people reach this server; empty when nobody said.
    public var externalURL: String
    public var query: @Sendable (String, Millis) throws(QueryError) -> [VectorSample]

    public init(
        now: Millis, externalURL: String = "",
        query: @escaping @Sendable (String, Millis) throws(QueryError) -> [VectorSample] = {
            (_, _) throws(QueryError) in throw .execution("queries are not available here")
        }
    ) {
        self.now = now
        self.externalURL = externalURL
        self.query = query
    }
}

/// A set of functions by name; the language's own (`printf`, `eq`, …) are always there.
public struct TemplateFunctions: Sendable {
    public var names: Set<String>
    /// True where a set of labels has Alertmanager's methods: `SortedPairs`, `Names`, `Values` and
    /// `Remove` are then no label names.
    public var labelsHaveMethods = false
    public var call:
        @Sendable (String, [TemplateValue], TemplateWorld) throws(TemplateFault) -> TemplateValue

    public init(
        names: Set<String>,
        call:
            @escaping @Sendable (String, [TemplateValue], TemplateWorld) throws(TemplateFault)
            -> TemplateValue
    ) {
        self.names = names
        self.call = call
    }
}

/// Templates by name, as several files define them together.
public struct TemplateLibrary: Sendable {
    var definitions: [String: [TemplateNode]] = [:]

    public init() {}

    /// The names that are defined.
    public var names: Set<String> { Set(definitions.keys) }

    /// Takes in another library; its definitions win.
    public mutating func merge(_ other: TemplateLibrary) {
        definitions.merge(other.definitions) { _, new in new }
    }

    /// Adds what a file defines; a name that is there already is replaced.
    public mutating func add(
        _ source: String, file: String, functions: TemplateFunctions
    ) throws(TemplateError) {
        let template = try Template(source, name: file, functions: functions)
        definitions.merge(template.definitions) { _, new in new }
    }
}

/// A parsed template.
public struct Template: Sendable {
    public let name: String
    let nodes: [TemplateNode]
    let definitions: [String: [TemplateNode]]
    let functions: TemplateFunctions

    /// Parses a template.
    ///
    /// - Parameters:
    ///   - variables: names, with `$`, that ``expand(_:variables:world:)`` will be given.
    ///   - library: templates that this one may call.
    /// - Throws: ``TemplateError`` with line and column.
    public init(
        _ source: String, name: String, variables: [String] = [],
        functions: TemplateFunctions = .prometheus, library: TemplateLibrary = TemplateLibrary()
    ) throws(TemplateError) {
        self.name = name
        self.functions = functions
        // Most annotations are plain texts.
        if !source.utf8.contains(UInt8(ascii: "{")) {
            nodes = source.isEmpty ? [] : [.text(source)]
            definitions = [:]
            return
        }
        var parser = try TemplateParser(
            source, name: name, variables: variables,
            functions: functions.names.union(builtinNames))
        nodes = try parser.parse()
        definitions = library.definitions.merging(parser.definitions) { _, own in own }
    }

    /// Expands the template with `data` as its dot.
    ///
    /// - Throws: ``TemplateError`` for what Go would refuse, and when a limit is reached.
    public func expand(
        _ data: TemplateValue, variables: [String: TemplateValue] = [:], world: TemplateWorld
    ) throws(TemplateError) -> String {
        if nodes.count == 1, case .text(let text) = nodes[0] { return text }
        var evaluator = TemplateEvaluator(self, data, variables, world)
        return try evaluator.run()
    }
}
