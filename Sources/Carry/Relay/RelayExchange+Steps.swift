// The steps of an exchange: headers, body, waiting, answering. Each is called by libmicrohttpd and says
// what it should do next.

internal import Basics
internal import CMicrohttpd
internal import Glibc

extension RelayExchange {
    /// The headers are there.
    func begin(_ connection: OpaquePointer, _ method: UnsafePointer<CChar>) -> MHD_Result {
        phase = .reading
        time = relay.clock.now()
        leg.method = methodName(method)
        leg.server = relay.options.server
        leg.bounds.connectMillis = Int(relay.options.connectMillisMax)
        leg.unreadMax = relay.options.unreadBytesMax
        readHeaders(connection)
        if leg.method == "CONNECT" {
            refusal = .error(
                501, "not_implemented", "this relay passes plain HTTP requests only")
            return respond()
        }
        interest = withHead(prefixLength: relay.prefix.count) { relay.watcher.wants($0) }
        leg.notesChunks = interest != nil
        return .YES
    }

    /// A piece of the body.
    ///
    /// - Returns: how much was left untaken.
    func take(_ piece: UnsafeRawBufferPointer) -> Int {
        if leg.isOver { return 0 }  // The server did not wait for the rest.
        let ahead = relay.options.readAheadBytes
        if leg.isStreamed, leg.body.unread > ahead {
            // The server reads more slowly than the client sends.
            relay.suspend(self)
            return piece.count
        }
        leg.body.append(piece)
        if leg.isStreamed {
            leg.bodyGrew()
        } else if leg.body.count > ahead || (length ?? 0) > ahead {
            stream()
        } else if let interest, leg.body.count > interest.requestBytesMax {
            lose(.bodyTooLarge)
        }
        return 0
    }

    /// Begins to pass a large body on before it is whole.
    private func stream() {
        lose(.bodyTooLarge)
        leg.isStreamed = true
        // With both, chunks win (RFC 9112, 6.3).
        leg.streamedLength = isChunked ? nil : length
        leg.bodyIsOpen = true
        start()
    }

    private func start() {
        hasStarted = true
        relay.transfers.start(leg)
    }

    /// The request is read, or something happened that was waited for.
    func goOn() -> MHD_Result {
        if !isRead {
            isRead = true
            if hasStarted {
                leg.bodyIsOpen = false
                leg.bodyGrew()
            } else {
                start()
            }
            if phase == .reading { phase = .waiting }
        }
        if isClientGone { return .NO }
        if phase == .answering { return .YES }
        if hasNews || relay.holds(self) { return isClientGone ? .NO : respond() }
        relay.suspend(self)
        return .YES
    }

    /// Whether a waiting exchange has something to do.
    var hasNews: Bool {
        if isClientGone || leg.isOver { return true }
        switch phase {
        case .line, .reading: return leg.body.unread <= relay.options.readAheadBytes / 2
        case .waiting: return leg.headIsWhole
        case .answering: return leg.answer.unread > 0
        }
    }

    /// The server was silent for too long.
    func giveUp() {
        if !leg.headIsWhole {
            refusal = .error(
                504, "primary_timeout",
                "the primary was silent for \(durationText(relay.options.silenceMillisMax))")
        }
        relay.transfers.cancel(leg)
        relay.touch(self)
    }

    // MARK: The answer

    private func respond() -> MHD_Result {
        guard let connection else { return .NO }
        phase = .answering
        if leg.headIsWhole { accept() }
        if let refusal = refusal ?? ownAnswer {
            count(0)
            return queue(connection, refusal)
        }
        count(leg.status)
        guard let response = makeResponse() else { return .NO }
        defer { MHD_destroy_response(response) }
        passHeaders(to: response)
        return MHD_queue_response(connection, UInt32(leg.status), response)
    }

    /// What is said when the server said nothing.
    private var ownAnswer: HTTPResponse? {
        guard !leg.headIsWhole else { return nil }
        switch leg.ending {
        case .timedOut:
            return .error(504, "primary_timeout", "the primary did not answer in time")
        case .refused:
            return .error(
                502, "primary_unreachable",
                "the primary cannot be reached; look whether it runs and at its address")
        case .tls:
            return .error(502, "primary_tls", "the primary's certificate was not accepted")
        default:
            return .error(
                502, "primary_failed", "the primary broke the connection or spoke no HTTP")
        }
    }

    private func makeResponse() -> OpaquePointer? {
        let me = Unmanaged.passUnretained(self).toOpaque()
        let isBodiless =
            leg.method == "HEAD" || leg.status == 204 || leg.status == 304
        if leg.isOver, leg.ending == .whole, !isBodiless, leg.contentLength == leg.received {
            // Whole already, as most answers are: libmicrohttpd sends head and body in one call.
            return MHD_create_response_from_buffer(
                leg.answer.count, leg.answer.start, .RESPMEM_PERSISTENT)
        }
        // Without a length: chunks, or the end of the connection for an old client.
        let unknown = isBodiless && leg.method != "HEAD" ? 0 : UInt64.max
        let size = leg.contentLength.map(UInt64.init) ?? unknown
        return MHD_create_response_from_callback(size, 16 << 10, onRelayRead, me, nil)
    }

    private func passHeaders(to response: OpaquePointer) {
        let bytes = leg.head.start
        var start = 0
        while start < leg.head.count {
            var end = start
            var colon = -1
            while bytes[end] != 0 {
                if colon < 0, bytes[end] == UInt8(ascii: ":") { colon = end }
                end += 1
            }
            defer { start = end + 1 }
            let name = UnsafeBufferPointer(start: bytes + start, count: colon - start)
            if matches(name, "content-length") || leg.hops.ends(name) { continue }
            var value = colon + 1
            while bytes[value] == 0x20 || bytes[value] == 0x09 { value += 1 }
            bytes[colon] = 0
            // libmicrohttpd takes no empty value; a space is the same to whoever reads it.
            let text = bytes[value] == 0 ? " " : nil
            bytes.withMemoryRebound(to: CChar.self, capacity: leg.head.count) { head in
                _ = MHD_add_response_header(response, head + start, head + value)
                if let text { _ = MHD_add_response_header(response, head + start, text) }
            }
            bytes[colon] = UInt8(ascii: ":")
        }
    }

    /// libmicrohttpd has room for more of the body.
    func read(into room: UnsafeMutablePointer<CChar>, _ most: Int) -> Int {
        if isClientGone { return -2 }
        let taken = leg.answer.take(into: room, atMost: most)
        if taken > 0 {
            let keeps = interest != nil && leg.received <= (interest?.answerBytesMax ?? 0)
            if !keeps, leg.answer.taken > 32 << 10 || leg.answer.unread == 0 {
                leg.answer.dropTaken()
            }
            leg.answerWasRead()
            return taken
        }
        guard leg.isOver else {
            relay.suspend(self)
            return 0
        }
        return leg.ending == .whole ? -1 : -2
    }

    private func count(_ status: Int) {
        relay.meters.statuses[(1...5).contains(status / 100) ? status / 100 : 0].add()
    }

    // MARK: The watcher

    private func accept() {
        guard let interest, !isAccepted else { return }
        if leg.status >= 400 { return lose(.rejected(leg.status)) }
        isAccepted = true
        relay.note(
            .accepted(interest.tag, relayedRequest(prefixLength: relay.prefix.count)))
    }

    private func lose(_ loss: RelayLoss) {
        guard let interest, !isAccepted else { return }
        self.interest = nil
        leg.stopNotingChunks()
        relay.note(.lost(interest.tag, loss))
    }
}

extension RelayLoop {
    /// Tells the watcher and the meters how it ended.
    func settle(_ exchange: RelayExchange) {
        let leg = exchange.leg
        if leg.isOver, leg.headIsWhole {
            meters.duration.observe(Double(leg.lastByteAt - leg.sentAt) / 1e9)
            meters.firstByte.observe(Double(leg.firstByteAt - leg.sentAt) / 1e9)
        }
        guard let interest = exchange.interest else { return }
        if exchange.isAccepted {
            note(.ended(interest.tag, leg.relayedAnswer(bytesMax: interest.answerBytesMax)))
        } else {
            note(.lost(interest.tag, exchange.isClientGone ? .clientGone : .failed))
        }
    }
}

/// The method as a string that is not made anew for the usual ones.
private func methodName(_ text: UnsafePointer<CChar>) -> String {
    switch (UInt8(bitPattern: text[0]), UInt8(bitPattern: text[1])) {
    case (UInt8(ascii: "P"), UInt8(ascii: "O")) where strcmp(text, "POST") == 0: "POST"
    case (UInt8(ascii: "G"), _) where strcmp(text, "GET") == 0: "GET"
    default: String(cString: text)
    }
}
