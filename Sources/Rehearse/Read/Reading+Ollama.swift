// Ollama's answers: one JSON document, or one a line of which the last has `done`. `generate` has
// `response`, `chat` has `message`.

internal import Bytes

extension Reply {
    static func ollama(_ body: [UInt8]) -> Reply {
        var reply = Reply()
        var text = ""
        var reasoning = ""
        var isDone = false
        let messages = EventStream.jsonLines(body)
        reply.isStream = messages.count > 1
        for message in messages {
            guard let piece = try? JSON(Array(message.data)) else { continue }
            reply.document = piece
            let content = piece["response"]?.text ?? piece["message"]?["content"]?.text ?? ""
            let thought = piece["thinking"]?.text ?? piece["message"]?["thinking"]?.text ?? ""
            let calls = (piece["message"]?["tool_calls"]?.items ?? []).map {
                ToolCall($0["function"])
            }
            text += content
            reasoning += thought
            reply.toolCalls += calls
            let isContent = !content.isEmpty || !thought.isEmpty || !calls.isEmpty
            if isContent && reply.firstContentAt == nil { reply.firstContentAt = message.end }
            if piece["done"]?.boolean == true {
                isDone = true
                reply.finish = piece["done_reason"]?.text ?? "stop"
                reply.usage.tokensIn = piece["prompt_eval_count"]?.int
                reply.usage.tokensOut = piece["eval_count"]?.int
            }
        }
        reply.text = text
        reply.reasoning = reasoning.isEmpty ? nil : reasoning
        reply.isTruncated = reply.document != nil && !isDone
        return reply
    }
}
