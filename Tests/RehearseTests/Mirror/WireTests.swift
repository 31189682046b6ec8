// Connections of our own to plain servers: what is sent over them, and which are used again.

import Basics
import Carry
import Glibc
import Synchronization
import Testing

@testable import Rehearse

@Suite struct WireTests {
    @Test func `the request says what it must and nothing of its own`() throws {
        let server = StubServer { _, socket in put(socket, plain("200 OK", "")) }
        defer { server.stop() }
        let asking = Asking()
        defer { asking.stop() }
        let host = "127.0.0.1:\(server.port)"
        let requests: [(String, [(name: String, value: String)], String, [String])] = [
            ("GET", [], "", ["GET /x?y=%20z HTTP/1.1", "Host: \(host)"]),
            ("POST", [], "", ["POST /x?y=%20z HTTP/1.1", "Host: \(host)", "Content-Length: 0"]),
            (
                "PUT", [("Host", "other"), ("X-A", "1"), ("X-Empty", "")], "{}",
                [
                    "PUT /x?y=%20z HTTP/1.1", "Host: other", "X-A: 1", "X-Empty: ",
                    "Content-Length: 2",
                ]
            ),
            (
                "DELETE", [("content-length", "77"), ("Transfer-Encoding", "chunked")], "{}",
                ["DELETE /x?y=%20z HTTP/1.1", "Host: \(host)", "Content-Length: 2"]
            ),
            ("HEAD", [], "{}", ["HEAD /x?y=%20z HTTP/1.1", "Host: \(host)"]),
        ]
        for (method, headers, body, wanted) in requests {
            let answer = try asking.ask(
                server.url, method, "/x?y=%20z", headers: headers, body: body)
            #expect(answer.status == 200 && answer.ending == .whole)
            let head = try #require(server.seen.last).head
            #expect(head == wanted.joined(separator: "\r\n") + "\r\n\r\n")
        }
        #expect(server.connectionCount == 1)
    }

    @Test func `1xx before, trailers behind and a body up to the close`() throws {
        let server = StubServer { request, socket in
            switch request.path {
            case "/continue":
                put(socket, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\n")
                usleep(20_000)
                return put(socket, plain("200 OK", "whole"))
            case "/trailers":
                return put(
                    socket,
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n"
                        + "5;x=y\r\nwhole\r\n0\r\nX-T: 1\r\n\r\n")
            default:
                put(socket, "HTTP/1.1 200 OK\r\n\r\nwho")
                usleep(20_000)
                put(socket, "le")
                return false
            }
        }
        defer { server.stop() }
        let asking = Asking()
        defer { asking.stop() }
        for path in ["/continue", "/trailers", "/close", "/trailers", "/continue"] {
            let answer = try asking.ask(server.url, "GET", path, body: "")
            #expect(answer.status == 200 && answer.ending == .whole && text(answer) == "whole")
            #expect(answer.headers["link"] == nil && answer.headers["x-t"] == nil)
            #expect(answer.firstByte != nil && answer.chunks.last?.end == 5)
        }
        #expect(server.connectionCount == 2)
    }

    @Test func `an answer has the time at which it came in, however late it is looked at`() throws {
        let answered = Lock<Int64>(0)
        let server = StubServer { request, socket in
            let isSent = put(socket, plain("200 OK", "{}"))
            if request.path == "/x" { answered.withLock { $0 = Clock.system.monotonic() } }
            return isSent
        }
        defer { server.stop() }
        // Keeps the thread from looking until the answer before has long been there.
        let asking = Asking(before: { tag in
            if tag == 5 {
                #expect(comes { answered.withLock { $0 } > 0 })
                usleep(200_000)
            }
            if tag == 4 { answered.withLock { $0 = 0 } }
        })
        defer { asking.stop() }
        // The first opens the connection; the kernel begins to stamp a little later.
        for _ in 1...3 {
            _ = try asking.ask(server.url)
            usleep(50_000)
        }
        let before = Clock.system.monotonic()
        let tag = try asking.send(server.url)
        let other = try asking.send(server.url, "GET", "/later", body: "")
        let answer = try asking.answer(tag)
        let sent = Double(answered.withLock { $0 } - before) / 1e9
        #expect(tag == 4 && answer.total <= sent, "by the server's own clock")
        #expect(answer.firstByte == answer.total && answer.chunks.last?.at == answer.total)
        #expect(answer.held <= answer.total)
        _ = try asking.answer(other)
    }

    @Test func `what came before the request is not its answer`() throws {
        let isSent = Lock(false)
        let server = StubServer { request, socket in
            put(socket, plain("200 OK", "first"))
            guard request.path == "/more" else { return true }
            usleep(20_000)
            put(socket, plain("200 OK", "of nobody"))
            isSent.withLock { $0 = true }
            return true
        }
        defer { server.stop() }
        // The thread does not look at the idle connection until the bytes are there.
        let asking = Asking(before: { tag in
            if tag == 4 {
                #expect(comes { isSent.withLock { $0 } })
                usleep(20_000)
            }
        })
        defer { asking.stop() }
        for path in ["/x", "/x", "/more", "/x", "/x"] {
            #expect(text(try asking.ask(server.url, "GET", path, body: "")) == "first")
        }
    }

    @Test func `answers that are gathered come whole, small and large`() throws {
        let sizes = [10, 100, 60_000, 1_000_000, 20]
        let server = StubServer { request, socket in
            let size = Int(request.path.dropFirst()) ?? 0
            return put(socket, plain("200 OK", String(repeating: "x", count: size)))
        }
        defer { server.stop() }
        let asking = Asking { $0.gathers = true }
        defer { asking.stop() }
        // Until the courier is used to light answers.
        for _ in 0..<40 { _ = try asking.ask(server.url, "GET", "/10", body: "") }
        let tags = try (0..<100).map { number in
            (number, try asking.send(server.url, "GET", "/\(sizes[number % 5])", body: ""))
        }
        for (number, tag) in tags {
            let answer = try asking.answer(tag)
            #expect(answer.ending == .whole && answer.body.count == sizes[number % 5])
            #expect(answer.total >= answer.firstByte ?? .infinity)
        }
    }

    @Test func `a connection is kept unless the server says or does otherwise`() throws {
        let ways: [(String, Bool, Int)] = [
            (plain("200 OK", "a"), true, 1), (plain("200 OK", "a"), false, 10),
            (plain("200 OK", "a", headers: "Connection: close\r\n"), true, 10),
            ("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", true, 10),
        ]
        for (said, keeps, connections) in ways {
            let server = StubServer { _, socket in put(socket, said) && keeps }
            defer { server.stop() }
            let asking = Asking()
            defer { asking.stop() }
            for _ in 0..<10 {
                let answer = try asking.ask(server.url)
                #expect(answer.ending == .whole && text(answer) == "a")
            }
            #expect(server.connectionCount == connections, "\(said)")
        }
    }

    @Test func `idle connections are bounded, and many at once find their own answers`() throws {
        let server = StubServer { request, socket in
            usleep(5000)
            return put(socket, plain("200 OK", request.path))
        }
        defer { server.stop() }
        let asking = Asking { $0.concurrency = 16 }
        defer { asking.stop() }
        for round in 0..<5 {
            let tags = try (0..<100).map { try asking.send(server.url, "POST", "/\(round)-\($0)") }
            for (number, tag) in tags.enumerated() {
                let answer = try asking.answer(tag)
                #expect(answer.ending == .whole && text(answer) == "/\(round)-\(number)")
            }
        }
        #expect(server.connectionCount <= 16)
    }

    @Test func `a large request to a slow reader arrives whole`() throws {
        let server = StubServer(connections: { _, socket in
            usleep(100_000)
            var (all, room) = (0, [UInt8](repeating: 0, count: 1 << 20))
            var sum: UInt64 = 0
            var head: [UInt8] = []
            while all < 8 << 20 {
                let count = recv(socket, &room, room.count, 0)
                if count <= 0 { return }
                var piece = room[..<count]
                if headEnd(head) == nil {
                    head += piece
                    guard let end = headEnd(head) else { continue }
                    piece = head[end...]
                }
                all += piece.count
                for byte in piece where byte == 0x37 { sum += 1 }
            }
            put(socket, plain("200 OK", "\(all) \(sum)"))
        })
        defer { server.stop() }
        let asking = Asking()
        defer { asking.stop() }
        let body = String(repeating: "01234567", count: 1 << 20)
        let answer = try asking.ask(server.url, body: body)
        #expect(text(answer) == "\(8 << 20) \(1 << 20)")
    }

    @Test func `a name is looked up by libcurl, and led to by wire while it is fresh`() throws {
        let server = StubServer { request, socket in
            put(socket, plain("200 OK", request.header("host") ?? ""))
        }
        defer { server.stop() }
        let asking = Asking()
        defer { asking.stop() }
        for _ in 0..<10 {
            let answer = try asking.ask("http://localhost:\(server.port)", headers: [("X-E", "")])
            #expect(answer.ending == .whole && text(answer) == "localhost:\(server.port)")
        }
        // The first connection brought the address and is not kept, the second is the wire.
        #expect(server.connectionCount == 2)
        let heads = Set(server.seen.map { $0.head.replacing("X-E: \r\n", with: "X-E:\r\n") })
        #expect(heads.count == 1, "both say the same: \(heads)")
    }

    @Test func `a server at an address of IPv6`() throws {
        let listener = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        inet_pton(AF_INET6, "::1", &address.sin6_addr)
        var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && listen(listener, 8) == 0
                    && getsockname(listener, $0, &size) == 0
            }
        }
        // A machine without IPv6 has nothing to show here.
        guard isBound else { return }
        let port = UInt16(bigEndian: address.sin6_port)
        startThread("stub-v6") {
            let client = accept(listener, nil, nil)
            var room = [UInt8](repeating: 0, count: 4096)
            let count = recv(client, &room, room.count, 0)
            let head = String(decoding: room.prefix(max(count, 0)), as: UTF8.self)
            let host = head.split(separator: "\r\n").first { $0.hasPrefix("Host: ") } ?? ""
            put(client, plain("200 OK", String(host)))
            close(client)
        }
        let asking = Asking()
        defer { asking.stop() }
        let answer = try asking.ask("http://[::1]:\(port)", "GET", "/", body: "")
        #expect(text(answer) == "Host: [::1]:\(port)")
    }

    @Test func `a client that does not read makes the server wait, and misses nothing`() throws {
        let sent = Atomic<Int>(0)
        let block = [UInt8](repeating: 0x61, count: 1 << 16)
        let server = StubServer { _, socket in
            put(socket, "HTTP/1.1 200 OK\r\nContent-Length: \(512 << 16)\r\n\r\n")
            for _ in 0..<512 where put(socket, block) { sent.add(1, ordering: .relaxed) }
            return true
        }
        defer { server.stop() }
        let relay = try Relay(
            RelayOptions(server: try #require(Server(server.url))), clock: .system,
            meters: RelayMeters(Registry(), prefix: "martlet_rehearsal", ["rehearsal": "t"]))
        defer { relay.stop() }
        let client = StubClient(relay.port)
        client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
        usleep(500_000)
        let early = sent.load(ordering: .relaxed)
        #expect(early < 512, "the relay takes no more than its client reads")
        usleep(200_000)
        #expect(sent.load(ordering: .relaxed) == early)
        let answer = try #require(client.answer())
        #expect(answer.body.count == 512 << 16 && answer.body.allSatisfy { $0 == 0x61 })
    }
}
