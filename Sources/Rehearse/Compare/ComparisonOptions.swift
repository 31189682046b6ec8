// How answers are compared: tolerances, what never counts, where the answer stands, which parts of the
// traffic are looked at apart, and what tokens cost.

public import Bytes

/// What tokens of one side cost, for a million.
public struct TokenPrice: Sendable, Equatable {
    public var input: Double
    public var output: Double

    public init(input: Double, output: Double) {
        self.input = input
        self.output = output
    }
}

/// A part of the traffic by a field of the request.
public struct SliceRule: Sendable, Equatable {
    /// Where the value comes from.
    public enum Source: Sendable, Equatable {
        /// A header, in lower case.
        case header(String)
        /// A place in the body.
        case body(JSONPath)
        /// A parameter of the query.
        case query(String)
    }

    public var name: String
    public var source: Source

    public init(name: String, source: Source) {
        self.name = name
        self.source = source
    }

    /// Reads `tenant=header:x-tenant`, `model=body:model`, `lang=query:lang`, or only the right side;
    /// nil when it is none of them.
    public init?(_ text: String) {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        let place = parts.last ?? ""
        let pieces = place.split(separator: ":", maxSplits: 1).map(String.init)
        guard pieces.count == 2 else { return nil }
        name = parts.count == 2 ? parts[0] : pieces[1]
        switch pieces[0] {
        case "header": source = .header(pieces[1].lowercased())
        case "query": source = .query(pieces[1])
        case "body":
            guard let path = JSONPath(pieces[1]) else { return nil }
            source = .body(path)
        default: return nil
        }
    }
}

/// How answers are compared.
public struct ComparisonOptions: Sendable, Equatable {
    /// Numbers are the same within `absolute + relative · |primary|`; from 1e9 on, where ids and times
    /// are, the relative part does not count.
    public var absoluteTolerance = 0.0
    public var relativeTolerance = 1e-6
    /// Seconds that are added to both sides before times to the first content and to the end are
    /// compared: a millisecond of two is half, and nobody notices.
    public var ballastSeconds = 0.02
    /// Paths that never count: `id`, `choices[*].logprobs`, `meta.*`.
    public var ignoredPaths: [JSONPath] = []
    /// Where the class or the number stands in the answer, when the protocol does not say.
    public var answerPath: JSONPath?
    /// The protocol, when the path does not tell.
    public var dialect: Dialect?
    /// A schema that the answer's text must satisfy, beside the one that a request asks for.
    public var schema: JSON?
    public var slices: [SliceRule] = []
    /// The sides' prices; without both no cost is compared.
    public var primaryPrice: TokenPrice?
    public var candidatePrice: TokenPrice?

    public init() {}

    /// Paths of a protocol that differ by nature: ids, times, fingerprints, and what is measured by
    /// other means.
    static func natural(_ dialect: Dialect) -> [JSONPath] {
        let paths =
            switch dialect {
            case .chat, .completions:
                [
                    "id", "created", "model", "system_fingerprint", "service_tier", "usage",
                    "timings",
                    "choices[*].message.content", "choices[*].message.reasoning_content",
                    "choices[*].message.tool_calls", "choices[*].text", "choices[*].logprobs",
                    "choices[*].finish_reason", "__verbose",
                ]
            case .embeddings, .ollamaEmbeddings:
                [
                    "id", "created", "model", "usage", "data[*].embedding", "embeddings",
                    "embedding", "total_duration", "load_duration", "prompt_eval_count",
                ]
            case .infer:
                ["id", "model_name", "model_version", "parameters", "outputs[*].parameters"]
            case .ollama:
                [
                    "model", "created_at", "response", "message", "context", "done_reason",
                    "thinking", "total_duration", "load_duration", "prompt_eval_count",
                    "prompt_eval_duration", "eval_count", "eval_duration",
                ]
            case .predict: ["model_version_tag"]
            case .torchServe, .json: [String]()
            }
        return paths.compactMap { JSONPath($0) }
    }
}
