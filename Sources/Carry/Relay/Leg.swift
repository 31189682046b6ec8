// One side of a relayed exchange: a request on its way to a server and the answer as it comes. Header
// lines stay bytes from end to end; libcurl's list of them points into one buffer, so that sending ten
// headers allocates nothing. Used again for the next request.

internal import CCurl
internal import Glibc

/// A request and its answer between us and one server.
final class Leg {
    /// Where a leg's answers stop being kept, and when it is given up.
    struct Bounds {
        var connectMillis = 10_000
        /// For the whole exchange; 0 for no end.
        var totalMillis = 0
        /// Answer bytes that are let in; beyond them the transfer is given up.
        var answerBytesMax = Int.max
    }

    /// libcurl's handle, kept for the next request.
    private(set) var easy: UnsafeMutableRawPointer?
    /// Where and how the handle is set up to send; nil when it has to be set up anew.
    private var setUp: SetUp?
    private(set) var isRunning = false
    /// Called when the head is whole, when bytes came, and at the end.
    let changed: (Leg) -> Void

    // The request.
    var server = Server()
    var method = "GET"
    /// Path and query, ended by a zero byte.
    var target = RawBytes(capacity: 256)
    var lines = RawBytes()
    var bounds = Bounds()
    /// The body; of a streamed one what was not sent yet.
    var body = RawBytes()
    /// True while more of the body may come.
    var bodyIsOpen = false
    var isStreamed = false
    /// Bytes of a streamed body; nil when that is not known.
    var streamedLength: Int?
    private var isReadingPaused = false
    private var nodes: UnsafeMutablePointer<curl_slist>
    private var nodesRoom = 32

    // The answer.
    private(set) var status = 0
    private(set) var head = RawBytes(capacity: 1024)
    private(set) var hops = HopByHop()
    private(set) var contentLength: Int?
    private(set) var headIsWhole = false
    var answer = RawBytes(capacity: 4096)
    /// Answer bytes that came, kept or not.
    private(set) var received = 0
    /// Unread answer bytes at which the server has to wait.
    var unreadMax = Int.max
    private(set) var isWritingPaused = false
    private(set) var code: CURLcode?
    private(set) var isTooLarge = false

    // When.
    private(set) var sentAt: Int64 = 0
    private(set) var firstByteAt: Int64 = 0
    private(set) var lastByteAt: Int64 = 0
    /// When something moved last.
    private(set) var heardAt: Int64 = 0
    var notesChunks = false
    private(set) var chunks: [(end: Int, at: Int64)] = []

    init(changed: @escaping (Leg) -> Void) {
        self.changed = changed
        nodes = .allocate(capacity: nodesRoom)
    }

    deinit {
        nodes.deallocate()
        if let easy { curl_easy_cleanup(easy) }
    }

    /// Makes ready for another request.
    func clear() {
        target.clear()
        lines.clear()
        body.clear()
        bodyIsOpen = false
        isStreamed = false
        streamedLength = nil
        isReadingPaused = false
        status = 0
        head.clear()
        hops.clear()
        contentLength = nil
        headIsWhole = false
        answer.clear()
        received = 0
        isWritingPaused = false
        code = nil
        isTooLarge = false
        firstByteAt = 0
        lastByteAt = 0
        notesChunks = false
        chunks.removeAll(keepingCapacity: true)
    }

    /// What of a request a handle keeps for the next one.
    private struct SetUp: Equatable {
        var server: Server
        var method: String
        var connectMillis: Int
        var totalMillis: Int
        var hasBody: Bool
    }

    /// Sets the options that are not set already; the multi handle starts it.
    ///
    /// - Parameter prepare: what the loop sets in a handle that is set up anew.
    /// - Returns: the handle; nil when there is none to be had.
    func configure(_ prepare: (UnsafeMutableRawPointer) -> Void) -> UnsafeMutableRawPointer? {
        guard let easy = easy ?? curl_easy_init() else { return nil }
        self.easy = easy
        let wanted = SetUp(
            server: server, method: method, connectMillis: bounds.connectMillis,
            totalMillis: bounds.totalMillis, hasBody: hasBody)
        if isStreamed || setUp != wanted {
            curl_easy_reset(easy)
            prepare(easy)
            setUp(easy)
            // What a stream sets, no other request may find.
            setUp = isStreamed ? nil : wanted
        }
        target.start.withMemoryRebound(to: CChar.self, capacity: target.count) {
            _ = martlet_curl_set_text(easy, CURLOPT_REQUEST_TARGET, $0)
        }
        martlet_curl_set_pointer(easy, CURLOPT_HTTPHEADER, list())
        if hasBody, !isStreamed {
            martlet_curl_set_large(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
            martlet_curl_set_pointer(easy, CURLOPT_POSTFIELDS, body.start)
        }
        isRunning = true
        sentAt = monotonicNow()
        heardAt = sentAt
        return easy
    }

    private var hasBody: Bool {
        method != "HEAD"
            && (body.count > 0 || method == "POST" || method == "PUT" || method == "PATCH")
    }

    private func setUp(_ easy: UnsafeMutableRawPointer) {
        let me = Unmanaged.passUnretained(self).toOpaque()
        martlet_curl_set_pointer(easy, CURLOPT_PRIVATE, me)
        martlet_curl_set_text(easy, CURLOPT_URL, server.origin)
        martlet_curl_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        // For every host: no look at the environment.
        martlet_curl_set_text(easy, CURLOPT_PROXY, "")
        martlet_curl_set_text(easy, CURLOPT_NOPROXY, "*")
        martlet_curl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        martlet_curl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        martlet_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, bounds.connectMillis)
        if bounds.totalMillis > 0 {
            martlet_curl_set_long(easy, CURLOPT_TIMEOUT_MS, bounds.totalMillis)
        }
        server.configureTLS(easy)
        if isStreamed { setUpStream(easy, me) }
        if method == "HEAD" { martlet_curl_set_long(easy, CURLOPT_NOBODY, 1) }
        martlet_curl_set_pointer(easy, CURLOPT_WRITEDATA, me)
        martlet_curl_set_pointer(easy, CURLOPT_HEADERDATA, me)
        martlet_curl_set_callback(easy, CURLOPT_WRITEFUNCTION, onBody)
        martlet_curl_set_callback(easy, CURLOPT_HEADERFUNCTION, onHeader)
        martlet_curl_set_text(easy, CURLOPT_CUSTOMREQUEST, method)
    }

    private func setUpStream(_ easy: UnsafeMutableRawPointer, _ me: UnsafeMutableRawPointer) {
        martlet_curl_set_long(easy, CURLOPT_UPLOAD, 1)
        // A streamed body cannot be sent twice, so not on a connection that may be stale.
        martlet_curl_set_long(easy, CURLOPT_FRESH_CONNECT, 1)
        martlet_curl_set_large(
            easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(streamedLength ?? -1))
        martlet_curl_set_callback(easy, CURLOPT_READFUNCTION, onRead)
        martlet_curl_set_pointer(easy, CURLOPT_READDATA, me)
    }

    /// libcurl's list over the lines, in place.
    private func list() -> UnsafeMutablePointer<curl_slist>? {
        var count = 0
        var start = 0
        let bytes = lines.start
        while start < lines.count {
            if count == nodesRoom { growNodes() }
            nodes[count].data = UnsafeMutableRawPointer(bytes + start)
                .assumingMemoryBound(to: CChar.self)
            count += 1
            while bytes[start] != 0 { start += 1 }
            start += 1
        }
        guard count > 0 else { return nil }
        for index in 0..<count { nodes[index].next = index + 1 < count ? nodes + index + 1 : nil }
        return nodes
    }

    private func growNodes() {
        let larger = UnsafeMutablePointer<curl_slist>.allocate(capacity: nodesRoom * 2)
        memcpy(larger, nodes, nodesRoom * MemoryLayout<curl_slist>.stride)
        nodes.deallocate()
        nodes = larger
        nodesRoom *= 2
    }

    /// Says that more of a streamed body is there, or that it is whole.
    func bodyGrew() {
        guard isReadingPaused, isRunning, let easy else { return }
        isReadingPaused = false
        goOn(easy)
    }

    /// Lets a server that had to wait go on, once enough was read.
    func answerWasRead() {
        guard isWritingPaused, answer.unread < unreadMax / 2, isRunning, let easy else { return }
        isWritingPaused = false
        goOn(easy)
    }

    private func goOn(_ easy: UnsafeMutableRawPointer) {
        let held =
            (isReadingPaused ? CURLPAUSE_SEND : 0) | (isWritingPaused ? CURLPAUSE_RECV : 0)
        curl_easy_pause(easy, held)
    }

    /// The end of the transfer.
    func end(_ code: CURLcode) {
        self.code = code
        isRunning = false
        lastByteAt = monotonicNow()
        changed(self)
    }

    func stopNotingChunks() {
        notesChunks = false
        chunks.removeAll(keepingCapacity: true)
    }

    // MARK: What libcurl calls

    fileprivate func read(into room: UnsafeMutableRawPointer, _ most: Int) -> Int {
        let taken = body.take(into: room, atMost: most)
        if taken > 0 {
            body.dropTaken()
            heardAt = monotonicNow()
            changed(self)
            return taken
        }
        if !bodyIsOpen { return 0 }
        isReadingPaused = true
        return Int(CURL_READFUNC_PAUSE)
    }

    fileprivate func take(body piece: UnsafeRawBufferPointer) -> Int {
        if received + piece.count > bounds.answerBytesMax {
            isTooLarge = true
            return 0
        }
        if answer.unread > unreadMax {
            isWritingPaused = true
            return Int(CURL_WRITEFUNC_PAUSE)
        }
        received += piece.count
        answer.append(piece)
        heardAt = monotonicNow()
        if notesChunks { chunks.append((received, heardAt)) }
        changed(self)
        return piece.count
    }

    fileprivate func take(line piece: UnsafeBufferPointer<UInt8>) {
        if headIsWhole { return }  // Trailers end here: their framing is this hop's.
        if firstByteAt == 0 {
            firstByteAt = monotonicNow()
            heardAt = firstByteAt
        }
        if piece.count > 5, piece[0] == UInt8(ascii: "H"), piece.starts(with: "HTTP/".utf8) {
            status = statusCode(piece)
            head.clear()
            hops.clear()
            contentLength = nil
            return
        }
        var length = piece.count
        while length > 0, piece[length - 1] == 10 || piece[length - 1] == 13 { length -= 1 }
        if length == 0 {
            // 1xx speak of what is to come; the answer follows.
            if status >= 200 {
                headIsWhole = true
                changed(self)
            }
            return
        }
        note(UnsafeBufferPointer(rebasing: piece[..<length]))
    }

    private func note(_ line: UnsafeBufferPointer<UInt8>) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return }
        let name = UnsafeBufferPointer(rebasing: line[..<colon])
        if matches(name, "connection") {
            hops.note(connection: UnsafeBufferPointer(rebasing: line[(colon + 1)...]))
        } else if matches(name, "content-length") {
            contentLength = number(UnsafeBufferPointer(rebasing: line[(colon + 1)...]))
        }
        head.append(UnsafeRawBufferPointer(line))
        head.append(0)
    }
}

/// A length in decimal digits with blanks around it; nil when it is none.
private func number(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
    var (value, digits, isOver) = (0, 0, false)
    for byte in text {
        if byte == 0x20 || byte == 0x09 {
            isOver = digits > 0
            continue
        }
        guard byte >= 0x30, byte <= 0x39, !isOver, digits < 18 else { return nil }
        value = value * 10 + Int(byte - 0x30)
        digits += 1
    }
    return digits > 0 ? value : nil
}

private func statusCode(_ line: UnsafeBufferPointer<UInt8>) -> Int {
    guard let space = line.firstIndex(of: 0x20) else { return 0 }
    var code = 0
    for byte in line[(space + 1)...].prefix(3) {
        guard byte >= 48, byte <= 57 else { return 0 }
        code = code * 10 + Int(byte - 48)
    }
    return code
}

private let onBody: martlet_curl_data_callback = { bytes, size, count, context in
    guard let context else { return 0 }
    return Unmanaged<Leg>.fromOpaque(context).takeUnretainedValue()
        .take(body: UnsafeRawBufferPointer(start: bytes, count: size * count))
}

private let onHeader: martlet_curl_data_callback = { bytes, size, count, context in
    guard let context, let bytes else { return 0 }
    bytes.withMemoryRebound(to: UInt8.self, capacity: size * count) {
        Unmanaged<Leg>.fromOpaque(context).takeUnretainedValue()
            .take(line: UnsafeBufferPointer(start: $0, count: size * count))
    }
    return size * count
}

private let onRead: martlet_curl_data_callback = { room, size, count, context in
    guard let context, let room else { return 0 }
    return Unmanaged<Leg>.fromOpaque(context).takeUnretainedValue()
        .read(into: room, size * count)
}
