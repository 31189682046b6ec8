// What the end of a leg means, and its answer as a value for those who come later.

internal import CCurl

extension Leg {
    var isOver: Bool { code != nil }

    /// How it ended; call it only when it is over.
    var ending: RelayEnding {
        guard let code else { return .cancelled }
        if isTooLarge { return .tooLarge }
        switch code {
        case CURLE_OK: return .whole
        case CURLE_ABORTED_BY_CALLBACK: return .cancelled
        case CURLE_OPERATION_TIMEDOUT: return .timedOut
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST: return .refused
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_CACERT_BADFILE:
            return .tls
        case CURLE_PARTIAL_FILE: return .truncated
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_HTTP2_STREAM:
            return headIsWhole ? .truncated : .reset
        default:
            return .garbled(String(cString: curl_easy_strerror(code)))
        }
    }

    /// The answer so far.
    ///
    /// - Parameter bytesMax: so much of the body is kept.
    func relayedAnswer(bytesMax: Int) -> RelayedAnswer {
        let seconds = { (time: Int64) in Double(time - self.sentAt) / 1e9 }
        var ending = ending
        if received > bytesMax, ending == .whole { ending = .tooLarge }
        return RelayedAnswer(
            status: headIsWhole ? status : 0, headers: HeaderBlock(bytes: head.prefix(head.count)),
            body: answer.prefix(bytesMax), ending: ending,
            firstByte: firstByteAt > 0 ? seconds(firstByteAt) : nil,
            chunks: chunks.map { ($0.end, seconds($0.at)) }, total: seconds(lastByteAt))
    }
}
