// A text that must not be shown: it prints as `<secret>` wherever a value could be printed by
// accident, and is only reached by name.

/// A password, a token, or a URL that carries one.
public struct Secret: Sendable, Equatable {
    /// The text itself; for the wire only.
    public let revealed: String

    public init(_ text: String) { revealed = text }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "<secret>" }
    public var debugDescription: String { "<secret>" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Secret {
    /// A URL without what may be secret in it: scheme and host stay, path and the rest become `…`.
    public var shownURL: String {
        guard let scheme = revealed.split(separator: "://", maxSplits: 1).first,
            scheme.count < revealed.count
        else { return "…" }
        let rest = revealed.dropFirst(scheme.count + 3)
        let authority = rest.prefix { !"/?#".contains($0) }
        let host = authority.split(separator: "@").last ?? ""
        return "\(scheme)://\(host)" + (rest.count > authority.count ? "/…" : "")
    }

    /// Another text with this secret taken out.
    func hidden(in text: String) -> String {
        revealed.isEmpty ? text : text.replacing(revealed, with: shownURL)
    }
}
