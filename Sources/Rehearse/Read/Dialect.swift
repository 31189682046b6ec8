// The protocols that are understood, told apart by path: what an answer means depends on who was
// asked. An unknown path is generic JSON, and what is no JSON is text or bytes.

internal import Bytes

/// A protocol of model servers.
public enum Dialect: String, Sendable, CaseIterable {
    /// OpenAI `/v1/chat/completions`, JSON or server-sent events.
    case chat
    /// OpenAI `/v1/completions`.
    case completions
    /// OpenAI `/v1/embeddings`.
    case embeddings
    /// Open Inference Protocol V2: `/v2/models/…/infer` (Triton, MLServer, KServe).
    case infer
    /// TensorFlow Serving and KServe V1: `…:predict`.
    case predict
    /// TorchServe `/predictions/…`.
    case torchServe = "torchserve"
    /// Ollama `/api/generate` and `/api/chat`, JSON lines when streamed.
    case ollama
    /// Ollama `/api/embed` and `/api/embeddings`.
    case ollamaEmbeddings = "ollama_embeddings"
    /// Anything else.
    case json

    /// The protocol that a path speaks.
    public init(path: String) {
        let path = Array(path.utf8.prefix { $0 != UInt8(ascii: "?") })
        if let (_, dialect) = Dialect.endings.first(where: { path.ends(with: $0.ending) }) {
            self = dialect
        } else {
            self = path.hasText("/predictions/") ? .torchServe : .json
        }
    }

    /// The first that fits counts; bytes, because every request of a rehearsal is looked at.
    private static let endings: [(ending: StaticString, Dialect)] = [
        ("/api/embeddings", .ollamaEmbeddings), ("/chat/completions", .chat),
        ("/completions", .completions), ("/embeddings", .embeddings), ("/infer", .infer),
        (":predict", .predict), ("/api/generate", .ollama), ("/api/chat", .ollama),
        ("/api/embed", .ollamaEmbeddings),
    ]

    /// Answers are texts that a model wrote.
    public var isText: Bool { self == .chat || self == .completions || self == .ollama }

    public var isEmbedding: Bool { self == .embeddings || self == .ollamaEmbeddings }
}
