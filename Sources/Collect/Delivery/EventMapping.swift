// How a document that nobody taught Martlet becomes events: for each property of an event a path into
// the document. A path is names and indexes with dots between (`alert.labels.0`); a text behind `=` is
// taken as it stands.

internal import Basics
public import Bytes

/// The mapping of a generic source.
public struct EventMapping: Sendable, Equatable {
    /// Where the list of things is; empty when the document is one thing.
    public var items = ""
    public var kind = ""
    public var id = ""
    public var time = ""
    public var repository = ""
    public var service = ""
    public var team = ""
    public var actor = ""
    /// Paths by name of the event's field.
    public var fields: [String: String] = [:]
    /// Words of the sender and what they are in the vocabulary of events: `firing: opened`.
    public var words: [String: String] = [:]

    public init() {}

    public init(section: Section) {
        items = section.string("items") ?? ""
        kind = section.string("kind") ?? ""
        id = section.string("id") ?? ""
        time = section.string("time") ?? ""
        if kind.isEmpty { section.error("kind", "is missing, for example '=incident'") }
        if kind.hasPrefix("="), EventKind(rawValue: String(kind.dropFirst())) == nil {
            let all = EventKind.allCases.map(\.rawValue).joined(separator: ", ")
            section.error("kind", "is no kind of event; there are \(all)")
        }
        if id.isEmpty {
            section.error("id", "is missing; it keeps a repeated delivery from counting")
        }
        repository = section.string("repository") ?? ""
        service = section.string("service") ?? ""
        team = section.string("team") ?? ""
        actor = section.string("actor") ?? ""
        for (name, path) in section.texts("fields") ?? [] { fields[name] = path }
        for (word, meaning) in section.texts("words") ?? [] { words[word] = meaning }
        section.finish()
    }
}
