// Sends requests beside the path: a thread of its own with its own connections, a bounded queue, a limit
// on how many are under way, a deadline for each and a bound on what an answer may weigh. One thread
// offers, and never waits; what does not fit is refused. Whatever the server does, only this thread
// meets it, and it gives way to others when the machine is busy.

public import Basics
internal import CMicrohttpd
internal import Glibc
internal import Synchronization

/// A request to be sent beside the path.
public struct Errand: Sendable {
    /// Comes back with the answer; the caller's own.
    public var tag: UInt64
    public var server: Server
    public var method: String
    /// Path and query, to which the server's prefix is added.
    public var path: String
    public var headers: HeaderBlock
    public var body: [UInt8]

    public init(
        tag: UInt64, server: Server, method: String, path: String, headers: HeaderBlock,
        body: [UInt8]
    ) {
        self.tag = tag
        self.server = server
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
    }
}

/// How a courier works.
public struct CourierOptions: Sendable {
    /// Of the thread; 15 bytes are kept.
    public var name = "courier"
    /// Requests under way at once.
    public var concurrency = 32
    /// Requests that wait for their turn.
    public var queue = 256
    /// From sending to the last byte.
    public var deadlineMillis: Millis = 30_000
    public var connectMillis: Millis = 5000
    /// An answer beyond this is given up.
    public var answerBytesMax = 1 << 20
    /// Answers may wait some milliseconds to be looked at together; not for one who waits to send the next.
    public var gathers = false
    /// How far the thread steps back behind others (nice; 0 to 19).
    public var niceness: Int32 = 10

    public init() {}
}

/// A thread that sends errands and hands back answers.
public final class Courier: Sendable {
    private let round: Round

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - prepare: makes the request to send, on the courier's thread; nil when it is not to be sent.
    ///   - done: takes the answer, on the courier's thread.
    public init(
        _ options: CourierOptions, prepare: @escaping @Sendable (ErrandSource) -> Errand?,
        done: @escaping @Sendable (UInt64, RelayedAnswer) -> Void
    ) {
        round = Round(options, prepare: prepare, done: done)
        let round = round
        startThread(options.name) { round.run() }
    }

    /// Offers something to send; for one thread alone.
    ///
    /// - Returns: false when the queue is full.
    public func offer(_ item: ErrandSource) -> Bool { round.offer(item) }

    /// Errands that wait, and those that are under way.
    public var load: (waiting: Int, underway: Int) {
        (round.queue.waiting, round.underway.load(ordering: .relaxed))
    }

    /// Gives up what is under way and ends the thread; blocks.
    public func stop() { round.stop() }
}

/// What an errand is made from.
public struct ErrandSource: Sendable {
    public var tag: UInt64
    public var request: RelayedRequest

    public init(tag: UInt64, request: RelayedRequest) {
        self.tag = tag
        self.request = request
    }
}

/// The thread of a courier.
private final class Round: @unchecked Sendable {  // One thread runs it; the rest is atomic.
    let queue: Ring<ErrandSource>
    let underway = Atomic<Int>(0)
    private let options: CourierOptions
    private let prepare: @Sendable (ErrandSource) -> Errand?
    private let done: @Sendable (UInt64, RelayedAnswer) -> Void
    private let transfers: TransferLoop
    private let bell: Int32
    private let isAsleep = Atomic<Bool>(false)
    private let isStopping = Atomic<Bool>(false)
    private let isOver = Atomic<Bool>(false)
    /// While errands come, the queue is looked at this often and nobody rings: to wake a thread costs
    /// the one that offers more than all the rest of a copy.
    private static let gatherMillis: Int32 = 5
    /// So often where answers may wait too.
    ///
    /// What comes together is sent together: to wake the server costs as much as the copy. A server whose
    /// answers take less than the time between two copies has a few of them waiting, never many.
    private static let calmMillis: Int32 = 10
    /// Nanoseconds without an errand after which the thread sleeps until it is rung for.
    private static let restsAfter: Int64 = 50_000_000
    /// An answer of more bytes may fill the socket while nobody looks, and have the server wait.
    private static let lightBytesMax = 16 << 10
    /// Answers in a row that were light and came at once, after which the next is taken to be such a one.
    private static let lightRowMin = 20
    private var startedAt: Int64 = 0
    private var lightRow = 0
    private var legs: [ObjectIdentifier: Sent] = [:]
    private var ended: [Leg] = []
    private var spare: [Leg] = []

    /// A request under way.
    private struct Sent {
        let leg: Leg
        let tag: UInt64
        /// Seconds that it took to hand it to the kernel, which will stamp the answer.
        let handing: Double?
        /// How long this thread had waited for a processor until then; not asked where the answer is taken
        /// to come at once.
        let delay: Double?
    }

    init(
        _ options: CourierOptions, prepare: @escaping @Sendable (ErrandSource) -> Errand?,
        done: @escaping @Sendable (UInt64, RelayedAnswer) -> Void
    ) {
        self.options = options
        self.prepare = prepare
        self.done = done
        queue = Ring(capacity: options.queue)
        transfers = TransferLoop(connectionsKept: max(4, options.concurrency))
        bell = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        // By edge: each ring wakes once, and nobody has to read it away.
        transfers.watch(
            bell, EPOLLIN.rawValue | EPOLLET.rawValue, tag: TransferLoop.ownTags)
    }

    deinit { close(bell) }

    func offer(_ item: ErrandSource) -> Bool {
        guard queue.offer(item) else { return false }
        // Only a sleeper is rung for: under load the bell stays quiet.
        if isAsleep.exchange(false, ordering: .sequentiallyConsistent) { ring() }
        return true
    }

    func stop() {
        isStopping.store(true, ordering: .releasing)
        ring()
        while !isOver.load(ordering: .acquiring) { usleep(2000) }
    }

    private func ring() {
        var one: UInt64 = 1
        write(bell, &one, 8)
    }

    func run() {
        giveWay(niceness: options.niceness)
        let delay = RunDelay()
        while !isStopping.load(ordering: .acquiring) {
            while legs.count < options.concurrency, let item = queue.take() {
                start(item, delay)
                letOthersRun()
            }
            finish(delay)
            if legs.count < options.concurrency, queue.waiting > 0 { continue }
            if monotonicNow() - startedAt < Round.restsAfter {
                let isCalm = isCalm
                if isCalm { usleep(UInt32(Round.calmMillis) * 1000) }
                transfers.turn(atMost: isCalm ? 0 : Round.gatherMillis) { _, _ in }
                finish(delay)
                continue
            }
            isAsleep.store(true, ordering: .sequentiallyConsistent)
            // Offered between the look and the flag: it did not ring.
            let isFree = legs.count < options.concurrency && queue.waiting > 0
            transfers.turn(atMost: isFree ? 0 : 1000) { _, _ in }
            isAsleep.store(false, ordering: .sequentiallyConsistent)
            finish(delay)
        }
        for sent in Array(legs.values) { transfers.cancel(sent.leg) }
        finish(delay)
        isOver.store(true, ordering: .releasing)
    }

    /// Nothing can come that would have to be looked at before the next errands are: what is under way
    /// is in the servers' hands, and the kernel notes when its answers come in.
    private var isCalm: Bool {
        options.gathers && isUsedToLight && legs.count <= options.concurrency / 2
            && legs.values.allSatisfy { $0.leg.isAwaited }
    }

    private var isUsedToLight: Bool { transfers.isStamped && lightRow >= Round.lightRowMin }

    private func start(_ item: ErrandSource, _ delay: borrowing RunDelay) {
        startedAt = monotonicNow()
        guard let errand = prepare(item) else { return }
        let leg =
            spare.popLast()
            ?? Leg { [unowned self] leg in if leg.isOver { ended.append(leg) } }
        leg.server = errand.server
        leg.method = errand.method
        leg.bounds.connectMillis = Int(options.connectMillis)
        leg.bounds.totalMillis = Int(options.deadlineMillis)
        leg.bounds.answerBytesMax = options.answerBytesMax
        leg.notesChunks = true
        leg.target.append(errand.server.prefix)
        leg.target.append(errand.path)
        leg.target.append(0)
        errand.headers.bytes.withUnsafeBytes { leg.lines.append($0) }
        errand.body.withUnsafeBytes { leg.body.append($0) }
        let isStamped = transfers.start(leg)
        legs[ObjectIdentifier(leg)] = Sent(
            leg: leg, tag: errand.tag,
            handing: isStamped ? Double(leg.heardAt - leg.sentAt) / 1e9 : nil,
            delay: isStamped && isUsedToLight ? nil : delay.seconds)
        underway.store(legs.count, ordering: .relaxed)
    }

    /// How many seconds of a total may have been this thread's own.
    ///
    /// Stamped is what was received last: of pieces that were received together, the earlier ones look late.
    private func held(_ sent: Sent, _ total: Double, _ delay: borrowing RunDelay) -> Double {
        if let handing = sent.handing, sent.leg.isStamped, sent.leg.chunks.count <= 1 {
            return min(handing, total)
        }
        return sent.delay.map { max(delay.seconds - $0, 0) } ?? total
    }

    private func finish(_ delay: borrowing RunDelay) {
        while let leg = ended.popLast() {
            guard let sent = legs.removeValue(forKey: ObjectIdentifier(leg)) else { continue }
            var answer = leg.relayedAnswer(bytesMax: options.answerBytesMax)
            answer.held = held(sent, answer.total, delay)
            let isLight = leg.received <= Round.lightBytesMax && leg.chunks.count <= 1
            lightRow = isLight ? lightRow + 1 : 0
            done(sent.tag, answer)
            leg.clear()
            if spare.count < 64 { spare.append(leg) }
        }
        underway.store(legs.count, ordering: .relaxed)
    }
}
