// The C face of the server: the two functions that libmicrohttpd calls, and the small readings of
// its structures. Nothing here decides anything.

internal import Basics
internal import Bytes
internal import CMicrohttpd
internal import Glibc

/// Called with the headers, each piece of the body, the end of it, and after a resume.
let onAccess: MHD_AccessHandlerCallback = {
    context, connection, url, method, _, piece, size, slot in
    guard let context, let connection, let slot, let size, let method, let url else { return .NO }
    let desk = Unmanaged<Desk>.fromOpaque(context).takeUnretainedValue()
    guard let known = slot.pointee else {
        let exchange = desk.open(
            connection, method: String(cString: method), path: String(cString: url))
        slot.pointee = Unmanaged.passRetained(exchange).toOpaque()
        // An answer to the headers alone goes out before the body is read.
        if let early = exchange.early { return desk.send(exchange, early) }
        return .YES
    }
    let exchange = Unmanaged<Exchange>.fromOpaque(known).takeUnretainedValue()
    if size.pointee > 0 {
        exchange.take(UnsafeRawBufferPointer(start: piece, count: size.pointee))
        size.pointee = 0
        return .YES
    }
    if let response = exchange.response { return desk.send(exchange, response) }
    return desk.handle(exchange)
}

/// Called once per request, whatever became of it.
let onCompleted: MHD_RequestCompletedCallback = { context, _, slot, _ in
    guard let known = slot?.pointee else { return }
    if let context { Unmanaged<Desk>.fromOpaque(context).takeUnretainedValue().finish() }
    let exchange = Unmanaged<Exchange>.fromOpaque(known)
    exchange.takeUnretainedValue().cancel()
    exchange.release()
    slot?.pointee = nil
}

/// The headers or query arguments of a request, in order.
func pairs(_ connection: OpaquePointer, _ kind: MHD_ValueKind) -> [(name: String, value: String)] {
    final class Box { var pairs: [(name: String, value: String)] = [] }
    let box = Box()
    let context = Unmanaged.passUnretained(box).toOpaque()
    MHD_get_connection_values(
        connection, kind,
        { context, _, name, value in
            guard let context, let name else { return .NO }
            let box = Unmanaged<Box>.fromOpaque(context).takeUnretainedValue()
            box.pairs.append((String(cString: name), value.map { String(cString: $0) } ?? ""))
            return .YES
        }, context)
    return box.pairs
}

/// The other end's address without its port.
func peerText(_ connection: OpaquePointer) -> String {
    var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard martlet_mhd_peer_text(connection, &buffer, socklen_t(buffer.count)) else { return "" }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}

/// Compresses an answer when the client takes gzip and it pays: texts of over a kilobyte.
func compressed(_ response: HTTPResponse, for request: HTTPRequest) -> HTTPResponse {
    let accepts = request[header: "accept-encoding"]?.contains("gzip") ?? false
    let type = response.headers.first { $0.name == "Content-Type" }?.value ?? ""
    let isText = ["text/", "json", "javascript", "svg", "openmetrics"].contains {
        type.contains($0)
    }
    let isEncoded = response.headers.contains { $0.name == "Content-Encoding" }
    guard accepts, isText, !isEncoded, response.body.count > 1024 else { return response }
    var smaller = response
    smaller.body = gzip(response.body)
    return smaller.header("Content-Encoding", "gzip").header("Vary", "Accept-Encoding")
}

/// Hands an answer to MHD, which copies the body.
func queue(_ connection: OpaquePointer, _ response: HTTPResponse) -> MHD_Result {
    var body = response.body
    let made = body.withUnsafeMutableBytes { bytes in
        MHD_create_response_from_buffer(bytes.count, bytes.baseAddress, .RESPMEM_MUST_COPY)
    }
    guard let made else { return .NO }
    defer { MHD_destroy_response(made) }
    for (name, value) in response.headers { MHD_add_response_header(made, name, value) }
    MHD_add_response_header(made, "X-Content-Type-Options", "nosniff")
    return MHD_queue_response(connection, UInt32(response.status), made)
}
