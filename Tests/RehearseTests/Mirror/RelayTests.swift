// The path itself: what the primary says reaches the client unchanged, as it comes, whatever it is.

import Basics
import Carry
import Glibc
import Synchronization
import Testing

@testable import Rehearse

private func start(
    _ server: StubServer, _ watcher: RelayWatcher = .none, counts registry: Registry = Registry(),
    _ change: (inout RelayOptions) -> Void = { _ in }
) throws -> Relay {
    var options = RelayOptions(server: try #require(Server(server.url)))
    change(&options)
    return try Relay(
        options, clock: .system,
        meters: RelayMeters(registry, prefix: "martlet_rehearsal", ["rehearsal": "t"]),
        watcher: watcher)
}

@Suite struct RelayTests {
    @Test func `status, headers and body go back unchanged, and hop-by-hop headers end here`()
        throws
    {
        let headers =
            "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\nServer: x\r\nSet-Cookie: a=1\r\n"
            + "set-cookie: b=2\r\nX-Empty:\r\nX-Odd:  two  spaces\r\nConnection: x-hop, close\r\n"
            + "X-Hop: 1\r\nKeep-Alive: timeout=5\r\nContent-Encoding: gzip\r\nETag: \"a\"\r\n"
        let server = StubServer { _, socket in
            put(socket, plain("418 whatever", "\u{1}\u{2} not gzip at all", headers: headers))
            return false
        }
        defer { server.stop() }
        let relay = try start(server)
        defer { relay.stop() }
        for _ in 0..<3 {
            let client = StubClient(relay.port)
            let answer = try #require(
                client.ask(
                    "{}", path: "/a%2Fb/../c?x=%20y&&z", headers: "TE: trailers\r\nX-Mine: 1\r\n"))
            #expect(answer.line.hasPrefix("HTTP/1.1 418"))
            #expect(String(decoding: answer.body, as: UTF8.self) == "\u{1}\u{2} not gzip at all")
            let names = answer.headers.map { String($0.prefix { $0 != ":" }) }
            #expect(!names.contains("X-Hop") && !names.contains("Keep-Alive"))
            for line in [
                "Date: Thu, 01 Jan 1970 00:00:00 GMT", "Server: x", "Set-Cookie: a=1",
                "set-cookie: b=2", "Content-Encoding: gzip", "ETag: \"a\"",
            ] {
                #expect(answer.headers.contains(line), "\(line) is missing in \(answer.headers)")
            }
            #expect(names.contains("X-Empty"))
            #expect(
                answer.headers.contains { $0.hasPrefix("X-Odd:") && $0.hasSuffix("two  spaces") })
        }
        let seen = try #require(server.seen.first)
        #expect(seen.path == "/a%2Fb/../c?x=%20y&&z")
        #expect(seen.header("te") == nil && seen.header("x-mine") == "1")
        #expect(seen.header("host") == "127.0.0.1:\(server.port)")
        #expect(seen.header("accept") == nil && seen.header("expect") == nil)
        #expect(seen.header("user-agent") == nil)
        #expect(String(decoding: seen.body, as: UTF8.self) == "{}")
    }

    @Test func `thousands of random answers come back byte for byte`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        // The body is made from the number in the path, on both sides.
        let server = StubServer { request, socket in
            let number = UInt64(request.path.dropFirst()) ?? 0
            let body = randomBody(seed, number)
            let head =
                number % 3 == 0
                ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-N: \(number)\r\n\r\n"
                : "HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\nX-N: \(number)\r\n\r\n"
            put(socket, head)
            if number % 3 == 0 {
                let middle = body.count / 2
                for part in [body[..<middle], body[middle...]] where !part.isEmpty {
                    put(socket, String(part.count, radix: 16) + "\r\n")
                    put(socket, Array(part))
                    put(socket, "\r\n")
                }
                put(socket, "0\r\n\r\n")
            } else {
                put(socket, body)
            }
            return number % 50 != 7
        }
        defer { server.stop() }
        let relay = try start(server)
        defer { relay.stop() }
        let wrong = Atomic<Int>(0)
        let right = Atomic<Int>(0)
        let isOver = Atomic<Int>(0)
        for lane in 0..<4 {
            startThread("lane") {
                let client = StubClient(relay.port)
                for index in 0..<750 {
                    let number = UInt64(lane * 10_000 + index)
                    client.send("GET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n")
                    let got = number % 3 == 0 ? client.chunked() : client.answer()?.body
                    if got == randomBody(seed, number) {
                        right.add(1, ordering: .relaxed)
                    } else {
                        wrong.add(1, ordering: .relaxed)
                    }
                }
                isOver.add(1, ordering: .relaxed)
            }
        }
        #expect(comes { isOver.load(ordering: .relaxed) == 4 })
        #expect(wrong.load(ordering: .relaxed) == 0, "seed \(seed)")
        #expect(right.load(ordering: .relaxed) == 3000, "seed \(seed)")
    }

    @Test func `each event of a stream reaches the client before the next is made`() throws {
        // The server makes the next event only when the client has said that it has the last one.
        let has = Atomic<Int>(0)
        let server = StubServer { _, socket in
            put(
                socket,
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            for number in 1...50 {
                let event = "data: \(number)\n\n"
                put(socket, String(event.utf8.count, radix: 16) + "\r\n\(event)\r\n")
                if !comes({ has.load(ordering: .relaxed) >= number }) { return false }
            }
            put(socket, "0\r\n\r\n")
            return true
        }
        defer { server.stop() }
        let relay = try start(server)
        defer { relay.stop() }
        let client = StubClient(relay.port)
        client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
        var text = ""
        while !text.hasSuffix("0\r\n\r\n"), let piece = client.piece() {
            text += String(decoding: piece, as: UTF8.self)
            has.store(text.split(separator: "data: ").count - 1, ordering: .relaxed)
        }
        #expect(text.contains("data: 50\n\n") && text.hasSuffix("0\r\n\r\n"))
    }

    @Test func `a client that hangs up takes the primary's request with it`() throws {
        let wasLeft = Atomic<Bool>(false)
        let server = StubServer { _, socket in
            put(socket, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n")
            wasLeft.store(comes { !put(socket, "1\r\n.\r\n") }, ordering: .relaxed)
            return false
        }
        defer { server.stop() }
        let relay = try start(server)
        defer { relay.stop() }
        do {
            let client = StubClient(relay.port)
            client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = client.piece()
        }
        #expect(comes { wasLeft.load(ordering: .relaxed) })
        #expect(comes { relay.underway == 0 })
    }

    @Test func `a client that hangs up before the answer takes the request with it too`() throws {
        let wasLeft = Atomic<Bool>(false)
        let server = StubServer { _, socket in
            var byte: UInt8 = 0
            wasLeft.store(recv(socket, &byte, 1, 0) <= 0, ordering: .relaxed)
            return false
        }
        defer { server.stop() }
        let relay = try start(server)
        defer { relay.stop() }
        do {
            let client = StubClient(relay.port)
            client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(comes { server.seen.count == 1 })
        }
        #expect(comes { wasLeft.load(ordering: .relaxed) })
    }

    @Test func `a large body streams through in both directions`() throws {
        let server = StubServer { request, socket in
            put(socket, "HTTP/1.1 200 OK\r\nContent-Length: \(request.body.count)\r\n\r\n")
            return put(socket, request.body)
        }
        defer { server.stop() }
        let relay = try start(server) { $0.readAheadBytes = 64 << 10 }
        defer { relay.stop() }
        let body = String(repeating: "0123456789abcdef", count: 512 << 10)
        let answer = StubClient(relay.port).ask(body)
        #expect(answer?.body.count == 8 << 20)
        #expect(answer?.body == Array(body.utf8))
    }

    @Test func `an absent primary is a 502, one that breaks off is broken off`() throws {
        let gone = StubServer { _, _ in false }
        gone.stop()
        let absent = try start(gone)
        defer { absent.stop() }
        #expect(StubClient(absent.port).ask("{}")?.line.contains("502") == true)
        let server = StubServer { _, socket in
            put(socket, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
            return false
        }
        defer { server.stop() }
        let relay = try start(server)
        defer { relay.stop() }
        let client = StubClient(relay.port)
        client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
        let text = String(decoding: client.rest(), as: UTF8.self)
        #expect(text.hasSuffix("only this"))
    }

    @Test
    func `requests of every kind follow each other on one connection and leave nothing behind`()
        throws
    {
        let seed = UInt64.random(in: 0...UInt64.max)
        let server = StubServer { request, socket in
            // Some answers come when the client is suspended already, some connections are not kept.
            let number = Int(request.path.dropFirst()) ?? 0
            if number % 5 == 0 { usleep(10_000) }
            let method = String(request.head.prefix { $0 != " " })
            let told =
                request.header("content-length") ?? request.header("transfer-encoding") ?? "-"
            put(socket, plain("200 OK", "\(method) \(told) \(mixed(hashed(request.body)))"))
            return number % 7 != 3
        }
        defer { server.stop() }
        let relay = try start(server) { $0.readAheadBytes = 4 << 10 }
        defer { relay.stop() }
        let client = StubClient(relay.port)
        var state = seed
        for number in 0..<200 {
            state = mixed(state)
            let method = ["GET", "POST", "PUT", "DELETE", "PATCH"][Int(state % 5)]
            // Some stream through.
            let length = [0, 0, 100, 3000, 20_000][Int(state / 5 % 5)]
            let body = (0..<length).map { UInt8(truncatingIfNeeded: state >> UInt64($0 % 50)) }
            let hasLength = length > 0 || method != "GET" && method != "DELETE"
            let told = hasLength ? "Content-Length: \(length)\r\n" : ""
            client.send("\(method) /\(number) HTTP/1.1\r\nHost: a\r\n\(told)\r\n")
            if length > 0 { client.send(body) }
            guard let answer = client.answer() else {
                Issue.record("no answer to \(number), seed \(seed)")
                return
            }
            let wanted = "\(method) \(hasLength ? String(length) : "-") \(mixed(hashed(body)))"
            #expect(String(decoding: answer.body, as: UTF8.self) == wanted, "seed \(seed)")
        }
        #expect(server.seen.count == 200)
        #expect(comes { relay.underway == 0 })
    }

    @Test
    func `a thread that waits awake serves a quick client, one that comes between, and its end`()
        throws
    {
        let server = StubServer { request, socket in
            let number = Int(request.path.dropFirst()) ?? 0
            if number % 40 == 0 { usleep(5000) }
            return put(socket, plain("200 OK", "answer to \(request.path)"))
        }
        defer { server.stop() }
        let registry = Registry()
        // So long that every wait is polled, however busy the machine is.
        let relay = try start(server, counts: registry) { $0.pollNanos = 20_000_000 }
        let quick = StubClient(relay.port)
        let other = StubClient(relay.port)
        func ask(_ client: StubClient, _ number: Int) {
            client.send("GET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n")
            let body = client.answer()?.body ?? []
            #expect(String(decoding: body, as: UTF8.self) == "answer to /\(number)")
        }
        for number in 1...400 {
            ask(quick, number)
            if number % 9 == 0 {
                ask(other, 1000 + number)
                // A connection that is opened, asks and leaves while the thread is awake.
                ask(StubClient(relay.port), 2000 + number)
            }
        }
        let polls = registry.counter(
            "martlet_rehearsal_polled_waits_total", "", ["rehearsal": "t"])
        #expect(polls.value > 100)
        let leaving = StubClient(relay.port)
        leaving.send("GET /40 HTTP/1.1\r\nHost: a\r\n\r\n")
        shutdown(leaving.socket, Int32(SHUT_RDWR))
        ask(quick, 41)
        #expect(comes { relay.underway == 0 })
        relay.stop(graceMillis: 1000)
        #expect(comes { quick.piece() == nil })
    }

    @Test(arguments: [(3000, 3000), (0, 3000), (3000, 0)])
    func `a thread whose waits are long on one side or both sleeps`(
        answerMicros: UInt32, pauseMicros: UInt32
    ) throws {
        let server = StubServer { _, socket in
            usleep(answerMicros)
            return put(socket, plain("200 OK", "{}"))
        }
        defer { server.stop() }
        let registry = Registry()
        let relay = try start(server, counts: registry) { $0.pollNanos = 1_500_000 }
        defer { relay.stop() }
        let client = StubClient(relay.port)
        for _ in 0..<60 {
            usleep(pauseMicros)
            #expect(client.ask("{}") != nil)
        }
        let polls = registry.counter(
            "martlet_rehearsal_polled_waits_total", "", ["rehearsal": "t"])
        #expect(polls.value == 0)
    }

    @Test func `HEAD, 204 and 304 have no body and keep their lengths`() throws {
        let server = StubServer { request, socket in
            let line =
                request.path == "/none"
                ? "HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n"
                : request.path == "/same"
                    ? "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n"
                    : "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n"
            return put(socket, line)
        }
        defer { server.stop() }
        let relay = try start(server)
        defer { relay.stop() }
        let client = StubClient(relay.port)
        client.send("GET /none HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(client.answer()?.line.contains("204") == true)
        client.send("GET /same HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(client.answer()?.headers.contains("ETag: \"x\"") == true)
        client.send("HEAD /head HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        let text = String(decoding: client.rest(), as: UTF8.self)
        #expect(text.contains("Content-Length: 1234") && text.hasSuffix("\r\n\r\n"))
    }
}

private func hashed(_ body: [UInt8]) -> UInt64 {
    body.reduce(14_695_981_039_346_656_037) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
}

private func randomBody(_ seed: UInt64, _ number: UInt64) -> [UInt8] {
    var state = seed ^ number &* 0x9e37_79b9
    let count = Int(mixed(state) % 5000)
    return (0..<count).map { _ in
        state = mixed(state)
        return UInt8(truncatingIfNeeded: state)
    }
}

extension StubClient {
    /// The body of the next chunked answer.
    func chunked() -> [UInt8]? {
        var bytes = buffer
        while !bytes.ends("0\r\n\r\n") || headEnd(bytes) == nil {
            guard let piece = piece() else { return nil }
            bytes += piece
        }
        guard var index = headEnd(bytes) else { return nil }
        var body: [UInt8] = []
        while let end = bytes[index...].firstIndex(of: 13) {
            let length = Int(String(decoding: bytes[index..<end], as: UTF8.self), radix: 16) ?? 0
            if length == 0 { return body }
            body += bytes[(end + 2)..<(end + 2 + length)]
            index = end + 2 + length + 2
        }
        return nil
    }
}
