// Whatever a plain server does on a connection of ours, the request ends as what it is, and the next one
// is not harmed by it.

import Basics
import Carry
import Glibc
import Synchronization
import Testing

@testable import Rehearse

/// Asks a server that does the same with every connection's first request.
private func ending(
    of behaviour: @escaping @Sendable (Int32) -> Void,
    _ change: (inout CourierOptions) -> Void = { _ in }
) throws -> RelayedAnswer {
    let server = StubServer { _, socket in
        behaviour(socket)
        return false
    }
    defer { server.stop() }
    let asking = Asking(change)
    defer { asking.stop() }
    let answer = try asking.ask(server.url)
    #expect(server.seen.count == 1)
    return answer
}

private let chunkedHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

@Suite struct WireFaultTests {
    @Test func `a server that closes before, within and after the head, in body and chunk`() throws
    {
        let faults: [(String, RelayEnding, Int)] = [
            ("", .reset, 0), ("HTTP/1.1 2", .reset, 0), ("HTTP/1.1 200 OK\r\nX: a", .reset, 0),
            ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", .truncated, 200),
            ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", .truncated, 200),
            (chunkedHead + "5\r\nhel", .truncated, 200),
            (chunkedHead + "5\r\nhello\r\n", .truncated, 200),
            (chunkedHead + "5\r\nhello\r\n0\r\n", .truncated, 200),
            ("HTTP/1.1 100 Continue\r\n\r\n", .reset, 0),
        ]
        for (said, wanted, status) in faults {
            let answer = try ending { put($0, said) }
            #expect(answer.ending == wanted, "\(said.debugDescription)")
            #expect(answer.status == status)
        }
        let hard = try ending { socket in
            var hard = linger(l_onoff: 1, l_linger: 0)
            setsockopt(socket, SOL_SOCKET, SO_LINGER, &hard, socklen_t(MemoryLayout<linger>.size))
        }
        #expect(hard.ending == .reset)
    }

    @Test func `garbage, an endless head, contradicting lengths and broken chunks end in words`()
        throws
    {
        let head = "HTTP/1.1 200 OK\r\n"
        let faults = [
            "\u{1}\u{2} this is no HTTP\r\n\r\n", "HTTP/3.7 200 OK\r\n\r\n",
            head + String(repeating: "X-More: of it\r\n", count: 20_000),
            head + "X: " + String(repeating: "x", count: 200_000),
            head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nhello",
            head + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
            chunkedHead + "zz\r\nhello", chunkedHead + "2\r\nhello\r\n0\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        ]
        for said in faults {
            let answer = try ending { put($0, said) }
            guard case .garbled(let words) = answer.ending else {
                Issue.record("\(said.prefix(40).debugDescription): \(answer.ending)")
                continue
            }
            #expect(!words.isEmpty)
        }
    }

    @Test func `a drip without end is over at the deadline, and one beyond the bytes at once`()
        throws
    {
        let drip = try ending(of: { socket in
            put(socket, chunkedHead)
            while put(socket, "1\r\nx\r\n") { usleep(20_000) }
        }) { $0.deadlineMillis = 300 }
        #expect(drip.ending == .timedOut && drip.status == 200 && drip.body.count > 1)
        let silence = try ending(of: { _ in usleep(1_000_000) }) { $0.deadlineMillis = 200 }
        #expect(silence.ending == .timedOut && silence.status == 0)
        let flood = try ending(of: { socket in
            put(socket, "HTTP/1.1 200 OK\r\n\r\n")
            while put(socket, [UInt8](repeating: 65, count: 1 << 16)) {}
        }) { $0.answerBytesMax = 100_000 }
        #expect(flood.ending == .tooLarge && flood.body.count <= 100_000)
    }

    @Test func `nobody listens, by number and by name, and a full queue is a deadline`() throws {
        let gone = StubServer { _, _ in false }
        gone.stop()
        let asking = Asking { $0.connectMillis = 300 }
        defer { asking.stop() }
        #expect(try asking.ask(gone.url).ending == .refused)
        #expect(try asking.ask("http://localhost:\(gone.port)").ending == .refused)
        let full = FullListener()
        defer { full.stop() }
        #expect(try asking.ask("http://127.0.0.1:\(full.port)").ending == .timedOut)
    }

    @Test func `an answer before the request is whole is the answer`() throws {
        let server = StubServer(connections: { _, socket in
            var room = [UInt8](repeating: 0, count: 1000)
            _ = recv(socket, &room, room.count, 0)
            put(socket, plain("413 Too Large", "no"))
            // What was not read makes the close a reset; this one leaves the client time to read.
            usleep(200_000)
        })
        defer { server.stop() }
        let asking = Asking()
        defer { asking.stop() }
        for _ in 0..<3 {
            let answer = try asking.ask(server.url, body: String(repeating: "x", count: 16 << 20))
            #expect(answer.status == 413 && answer.ending == .whole && text(answer) == "no")
        }
        #expect(server.connectionCount == 3, "half a request must not be followed by another")
    }

    @Test func `a kept connection that closes unanswered is asked once more, a new one is not`()
        throws
    {
        // Every other request is closed unanswered: the first over each kept connection.
        let count = Atomic<Int>(0)
        let server = StubServer { request, socket in
            let number = count.add(1, ordering: .relaxed).newValue
            return number % 2 == 1 && put(socket, plain("200 OK", request.path))
        }
        defer { server.stop() }
        let asking = Asking()
        defer { asking.stop() }
        for number in 0..<20 {
            let answer = try asking.ask(server.url, "POST", "/\(number)")
            #expect(answer.ending == .whole && text(answer) == "/\(number)")
        }
        #expect(server.seen.count == 39)
        let never = StubServer { _, _ in false }
        defer { never.stop() }
        #expect(try asking.ask(never.url).ending == .reset)
        #expect(never.seen.count == 1)
    }

    @Test func `what comes unasked is never the next request's answer`() throws {
        let evil = plain("200 OK", "evil")
        // With the answer, and a moment later, when the connection rests.
        for pause in [0, 30_000] as [UInt32] {
            let server = StubServer { request, socket in
                if pause == 0 { return put(socket, plain("200 OK", request.path) + evil) }
                put(socket, plain("200 OK", request.path))
                usleep(pause)
                return put(socket, evil)
            }
            defer { server.stop() }
            let asking = Asking()
            defer { asking.stop() }
            for number in 0..<10 {
                let answer = try asking.ask(server.url, "GET", "/\(number)", body: "")
                #expect(answer.ending == .whole && text(answer) == "/\(number)")
                usleep(pause * 2)
            }
            #expect(server.connectionCount == 10)
        }
    }

    @Test func `a header, method or path with a line's end in it is sent to nobody`() throws {
        let server = StubServer { _, socket in put(socket, plain("200 OK", "")) }
        defer { server.stop() }
        let asking = Asking()
        defer { asking.stop() }
        let bad: [(String, String, String)] = [
            ("POST", "/", "a\r\nEvil: 1"), ("POST", "/", "a\nEvil: 1"),
            ("POST", "/ HTTP/1.1\r\nEvil: 1", "a"), ("POST / HTTP/1.1\r\nEvil: 1\r\n", "/", "a"),
        ]
        for (method, path, value) in bad {
            let answer = try asking.ask(server.url, method, path, headers: [("X-A", value)])
            guard case .garbled = answer.ending else {
                Issue.record("\(answer.ending)")
                continue
            }
        }
        #expect(server.seen.isEmpty)
    }
}

/// A port whose queue of connections is full.
private final class FullListener {
    private var sockets: [Int32] = []
    private(set) var port: UInt16 = 0

    init() {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        sockets.append(listener)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                _ = bind(listener, pointer, size)
                listen(listener, 0)
                _ = getsockname(listener, pointer, &size)
                for _ in 0..<4 {
                    let kind = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue
                    let client = socket(AF_INET, Int32(kind), 0)
                    _ = connect(client, pointer, size)
                    sockets.append(client)
                }
            }
        }
        port = UInt16(bigEndian: address.sin_port)
    }

    func stop() { for socket in sockets { close(socket) } }
}
