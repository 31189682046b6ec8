// A leg carried by libcurl: HTTPS, bodies that stream, names to be looked up. The handle is set up anew only
// when the next request differs in kind. When it starts and what became of its sockets, the loop decides.

internal import CCurl
internal import Glibc

/// libcurl's handle for a leg, kept for the next request.
final class EasyTransfer {
    let easy: UnsafeMutableRawPointer
    private unowned let leg: Leg
    /// The server whose address this request is to bring.
    private(set) var asked: Origin?
    /// Where and how the handle is set up to send; nil when it has to be set up anew.
    private var setUp: SetUp?
    private var isReadingPaused = false
    private var isWritingPaused = false
    private var lines = EasyLines()

    /// What of a request a handle keeps for the next one.
    private struct SetUp: Equatable {
        var server: Server
        var method: String
        var connectMillis: Int
        var totalMillis: Int
        var hasBody: Bool
    }

    /// - Returns: nil when libcurl has no handle to give.
    init?(_ leg: Leg) {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
        self.leg = leg
    }

    deinit { curl_easy_cleanup(easy) }

    /// Sets the options that are not set already; the multi handle starts it.
    ///
    /// - Parameters:
    ///   - asked: the server whose address is wanted, so the connection is a new one.
    ///   - prepare: what the loop sets in a handle that is set up anew.
    func configure(asking asked: Origin?, _ prepare: (UnsafeMutableRawPointer) -> Void) {
        isReadingPaused = false
        isWritingPaused = false
        self.asked = asked
        let wanted = SetUp(
            server: leg.server, method: leg.method, connectMillis: leg.bounds.connectMillis,
            totalMillis: leg.bounds.totalMillis, hasBody: leg.hasBody)
        let isAlone = leg.isStreamed || asked != nil
        if isAlone || setUp != wanted {
            curl_easy_reset(easy)
            prepare(easy)
            setUpAll()
            // What these set, no other request may find.
            setUp = isAlone ? nil : wanted
        }
        leg.target.start.withMemoryRebound(to: CChar.self, capacity: leg.target.count) {
            _ = martlet_curl_set_text(easy, CURLOPT_REQUEST_TARGET, $0)
        }
        martlet_curl_set_pointer(easy, CURLOPT_HTTPHEADER, lines.list(of: leg))
        if leg.hasBody, !leg.isStreamed {
            martlet_curl_set_large(
                easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(leg.body.count))
            martlet_curl_set_pointer(easy, CURLOPT_POSTFIELDS, leg.body.start)
        }
    }

    private func setUpAll() {
        let me = Unmanaged.passUnretained(self).toOpaque()
        martlet_curl_set_pointer(easy, CURLOPT_PRIVATE, me)
        martlet_curl_set_text(easy, CURLOPT_URL, leg.server.origin)
        martlet_curl_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        // For every host: no look at the environment.
        martlet_curl_set_text(easy, CURLOPT_PROXY, "")
        martlet_curl_set_text(easy, CURLOPT_NOPROXY, "*")
        martlet_curl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        martlet_curl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        martlet_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, leg.bounds.connectMillis)
        if leg.bounds.totalMillis > 0 {
            martlet_curl_set_long(easy, CURLOPT_TIMEOUT_MS, leg.bounds.totalMillis)
        }
        leg.server.configureTLS(easy)
        if leg.isStreamed || asked != nil {
            // A streamed body cannot be sent twice, so not on a connection that may be stale; and only
            // a new one says where a name leads now. To a plain server, what follows goes by wire.
            martlet_curl_set_long(easy, CURLOPT_FRESH_CONNECT, 1)
            let isPlain = leg.server.origin.hasPrefix("http:")
            martlet_curl_set_long(easy, CURLOPT_FORBID_REUSE, isPlain ? 1 : 0)
        }
        if leg.isStreamed { setUpStream(me) }
        if leg.method == "HEAD" { martlet_curl_set_long(easy, CURLOPT_NOBODY, 1) }
        martlet_curl_set_pointer(easy, CURLOPT_WRITEDATA, me)
        martlet_curl_set_pointer(easy, CURLOPT_HEADERDATA, me)
        martlet_curl_set_callback(easy, CURLOPT_WRITEFUNCTION, onBody)
        martlet_curl_set_callback(easy, CURLOPT_HEADERFUNCTION, onHeader)
        martlet_curl_set_text(easy, CURLOPT_CUSTOMREQUEST, leg.method)
    }

    private func setUpStream(_ me: UnsafeMutableRawPointer) {
        martlet_curl_set_long(easy, CURLOPT_UPLOAD, 1)
        martlet_curl_set_large(
            easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(leg.streamedLength ?? -1))
        martlet_curl_set_callback(easy, CURLOPT_READFUNCTION, onRead)
        martlet_curl_set_pointer(easy, CURLOPT_READDATA, me)
    }

    // MARK: Pauses

    /// Says that more of a streamed body is there, or that it is whole.
    func bodyGrew() {
        guard isReadingPaused else { return }
        isReadingPaused = false
        unpause()
    }

    /// Lets a server that had to wait go on.
    func goOn() {
        guard isWritingPaused else { return }
        isWritingPaused = false
        unpause()
    }

    private func unpause() {
        let held =
            (isReadingPaused ? CURLPAUSE_SEND : 0) | (isWritingPaused ? CURLPAUSE_RECV : 0)
        curl_easy_pause(easy, held)
    }

    // MARK: What libcurl says

    /// The end of the transfer.
    func end(_ code: CURLcode) {
        asked?.learn(nil, at: 0)
        asked = nil
        leg.end(leg.ending(of: code))
    }

    fileprivate func read(into room: UnsafeMutableRawPointer, _ most: Int) -> Int {
        let taken = leg.giveBody(into: room, atMost: most)
        if taken > 0 || !leg.bodyIsOpen { return taken }
        isReadingPaused = true
        return Int(CURL_READFUNC_PAUSE)
    }

    fileprivate func take(body piece: UnsafeRawBufferPointer) -> Int {
        if leg.answer.unread > leg.unreadMax {
            isWritingPaused = true
            return Int(CURL_WRITEFUNC_PAUSE)
        }
        return leg.take(body: piece, at: monotonicNow()) ? piece.count : 0
    }

    fileprivate func take(line piece: UnsafeBufferPointer<UInt8>) {
        if leg.headIsWhole { return }  // Trailers end here: their framing is this hop's.
        learn()
        if piece.count > 5, piece[0] == UInt8(ascii: "H"), piece.starts(with: "HTTP/".utf8) {
            return leg.take(status: statusCode(piece), at: monotonicNow())
        }
        var length = piece.count
        while length > 0, piece[length - 1] == 10 || piece[length - 1] == 13 { length -= 1 }
        if length == 0 {
            // 1xx speak of what is to come; the answer follows.
            if leg.status >= 200 { leg.endHead() }
            return
        }
        let line = UnsafeBufferPointer(rebasing: piece[..<length])
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return }
        leg.take(field: line, colon: colon)
    }

    /// Brings the address to those that wait for it, with the answer's first line.
    private func learn() {
        guard let asked else { return }
        self.asked = nil
        var text: UnsafeMutableRawPointer?
        var port = 0
        martlet_curl_get_pointer(easy, CURLINFO_PRIMARY_IP, &text)
        martlet_curl_get_long(easy, CURLINFO_PRIMARY_PORT, &port)
        let numeric = text.map { String(cString: $0.assumingMemoryBound(to: CChar.self)) } ?? ""
        asked.learn(Address(numeric, port: UInt16(clamping: port)), at: monotonicNow())
    }
}

extension Leg {
    /// What libcurl's word for the end means.
    fileprivate func ending(of code: CURLcode) -> RelayEnding {
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
}

private func statusCode(_ line: UnsafeBufferPointer<UInt8>) -> Int {
    guard let space = line.firstIndex(of: 0x20) else { return 0 }
    return decimal(UnsafeBufferPointer(rebasing: line[(space + 1)...].prefix(3))) ?? 0
}

private let onBody: martlet_curl_data_callback = { bytes, size, count, context in
    guard let context else { return 0 }
    return Unmanaged<EasyTransfer>.fromOpaque(context).takeUnretainedValue()
        .take(body: UnsafeRawBufferPointer(start: bytes, count: size * count))
}

private let onHeader: martlet_curl_data_callback = { bytes, size, count, context in
    guard let context, let bytes else { return 0 }
    bytes.withMemoryRebound(to: UInt8.self, capacity: size * count) {
        Unmanaged<EasyTransfer>.fromOpaque(context).takeUnretainedValue()
            .take(line: UnsafeBufferPointer(start: $0, count: size * count))
    }
    return size * count
}

private let onRead: martlet_curl_data_callback = { room, size, count, context in
    guard let context, let room else { return 0 }
    return Unmanaged<EasyTransfer>.fromOpaque(context).takeUnretainedValue()
        .read(into: room, size * count)
}
