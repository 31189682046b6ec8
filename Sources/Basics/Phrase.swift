// What a judge says, before it is put into a language: a key of `lang/*.json` and its arguments.
// Rendered by Serve and Send, so that no sentence freezes in one language.

/// A sentence that still has to be worded.
public struct Phrase: Sendable, Equatable, Hashable {
    public var key: String
    /// Replaces `{name}` in the worded sentence.
    public var arguments: [String: String]

    public init(_ key: String, _ arguments: [String: String] = [:]) {
        self.key = key
        self.arguments = arguments
    }

    /// Words the phrase with a template: `{name}` is replaced by the argument of that name.
    public func worded(_ template: String) -> String {
        var text = ""
        var rest = template[...]
        while let open = rest.firstIndex(of: "{") {
            text += rest[..<open]
            rest = rest[rest.index(after: open)...]
            guard let close = rest.firstIndex(of: "}") else {
                text += "{"
                break
            }
            let name = String(rest[..<close])
            text += arguments[name] ?? "{\(name)}"
            rest = rest[rest.index(after: close)...]
        }
        return text + rest
    }
}
