// The relay's side of a rehearsal: decides for each request, on the path's thread, whether it is copied,
// and hands the copy to the couriers' queues. It never waits, and what it cannot hand on it counts.

internal import Basics
internal import Carry
internal import Synchronization

/// What happened on the path, for the bench.
enum PathEvent: Sendable {
    /// A request was accepted and copied to these destinations (bits).
    case copied(UInt64, RelayedRequest, destinations: UInt64)
    /// The primary's answer to it is over.
    case answered(UInt64, RelayedAnswer)
}

/// Decides about copies.
///
/// Its methods are called on the relay's thread; what the bench sets is atomic.
final class CopyGate: @unchecked Sendable {  // One thread but for the atomics.
    /// A tag's lower byte says for which destinations it was meant.
    static let destinationsMax = 8

    let events: Ring<PathEvent>
    /// Destinations that get no copies because their budget is spent.
    let spent = Atomic<UInt64>(0)
    /// Destinations that a person stopped.
    let stopped = Atomic<UInt64>(0)
    /// Candidates that get no copies for a moment.
    let rest = Rest()
    /// Bytes that copies under way hold.
    let held = Atomic<Int>(0)
    /// Bytes of answers, of either side, at which the bench has not looked.
    let unseen = Atomic<Int>(0)
    private let settings: MirrorSettings
    private let meters: [CandidateMeters]
    private var couriers: [Courier] = []
    private var number: UInt64 = 0
    /// Tags whose answer the bench waits for.
    private var live: Set<UInt64> = []
    /// Copies that each candidate was given, with those before the last start.
    private var given: [Int]
    private let candidates: UInt64
    private var bucket: TokenBucket?
    private let clock: Clock

    init(
        _ settings: MirrorSettings, _ meters: [CandidateMeters], given: [Int], clock: Clock
    ) {
        self.clock = clock
        bucket = settings.copiesPerSecondMax.map { TokenBucket(perSecond: $0) }
        self.settings = settings
        self.meters = meters
        self.given = given
        candidates = (1 << UInt64(settings.candidates.count)) - 1
        events = Ring(capacity: 1 << 14)
    }

    /// Must be called before the relay starts.
    func connect(_ couriers: [Courier]) { self.couriers = couriers }

    /// The watcher that the relay tells.
    var watcher: RelayWatcher {
        RelayWatcher(
            wants: { self.wants($0) }, accepted: { self.accept($0, $1) },
            ended: { self.end($0, $1) }, lost: { self.lose($0, $1) })
    }

    /// What a request weighs while its copies are under way.
    static func weight(_ request: RelayedRequest) -> Int {
        request.body.count + request.headers.bytes.count + 2048
    }

    private func wants(_ head: RelayHead) -> RelayInterest? {
        number &+= 1
        if let reason = refusal(head) {
            skip(candidates, reason)
            return nil
        }
        let closed = stopped.load(ordering: .relaxed)
        skip(candidates & closed, .stopped)
        let empty = spent.load(ordering: .relaxed) & ~closed
        skip(candidates & empty, .budgetSpent)
        let resting = rest.resting & ~closed & ~empty
        skip(candidates & resting, .resting)
        let open = candidates & ~closed & ~empty & ~resting
        if open == 0 { return nil }
        if held.load(ordering: .relaxed) > settings.memoryBytesMax {
            skip(open, .memoryFull)
            return nil
        }
        // Half of the ring is for the ends of what was begun.
        if events.waiting > 1 << 13 {
            skip(open, .judgeBehind)
            return nil
        }
        if bucket?.take(at: clock.monotonic()) == false {
            skip(open, .rateLimited)
            return nil
        }
        return RelayInterest(
            tag: number << 8 | open, requestBytesMax: settings.requestBytesMax,
            answerBytesMax: settings.answerBytesMax)
    }

    private func refusal(_ head: RelayHead) -> SkipReason? {
        let refusal = settings.filter.refusal(method: head.method, path: head.path) {
            head[header: $0]
        }
        if let refusal { return refusal }
        let value = settings.sampling.header.flatMap { head[header: $0] }
        return settings.sampling.takes(value: value, number: number) ? nil : .sampledOut
    }

    /// Whether one of these candidates can be given a copy; of the second copy alone nothing is learnt.
    private func hasRoom(_ open: UInt64) -> Bool {
        (0..<settings.candidates.count).contains { index in
            open >> UInt64(index) & 1 == 1 && couriers[index].load.waiting < settings.courier.queue
        }
    }

    private func accept(_ tag: UInt64, _ request: RelayedRequest) {
        let open = tag & candidates
        guard hasRoom(open) else { return skip(open, .queueFull) }
        var taken: UInt64 = 0
        let errand = ErrandSource(tag: tag, request: request)
        // Forwards or backwards: of any two destinations each is as often the first, so that what
        // the first finds (a cache, an idle processor, an earlier time of day) favours none.
        let isBackwards = mixed(tag) & 1 == 1
        for place in couriers.indices {
            let index = isBackwards ? couriers.count - 1 - place : place
            let isSecond = index == settings.candidates.count
            guard isSecond || open >> UInt64(index) & 1 == 1 else { continue }
            if couriers[index].offer(errand) {
                taken |= 1 << UInt64(index)
                if !isSecond { count(index) }
            } else if !isSecond {
                meters[index].skip(.queueFull)
            }
        }
        held.add(CopyGate.weight(request), ordering: .relaxed)
        live.insert(tag)
        _ = events.offer(.copied(tag, request, destinations: taken))
    }

    /// One more copy for a candidate.
    private func count(_ index: Int) {
        meters[index].copies.add()
        given[index] += 1
        if let limit = settings.budget.requests, given[index] >= limit {
            spent.bitwiseOr(1 << UInt64(index), ordering: .relaxed)
        }
    }

    private func end(_ tag: UInt64, _ answer: RelayedAnswer) {
        guard live.remove(tag) != nil else { return }
        unseen.add(answer.body.count, ordering: .relaxed)
        _ = events.offer(.answered(tag, answer))
    }

    private func lose(_ tag: UInt64, _ loss: RelayLoss) {
        let reason: SkipReason =
            switch loss {
            case .bodyTooLarge: .bodyTooLarge
            case .rejected: .primaryRejected
            case .failed: .primaryFailed
            case .clientGone: .clientGone
            }
        skip(tag & 0xFF, reason)
    }

    private func skip(_ destinations: UInt64, _ reason: SkipReason) {
        if destinations == 0 { return }
        for index in meters.indices where destinations >> UInt64(index) & 1 == 1 {
            meters[index].skip(reason)
        }
    }
}
