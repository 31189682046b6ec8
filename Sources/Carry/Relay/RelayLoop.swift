// The loop of a relay: one epoll over libmicrohttpd's own epoll descriptor, the servers' sockets, the
// clients' hang-ups and a bell for stopping. libmicrohttpd's connection is suspended while the server is
// waited for and resumed when there is something to write. Suspending and resuming costs half a dozen system
// calls, so a lone request is first held: libmicrohttpd waits in its call for a moment, in which a quick
// server answers, and sends the answer as if it had been there at once.

internal import Basics
internal import CMicrohttpd
internal import Glibc
internal import Synchronization

/// The thread's state.
///
/// Only `open` and the stop flags are touched by other threads.
final class RelayLoop: @unchecked Sendable {  // One thread runs it; the rest is atomic.
    private enum Tag {
        static let daemon = TransferLoop.ownTags
        static let bell = TransferLoop.ownTags * 2
        static let client = TransferLoop.ownTags * 3
    }

    let options: RelayOptions
    let clock: Clock
    let meters: RelayMeters
    let watcher: RelayWatcher
    let transfers: TransferLoop
    let prefix: [UInt8]
    let open = Atomic<Int>(0)
    private var daemon: OpaquePointer?
    var daemonIsReady = false
    private let bell: Int32
    let stopAt = Atomic<Int64>(0)
    private let isOver = Atomic<Bool>(false)
    private(set) var touched: [RelayExchange] = []
    private var spare: [RelayExchange] = []
    /// By the client's socket.
    private var clients: [RelayExchange?] = []
    private var underway: [ObjectIdentifier: RelayExchange] = [:]
    /// The one that waits without being suspended.
    var held: RelayExchange?
    /// How long lone requests waited for the server, and their clients' connections for the next.
    var answers: Polling
    var pauses: Polling
    /// When the last exchange was over.
    private(set) var completedAt: Int64 = 0
    private var nextSweep: Int64 = 0
    private var untold: [News] = []

    /// What the watcher is to be told.
    enum News {
        case accepted(UInt64, RelayedRequest)
        case ended(UInt64, RelayedAnswer)
        case lost(UInt64, RelayLoss)
    }

    init(
        _ options: RelayOptions, clock: Clock, meters: RelayMeters, watcher: RelayWatcher
    ) {
        self.options = options
        self.clock = clock
        self.meters = meters
        self.watcher = watcher
        answers = Polling(nanosMax: options.pollNanos)
        pauses = Polling(nanosMax: options.pollNanos)
        prefix = Array(options.server.prefix.utf8)
        transfers = TransferLoop(connectionsKept: min(1024, options.connectionsMax))
        bell = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    }

    deinit { close(bell) }

    /// Starts the daemon.
    ///
    /// - Returns: the port.
    func listen() throws(HTTPServerError) -> UInt16 {
        var socket = try ListenSocket(address: options.address, port: options.port)
        var flags =
            MHD_USE_EPOLL.rawValue | MHD_ALLOW_SUSPEND_RESUME.rawValue
            | MHD_USE_SUPPRESS_DATE_NO_CLOCK.rawValue | socket.flags
        var items = [
            MHD_OptionItem(
                option: .CONNECTION_LIMIT, value: options.connectionsMax, ptr_value: nil),
            MHD_OptionItem(option: .CONNECTION_TIMEOUT, value: options.idleSeconds, ptr_value: nil),
            // Prompts travel in bodies; 64 KB of headers is twice what servers commonly take.
            MHD_OptionItem(option: .CONNECTION_MEMORY_LIMIT, value: 64 << 10, ptr_value: nil),
            MHD_OptionItem(option: .LISTEN_BACKLOG_SIZE, value: 4096, ptr_value: nil),
        ]
        var texts: [UnsafeMutablePointer<CChar>?] = []
        defer { for text in texts { free(text) } }
        if let tls = options.tls {
            flags |= MHD_USE_TLS.rawValue
            texts = [strdup(tls.key), strdup(tls.certificate)]
            items.append(MHD_OptionItem(option: .HTTPS_MEM_KEY, value: 0, ptr_value: texts[0]))
            items.append(MHD_OptionItem(option: .HTTPS_MEM_CERT, value: 0, ptr_value: texts[1]))
        }
        items.append(MHD_OptionItem(option: .END, value: 0, ptr_value: nil))
        let me = Unmanaged.passUnretained(self).toOpaque()
        errno = 0
        let started = withUnsafePointer(to: &socket.storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                martlet_mhd_start_turned(
                    flags, options.port, address, me, onRelayAccess, onRelayCompleted, onRelayLine,
                    onRelayConnection, &items)
            }
        }
        guard let started else {
            let reason =
                errno == 0 ? "the port is in use or not allowed" : String(cString: strerror(errno))
            throw .cannotListen(address: options.address, port: options.port, reason: reason)
        }
        daemon = started
        transfers.watch(martlet_mhd_epoll(started), EPOLLIN.rawValue, tag: Tag.daemon)
        transfers.watch(bell, EPOLLIN.rawValue, tag: Tag.bell)
        return martlet_mhd_port(started)
    }

    /// Asks for the end and waits for it.
    func stop(graceMillis: Int) {
        stopAt.store(monotonicNow() + Int64(graceMillis) * 1_000_000 + 1, ordering: .releasing)
        var one: UInt64 = 1
        write(bell, &one, 8)
        while !isOver.load(ordering: .acquiring) { usleep(2000) }
    }

    /// Turns until it is stopped.
    func run() {
        guard let daemon else { return }
        var isQuiet = false
        while true {
            if isExpectant {
                daemonIsReady = false
                serve(daemon, waiting: RelayLoop.expectMillis)
            } else {
                wait(for: daemon, atMost: isQuiet ? 10 : 1000)
            }
            repeat {
                resumeTouched()
                if daemonIsReady {
                    daemonIsReady = false
                    serve(daemon)
                }
                transfers.expire()
            } while !touched.isEmpty
            sweep()
            let end = stopAt.load(ordering: .acquiring)
            guard end > 0 else { continue }
            if !isQuiet {
                isQuiet = true
                let listener = MHD_quiesce_daemon(daemon)
                if listener >= 0 { close(listener) }
            }
            if open.load(ordering: .relaxed) == 0 || monotonicNow() > end { break }
        }
        finish(daemon)
        isOver.store(true, ordering: .releasing)
    }

    /// Tells the watcher what happened.
    func tell() {
        for news in untold {
            switch news {
            case .accepted(let tag, let request): watcher.accepted(tag, request)
            case .ended(let tag, let answer): watcher.ended(tag, answer)
            case .lost(let tag, let loss): watcher.lost(tag, loss)
            }
        }
        untold.removeAll(keepingCapacity: true)
    }

    /// Ends what is still under way: libmicrohttpd aborts when it is stopped with a suspended connection.
    private func finish(_ daemon: OpaquePointer) {
        let deadline = monotonicNow() + 1_000_000_000
        while open.load(ordering: .relaxed) > 0, monotonicNow() < deadline {
            for exchange in Array(underway.values) { abandon(exchange) }
            resumeTouched()
            serve(daemon)
        }
        MHD_stop_daemon(daemon)
        tell()
        self.daemon = nil
    }

    /// Waits for the epoll of all and handles what it says.
    func turnTransfers(atMost millis: Int32) {
        transfers.turn(atMost: millis) { tag, _ in happened(tag) }
    }

    private func happened(_ tag: UInt64) {
        switch tag {
        case Tag.daemon: daemonIsReady = true
        case Tag.bell:
            var count: UInt64 = 0
            read(bell, &count, 8)
        default:
            let socket = Int(tag & 0xFFFF_FFFF)
            if socket < clients.count, let exchange = clients[socket], exchange.isOpen {
                hungUp(exchange)
            }
        }
    }

    // MARK: What exchanges ask of it

    /// Keeps news for the watcher until the clients have been served.
    func note(_ news: News) { untold.append(news) }

    /// Notes that something happened to an exchange; it is looked at before the next wait.
    func touch(_ exchange: RelayExchange) {
        guard !exchange.isTouched else { return }
        exchange.isTouched = true
        touched.append(exchange)
    }

    /// Takes back that something happened to the exchange that was touched last.
    func untouch(_ exchange: RelayExchange) {
        guard exchange.isTouched, touched.last === exchange else { return }
        exchange.isTouched = false
        touched.removeLast()
    }

    private func resumeTouched() {
        var index = 0
        while index < touched.count {
            let exchange = touched[index]
            exchange.isTouched = false
            index += 1
            guard exchange.isOpen, exchange.hasNews, let at = exchange.connection else { continue }
            if exchange.isSuspended {
                exchange.isSuspended = false
                MHD_resume_connection(at)
                daemonIsReady = true
            }
        }
        touched.removeAll(keepingCapacity: true)
    }

    func suspend(_ exchange: RelayExchange) {
        guard !exchange.isSuspended, let connection = exchange.connection else { return }
        exchange.isSuspended = true
        MHD_suspend_connection(connection)
    }

    /// A new request line.
    func begin(_ line: UnsafePointer<CChar>, _ connection: OpaquePointer) -> RelayExchange {
        let exchange = spare.popLast() ?? RelayExchange(relay: self)
        exchange.isOpen = true
        exchange.connection = connection
        exchange.socket = martlet_mhd_socket(connection)
        exchange.take(target: line, prefix: prefix)
        let socket = Int(exchange.socket)
        if socket >= 0 {
            while clients.count <= socket { clients.append(nil) }
            clients[socket] = exchange
        }
        underway[ObjectIdentifier(exchange)] = exchange
        if open.load(ordering: .relaxed) == 0 { pauses.note(monotonicNow() - completedAt) }
        open.add(1, ordering: .relaxed)
        return exchange
    }

    /// libmicrohttpd is through with a request, one way or another.
    func complete(_ exchange: RelayExchange, isWhole: Bool) {
        let socket = Int(exchange.socket)
        if socket >= 0, clients[socket] === exchange { clients[socket] = nil }
        exchange.isOpen = false
        if !isWhole {
            if exchange.hasStarted { meters.hangUps.add() }
            exchange.isClientGone = true
        }
        if exchange.hasStarted, !exchange.leg.isOver { transfers.cancel(exchange.leg) }
        settle(exchange)
        underway[ObjectIdentifier(exchange)] = nil
        open.subtract(1, ordering: .relaxed)
        completedAt = monotonicNow()
        // An exchange in the list of touched ones is cleared all the same: being closed, it is passed over.
        exchange.clear()
        if spare.count < 256, !exchange.isTouched { spare.append(exchange) }
    }

    /// The client's socket said that the other end has closed.
    private func hungUp(_ exchange: RelayExchange) {
        // While libmicrohttpd looks at the socket itself, it finds out and completes the request.
        guard exchange.isSuspended || held === exchange else { return }
        abandon(exchange)
    }

    private func abandon(_ exchange: RelayExchange) {
        exchange.isClientGone = true
        if exchange.hasStarted, !exchange.leg.isOver { transfers.cancel(exchange.leg) }
        touch(exchange)
    }

    func watchClient(_ connection: OpaquePointer) {
        let socket = martlet_mhd_socket(connection)
        guard socket >= 0 else { return }
        transfers.watch(
            socket, EPOLLRDHUP.rawValue | EPOLLET.rawValue, tag: Tag.client | UInt64(socket))
    }

    func unwatchClient(_ connection: OpaquePointer) {
        let socket = martlet_mhd_socket(connection)
        if socket >= 0 { transfers.unwatch(socket) }
    }

    /// Once a second: servers that have been silent for too long are given up.
    private func sweep() {
        let now = monotonicNow()
        guard now >= nextSweep else { return }
        nextSweep = now + 1_000_000_000
        let silence = Int64(options.silenceMillisMax) * 1_000_000
        for exchange in underway.values where exchange.hasStarted {
            let leg = exchange.leg
            if !leg.isOver, now - leg.heardAt > silence { exchange.giveUp() }
        }
    }
}
