// Headers of a delivery: names compare without case, and a name that stands twice is ambiguous, so
// the proof of a delivery is only ever read from a header that stands once.

/// The headers of a request.
public struct DeliveryHeaders: Sendable, ExpressibleByDictionaryLiteral {
    private var values: [String: [String]] = [:]

    public init(_ pairs: [(name: String, value: String)]) {
        for pair in pairs { values[pair.name.lowercased(), default: []].append(pair.value) }
    }

    public init(dictionaryLiteral pairs: (String, String)...) {
        self.init(pairs.map { (name: $0.0, value: $0.1) })
    }

    /// The first value of a header, named in lower case.
    public subscript(name: String) -> String? { values[name]?.first }

    /// The value of a header that stands exactly once, named in lower case.
    func only(_ name: String) -> String? {
        guard let found = values[name], found.count == 1 else { return nil }
        return found[0]
    }

    func has(_ name: String) -> Bool { values[name] != nil }

    /// The headers that tell what a body is; never one that may carry a secret.
    var describing: [String: String] {
        let wanted: Set<String> = [
            "circleci-event-type", "content-type", "x-atlassian-webhook-retry", "x-event-key",
            "x-github-event", "x-gitlab-event", "x-pelorus-event",
        ]
        return values.compactMapValues(\.first).filter { name, _ in
            wanted.contains(name) || name.hasPrefix("ce-")
        }
    }
}
