// Whatever a candidate does, the client sees the primary's answer and nothing else, and what became of
// the copy is counted under its name.

import Basics
import Carry
import Glibc
import Synchronization
import Testing

@testable import Rehearse

private let question = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"

@Suite struct IsolationTests {
    /// Asks so often, and checks that every answer is the primary's.
    private func ask(_ stage: Stage, _ times: Int) {
        let client = StubClient(stage.rehearsal.port)
        for _ in 0..<times {
            let answer = client.ask(question)
            #expect(answer?.line.hasPrefix("HTTP/1.1 200") == true)
            #expect(answer.map { String(decoding: $0.body, as: UTF8.self) } == chat("primary"))
        }
    }

    /// Whether a candidate comes to end an answer so once more.
    private func isAskedAgain(_ stage: Stage, _ ending: Ending) -> Bool {
        let before = stage.ending(ending)
        return comes {
            ask(stage, 1)
            usleep(100_000)
            return stage.ending(ending) > before
        }
    }

    private func withFault(
        _ candidate: StubServer, _ ending: Ending, times: Int = 20,
        _ change: (inout MirrorSettings) -> Void = { _ in }
    ) throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let primary = chatServer("primary")
        defer { primary.stop() }
        defer { candidate.stop() }
        let stage = try Stage(
            primary: primary, candidates: [("new", candidate.url)], folder: scratch.path
        ) { settings in
            settings.courier.deadlineMillis = 300
            change(&settings)
        }
        ask(stage, times)
        #expect(comes { stage.ending(ending) == times }, "\(stage.ending(ending)) of \(times)")
        #expect(comes { stage.pairs() == times })
        #expect(stage.count("martlet_rehearsal_requests_total", ["code": "2xx"]) == times)
        stage.stop()
    }

    @Test func `a candidate that hangs`() throws {
        let candidate = StubServer { _, _ in
            usleep(3_000_000)
            return false
        }
        try withFault(candidate, .timedOut)
    }

    @Test func `a candidate that refuses connections`() throws {
        let candidate = chatServer("x")
        candidate.stop()
        usleep(50_000)
        try withFault(candidate, .refused)
    }

    @Test func `a candidate that resets`() throws {
        let candidate = StubServer { _, socket in
            var hard = linger(l_onoff: 1, l_linger: 0)
            setsockopt(socket, SOL_SOCKET, SO_LINGER, &hard, socklen_t(MemoryLayout<linger>.size))
            return false
        }
        try withFault(candidate, .reset)
    }

    @Test func `a candidate that closes in the middle of its answer`() throws {
        let candidate = StubServer { _, socket in
            put(socket, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"choices\"")
            return false
        }
        try withFault(candidate, .truncated)
    }

    @Test func `a candidate that answers garbage`() throws {
        let candidate = StubServer { _, socket in
            put(socket, "\u{1}\u{2}\u{3} this is no HTTP at all\r\n\r\n")
            return false
        }
        try withFault(candidate, .garbled)
    }

    @Test func `a candidate that drips`() throws {
        let candidate = StubServer { _, socket in
            put(socket, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while put(socket, "x") { usleep(20_000) }
            return false
        }
        try withFault(candidate, .timedOut)
    }

    @Test func `a candidate that sends without end`() throws {
        let candidate = StubServer { _, socket in
            put(socket, "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
            let block = [UInt8](repeating: 65, count: 1 << 16)
            while put(socket, block) {}
            return false
        }
        try withFault(candidate, .tooLarge, times: 1) { $0.courier.deadlineMillis = 120_000 }
    }

    @Test
    func `a candidate whose answer was too large rests, another goes on, and it is asked again`()
        throws
    {
        let scratch = Scratch()
        defer { scratch.remove() }
        let primary = chatServer("primary")
        let large = StubServer { _, socket in
            put(socket, plain("200 OK", String(repeating: "x", count: 100_000)))
        }
        let good = chatServer("good")
        defer { for server in [primary, large, good] { server.stop() } }
        let stage = try Stage(
            primary: primary, candidates: [("new", large.url), ("good", good.url)],
            folder: scratch.path
        ) { settings in
            settings.answerBytesMax = 50_000
            settings.courier.queue = 1000
        }
        ask(stage, 1)
        #expect(comes { stage.ending(.tooLarge) == 1 })
        ask(stage, 20)
        #expect(stage.skipped(.resting) > 0, "within the second")
        #expect(comes { stage.pairs("good") == 21 && stage.skipped(.resting, "good") == 0 })
        #expect(comes { stage.pairs() + stage.skipped(.resting) == 21 }, "each is accounted for")
        #expect(isAskedAgain(stage, .tooLarge), "after the rest")
        stage.stop()
    }

    @Test func `a candidate that has failed and breaks every connection rests, and is asked again`()
        throws
    {
        let scratch = Scratch()
        defer { scratch.remove() }
        let primary = chatServer("primary")
        let broken = StubServer { _, _ in false }
        defer { for server in [primary, broken] { server.stop() } }
        let stage = try Stage(
            primary: primary, candidates: [("new", broken.url)], folder: scratch.path)
        ask(stage, 49)
        #expect(comes { stage.pairs() == 49 })
        #expect(stage.skipped(.resting) == 0, "not failed, however often it breaks")
        #expect(
            comes {
                ask(stage, 4)
                usleep(50_000)
                return stage.skipped(.resting) > 0
            }, "once it has failed")
        #expect(isAskedAgain(stage, .reset), "after the rest")
        stage.stop()
    }

    @Test func `a candidate that answers errors`() throws {
        let candidate = StubServer { _, socket in
            put(socket, plain("500 Oops", "{\"error\":\"x\"}"))
        }
        try withFault(candidate, .whole)
    }

    @Test func `copies beyond queue and concurrency are shed and counted, and nothing else is`()
        throws
    {
        let scratch = Scratch()
        defer { scratch.remove() }
        let primary = chatServer("primary")
        let candidate = StubServer { _, _ in
            usleep(20_000_000)
            return false
        }
        defer { primary.stop() }
        defer { candidate.stop() }
        let stage = try Stage(
            primary: primary, candidates: [("new", candidate.url)], folder: scratch.path
        ) { settings in
            settings.courier.concurrency = 2
            settings.courier.queue = 3
        }
        ask(stage, 50)
        #expect(comes { stage.skipped(.queueFull) >= 45 })
        let copies = stage.count("martlet_rehearsal_copies_total")
        #expect(copies + stage.skipped(.queueFull) == 50 && copies <= 6)
        stage.stop()
        #expect(stage.skipped(.agentStopped) + stage.skipped(.queueFull) == 50)
        #expect(stage.pairs() == 0)
    }

    @Test func `a copy runs to its end when the client has hung up`() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let primary = StubServer { _, socket in
            put(socket, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n")
            _ = comes { !put(socket, "1\r\n.\r\n") }
            return false
        }
        let candidate = StubServer { _, socket in
            usleep(300_000)
            return put(socket, plain("200 OK", chat("late")))
        }
        defer { primary.stop() }
        defer { candidate.stop() }
        let stage = try Stage(
            primary: primary, candidates: [("new", candidate.url)], folder: scratch.path)
        defer { stage.stop() }
        do {
            let client = StubClient(stage.rehearsal.port)
            client.send(
                "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}")
            _ = client.piece()
        }
        #expect(comes { stage.ending(.whole) == 1 })
        #expect(comes { stage.skipped(.answerUnusable) == 1 })
        #expect(stage.pairs() == 0)
    }

    @Test func `copies keep their connections`() throws {
        let scratch = Scratch()
        defer { scratch.remove() }
        let primary = chatServer("primary")
        let candidate = chatServer("candidate")
        defer { primary.stop() }
        defer { candidate.stop() }
        let stage = try Stage(
            primary: primary, candidates: [("new", candidate.url)], folder: scratch.path)
        defer { stage.stop() }
        ask(stage, 100)
        #expect(comes { stage.pairs() == 100 })
        #expect(candidate.connectionCount < 40 && primary.connectionCount <= 2)
    }
}
