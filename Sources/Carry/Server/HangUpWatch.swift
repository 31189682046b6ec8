// While a connection is suspended, libmicrohttpd does not look at its socket, so nobody would notice
// that the client has gone and its query could stop. One thread sleeps in an epoll that hears of nothing
// but the other side's end; with no request waiting it is never woken. A client that only closes its own
// half, as `nc -N` does, looks the same and still reads: what answers within a moment reaches it.

internal import Basics
internal import CMicrohttpd
internal import Glibc

/// Watches the sockets of waiting requests and cancels those whose client has hung up.
final class HangUpWatch: Sendable {
    private struct State {
        /// By socket; the number tells a request from an earlier one on a socket of the same number.
        var waiting: [Int32: (exchange: Exchange, number: UInt32)] = [:]
        var added: UInt32 = 0
    }

    /// A client that has closed its half may still wait for so long.
    static let graceNanos: Int64 = 50_000_000

    private let state = Lock(State())
    private let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    private let bell = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    private static let bellTag = UInt64.max

    deinit {
        close(epoll)
        close(bell)
    }

    /// Starts the thread.
    func start() {
        precondition(epoll >= 0 && bell >= 0, "no descriptor is left for an epoll")
        listen(to: bell, EPOLLIN.rawValue, tag: HangUpWatch.bellTag)
        startThread("http-hangup") { self.loop() }
    }

    /// Ends the thread.
    func stop() {
        var one: UInt64 = 1
        write(bell, &one, 8)
    }

    func add(_ exchange: Exchange, socket: Int32) {
        guard socket >= 0 else { return }
        state.withLock { state in
            state.added &+= 1
            state.waiting[socket] = (exchange, state.added)
            let tag = UInt64(state.added) << 32 | UInt64(socket)
            // Who is gone already is an edge at once.
            listen(to: socket, EPOLLRDHUP.rawValue | EPOLLET.rawValue, tag: tag)
        }
    }

    func remove(_ exchange: Exchange, socket: Int32) {
        state.withLock { state in
            guard state.waiting[socket]?.exchange === exchange else { return }
            state.waiting[socket] = nil
            epoll_ctl(epoll, EPOLL_CTL_DEL, socket, nil)
        }
    }

    private func listen(to descriptor: Int32, _ wanted: UInt32, tag: UInt64) {
        var event = epoll_event()
        event.events = wanted
        event.data.u64 = tag
        epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event)
    }

    private func loop() {
        var events = [epoll_event](repeating: epoll_event(), count: 16)
        /// Who has closed, the earliest first.
        var closed: [(tag: UInt64, at: Int64)] = []
        while true {
            let millis = closed.first.map { wait(until: $0.at + HangUpWatch.graceNanos) } ?? -1
            let count = epoll_wait(epoll, &events, Int32(events.count), millis)
            for index in 0..<max(0, Int(count)) {
                let tag = events[index].data.u64
                if tag == HangUpWatch.bellTag { return }
                closed.append((tag, monotonicNow()))
            }
            let over = monotonicNow() - HangUpWatch.graceNanos
            while let (tag, at) = closed.first, at <= over {
                closed.removeFirst()
                gone(Int32(truncatingIfNeeded: tag & 0xFFFF_FFFF), UInt32(tag >> 32))
            }
        }
    }

    /// In milliseconds, no less than it takes.
    private func wait(until time: Int64) -> Int32 {
        Int32(max(time - monotonicNow(), 0) / 1_000_000 + 1)
    }

    private func gone(_ socket: Int32, _ number: UInt32) {
        let exchange: Exchange? = state.withLock { state in
            guard let (exchange, known) = state.waiting[socket], known == number else { return nil }
            state.waiting[socket] = nil
            epoll_ctl(epoll, EPOLL_CTL_DEL, socket, nil)
            return exchange
        }
        exchange?.cancel()
    }
}
