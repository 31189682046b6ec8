// While a connection is suspended, libmicrohttpd does not look at its socket, so nobody would notice
// that the client has gone and its query could stop. One thread polls the suspended sockets.

internal import Basics
internal import Glibc

/// Watches the sockets of waiting requests and cancels those whose client has hung up.
final class HangUpWatch: Sendable {
    private struct State {
        var waiting: [Int32: Exchange] = [:]
        var isStopped = false
    }

    private let state = Lock(State())

    /// Starts the thread.
    func start() {
        startThread("http-hangup") { self.loop() }
    }

    func stop() { state.withLock { $0.isStopped = true } }

    func add(_ exchange: Exchange, socket: Int32) {
        guard socket >= 0 else { return }
        state.withLock { $0.waiting[socket] = exchange }
    }

    func remove(_ exchange: Exchange, socket: Int32) {
        state.withLock { state in
            if state.waiting[socket] === exchange { state.waiting[socket] = nil }
        }
    }

    private func loop() {
        // POLLRDHUP, the other side closed: Linux has it, the importer does not see it.
        let closed: Int16 = 0x2000
        while true {
            let (sockets, isStopped) = state.withLock { ($0.waiting, $0.isStopped) }
            if isStopped { return }
            if sockets.isEmpty {
                // Nobody waits: 100 ms is how late the first hang-up may be noticed.
                usleep(100_000)
                continue
            }
            var entries = sockets.keys.map {
                pollfd(fd: $0, events: closed, revents: 0)
            }
            poll(&entries, nfds_t(entries.count), 50)
            let gone = closed | Int16(POLLHUP) | Int16(POLLERR)
            for entry in entries where entry.revents & gone != 0 {
                sockets[entry.fd]?.cancel()
                state.withLock { $0.waiting[entry.fd] = nil }
            }
        }
    }
}
