// Clients that leave while their request waits: noticed at once, each for itself.

import Basics
import Glibc
import Testing

@testable import Carry

/// A client's connection, and the request that waits on it.
private struct Waiting {
    var (ours, theirs): (Int32, Int32) = (-1, -1)
    let exchange: Exchange

    init() throws {
        let connection = try #require(OpaquePointer(bitPattern: 1))
        exchange = Exchange(
            request: HTTPRequest(method: "GET", path: "/"), route: nil, connection: connection,
            started: 0)
        var pair: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
        (ours, theirs) = (pair[0], pair[1])
    }

    func isCancelled(within millis: Int = 2000) -> Bool {
        for _ in 0..<millis where !exchange.isCancelled { usleep(1000) }
        return exchange.isCancelled
    }
}

@Suite struct HangUpTests {
    private func watched(_ body: (HangUpWatch) throws -> Void) rethrows {
        let watch = HangUpWatch()
        watch.start()
        defer { watch.stop() }
        try body(watch)
    }

    @Test func `who leaves is noticed, who stays is not`() throws {
        try watched { watch in
            let (leaving, staying) = (try Waiting(), try Waiting())
            watch.add(leaving.exchange, socket: leaving.ours)
            watch.add(staying.exchange, socket: staying.ours)
            write(leaving.theirs, "x", 1)
            #expect(!leaving.isCancelled(within: 20))
            close(leaving.theirs)
            #expect(leaving.isCancelled())
            #expect(!staying.isCancelled(within: 20))
            for socket in [leaving.ours, staying.ours, staying.theirs] { close(socket) }
        }
    }

    @Test func `who left before it was watched is noticed too`() throws {
        try watched { watch in
            let gone = try Waiting()
            close(gone.theirs)
            watch.add(gone.exchange, socket: gone.ours)
            #expect(gone.isCancelled())
            close(gone.ours)
        }
    }

    @Test func `a request that was answered is let go of, and the next on its socket is its own`()
        throws
    {
        try watched { watch in
            let first = try Waiting()
            watch.add(first.exchange, socket: first.ours)
            watch.remove(first.exchange, socket: first.ours)
            let next = try Waiting()
            watch.add(next.exchange, socket: first.ours)
            // A worker that is late lets go of its own request, and not of what came after it.
            watch.remove(first.exchange, socket: first.ours)
            close(first.theirs)
            #expect(next.isCancelled())
            #expect(!first.exchange.isCancelled)
            for socket in [first.ours, next.ours, next.theirs] { close(socket) }
        }
    }

    @Test
    func `who only closes its own half and is answered at once is not taken for gone`() throws {
        try watched { watch in
            let half = try Waiting()
            watch.add(half.exchange, socket: half.ours)
            let start = monotonicNow()
            shutdown(half.theirs, Int32(SHUT_WR))
            usleep(10_000)
            watch.remove(half.exchange, socket: half.ours)
            // On a busy machine that moment may have taken longer than is waited.
            let wasQuick = monotonicNow() - start < HangUpWatch.graceNanos
            #expect(!half.isCancelled(within: 150) || !wasQuick)
            close(half.ours)
            close(half.theirs)
        }
    }

    @Test
    func `who left is not looked for in the next request that has a socket of its number`() throws {
        try watched { watch in
            let (first, next) = (try Waiting(), try Waiting())
            watch.add(first.exchange, socket: first.ours)
            close(first.theirs)
            // Its end is known by now, and it is answered within the moment that it may still read.
            usleep(10_000)
            watch.remove(first.exchange, socket: first.ours)
            dup2(next.ours, first.ours)
            watch.add(next.exchange, socket: first.ours)
            #expect(!next.isCancelled(within: 150))
            close(next.theirs)
            #expect(next.isCancelled())
            for socket in [first.ours, next.ours] { close(socket) }
        }
    }

    @Test func `many that leave together are all noticed`() throws {
        try watched { watch in
            let many = try (0..<100).map { _ in try Waiting() }
            for one in many { watch.add(one.exchange, socket: one.ours) }
            for one in many { close(one.theirs) }
            #expect(many.allSatisfy { $0.isCancelled() })
            for one in many { close(one.ours) }
        }
    }
}
