// A server and a client of plain sockets, so that a test decides about every byte and its moment.

import Basics
import Carry
import Glibc
import Synchronization

/// A request as a stub server saw it.
struct StubRequest: Sendable {
    var head: String
    var body: [UInt8]

    var path: String { String(head.split(separator: " ").dropFirst().first ?? "") }

    func header(_ name: String) -> String? {
        head.split(separator: "\r\n").dropFirst().first {
            $0.lowercased().hasPrefix(name + ":")
        }.map { String($0.dropFirst(name.count + 1)).trimmingSpaces }
    }
}

extension String {
    var trimmingSpaces: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}

/// A server whose every answer is written by a closure; a thread a connection.
final class StubServer: Sendable {
    let port: UInt16
    private let listener: Int32
    private let requests = Lock<[StubRequest]>([])
    private let connections = Atomic<Int>(0)
    private let sockets = Lock<Set<Int32>>([])
    private let isStopped = Atomic<Bool>(false)

    /// - Parameter answer: writes to the socket; true keeps the connection.
    convenience init(_ answer: @escaping @Sendable (StubRequest, Int32) -> Bool) {
        self.init(connections: { server, client in server.serve(client, answer) })
    }

    /// - Parameter serve: has a connection until it returns.
    init(connections serve: @escaping @Sendable (StubServer, Int32) -> Void) {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(0)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = bind(socket, $0, size) }
        }
        listen(socket, 1024)
        var bound = sockaddr_in()
        var length = size
        withUnsafeMutablePointer(to: &bound) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = getsockname(socket, $0, &length)
            }
        }
        listener = socket
        port = UInt16(bigEndian: bound.sin_port)
        startThread("stub") { [self] in
            while true {
                let client = accept(listener, nil, nil)
                if client < 0 { return }
                connections.add(1, ordering: .relaxed)
                if isStopped.load(ordering: .relaxed) { close(client); return }
                sockets.withLock { _ = $0.insert(client) }
                startThread("stub-client") {
                    var one: Int32 = 1
                    setsockopt(client, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
                    serve(self, client)
                    self.sockets.withLock { _ = $0.remove(client) }
                    close(client)
                }
            }
        }
    }

    var url: String { "http://127.0.0.1:\(port)" }
    var seen: [StubRequest] { requests.withLock { $0 } }
    var connectionCount: Int { connections.load(ordering: .relaxed) }

    func stop() {
        isStopped.store(true, ordering: .relaxed)
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        for socket in sockets.withLock({ $0 }) { shutdown(socket, Int32(SHUT_RDWR)) }
    }

    private func serve(_ client: Int32, _ answer: (StubRequest, Int32) -> Bool) {
        var buffer: [UInt8] = []
        while let request = readRequest(client, &buffer) {
            requests.withLock { $0.append(request) }
            if !answer(request, client) { break }
        }
    }

    private func readRequest(_ client: Int32, _ buffer: inout [UInt8]) -> StubRequest? {
        while true {
            if let end = headEnd(buffer) {
                var request = StubRequest(
                    head: String(decoding: buffer[..<end], as: UTF8.self), body: [])
                let length = Int(request.header("content-length") ?? "0") ?? 0
                if request.header("transfer-encoding") != nil {
                    while !buffer.ends("0\r\n\r\n") { if !more(client, &buffer) { return nil } }
                    request.body = Array(buffer[end...])
                    buffer = []
                    return request
                }
                while buffer.count < end + length { if !more(client, &buffer) { return nil } }
                request.body = Array(buffer[end..<(end + length)])
                buffer.removeFirst(end + length)
                return request
            }
            if !more(client, &buffer) { return nil }
        }
    }
}

extension [UInt8] {
    func ends(_ text: String) -> Bool { suffix(text.utf8.count).elementsEqual(text.utf8) }
}

func headEnd(_ bytes: [UInt8]) -> Int? {
    guard bytes.count >= 4 else { return nil }
    for index in 3..<bytes.count
    where bytes[index] == 10 && bytes[index - 1] == 13 && bytes[index - 2] == 10 {
        return index + 1
    }
    return nil
}

private func more(_ client: Int32, _ buffer: inout [UInt8]) -> Bool {
    var room = [UInt8](repeating: 0, count: 65536)
    let count = recv(client, &room, room.count, 0)
    if count <= 0 { return false }
    buffer += room[..<count]
    return true
}

private func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
    return address
}

/// Writes all of it.
@discardableResult
func put(_ socket: Int32, _ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
        let count = bytes.withUnsafeBytes {
            send(socket, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
        }
        if count <= 0 { return false }
        sent += count
    }
    return true
}

@discardableResult
func put(_ socket: Int32, _ text: String) -> Bool { put(socket, Array(text.utf8)) }

/// A client of one connection.
final class StubClient {
    let socket: Int32
    private(set) var buffer: [UInt8] = []

    init(_ port: UInt16) {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(port)
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var one: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
    }

    deinit { close(socket) }

    func send(_ text: String) { put(socket, text) }

    func send(_ bytes: [UInt8]) { put(socket, bytes) }

    /// One more piece as it comes; nil at the end.
    func piece() -> [UInt8]? {
        var room = [UInt8](repeating: 0, count: 65536)
        let count = recv(socket, &room, room.count, 0)
        return count > 0 ? Array(room[..<count]) : nil
    }

    /// Everything to the end of the connection.
    func rest() -> [UInt8] {
        while let piece = piece() { buffer += piece }
        return buffer
    }

    /// The next answer with a Content-Length: status line, header lines, body.
    func answer() -> (line: String, headers: [String], body: [UInt8])? {
        while headEnd(buffer) == nil {
            guard let piece = piece() else { return nil }
            buffer += piece
        }
        guard let end = headEnd(buffer) else { return nil }
        let lines = String(decoding: buffer[..<end], as: UTF8.self).split(separator: "\r\n")
            .map(String.init)
        let length =
            lines.first { $0.lowercased().hasPrefix("content-length:") }
            .flatMap { Int($0.dropFirst(15).filter { $0 != " " }) } ?? 0
        while buffer.count < end + length {
            guard let piece = piece() else { return nil }
            buffer += piece
        }
        let body = Array(buffer[end..<(end + length)])
        buffer.removeFirst(end + length)
        return (lines.first ?? "", Array(lines.dropFirst()), body)
    }

    /// Asks and reads the answer.
    func ask(_ body: String, path: String = "/v1/chat/completions", headers: String = "") -> (
        line: String, headers: [String], body: [UInt8]
    )? {
        send(
            "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\(headers)"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        return answer()
    }
}

/// An answer with a length.
func plain(_ status: String = "200 OK", _ body: String, headers: String = "") -> String {
    "HTTP/1.1 \(status)\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
}

/// Waits until something is so; false after ten seconds.
func comes(_ condition: () -> Bool) -> Bool {
    for _ in 0..<6000 {
        if condition() { return true }
        usleep(10_000)
    }
    return condition()
}
