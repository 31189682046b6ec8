// libcurl's multi interface on an epoll of our own: one thread turns it, and may have other descriptors
// looked at in the same wait. Connections are kept in the multi handle, easy handles are used again.

internal import CCurl
internal import CMicrohttpd
internal import Glibc

/// Transfers that one thread turns.
final class TransferLoop {
    /// Descriptors of the owner carry tags from here on; below are sockets of libcurl.
    static let ownTags: UInt64 = 1 << 32

    let epoll: Int32
    private let multi: UnsafeMutableRawPointer
    private let events: UnsafeMutablePointer<epoll_event>
    private let eventsMax: Int32 = 256
    /// When libcurl wants to be called though nothing happened; monotonic nanoseconds, -1 for never.
    private var due: Int64 = -1
    private var spare: [UnsafeMutableRawPointer] = []
    private(set) var underway = 0

    init(connectionsKept: Int) {
        curl_global_init(Int(CURL_GLOBAL_DEFAULT))
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0, let multi = curl_multi_init() else {
            preconditionFailure("libcurl or epoll cannot start")
        }
        self.multi = multi
        events = .allocate(capacity: Int(eventsMax))
        martlet_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, connectionsKept)
        martlet_curl_multi_watch(
            multi, onSocket, onTimer, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        for easy in spare { curl_easy_cleanup(easy) }
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

    /// Starts a transfer.
    func start(_ leg: Leg) {
        guard let easy = spare.popLast() ?? curl_easy_init() else {
            leg.end(CURLE_OUT_OF_MEMORY)
            return
        }
        curl_easy_reset(easy)
        leg.configure(easy)
        underway += 1
        curl_multi_add_handle(multi, easy)
    }

    /// Gives a transfer up; its connection is closed.
    func cancel(_ leg: Leg) {
        guard let easy = leg.easy else { return }
        release(easy, leg)
        leg.end(CURLE_ABORTED_BY_CALLBACK)
    }

    /// Waits for events and handles them.
    ///
    /// - Parameters:
    ///   - millisMax: the longest wait.
    ///   - other: told of the owner's descriptors.
    func turn(atMost millisMax: Int32, _ other: (UInt64, UInt32) -> Void) {
        var wait = millisMax
        if due >= 0 {
            let left = (due - monotonicNow() + 999_999) / 1_000_000
            wait = Int32(max(0, min(Int64(millisMax), left)))
        }
        let count = epoll_wait(epoll, events, eventsMax, wait)
        for index in 0..<max(0, Int(count)) {
            let (tag, happened) = (events[index].data.u64, events[index].events)
            if tag >= TransferLoop.ownTags {
                other(tag, happened)
            } else {
                act(curl_socket_t(tag), happened)
            }
        }
        expire()
        reap()
    }

    /// Does what libcurl wanted to do by now.
    ///
    /// - Returns: true when there was something.
    @discardableResult func expire() -> Bool {
        guard due >= 0, due <= monotonicNow() else { return false }
        due = -1
        var running: Int32 = 0
        curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running)
        reap()
        return true
    }

    private func act(_ socket: curl_socket_t, _ happened: UInt32) {
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
            let leg = Unmanaged<Leg>.fromOpaque(context).takeUnretainedValue()
            release(easy, leg)
            leg.end(code)
        }
    }

    private func release(_ easy: UnsafeMutableRawPointer, _ leg: Leg) {
        leg.easy = nil
        underway -= 1
        curl_multi_remove_handle(multi, easy)
        // A few are kept; after a rush the rest goes.
        if spare.count < 256 { spare.append(easy) } else { curl_easy_cleanup(easy) }
    }

    fileprivate func follow(_ socket: curl_socket_t, _ what: Int32, isKnown: Bool) {
        guard what != CURL_POLL_REMOVE else {
            epoll_ctl(epoll, EPOLL_CTL_DEL, socket, nil)
            curl_multi_assign(multi, socket, nil)
            return
        }
        var event = epoll_event()
        if what & CURL_POLL_IN != 0 { event.events |= EPOLLIN.rawValue }
        if what & CURL_POLL_OUT != 0 { event.events |= EPOLLOUT.rawValue }
        event.data.u64 = UInt64(socket)
        epoll_ctl(epoll, isKnown ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event)
        // Any pointer but nil says that epoll has the socket.
        if !isKnown { curl_multi_assign(multi, socket, multi) }
    }

    fileprivate func want(_ millis: Int) {
        due = millis < 0 ? -1 : monotonicNow() + Int64(millis) * 1_000_000
    }
}

/// Nanoseconds that only grow.
func monotonicNow() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

private let onSocket: curl_socket_callback = { _, socket, what, context, known in
    guard let context else { return 0 }
    Unmanaged<TransferLoop>.fromOpaque(context).takeUnretainedValue()
        .follow(socket, what, isKnown: known != nil)
    return 0
}

private let onTimer: curl_multi_timer_callback = { _, millis, context in
    guard let context else { return 0 }
    Unmanaged<TransferLoop>.fromOpaque(context).takeUnretainedValue().want(millis)
    return 0
}
