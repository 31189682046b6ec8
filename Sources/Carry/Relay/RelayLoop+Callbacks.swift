// The C face of a relay: what libmicrohttpd calls while it is turned. Nothing here decides anything.

internal import CMicrohttpd

/// Called with the raw request line, before anything is decoded; what it returns is the exchange.
let onRelayLine:
    @convention(c) (
        UnsafeMutableRawPointer?, UnsafePointer<CChar>?, OpaquePointer?
    ) -> UnsafeMutableRawPointer? = { context, line, connection in
        guard let context, let line, let connection else { return nil }
        let loop = Unmanaged<RelayLoop>.fromOpaque(context).takeUnretainedValue()
        // `underway` keeps it alive until the request is completed.
        return Unmanaged.passUnretained(loop.begin(line, connection)).toOpaque()
    }

/// Called with the headers, each piece of the body, the end of it, and after a resume.
let onRelayAccess: MHD_AccessHandlerCallback = { _, connection, _, method, _, piece, size, slot in
    guard let known = slot?.pointee, let connection, let size, let method else { return .NO }
    let exchange = Unmanaged<RelayExchange>.fromOpaque(known).takeUnretainedValue()
    if exchange.phase == .line { return exchange.begin(connection, method) }
    if size.pointee > 0 {
        size.pointee = exchange.take(UnsafeRawBufferPointer(start: piece, count: size.pointee))
        return .YES
    }
    return exchange.goOn()
}

/// Called once per request, whatever became of it.
let onRelayCompleted: MHD_RequestCompletedCallback = { _, _, slot, how in
    guard let known = slot?.pointee else { return }
    let exchange = Unmanaged<RelayExchange>.fromOpaque(known).takeUnretainedValue()
    slot?.pointee = nil
    // 0 is MHD_REQUEST_TERMINATED_COMPLETED_OK, whose name the importer does not keep.
    exchange.relay.complete(exchange, isWhole: how.rawValue == 0)
}

/// Called when a client's connection begins and ends.
let onRelayConnection: MHD_NotifyConnectionCallback = { context, connection, _, what in
    guard let context, let connection else { return }
    let loop = Unmanaged<RelayLoop>.fromOpaque(context).takeUnretainedValue()
    // 0 is MHD_CONNECTION_NOTIFY_STARTED.
    if what.rawValue == 0 { loop.watchClient(connection) } else { loop.unwatchClient(connection) }
}

/// Called for more of an answer's body.
let onRelayRead: MHD_ContentReaderCallback = { context, _, room, most in
    guard let context, let room else { return -2 }
    return Unmanaged<RelayExchange>.fromOpaque(context).takeUnretainedValue()
        .read(into: room, most)
}
