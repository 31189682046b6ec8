// One epoll for all that a thread has under way: the wires to plain servers, libcurl's multi interface for
// everything else, and descriptors of the owner's. Who carries a leg is decided here, the epoll turned here;
// how it is carried, a wire or libcurl knows. A kept connection of either stays in the epoll between two
// transfers: most requests then change nothing there.

internal import CCurl
internal import CMicrohttpd
internal import Glibc

/// Transfers that one thread turns.
final class TransferLoop {
    /// Descriptors of the owner carry tags from here on; below are sockets of libcurl.
    static let ownTags: UInt64 = 1 << 32

    let epoll: Int32
    private let multi: UnsafeMutableRawPointer
    private let wires: Wires
    private let events: UnsafeMutablePointer<epoll_event>
    private let eventsMax: Int32 = 256
    /// When libcurl wants to be called though nothing happened; monotonic nanoseconds.
    private var due = Int64.max
    /// By descriptor.
    private var sockets: [FollowedSocket] = []

    init(connectionsKept: Int) {
        curl_global_init(Int(CURL_GLOBAL_DEFAULT))
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0, let multi = curl_multi_init() else {
            preconditionFailure("libcurl or epoll cannot start")
        }
        self.multi = multi
        wires = Wires(epoll: epoll, keptMax: connectionsKept)
        events = .allocate(capacity: Int(eventsMax))
        wires.handBack = { [unowned self] leg in startEasy(leg, asking: nil) }
        martlet_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, connectionsKept)
        martlet_curl_multi_watch(
            multi, onSocket, onTimer, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        curl_multi_cleanup(multi)
        close(epoll)
        events.deallocate()
    }

    /// Has a descriptor of the owner looked at.
    func watch(_ descriptor: Int32, _ wanted: UInt32, tag: UInt64) {
        var event = epoll_event()
        event.events = wanted
        event.data.u64 = tag
        epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event)
    }

    func unwatch(_ descriptor: Int32) {
        epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil)
    }

    /// Starts a transfer: by wire to a plain server whose address is known, by libcurl otherwise.
    ///
    /// - Returns: whether it is sent already and the kernel will say when the answer came in: then it does
    ///   not matter to its times when this thread looks.
    @discardableResult func start(_ leg: Leg) -> Bool {
        let origin = leg.isStreamed ? nil : wires.origin(of: leg)
        if let origin, wires.start(leg, to: origin) { return leg.isAwaited && isStamped }
        startEasy(leg, asking: origin?.asks() == true ? origin : nil)
        return false
    }

    /// The kernel says of what comes over wires when it came in.
    var isStamped: Bool { wires.isStamped }

    private func startEasy(_ leg: Leg, asking origin: Origin?) {
        leg.begin()
        guard let transfer = leg.easy else {
            origin?.learn(nil, at: 0)
            return leg.end(.garbled("libcurl has no memory"))
        }
        let me = Unmanaged.passUnretained(self).toOpaque()
        transfer.configure(asking: origin) {
            martlet_curl_set_sockets($0, openSocket, closeSocket, me)
        }
        curl_multi_add_handle(multi, transfer.easy)
    }

    /// Gives a transfer up; its connection is closed.
    func cancel(_ leg: Leg) {
        guard leg.isRunning else { return }
        if let wire = leg.wire {
            _ = wire.drop()
            wires.close(wire)
            leg.end(.cancelled)
        } else if let transfer = leg.easy {
            curl_multi_remove_handle(multi, transfer.easy)
            transfer.end(CURLE_ABORTED_BY_CALLBACK)
        }
    }

    /// Waits for events and handles them.
    ///
    /// - Parameters:
    ///   - millisMax: the longest wait.
    ///   - other: told of the owner's descriptors.
    func turn(atMost millisMax: Int32, _ other: (UInt64, UInt32) -> Void) {
        var wait = millisMax
        let next = min(due, wires.due)
        if next < .max {
            let left = (next - monotonicNow() + 999_999) / 1_000_000
            wait = Int32(max(0, min(Int64(millisMax), left)))
        }
        let count = epoll_wait(epoll, events, eventsMax, wait)
        for index in 0..<max(0, Int(count)) {
            let (tag, happened) = (events[index].data.u64, events[index].events)
            if tag >= Wires.tags {
                wires.happened(tag, happened)
            } else if tag >= TransferLoop.ownTags {
                other(tag, happened)
            } else {
                act(curl_socket_t(tag), happened)
            }
        }
        expire()
        reap()
    }

    /// Does what was to be done by now.
    func expire() {
        guard min(due, wires.due) < .max else { return }
        let now = monotonicNow()
        wires.expire(at: now)
        guard due <= now else { return }
        due = .max
        var running: Int32 = 0
        curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running)
        reap()
    }

    private func act(_ socket: curl_socket_t, _ happened: UInt32) {
        // Nobody waits for it: a kept connection that the server closes. libcurl finds that out itself.
        if sockets[Int(socket)].wanted == 0 { return leave(socket) }
        var mask: Int32 = 0
        if happened & EPOLLIN.rawValue != 0 { mask |= CURL_CSELECT_IN }
        if happened & EPOLLOUT.rawValue != 0 { mask |= CURL_CSELECT_OUT }
        if happened & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { mask |= CURL_CSELECT_ERR }
        var running: Int32 = 0
        curl_multi_socket_action(multi, socket, mask, &running)
    }

    private func reap() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle
            else { continue }
            let code = message.pointee.data.result
            var context: UnsafeMutableRawPointer?
            martlet_curl_get_pointer(easy, CURLINFO_PRIVATE, &context)
            guard let context else { continue }
            let transfer = Unmanaged<EasyTransfer>.fromOpaque(context).takeUnretainedValue()
            curl_multi_remove_handle(multi, easy)
            transfer.end(code)
        }
    }

    fileprivate func follow(_ socket: curl_socket_t, _ what: Int32) {
        let index = Int(socket)
        while sockets.count <= index { sockets.append(FollowedSocket()) }
        sockets[index].wanted = 0
        if what & CURL_POLL_REMOVE == CURL_POLL_REMOVE {
            if !sockets[index].tellsItsEnd { leave(socket) }
            return
        }
        if what & CURL_POLL_IN != 0 { sockets[index].wanted |= EPOLLIN.rawValue }
        if what & CURL_POLL_OUT != 0 { sockets[index].wanted |= EPOLLOUT.rawValue }
        let (before, wanted) = (sockets[index].watched, sockets[index].wanted)
        guard wanted != before else { return }
        var event = epoll_event()
        event.events = wanted
        event.data.u64 = UInt64(socket)
        epoll_ctl(epoll, before == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, &event)
        sockets[index].watched = wanted
    }

    private func leave(_ socket: curl_socket_t) {
        guard sockets[Int(socket)].watched != 0 else { return }
        epoll_ctl(epoll, EPOLL_CTL_DEL, socket, nil)
        sockets[Int(socket)].watched = 0
    }

    fileprivate func opened(_ socket: curl_socket_t) {
        while sockets.count <= Int(socket) { sockets.append(FollowedSocket()) }
        sockets[Int(socket)] = FollowedSocket(tellsItsEnd: true)
    }

    /// The kernel takes a closed socket out of the epoll by itself.
    fileprivate func closed(_ socket: curl_socket_t) {
        if Int(socket) < sockets.count { sockets[Int(socket)] = FollowedSocket() }
    }

    fileprivate func want(_ millis: Int) {
        due = millis < 0 ? .max : monotonicNow() + Int64(millis) * 1_000_000
    }
}

/// Nanoseconds that only grow.
func monotonicNow() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// A socket of libcurl's, as the epoll has it.
private struct FollowedSocket {
    /// What libcurl wants to hear of; 0 while no transfer uses it.
    var wanted: UInt32 = 0
    /// What the epoll looks for; 0 when it has not got the socket.
    var watched: UInt32 = 0
    /// Opened and closed through us; others are taken out of the epoll as soon as nobody wants them.
    var tellsItsEnd = false
}

private let onSocket: curl_socket_callback = { _, socket, what, context, _ in
    guard let context else { return 0 }
    Unmanaged<TransferLoop>.fromOpaque(context).takeUnretainedValue().follow(socket, what)
    return 0
}

private let openSocket: curl_opensocket_callback = { context, _, address in
    guard let context, let address = address?.pointee else { return -1 }
    let kind = address.socktype | Int32(SOCK_CLOEXEC.rawValue)
    let opened = socket(address.family, kind, address.protocol)
    if opened >= 0 {
        Unmanaged<TransferLoop>.fromOpaque(context).takeUnretainedValue().opened(opened)
    }
    return opened
}

private let closeSocket: curl_closesocket_callback = { context, socket in
    if let context {
        Unmanaged<TransferLoop>.fromOpaque(context).takeUnretainedValue().closed(socket)
    }
    return close(socket)
}

private let onTimer: curl_multi_timer_callback = { _, millis, context in
    guard let context else { return 0 }
    Unmanaged<TransferLoop>.fromOpaque(context).takeUnretainedValue().want(millis)
    return 0
}
