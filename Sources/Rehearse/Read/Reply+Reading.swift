// From an answer to what it says: the protocol is found by the request's path, the form by the
// answer's head; the times at which content came are read from the chunks.

internal import Bytes

extension Reply {
    /// Reads an answer to a request of a path.
    public init(_ answer: Answer, path: String) {
        self.init(answer, dialect: Dialect(path: path))
    }

    /// Reads an answer in a protocol.
    public init(_ answer: Answer, dialect: Dialect) {
        let type = answer[header: "content-type"] ?? ""
        let isStream = type.hasPrefix("text/event-stream")
        switch dialect {
        case .chat, .completions: self = .chat(answer.body, isStream: isStream)
        case .embeddings, .ollamaEmbeddings: self = .embeddings(answer.body)
        case .infer: self = .infer(answer.body)
        case .predict: self = .predict(answer.body)
        case .torchServe: self = .torchServe(answer.body)
        case .ollama: self = .ollama(answer.body)
        case .json:
            self.init()
            document = try? JSON(answer.body)
            if document == nil { text = String(validating: answer.body, as: UTF8.self) }
        }
        if answer.usage.tokensIn != nil { usage.tokensIn = answer.usage.tokensIn }
        if answer.usage.tokensOut != nil { usage.tokensOut = answer.usage.tokensOut }
        if answer.usage.cost != nil { usage.cost = answer.usage.cost }
        if answer.ending != .whole { isTruncated = true }
    }

    /// The answer with what reading found: the first content's time, the usage, a stream that broke.
    public func completing(_ answer: Answer) -> Answer {
        var answer = answer
        answer.usage = usage
        if let place = firstContentAt {
            answer.timing.firstContent =
                answer.timing.firstContent ?? answer.timing.chunks.first { $0.end >= place }?.at
        }
        if isTruncated && answer.ending == .whole && answer.status < 400 {
            answer.ending = .truncated
        }
        return answer
    }
}
