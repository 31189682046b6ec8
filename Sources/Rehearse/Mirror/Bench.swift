// Where a rehearsal is judged: one thread, out of the way of everything, that puts answers together,
// compares them, lets the trials take them in, and commits pairs and trials together. A pair counts when
// it is on the disk. Nothing here can hold up the path: when the bench is behind, copies are shed.

internal import Basics
internal import Bytes
internal import Carry
internal import Dispatch
internal import Glibc
internal import Keep
internal import Synchronization

/// One candidate at the bench.
struct BenchCandidate {
    let owner: PairOwner
    let settings: CandidateSettings
    let meters: CandidateMeters
    var trial: Trial
    var spending = Spending()
    var skippedBefore: [SkipReason: Int] = [:]
    var copiesBefore = 0
    /// Judged and not yet committed.
    var fresh: [KeptPair] = []
    var isChanged = false
    var isStopped = false
}

/// The thread of the judge.
final class Bench: @unchecked Sendable {  // One thread runs it; what others touch is locked.
    /// What comes from other threads.
    enum Arrival: Sendable {
        case answer(Int, UInt64, RelayedAnswer)
        case none(Int, UInt64)
        case command(@Sendable (Bench) -> Void)
    }

    /// Pairs that may wait for a commit before the bench stops taking.
    private static let freshMax = 10_000
    /// Nanoseconds between commits: each writes the trial anew and waits for the disk.
    private static let commitEvery: Int64 = 1_000_000_000
    /// Drawn pairs in a commit whose texts are kept; more would push each other out of the few that stay.
    private static let drawnMax = 8

    let settings: MirrorSettings
    let gate: CopyGate
    let keeper: PairKeeper
    let clock: Clock
    private let changed: @Sendable () -> Void
    let log: @Sendable (String) -> Void
    private let arrivals = Lock<[Arrival]>([])
    private let published: Lock<[(trial: Standing, spending: Spending, isStopped: Bool)]>
    private let isStopping = Atomic<Bool>(false)
    /// Nothing is under way, and the bell has to be rung.
    private let isAsleep = Atomic<Bool>(false)
    private let bell = DispatchSemaphore(value: 0)
    private let isOver = Atomic<Bool>(false)
    var candidates: [BenchCandidate]
    /// As they were at the start.
    private let origin: [BenchCandidate]
    private var assembly = Assembly()
    let comparison: Comparison
    private var commitAt: Int64 = 0
    private var sweepAt: Int64 = 0
    private var hasComplained = false
    private var drawn: UInt64 = 0
    private var drawnTexts = 0

    init(
        _ settings: MirrorSettings, candidates: [BenchCandidate], gate: CopyGate,
        keeper: PairKeeper, clock: Clock, log: @escaping @Sendable (String) -> Void,
        changed: @escaping @Sendable () -> Void
    ) {
        self.settings = settings
        self.candidates = candidates
        origin = candidates
        self.gate = gate
        self.keeper = keeper
        self.clock = clock
        self.log = log
        self.changed = changed
        comparison = Comparison(settings.comparison)
        published = Lock(
            candidates.map {
                (trial: $0.trial.standing(), spending: $0.spending, isStopped: $0.isStopped)
            })
    }

    /// What the meters of a candidate say; they are atomic, so any thread may ask.
    func counts(_ index: Int) -> (owner: PairOwner, copies: Int, skipped: [SkipReason: Int]) {
        let candidate = origin[index]
        var skipped: [SkipReason: Int] = [:]
        for reason in SkipReason.allCases {
            let count = candidate.skipped(reason)
            if count > 0 { skipped[reason] = count }
        }
        return (
            candidate.owner, candidate.copiesBefore + Int(candidate.meters.copies.value), skipped
        )
    }

    /// What was committed last, by candidate.
    var standings: [(trial: Standing, spending: Spending, isStopped: Bool)] {
        published.withLock { $0 }
    }

    func post(_ arrival: Arrival) {
        arrivals.withLock { $0.append(arrival) }
        let weight =
            switch arrival {
            case .answer(_, _, let answer): answer.body.count
            case .none: 0
            case .command: Patience.bytesMax
            }
        gate.unseen.add(weight, ordering: .relaxed)
        ring()
    }

    /// Wakes the bench when it sleeps: what comes is for it.
    func ring() {
        // Only a sleeper is rung for: while things come it looks by itself.
        if isAsleep.exchange(false, ordering: .sequentiallyConsistent) { bell.signal() }
    }

    /// Does something on the bench's thread and waits for it; nil when it does not come to it.
    func ask<Result: Sendable>(_ body: @escaping @Sendable (Bench) -> Result) -> Result? {
        let answer = Lock<Result?>(nil)
        post(
            .command { bench in
                let result = body(bench)
                answer.withLock { $0 = result }
            })
        for _ in 0..<5000 {
            if let result = answer.withLock({ $0 }) { return result }
            if isOver.load(ordering: .acquiring) { return nil }
            usleep(2000)
        }
        return nil
    }

    func stop() {
        isStopping.store(true, ordering: .sequentiallyConsistent)
        ring()
        while !isOver.load(ordering: .acquiring) { usleep(2000) }
    }

    func run() {
        giveWay(niceness: 15)
        noteFailures()
        var patience = Patience(budget: settings.budget, memoryBytesMax: settings.memoryBytesMax)
        while !isStopping.load(ordering: .acquiring) {
            switch patience.next(isIdle: isIdle, isPressing: isPressing(patience)) {
            case .look: turn()
            case .wait: usleep(Patience.stepMicros)
            case .sleep: sleep()
            }
        }
        turn()
        for ensemble in assembly.expire(before: .max) { drop(ensemble, .agentStopped) }
        commit()
        isOver.store(true, ordering: .releasing)
    }

    /// Sleeps until something comes, half a second at most.
    private func sleep() {
        isAsleep.store(true, ordering: .sequentiallyConsistent)
        // Posted between the look and the flag: it did not ring.
        if isIdle, !isStopping.load(ordering: .sequentiallyConsistent) {
            let longest = Int(Patience.stepMicros) * Patience.stepsMax
            _ = bell.wait(timeout: .now() + .microseconds(longest))
        }
        isAsleep.store(false, ordering: .sequentiallyConsistent)
    }

    /// Neither a copy under way, nor an answer, nor a pair that waits for its commit.
    private var isIdle: Bool {
        gate.events.waiting == 0 && gate.held.load(ordering: .relaxed) == 0
            && arrivals.withLock { $0.isEmpty } && !candidates.contains { $0.isChanged }
    }

    private func isPressing(_ patience: Patience) -> Bool {
        patience.isPressing(
            events: gate.events.waiting, answerBytes: gate.unseen.load(ordering: .relaxed),
            heldBytes: gate.held.load(ordering: .relaxed))
    }

    private func turn() {
        let backlog = candidates.reduce(0) { $0 + $1.fresh.count }
        if backlog < Bench.freshMax {
            var count = 0
            while count < 4000, let event = gate.events.take() {
                take(event)
                count += 1
            }
        }
        gate.unseen.store(0, ordering: .relaxed)
        let come = arrivals.withLock { arrivals in
            defer { arrivals = [] }
            return arrivals
        }
        for arrival in come {
            switch arrival {
            case .answer(let from, let tag, let answer):
                judge(assembly.take(answer, from: from, tag))
            case .none(let from, let tag):
                if from < candidates.count { candidates[from].meters.skip(.unwritable) }
                judge(assembly.forgo(from, tag))
            case .command(let body): body(self)
            }
        }
        let now = clock.monotonic()
        gate.rest.wake(at: now)
        if now >= commitAt, candidates.contains(where: { $0.isChanged }) {
            commit()
            // Large trials take a while to write: never more than a twentieth of the time.
            let took = clock.monotonic() - now
            commitAt = now + max(Bench.commitEvery, took * 20)
        }
        if now >= sweepAt {
            sweepAt = now + 60_000_000_000
            let limit = settings.courier.deadlineMillis + settings.relay.silenceMillisMax + 60_000
            for ensemble in assembly.expire(before: clock.now() - limit) {
                drop(ensemble, .answerUnusable)
            }
        }
    }

    private func take(_ event: PathEvent) {
        switch event {
        case .copied(let tag, let request, let destinations):
            let id = requestID(of: request, tag: tag, settings: settings)
            judge(assembly.expect(tag, request, id: id, from: destinations))
        case .answered(let tag, let answer): judge(assembly.take(primary: answer, tag))
        }
    }

    private func drop(_ ensemble: Ensemble, _ reason: SkipReason) {
        gate.held.subtract(CopyGate.weight(ensemble.request), ordering: .relaxed)
        for index in candidates.indices where ensemble.expected >> UInt64(index) & 1 == 1 {
            candidates[index].meters.skip(reason)
        }
    }

    // MARK: Judging

    private func judge(_ ensemble: Ensemble?) {
        guard let ensemble, let relayed = ensemble.primary else { return }
        gate.held.subtract(CopyGate.weight(ensemble.request), ordering: .relaxed)
        let isUsable = relayed.ending != .cancelled && relayed.ending != .tooLarge
        let request = CapturedRequest(
            id: ensemble.id, time: ensemble.request.time, method: ensemble.request.method,
            path: ensemble.request.path, headers: ensemble.request.headers.pairs,
            body: ensemble.request.body)
        let dialect = comparison.dialect(of: request)
        func answer(_ came: RelayedAnswer) -> Answer {
            Answer(came, bytesMax: settings.answerBytesMax * 8)
        }
        let copy = ensemble.answers[candidates.count].map(answer)
        let own = answer(relayed)
        let primary = Sides.Side(Fairness.timed(own, by: copy, dialect), dialect)
        let second = copy.map { Sides.Side($0, dialect, beside: primary) }
        for index in candidates.indices {
            guard let came = ensemble.answers[index] else { continue }
            // Given up by us: that says nothing about the candidate.
            if came.ending == .cancelled {
                candidates[index].meters.skip(.agentStopped)
                continue
            }
            var candidate = Sides.Side(answer(came), dialect, beside: primary)
            candidate.note(
                cost: candidates[index].settings.prices.cost(of: candidate.answer.usage))
            spend(index, candidate.answer)
            guard isUsable else {
                candidates[index].meters.skip(.answerUnusable)
                continue
            }
            // When it was over stays the primary's own, its times may be the second copy's.
            var pair = Pair(
                request: request, primary: own, candidate: candidate.answer, second: copy)
            pair.primary = primary.answer
            let sides = Sides(primary, candidate, second: second)
            take(pair, comparison.outcome(of: pair, sides, dialect), index)
            letOthersRun()
        }
    }

    private func spend(_ index: Int, _ answer: Answer) {
        let meters = candidates[index].meters
        candidates[index].spending.requests += 1
        candidates[index].spending.add(answer.usage, candidates[index].settings.prices)
        candidates[index].isChanged = true
        meters.endings[answer.ending]?.add()
        meters.duration.observe(answer.timing.total)
        meters.tokens.add(Double((answer.usage.tokensIn ?? 0) + (answer.usage.tokensOut ?? 0)))
        meters.cost.add(answer.usage.cost ?? 0)
        if candidates[index].spending.spent(of: settings.budget) != nil {
            gate.spent.bitwiseOr(1 << UInt64(index), ordering: .relaxed)
        }
    }

    private func take(_ pair: Pair, _ compared: PairOutcome, _ index: Int) {
        var outcome = compared
        // A slice is shown and kept: a header or field may hold what must not be.
        for place in outcome.slices.indices {
            outcome.slices[place].value = Scrub.text(outcome.slices[place].value)
        }
        candidates[index].trial.add(outcome)
        candidates[index].isChanged = true
        drawn &+= 1
        let isDrawn =
            (drawnTexts < Bench.drawnMax || settings.keepShare >= 1)
            && Sampling(share: settings.keepShare).takes(value: nil, number: drawn)
        if isDrawn { drawnTexts += 1 }
        let isWorst =
            outcome.badness > 0
            && candidates[index].trial.worst.contains { $0.id == outcome.id }
        let keeps = !settings.keepsNoTexts && (isDrawn || isWorst)
        candidates[index].fresh.append(KeptPair(outcome, keeps ? pair : nil))
    }

    private func noteFailures() {
        for index in candidates.indices {
            gate.rest.note(hasFailed: candidates[index].trial.failure != nil, index)
        }
    }

    // MARK: Committing

    /// Commits every candidate that has something new; what could not be committed stays for the next time.
    @discardableResult func commit() -> Bool {
        drawnTexts = 0
        var isDone = true
        for index in candidates.indices where candidates[index].isChanged {
            isDone = commit(index) && isDone
        }
        publish()
        return isDone
    }

    private func commit(_ index: Int) -> Bool {
        let candidate = candidates[index]
        var bounds = PairBounds()
        bounds.pairsMax = settings.pairsKept
        bounds.textsMax = settings.textsKept
        bounds.worstMax = settings.policy.examplesMax
        do throws(RecordError) {
            try keeper.commit(
                candidate.fresh, of: candidate.owner,
                state: String(decoding: candidate.trial.encoded(), as: UTF8.self),
                counts: candidate.counts, at: clock.now(), bounds: bounds)
        } catch {
            if !hasComplained { log("pairs of \(settings.name) wait: \(error)") }
            hasComplained = true
            return false
        }
        hasComplained = false
        candidate.meters.pairs.add(Double(candidate.fresh.count))
        candidates[index].fresh.removeAll(keepingCapacity: true)
        candidates[index].isChanged = false
        return true
    }

    func publish() {
        noteFailures()
        let now = candidates.map {
            (trial: $0.trial.standing(), spending: $0.spending, isStopped: $0.isStopped)
        }
        published.withLock { $0 = now }
        changed()
    }
}
