// The wires of one thread: those that carry a leg, those that are kept between two, by their servers. It
// opens them, closes what is idle for long or too much, and watches the deadlines: the earliest that there
// may be is kept, so that a look at all of them is rare. A leg for which there is no address, or whose
// address does not answer, is handed back: libcurl looks names up, this never does.

internal import CMicrohttpd
internal import Glibc

/// Kept connections to plain servers.
final class Wires {
    /// Tags of wires; a bit that no others have.
    static let tags: UInt64 = 1 << 63

    private let epoll: Int32
    /// Idle ones that are kept.
    private let keptMax: Int
    /// What does not go by wire.
    var handBack: (Leg) -> Void = { _ in }
    /// Where all of them read to: an unfinished line and what came behind it.
    let room: UnsafeMutablePointer<UInt8>
    private var origins: [Origin] = []
    /// By descriptor.
    private var open: [Wire?] = []
    private var busy: [Wire] = []
    private var idleCount = 0
    private var opened: UInt64 = 0
    /// Whether the kernel said of what was received last when it came in.
    ///
    /// It begins to some time after the first socket asked for it.
    var isStamped = false
    /// No deadline is earlier; monotonic nanoseconds.
    private(set) var due = Int64.max

    static let roomBytes = AnswerParser.lineBytesMax + (64 << 10)
    /// Servers close after a minute or more; who closes first meets no race.
    private static let idleNanos: Int64 = 55_000_000_000
    /// Servers that are remembered; a relay has one, a courier too.
    private static let originsMax = 64

    init(epoll: Int32, keptMax: Int) {
        self.epoll = epoll
        self.keptMax = keptMax
        room = .allocate(capacity: Wires.roomBytes)
    }

    deinit {
        for case let wire? in open { Glibc.close(wire.socket) }
        for origin in origins { origin.idle = [] }
        room.deallocate()
    }

    /// The server of a leg; nil when it is libcurl's.
    func origin(of leg: Leg) -> Origin? {
        let text = leg.server.origin
        if let known = origins.first(where: { $0.text == text }) { return known }
        guard origins.count < Wires.originsMax, let made = Origin(text) else { return nil }
        origins.append(made)
        return made
    }

    /// Sends a leg.
    ///
    /// - Returns: false when the server's address is not known.
    func start(_ leg: Leg, to origin: Origin) -> Bool {
        leg.begin()
        guard let address = origin.address(at: leg.sentAt) else { return false }
        while let wire = origin.idle.popLast() {
            idleCount -= 1
            if wire.isQuiet {
                take(up: wire, leg)
                return true
            }
            close(wire)
        }
        open(leg, origin, address)
        return true
    }

    private func open(_ leg: Leg, _ origin: Origin, _ address: Address) {
        guard let (socket, isThere) = address.connect() else { return giveBack(leg, origin) }
        opened += 1
        let tag = Wires.tags | (opened & 0x7FFF_FFFF) << 32 | UInt64(socket)
        let wire = Wire(socket, isConnected: isThere, to: origin, tag: tag, in: self)
        while open.count <= Int(socket) { open.append(nil) }
        open[Int(socket)] = wire
        var event = epoll_event()
        event.events =
            EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        event.data.u64 = tag
        epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event)
        take(up: wire, leg)
    }

    private func take(up wire: Wire, _ leg: Leg) {
        wire.place = busy.count
        busy.append(wire)
        wire.carry(leg)
    }

    private func putDown(_ wire: Wire) {
        guard wire.place < busy.count, busy[wire.place] === wire else { return }
        let last = busy.removeLast()
        if last !== wire {
            busy[wire.place] = last
            last.place = wire.place
        }
    }

    /// The epoll says something of the wire with this tag.
    func happened(_ tag: UInt64, _ events: UInt32) {
        let socket = Int(tag & 0xFFFF_FFFF)
        guard socket < open.count, let wire = open[socket], wire.tag == tag else { return }
        wire.happened(events)
    }

    // MARK: What wires come to

    /// The answer is over.
    func finish(_ wire: Wire, keeps: Bool, at now: Int64) {
        let leg = wire.drop()
        if keeps, idleCount < keptMax {
            putDown(wire)
            wire.rest(at: now)
            wire.origin.idle.append(wire)
            idleCount += 1
            wake(at: now + Wires.idleNanos)
        } else {
            close(wire)
        }
        leg?.end(.whole, at: now)
    }

    /// A kept connection was closed before it answered: the request goes once more, by a fresh one.
    func sendAgain(_ wire: Wire) {
        let leg = wire.drop()
        close(wire)
        guard let leg else { return }
        // Its time has the first attempt in it.
        leg.isStamped = false
        guard let address = wire.origin.address(at: monotonicNow()) else { return handBack(leg) }
        open(leg, wire.origin, address)
    }

    /// Nobody listens at the address.
    func refused(_ wire: Wire) {
        let leg = wire.drop()
        close(wire)
        if let leg { giveBack(leg, wire.origin) }
    }

    private func giveBack(_ leg: Leg, _ origin: Origin) {
        if origin.forget() { handBack(leg) } else { leg.end(.refused) }
    }

    /// Closes a wire, whether it carries something or not.
    func close(_ wire: Wire) {
        putDown(wire)
        if let index = wire.origin.idle.firstIndex(where: { $0 === wire }) {
            wire.origin.idle.remove(at: index)
            idleCount -= 1
        }
        open[Int(wire.socket)] = nil
        Glibc.close(wire.socket)
    }

    // MARK: Time

    /// Has the deadlines looked at then.
    func wake(at time: Int64) { due = min(due, time) }

    /// Gives up what is over its deadline and closes what is idle for long.
    func expire(at now: Int64) {
        guard due <= now else { return }
        due = .max
        for wire in busy {
            if wire.deadline <= now { wire.expire() } else { wake(at: wire.deadline) }
        }
        for origin in origins {
            for wire in origin.idle {
                let end = wire.idleSince + Wires.idleNanos
                if end <= now { close(wire) } else { wake(at: end) }
            }
        }
    }
}
