// What an answer says, whatever protocol it came in: a class, a number, vectors, a text with its tool
// calls, or just a document. Reading never fails: an answer that cannot be read is a document that is
// missing, and its fault is named.

public import Bytes

/// A call of a tool that a model asked for.
public struct ToolCall: Sendable, Equatable {
    public var name: String
    /// The arguments as sent; JSON when all is well.
    public var arguments: String

    public init(name: String, arguments: String) {
        self.name = name
        self.arguments = arguments
    }
}

/// An answer, read.
public struct Reply: Sendable {
    /// The body as JSON, of a stream its last message; nil when it is none.
    public var document: JSON?
    /// What a model wrote.
    public var text: String?
    public var toolCalls: [ToolCall] = []
    /// `stop`, `length`, `tool_calls`, …; nil when the server named none.
    public var finish: String?
    /// The predicted class, one a row of the request.
    public var classes: [String] = []
    /// The predicted number, one a row.
    public var numbers: [Double] = []
    /// Embeddings, one a text.
    public var vectors: [[Double]] = []
    public var usage = Usage()
    /// A stream ended without its last message; a stream that breaks off is no short answer.
    public var isTruncated = false
    /// Bytes of the body before which nothing was seen by a person; nil when nothing ever was.
    public var firstContentAt: Int?
    /// Content came from the body in messages of a stream.
    public var isStream = false
    /// Text that reasons before it answers, kept apart.
    public var reasoning: String?

    public init() {}
}
