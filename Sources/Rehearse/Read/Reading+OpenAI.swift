// OpenAI's answers: chat and completions as JSON or as a stream of deltas put together again, and
// embeddings. The first content is the first delta with text, reasoning or a tool call in it; a role
// alone is nothing that anybody sees. The usage message, which has no choices, is not content.

internal import Bytes

extension Reply {
    static func chat(_ body: [UInt8], isStream: Bool) -> Reply {
        isStream ? chatStream(body) : chatDocument(body)
    }

    private static func chatDocument(_ body: [UInt8]) -> Reply {
        var reply = Reply()
        guard let document = try? JSON(body) else { return reply }
        reply.document = document
        reply.usage = Usage(openAI: document["usage"])
        guard let choice = document["choices"]?.items?.first else { return reply }
        reply.finish = choice["finish_reason"]?.text
        let message = choice["message"]
        reply.text = message?["content"]?.text ?? choice["text"]?.text
        reply.reasoning = message?["reasoning_content"]?.text ?? message?["reasoning"]?.text
        reply.toolCalls = (message?["tool_calls"]?.items ?? []).map { ToolCall($0["function"]) }
        // A message whose content is null, as with tool calls, is an empty text and no missing one.
        if reply.text == nil && message != nil { reply.text = "" }
        return reply
    }

    private static func chatStream(_ body: [UInt8]) -> Reply {
        var reply = Reply()
        reply.isStream = true
        var isDone = false
        var text = ""
        var reasoning = ""
        var calls: [Int: ToolCall] = [:]
        for message in EventStream.events(body) {
            if message.data.elementsEqual("[DONE]".utf8) {
                isDone = true
                continue
            }
            guard let piece = try? JSON(Array(message.data)) else { continue }
            if piece["usage"]?.fields != nil { reply.usage = Usage(openAI: piece["usage"]) }
            for choice in piece["choices"]?.items ?? [] where choice["index"]?.int ?? 0 == 0 {
                reply.document = piece
                let delta = choice["delta"]
                let content = delta?["content"]?.text ?? choice["text"]?.text ?? ""
                let thought =
                    delta?["reasoning_content"]?.text ?? delta?["reasoning"]?.text ?? ""
                let tools = delta?["tool_calls"]?.items ?? []
                text += content
                reasoning += thought
                for tool in tools { ToolCall.add(tool, to: &calls) }
                let isContent = !content.isEmpty || !thought.isEmpty || !tools.isEmpty
                if isContent && reply.firstContentAt == nil { reply.firstContentAt = message.end }
                if let finish = choice["finish_reason"]?.text { reply.finish = finish }
            }
        }
        reply.text = text
        reply.reasoning = reasoning.isEmpty ? nil : reasoning
        reply.toolCalls = calls.sorted { $0.key < $1.key }.map(\.value)
        reply.isTruncated = !isDone || reply.finish == nil
        return reply
    }

    static func embeddings(_ body: [UInt8]) -> Reply {
        var reply = Reply()
        guard let document = try? JSON(body) else { return reply }
        reply.document = document
        reply.usage = Usage(openAI: document["usage"])
        if let rows = document["data"]?.items {
            reply.vectors = rows.map { vector($0["embedding"]) }
        } else if let rows = document["embeddings"]?.items {
            reply.vectors = rows.map { vector($0) }
        } else if document["embedding"] != nil {
            reply.vectors = [vector(document["embedding"])]
        }
        if let tokens = document["prompt_eval_count"]?.int { reply.usage.tokensIn = tokens }
        return reply
    }

    private static func vector(_ json: JSON?) -> [Double] {
        if let items = json?.items { return items.compactMap(\.double) }
        // `encoding_format: base64`: little-endian singles.
        return json?.text.flatMap(base64Singles) ?? []
    }
}

extension ToolCall {
    init(_ function: JSON?) {
        let arguments = function?["arguments"]
        self.init(
            name: function?["name"]?.text ?? "",
            arguments: arguments?.text
                ?? arguments.map { String(decoding: $0.encoded, as: UTF8.self) } ?? "")
    }

    /// Adds a streamed piece to the call that it belongs to.
    static func add(_ piece: JSON, to calls: inout [Int: ToolCall]) {
        let index = piece["index"]?.int ?? 0
        let function = piece["function"]
        var call = calls[index] ?? ToolCall(name: "", arguments: "")
        call.name += function?["name"]?.text ?? ""
        call.arguments += function?["arguments"]?.text ?? ""
        calls[index] = call
    }
}

extension Usage {
    init(openAI usage: JSON?) {
        self.init(
            tokensIn: usage?["prompt_tokens"]?.int, tokensOut: usage?["completion_tokens"]?.int,
            tokensCached: usage?["prompt_tokens_details"]?["cached_tokens"]?.int)
    }
}

/// Reads base64 of little-endian 32-bit floats; nil when it is something else.
func base64Singles(_ text: String) -> [Double]? {
    guard let bytes = base64Bytes(text), bytes.count % 4 == 0 else { return nil }
    return stride(from: 0, to: bytes.count, by: 4).map { start in
        let word = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) }
        return Double(Float(bitPattern: word))
    }
}

/// Reads base64 in either alphabet, padding or none; nil when it is something else.
func base64Bytes(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var held: UInt32 = 0
    var bits = 0
    for character in text.utf8 {
        let six: UInt32
        switch character {
        case 0x41...0x5a: six = UInt32(character) - 0x41
        case 0x61...0x7a: six = UInt32(character) - 0x61 + 26
        case 0x30...0x39: six = UInt32(character) - 0x30 + 52
        case UInt8(ascii: "+"), UInt8(ascii: "-"): six = 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): six = 63
        case UInt8(ascii: "="): continue
        default: return nil
        }
        held = held << 6 | six
        bits += 6
        if bits >= 8 {
            bits -= 8
            bytes.append(UInt8(truncatingIfNeeded: held >> UInt32(bits)))
            held &= (1 << UInt32(bits)) - 1
        }
    }
    return bytes
}
