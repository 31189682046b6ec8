// The server and the client against each other, over real sockets on loopback.

import Basics
import Bytes
import Glibc
import Synchronization
import Testing

@testable import Carry

private let client = Fetch.curl()

private func serve(
    _ routes: [Route], _ access: Access = Access(),
    _ change: (inout HTTPServerOptions) -> Void = { _ in }
) throws -> HTTPServer {
    var options = HTTPServerOptions()
    options.port = 0
    options.access = access
    change(&options)
    return try HTTPServer(options, routes: routes, clock: .system, registry: Registry())
}

private func url(_ server: HTTPServer, _ path: String) -> String {
    "http://127.0.0.1:\(server.port)\(path)"
}

@Suite struct HTTPServerTests {
    @Test func `a quick and a slow route answer with what the request said`() async throws {
        let routes = [Route.Pace.quick, .slow].map { pace in
            Route(["GET", "POST"], "/\(pace)/{name}", pace) { request in
                let body = String(decoding: request.body, as: UTF8.self)
                return .text(
                    "\(request.method) \(request.parameters["name"] ?? "") "
                        + "\(request.parameter("q") ?? "") \(body)")
            }
        }
        let server = try serve(routes)
        defer { server.stop() }
        for pace in ["quick", "slow"] {
            let got = try await client.send(
                FetchRequest("GET", url(server, "/\(pace)/a%20b?q=1+2%2B3")))
            #expect(got.status == 200)
            #expect(String(decoding: got.body, as: UTF8.self) == "GET a b 1 2+3 ")
            let posted = try await client.send(
                FetchRequest("POST", url(server, "/\(pace)/x"), body: Array("hello".utf8)))
            #expect(String(decoding: posted.body, as: UTF8.self) == "POST x  hello")
        }
    }

    @Test func `an unknown path, a wrong method and a large body are refused in words`()
        async throws
    {
        let server = try serve([
            Route(["POST"], "/in", .quick, bodyBytesMax: 10) { _ in .text("ok") }
        ])
        defer { server.stop() }
        let missing = try await client.send(FetchRequest("GET", url(server, "/nothing")))
        #expect(missing.status == 404)
        let method = try await client.send(FetchRequest("GET", url(server, "/in")))
        #expect(method.status == 405 && method[header: "allow"] == "POST")
        let large = try await client.send(
            FetchRequest("POST", url(server, "/in"), body: Array(repeating: 65, count: 1 << 20)))
        #expect(large.status == 413)
        #expect(String(decoding: large.body, as: UTF8.self).contains("limit of 10 bytes"))
        let chunked = try await client.send(
            FetchRequest(
                "POST", url(server, "/in"), headers: [("Transfer-Encoding", "chunked")],
                body: Array(repeating: 65, count: 1 << 20)))
        #expect(chunked.status == 413)
    }

    @Test func `a slow handler does not hold up a quick one`() async throws {
        let server = try serve([
            Route(["GET"], "/slow", .slow) { request in
                while !request.isCancelled() {}
                return .text("never seen")
            },
            Route(["GET"], "/quick", .quick) { _ in .text("ok") },
        ])
        defer { server.stop() }
        let slow = (0..<4).map { _ in
            Task { try? await client.send(FetchRequest("GET", url(server, "/slow"))) }
        }
        for _ in 0..<50 {
            let quick = try await client.send(
                FetchRequest("GET", url(server, "/quick"), timeout: .seconds(5)))
            #expect(quick.status == 200)
        }
        for task in slow { task.cancel() }
        for task in slow { _ = await task.value }
    }

    @Test func `queries wait for each other, and for nobody else, and know how long`() async throws
    {
        let mayEnd = Atomic<Bool>(false)
        let inside = Atomic<Int>(0)
        let most = Atomic<Int>(0)
        let server = try serve([
            Route(["GET"], "/query", .query) { request in
                let now = inside.add(1, ordering: .relaxed).newValue
                most.max(now, ordering: .relaxed)
                while !mayEnd.load(ordering: .relaxed) && !request.isCancelled() { usleep(1000) }
                inside.subtract(1, ordering: .relaxed)
                return .text("\(request.waited.millis)")
            },
            Route(["GET"], "/slow", .slow) { _ in .text("ok") },
        ]) { $0.queryWorkers = 2 }
        defer { server.stop() }
        let queries = (0..<5).map { _ in
            Task { try? await client.send(FetchRequest("GET", url(server, "/query"))) }
        }
        while inside.load(ordering: .relaxed) < 2 { try await Task.sleep(for: .milliseconds(5)) }
        let slow = try await client.send(
            FetchRequest("GET", url(server, "/slow"), timeout: .seconds(5)))
        #expect(slow.status == 200)
        try await Task.sleep(for: .milliseconds(100))
        mayEnd.store(true, ordering: .relaxed)
        var waited: [Int] = []
        for query in queries {
            let body = await query.value?.body ?? []
            waited.append(Int(String(decoding: body, as: UTF8.self)) ?? -1)
        }
        let atOnce = most.load(ordering: .relaxed)
        #expect(atOnce == 2)
        #expect(waited.filter { $0 >= 50 }.count == 3, "\(waited)")
    }

    @Test func `a client that hangs up cancels its request`() async throws {
        let noticed = Atomic<Bool>(false)
        let began = Atomic<Bool>(false)
        let server = try serve([
            Route(["GET"], "/wait", .slow) { request in
                began.store(true, ordering: .relaxed)
                let deadline = Clock.system.monotonic() + 10_000_000_000
                while !request.isCancelled() && Clock.system.monotonic() < deadline {}
                noticed.store(request.isCancelled(), ordering: .relaxed)
                return .text("")
            }
        ])
        let task = Task { try? await client.send(FetchRequest("GET", url(server, "/wait"))) }
        while !began.load(ordering: .relaxed) { try await Task.sleep(for: .milliseconds(5)) }
        task.cancel()
        _ = await task.value
        for _ in 0..<200 where !noticed.load(ordering: .relaxed) {
            try await Task.sleep(for: .milliseconds(10))
        }
        let wasNoticed = noticed.load(ordering: .relaxed)
        #expect(wasNoticed)
        server.stop()
    }

    @Test func `stopping settles the requests that wait`() async throws {
        let began = Atomic<Bool>(false)
        let server = try serve([
            Route(["GET"], "/wait", .slow) { request in
                began.store(true, ordering: .relaxed)
                while !request.isCancelled() {}
                return .text("late")
            }
        ])
        let task = Task { try await client.send(FetchRequest("GET", url(server, "/wait"))) }
        while !began.load(ordering: .relaxed) { try await Task.sleep(for: .milliseconds(5)) }
        server.stop()
        // Whoever is first, the stop or the handler that noticed it, the client gets an answer.
        let response = try await task.value
        #expect([200, 503].contains(response.status))
    }

    @Test func `a port in use is an error that names it`() throws {
        let first = try serve([])
        defer { first.stop() }
        var options = HTTPServerOptions()
        options.port = first.port
        let error = #expect(throws: HTTPServerError.self) {
            _ = try HTTPServer(options, routes: [], clock: .system, registry: Registry())
        }
        #expect(error.map { "\($0)".contains("\(first.port)") } == true)
    }

    @Test func `bodies are compressed for clients that ask`() async throws {
        let text = String(repeating: "martlet ", count: 1000)
        let server = try serve([Route(["GET"], "/", .quick) { _ in .text(text) }])
        defer { server.stop() }
        let got = try await client.send(
            FetchRequest("GET", url(server, "/"), headers: [("Accept-Encoding", "gzip")]))
        #expect(got[header: "content-encoding"] == "gzip" && got.body.count < 1000)
        #expect(try gunzip(got.body, bytesMax: 1 << 20) == Array(text.utf8))
    }
}

@Suite struct AccessTests {
    private func secured() throws -> HTTPServer {
        var access = Access()
        // "s3cret" with cost 4, so that the test does not wait.
        access.users = ["ada": "$2b$04$3Xfyr4SMVm3W5pkZqRMkLOUkzZdrF8cmPkSz7jvf4VBJ1nWDyPx9W"]
        access.bearerTokens = ["token-1"]
        return try serve(
            [
                Route(["GET"], "/", .quick) { _ in .text("in") },
                Route(["GET"], "/-/healthy", .quick, isOpen: true) { _ in .text("ok") },
            ], access)
    }

    @Test(arguments: [
        ("", 401), ("Bearer token-1", 200), ("Bearer token-2", 401), ("Basic !!!", 401),
        ("Basic " + base64Encoded(Array("ada:wrong".utf8)), 401),
        ("Basic " + base64Encoded(Array("eve:s3cret".utf8)), 401),
    ])
    func `credentials decide`(_ header: String, _ status: Int) async throws {
        let server = try secured()
        defer { server.stop() }
        let got = try await client.send(
            FetchRequest(
                "GET", url(server, "/"), headers: header.isEmpty ? [] : [("Authorization", header)])
        )
        #expect(got.status == status)
        #expect(try await client.send(FetchRequest("GET", url(server, "/-/healthy"))).status == 200)
    }

    @Test func `a page of another origin may not write`() async throws {
        let server = try serve([
            Route(["POST"], "/w", .quick, isWrite: true) { _ in .text("written") }
        ])
        defer { server.stop() }
        func status(_ headers: [(name: String, value: String)]) async throws -> Int {
            try await client.send(
                FetchRequest("POST", url(server, "/w"), headers: headers, body: [])
            ).status
        }
        #expect(try await status([]) == 200)
        #expect(try await status([("Origin", "http://127.0.0.1:\(server.port)")]) == 200)
        #expect(try await status([("Origin", "http://evil.example")]) == 403)
        #expect(try await status([("Host", "evil.example")]) == 403)
        #expect(try await status([("Sec-Fetch-Site", "cross-site")]) == 403)
    }

    @Test func `a bcrypt hash of another tool is understood`() {
        // Published with Prometheus' documentation: the password is "test".
        let hash = "$2b$12$hNf2lSsxfm0.i4a.1kVpSOVyBCfIB51VRjgBUyv6kdnyTlgWj81Ay"
        #expect(passwordMatches("test", hash: hash))
        #expect(!passwordMatches("Test", hash: hash))
    }
}

@Suite struct CurlFetchTests {
    @Test func `a request has nothing of those before it`() async throws {
        let server = try serve([
            Route(["GET", "HEAD", "POST"], "/", .quick) { request in
                .text(
                    "\(request.method) \(request[header: "x-mark"] ?? "none") "
                        + String(decoding: request.body, as: UTF8.self))
            }
        ])
        defer { server.stop() }
        let alone = Fetch.curl()
        for _ in 0..<3 {
            let posted = try await alone.send(
                FetchRequest(
                    "POST", url(server, "/"), headers: [("X-Mark", "a: b")],
                    body: Array("hello".utf8)))
            #expect(String(decoding: posted.body, as: UTF8.self) == "POST a: b hello")
            let head = try await alone.send(FetchRequest("HEAD", url(server, "/")))
            #expect(head.status == 200 && head.body.isEmpty)
            #expect(head[header: "content-type"] == posted[header: "content-type"])
            await #expect(throws: FetchError.tooLarge(bytesMax: 3)) {
                try await alone.send(FetchRequest("GET", url(server, "/"), bodyBytesMax: 3))
            }
            let got = try await alone.send(FetchRequest("GET", url(server, "/")))
            #expect(String(decoding: got.body, as: UTF8.self) == "GET none ")
        }
    }

    @Test func `a fetch whose task is cancelled already ends as cancelled`() async throws {
        let server = try serve([
            Route(["GET"], "/slow", .slow) { request in
                while !request.isCancelled() {}
                return .text("")
            }
        ])
        defer { server.stop() }
        let address = url(server, "/slow")
        for _ in 0..<5 {
            let task = Task { () -> FetchError? in
                // By now the task is cancelled, so the fetch begins with its cancellation behind it.
                while !Task.isCancelled { await Task.yield() }
                do throws(FetchError) {
                    _ = try await client.send(
                        FetchRequest("GET", address, timeout: .seconds(5)))
                    return nil
                } catch {
                    return error
                }
            }
            task.cancel()
            // A cancellation that got lost would end in a time-out.
            #expect(await task.value == .other("cancelled"))
        }
    }

    @Test func `each kind of failure has its own error`() async throws {
        await #expect(throws: FetchError.badURL("‹not a URL›")) {
            _ = try await client.send(FetchRequest("GET", "no url"))
        }
        await #expect(throws: FetchError.self) {
            _ = try await client.send(FetchRequest("GET", "http://127.0.0.1:1/"))
        }
        let server = try serve([
            Route(["GET"], "/large", .quick) { _ in .text(String(repeating: "x", count: 100_000)) },
            Route(["GET"], "/slow", .slow) { request in
                while !request.isCancelled() {}
                return .text("")
            },
        ])
        defer { server.stop() }
        await #expect(throws: FetchError.tooLarge(bytesMax: 1000)) {
            _ = try await client.send(
                FetchRequest("GET", url(server, "/large"), bodyBytesMax: 1000))
        }
        await #expect(throws: FetchError.timedOut("no complete answer within 200ms")) {
            _ = try await client.send(
                FetchRequest("GET", url(server, "/slow"), timeout: .milliseconds(200)))
        }
    }
}
