// From what a relay or a courier saw to an answer of the rehearsal: content decoded, times in seconds,
// the usage that the server told. What the content means is the comparison's affair.

public import Carry
internal import Bytes

extension Answer {
    /// Reads what came.
    ///
    /// - Parameter bytesMax: of a compressed body, decompressed.
    public init(_ relayed: RelayedAnswer, bytesMax: Int) {
        let headers = relayed.headers.pairs
        var body = relayed.body
        var ending = Ending(relayed.ending)
        if headers.first(where: { $0.name == "content-encoding" })?.value == "gzip",
            ending == .whole
        {
            if let plain = try? gunzip(body, bytesMax: bytesMax) {
                body = plain
            } else {
                ending = .garbled
            }
        }
        let timing = AnswerTiming(
            firstByte: relayed.firstByte, chunks: relayed.chunks.map { Chunk(end: $0.end, at: $0.at) },
            total: relayed.total)
        self.init(
            status: relayed.status, headers: headers, body: body, ending: ending, timing: timing,
            usage: Usage(answer: body))
    }
}

extension Ending {
    init(_ ending: RelayEnding) {
        self =
            switch ending {
            case .whole: .whole
            case .truncated, .cancelled: .truncated
            case .refused: .refused
            case .timedOut: .timedOut
            case .reset: .reset
            case .tls: .tls
            case .tooLarge: .tooLarge
            case .garbled: .garbled
            }
    }
}

extension Usage {
    /// The usage that an answer tells: OpenAI's `usage`, in JSON or in the last event of a stream, or
    /// Ollama's counts.
    init(answer body: [UInt8]) {
        self.init()
        guard body.hasText("\"usage\"") || body.hasText("\"eval_count\"") else { return }
        if let json = try? JSON(body) {
            read(json)
            return
        }
        let lines = body.split(separator: 0x0A)
        for line in lines.reversed()
        where Array(line).hasText("\"usage\"") || Array(line).hasText("\"eval_count\"") {
            let start = line.firstIndex(of: UInt8(ascii: "{")) ?? line.endIndex
            guard let json = try? JSON(Array(line[start...])) else { continue }
            read(json)
            if tokensOut != nil { return }
        }
    }

    private mutating func read(_ json: JSON) {
        if let usage = json["usage"], case .object = usage {
            tokensIn = usage["prompt_tokens"]?.int ?? usage["input_tokens"]?.int
            tokensOut = usage["completion_tokens"]?.int ?? usage["output_tokens"]?.int
            tokensCached = usage["prompt_tokens_details"]?["cached_tokens"]?.int
        } else {
            tokensIn = json["prompt_eval_count"]?.int
            tokensOut = json["eval_count"]?.int
        }
    }
}
