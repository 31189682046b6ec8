// Which requests may be copied at all. A call to a model is a POST that changes nothing, an upload of a
// fine-tuning file is one that does: so the guard goes by path, not by method. Paths that are known to
// compute only are copied by themselves; others when the configuration names them.

public import Basics
internal import Bytes

/// The filters of a rehearsal.
public struct MirrorFilter: Sendable {
    /// Methods that are copied; empty for all.
    public var methods: Set<String> = []
    /// The path without query must match, whole; nil for all.
    public var path: Pattern?
    public var notPath: Pattern?
    /// Headers by lower-case name, whose values must match, whole.
    public var headers: [(name: String, pattern: Pattern)] = []
    /// Copies what may have side effects too.
    public var allowsSideEffects = false

    public init() {}

    /// Paths of the protocols that compute an answer and change nothing.
    private static let safeEndings: [StaticString] = [
        "/chat/completions", "/completions", "/embeddings", "/responses", "/moderations", "/rerank",
        "/infer", ":predict", ":classify", ":regress", ":explain", "/api/generate", "/api/chat",
        "/api/embed", "/api/embeddings", "/generate", "/generate_stream", "/classify", "/predict",
        "/score", "/tokenize", "/detokenize", "/invocations",
    ]

    /// Why a request is not copied; nil when it may be.
    public func refusal(
        method: String, path full: String, header: (String) -> String?
    ) -> SkipReason? {
        let path = String(full.utf8.prefix { $0 != UInt8(ascii: "?") }) ?? full
        if !methods.isEmpty, !methods.contains(method) { return .filtered }
        if let pattern = self.path, !fits(pattern, path) { return .filtered }
        if let pattern = notPath, fits(pattern, path) { return .filtered }
        for (name, pattern) in headers where !fits(pattern, header(name) ?? "") {
            return .filtered
        }
        if allowsSideEffects || self.path != nil || isSafe(method, path) { return nil }
        return .sideEffect
    }

    /// A pattern that gives up on a text has not matched it: what is unclear is not copied.
    private func fits(_ pattern: Pattern, _ text: String) -> Bool {
        (try? pattern.matches(text)) ?? false
    }

    private func isSafe(_ path: [UInt8]) -> Bool {
        MirrorFilter.safeEndings.contains { path.ends(with: $0) } || path.hasText("/predictions/")
    }

    private func isSafe(_ method: String, _ path: String) -> Bool {
        switch method {
        case "GET", "HEAD", "OPTIONS": true
        case "POST":
            isSafe(Array(path.utf8))
        default: false
        }
    }
}
