// From what a relay or a courier saw to an answer of the rehearsal: content decoded, times in seconds.
// What the content means is read by its protocol.

internal import Bytes
public import Carry

extension Answer {
    /// Reads what came.
    ///
    /// - Parameter bytesMax: of a compressed body, decompressed.
    public init(_ relayed: RelayedAnswer, bytesMax: Int) {
        // Of an answer's headers no more than these is ever asked for.
        let type = relayed.headers["content-type"]
        let headers = type.map { [(name: "content-type", value: $0)] } ?? []
        var body = relayed.body
        var ending = Ending(relayed.ending)
        if relayed.headers["content-encoding"] == "gzip",
            ending == .whole
        {
            if let plain = try? gunzip(body, bytesMax: bytesMax) {
                body = plain
            } else {
                ending = .garbled
            }
        }
        var timing = AnswerTiming(
            firstByte: relayed.firstByte,
            chunks: relayed.chunks.map { Chunk(end: $0.end, at: $0.at) },
            total: relayed.total)
        timing.held = relayed.held
        self.init(
            status: relayed.status, headers: headers, body: body, ending: ending, timing: timing)
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
