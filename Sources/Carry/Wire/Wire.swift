// A connection to a plain server, and the leg that it carries. It stays in the epoll from its opening to
// its end, by edges: a request costs one call to send and one to receive, and nothing there changes. It
// knows neither names nor other connections; what comes of it, a kept one that had closed or a refusal, is
// decided by those that keep the wires.

internal import CMicrohttpd
internal import Glibc

/// One kept connection.
final class Wire {
    let socket: Int32
    let origin: Origin
    /// The epoll's word for it; descriptors come again, tags do not.
    let tag: UInt64
    unowned let wires: Wires
    private(set) var leg: Leg?
    /// Its place among those that carry something.
    var place = 0
    private var isConnected: Bool
    /// Whether an earlier request went over it.
    private(set) var isUsed = false
    /// When the leg, or the connecting, is given up; monotonic nanoseconds, `.max` for never.
    private(set) var deadline = Int64.max
    private(set) var idleSince: Int64 = 0

    private var request = Outgoing()
    private var parser = AnswerParser()
    /// The beginning of a line whose end has not come.
    private var tail = RawBytes(capacity: 64)
    /// Whether a byte of the answer came.
    private var isAnswered = false
    /// The other end closes, or broke: there is an end to read.
    private var isEnding = false
    private var isSendingOver = false
    private var isHeld = false

    init(_ socket: Int32, isConnected: Bool, to origin: Origin, tag: UInt64, in wires: Wires) {
        self.socket = socket
        self.isConnected = isConnected
        self.origin = origin
        self.tag = tag
        self.wires = wires
    }

    /// Takes a leg over.
    func carry(_ leg: Leg) {
        self.leg = leg
        leg.wire = self
        isAnswered = false
        isSendingOver = false
        isHeld = false
        tail.clear()
        parser = AnswerParser(isHead: leg.method == "HEAD")
        setDeadline(leg)
        guard request.begin(leg, host: origin.hostLine) else {
            return fail(.garbled("a method, target or header with a line's end in it"))
        }
        if isConnected { send() }
    }

    private func setDeadline(_ leg: Leg) {
        let whole = leg.bounds.totalMillis
        deadline = whole > 0 ? leg.sentAt + Int64(whole) * 1_000_000 : .max
        if !isConnected {
            deadline = min(deadline, monotonicNow() + Int64(leg.bounds.connectMillis) * 1_000_000)
        }
        wires.wake(at: deadline)
    }

    /// The request is sent and nothing of the answer was read: nobody but the server has anything to do.
    var isAwaiting: Bool { isSendingOver && !isAnswered && !isEnding }

    /// Nothing has come since the last answer, neither the end nor bytes that would be taken for the next
    /// one; asked of an idle wire, since the epoll may not have been looked at for a while.
    var isQuiet: Bool {
        var byte: UInt8 = 0
        return recv(socket, &byte, 1, Int32(MSG_PEEK)) < 0 && errno == EAGAIN
    }

    /// Lets go of the leg.
    func drop() -> Leg? {
        defer { leg = nil }
        leg?.wire = nil
        return leg
    }

    /// Between two requests.
    func rest(at now: Int64) {
        isUsed = true
        idleSince = now
        deadline = .max
    }

    /// What the epoll says.
    func happened(_ events: UInt32) {
        let ends = EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue
        if events & ends != 0 { isEnding = true }
        guard leg != nil else {
            // Nobody asked: the server closes, or says what would be taken for the next answer.
            if events & (ends | EPOLLIN.rawValue) != 0 { wires.close(self) }
            return
        }
        if !isConnected {
            guard connected() else { return }
            send()
        } else if events & EPOLLOUT.rawValue != 0, !isSendingOver {
            send()
        }
        if events & (ends | EPOLLIN.rawValue) != 0, !isHeld { receive() }
    }

    private func connected() -> Bool {
        var error: Int32 = 0
        var size = socklen_t(4)
        getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size)
        if error != 0 {
            wires.refused(self)
            return false
        }
        isConnected = true
        if let leg { setDeadline(leg) }
        return true
    }

    private func send() {
        guard let leg else { return }
        let state = request.push(leg, over: socket)
        isSendingOver = state != .full
        if state == .broken {
            // What it said before is still to be read.
            isEnding = true
            receive()
        }
    }

    /// Reads on after the leg's answer was read far enough.
    func goOn() {
        guard isHeld else { return }
        isHeld = false
        receive()
    }

    private func receive() {
        /// When the last of what is read here came in.
        var came: Int64?
        while let leg {
            if leg.answer.unread > leg.unreadMax {
                isHeld = true
                return
            }
            let (room, before) = (wires.room, tail.count)
            memcpy(room, tail.start, before)
            var age: Int64 = -1
            let count = martlet_receive(socket, room + before, Wires.roomBytes - before, &age)
            if count > 0 {
                tail.clear()
                wires.isStamped = age >= 0
                if age < 0 { leg.isStamped = false }
                // When it came in, and not when this thread had time for it.
                var time = monotonicNow() - max(age, 0)
                if time < leg.sentAt {
                    // The clock was set meanwhile.
                    leg.isStamped = false
                    time = leg.sentAt
                }
                came = time
                take(UnsafeBufferPointer(start: room, count: before + count), at: time)
                // A short read has emptied the socket, and what comes later is an edge.
                if before + count < Wires.roomBytes, !isEnding { return }
            } else if count == 0 {
                // Of an end alone nobody says when it came.
                if came == nil { leg.isStamped = false }
                return closed(isBroken: false, at: came ?? monotonicNow())
            } else if errno == EAGAIN {
                return
            } else if errno != EINTR {
                return closed(isBroken: true, at: came ?? monotonicNow())
            }
        }
    }

    private func take(_ bytes: UnsafeBufferPointer<UInt8>, at now: Int64) {
        guard let leg else { return }
        isAnswered = true
        var at = 0
        while true {
            switch parser.next(bytes, &at) {
            case .status(let status): leg.take(status: status, at: now)
            case .field(let line, let colon):
                leg.take(
                    field: UnsafeBufferPointer(rebasing: bytes[line]),
                    colon: colon - line.lowerBound)
            case .head: leg.endHead()
            case .body(let piece):
                let piece = UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[piece]))
                guard leg.take(body: piece, at: now) else { return fail(.tooLarge) }
            case .more:
                tail.append(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[at...])))
                return
            case .end:
                let isClean = at == bytes.count && isSendingOver && !isEnding
                return wires.finish(self, keeps: isClean && parser.keepsConnection, at: now)
            case .fault(let fault): return fail(.garbled(fault.words))
            }
        }
    }

    /// The other end is gone.
    private func closed(isBroken: Bool, at now: Int64) {
        if parser.endsWithConnection, !isBroken {
            wires.finish(self, keeps: false, at: now)
        } else if isUsed, !isAnswered {
            wires.sendAgain(self)
        } else {
            fail(leg?.headIsWhole == true ? .truncated : .reset)
        }
    }

    /// Gives the leg up at its deadline.
    func expire() { fail(.timedOut) }

    private func fail(_ ending: RelayEnding) {
        let leg = drop()
        wires.close(self)
        leg?.end(ending)
    }
}
