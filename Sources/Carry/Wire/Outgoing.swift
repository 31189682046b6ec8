// A request on its way out: its head, written once, and the leg's body behind it, in one call when the
// socket has room and in as many as it takes otherwise.

internal import CMicrohttpd
internal import Glibc

/// What of a request is sent.
struct Outgoing: ~Copyable {
    enum State {
        /// All of it is sent.
        case whole
        /// The socket is full, and says when it is not.
        case full
        /// Nobody takes it any more.
        case broken
    }

    private var head = RawBytes(capacity: 1024)
    private var sent = 0

    /// Writes the head of another request.
    ///
    /// - Returns: false when it cannot be sent as a line of its own each.
    mutating func begin(_ leg: Leg, host: [UInt8]) -> Bool {
        sent = 0
        return leg.writeHead(host: host, into: &head)
    }

    /// Sends as much as there is room for.
    mutating func push(_ leg: Leg, over socket: Int32) -> State {
        let whole = head.count + (leg.hasBody ? leg.body.count : 0)
        while sent < whole {
            let count = send(leg, over: socket, upTo: whole)
            if count < 0 {
                if errno == EINTR { continue }
                return errno == EAGAIN ? .full : .broken
            }
            sent += count
            leg.moved()
        }
        return .whole
    }

    private func send(_ leg: Leg, over socket: Int32, upTo whole: Int) -> Int {
        let ofBody = max(0, sent - head.count)
        let body = iovec(
            iov_base: leg.body.start + ofBody, iov_len: whole - head.count - ofBody)
        if sent >= head.count {
            return Glibc.send(socket, body.iov_base, body.iov_len, Int32(MSG_NOSIGNAL))
        }
        var parts = (iovec(iov_base: head.start + sent, iov_len: head.count - sent), body)
        return withUnsafeMutablePointer(to: &parts) { pointer in
            pointer.withMemoryRebound(to: iovec.self, capacity: 2) { parts in
                var message = msghdr()
                message.msg_iov = parts
                message.msg_iovlen = 2
                return sendmsg(socket, &message, Int32(MSG_NOSIGNAL))
            }
        }
    }
}
