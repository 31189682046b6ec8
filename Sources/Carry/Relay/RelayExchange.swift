// One client's request on its way through a relay: what libmicrohttpd has of it, and the leg to the
// server. It is the relay's thread's alone, and is used again for the next request.

internal import Basics
internal import CMicrohttpd
internal import Glibc

/// The state of one request.
final class RelayExchange {
    enum Phase {
        /// The line is known, the headers are not.
        case line
        /// Reading the body.
        case reading
        /// Suspended until the server answers.
        case waiting
        /// The answer is on its way to the client.
        case answering
    }

    unowned let relay: RelayLoop
    private(set) lazy var leg = Leg { [unowned self] _ in relay.touch(self) }
    var phase = Phase.line
    var connection: OpaquePointer?
    var socket: Int32 = -1
    /// In the relay's list of those that something happened to.
    var isTouched = false
    var isSuspended = false
    var isClientGone = false
    var hasStarted = false
    /// The request is read to its end.
    var isRead = false
    /// True while libmicrohttpd has the exchange.
    var isOpen = false
    /// What is said instead of the server's answer.
    var refusal: HTTPResponse?
    var interest: RelayInterest?
    var isAccepted = false
    var time: Millis = 0
    private var hops = HopByHop()
    /// Bytes of the lines that are the client's own.
    private(set) var passedLines = 0
    private(set) var length: Int?
    private(set) var isChunked = false

    init(relay: RelayLoop) { self.relay = relay }

    func clear() {
        leg.clear()
        phase = .line
        connection = nil
        isSuspended = false
        isClientGone = false
        hasStarted = false
        isRead = false
        refusal = nil
        interest = nil
        isAccepted = false
        hops.clear()
        length = nil
        isChunked = false
    }

    /// Takes the request line's target.
    func take(target text: UnsafePointer<CChar>, prefix: [UInt8]) {
        var start = UnsafeRawPointer(text).assumingMemoryBound(to: UInt8.self)
        // A proxy's form, `http://host/path`: only the path is the server's.
        if start[0] != UInt8(ascii: "/"), start[0] != UInt8(ascii: "*"),
            let slashes = strstr(text, "://"), let path = strchr(slashes + 3, 0x2F)
        {
            start = UnsafeRawPointer(path).assumingMemoryBound(to: UInt8.self)
        }
        prefix.withUnsafeBytes { leg.target.append($0) }
        leg.target.append(
            UnsafeRawBufferPointer(
                start: start,
                count: strlen(UnsafeRawPointer(start).assumingMemoryBound(to: CChar.self))))
        leg.target.append(0)
    }

    /// Reads the headers that libmicrohttpd has, leaving out those that end here.
    func readHeaders(_ connection: OpaquePointer) {
        let me = Unmanaged.passUnretained(self).toOpaque()
        MHD_get_connection_values_n(connection, .HEADER_KIND, noteConnectionHeader, me)
        MHD_get_connection_values_n(connection, .HEADER_KIND, takeHeader, me)
        passedLines = leg.lines.count
        leg.lines.append("Via: 1.1 martlet\0")
    }

    fileprivate func note(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) {
        if matches(name, "connection") { hops.note(connection: value) }
    }

    fileprivate func take(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) {
        switch name.count {
        case 4 where matches(name, "host"):
            if !relay.options.keepsHost { return }
        case 6 where matches(name, "expect"): return
        case 14 where matches(name, "content-length"):
            length = Int(String(decoding: value, as: UTF8.self))
            return
        case 17 where matches(name, "transfer-encoding"):
            isChunked = true
            return
        default: break
        }
        if hops.ends(name) { return }
        leg.lines.append(UnsafeRawBufferPointer(name))
        leg.lines.append(": ")
        leg.lines.append(UnsafeRawBufferPointer(value))
        leg.lines.append(0)
    }

    /// The head as a watcher sees it.
    ///
    /// - Parameter prefixLength: bytes of the server's prefix in front of the target.
    func withHead<Result>(prefixLength: Int, _ body: (RelayHead) -> Result) -> Result {
        let target = UnsafeBufferPointer(
            start: leg.target.start + prefixLength, count: leg.target.count - prefixLength - 1)
        let lines = UnsafeBufferPointer(start: leg.lines.start, count: passedLines)
        return body(RelayHead(method: leg.method, target: target, lines: lines))
    }

    /// The request as a value, once it is read.
    func relayedRequest(prefixLength: Int) -> RelayedRequest {
        RelayedRequest(
            time: time, method: leg.method,
            path: withHead(prefixLength: prefixLength) { $0.path },
            headers: HeaderBlock(bytes: leg.lines.prefix(passedLines)),
            body: leg.body.prefix(leg.body.count))
    }
}

private let noteConnectionHeader: MHD_KeyValueIteratorN = {
    context, _, name, nameLength, value, valueLength in
    withHeader(context, name, nameLength, value, valueLength) { $0.note($1, $2) }
}

private let takeHeader: MHD_KeyValueIteratorN = {
    context, _, name, nameLength, value, valueLength in
    withHeader(context, name, nameLength, value, valueLength) { $0.take($1, $2) }
}

private func withHeader(
    _ context: UnsafeMutableRawPointer?, _ name: UnsafePointer<CChar>?, _ nameLength: Int,
    _ value: UnsafePointer<CChar>?, _ valueLength: Int,
    _ call: (RelayExchange, UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>) -> Void
) -> MHD_Result {
    guard let context, let name else { return .NO }
    let exchange = Unmanaged<RelayExchange>.fromOpaque(context).takeUnretainedValue()
    let bytes = { (start: UnsafePointer<CChar>?, count: Int) in
        UnsafeBufferPointer(
            start: start.map { UnsafeRawPointer($0).assumingMemoryBound(to: UInt8.self) },
            count: start == nil ? 0 : count)
    }
    call(exchange, bytes(name, nameLength), bytes(value, valueLength))
    return .YES
}
