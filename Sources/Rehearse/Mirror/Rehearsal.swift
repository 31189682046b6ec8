// A rehearsal in the path: the relay that clients talk to, a courier for each candidate and for the
// second copy of the primary, and the bench that judges. Clients never wait for anything but the primary.

public import Basics
internal import Carry
public import Keep
internal import Synchronization

/// Why a rehearsal cannot start.
public struct RehearsalError: Error, CustomStringConvertible {
    public var description: String
}

/// A running rehearsal.
public final class Rehearsal: Sendable {
    public let settings: MirrorSettings
    private let relay: Relay
    private let couriers: [Courier]
    private let bench: Bench
    private let clock: Clock
    private let registry: Registry

    /// Reads the trials where they were, and starts.
    ///
    /// - Parameters:
    ///   - keeper: has the pairs and the trials.
    ///   - log: told in words what an operator should know; no text of a request is in it.
    ///   - changed: called on the bench's thread when there is a new view.
    public init(
        _ given: MirrorSettings, keeper: PairKeeper, clock: Clock, registry: Registry,
        log: @escaping @Sendable (String) -> Void,
        changed: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(RehearsalError) {
        let settings = Fairness.adapted(given)
        self.settings = settings
        self.clock = clock
        self.registry = registry
        let candidates = try Rehearsal.candidates(settings, keeper, registry, log)
        let gate = CopyGate(
            settings, candidates.map(\.meters), given: candidates.map(\.spending.requests),
            clock: clock)
        for (index, candidate) in candidates.enumerated() {
            if candidate.isStopped {
                gate.stopped.bitwiseOr(1 << UInt64(index), ordering: .relaxed)
            }
            if candidate.spending.spent(of: settings.budget) != nil {
                gate.spent.bitwiseOr(1 << UInt64(index), ordering: .relaxed)
            }
        }
        let name = settings.name
        let bench = Bench(
            settings, candidates: candidates, gate: gate, keeper: keeper, clock: clock, log: log
        ) { changed(name) }
        self.bench = bench
        couriers = Rehearsal.couriers(settings, bench, clock)
        gate.connect(couriers)
        let labels = Labels([("rehearsal", settings.name)])
        do throws(HTTPServerError) {
            relay = try Relay(
                settings.relay, clock: clock,
                meters: RelayMeters(registry, prefix: "martlet_rehearsal", labels),
                watcher: gate.watcher)
        } catch {
            for courier in couriers { courier.stop() }
            throw RehearsalError(description: "the rehearsal \(settings.name) \(error)")
        }
        startThread("rehearse-bench") { bench.run() }
    }

    /// The port that clients use.
    public var port: UInt16 { relay.port }

    /// Lets what is under way end, commits, and ends every thread; blocks.
    public func stop(graceMillis: Int = 5000) {
        relay.stop(graceMillis: graceMillis)
        for courier in couriers { courier.stop() }
        bench.stop()
    }

    /// How it stands, as committed.
    public var view: RehearsalView {
        let standings = bench.standings
        let labels = Labels([("rehearsal", settings.name)])
        var view = RehearsalView(
            name: settings.name, time: clock.now(), listen: "\(settings.relay.address):\(port)",
            primary: settings.relay.server.origin, requests: 0, underway: relay.underway,
            isGate: settings.isGate, service: settings.service,
            margin: settings.policy.rule(.agreement).margin,
            candidates: [])
        for digit in 0...5 {
            let code = digit == 0 ? "none" : "\(digit)xx"
            view.requests += Int(
                registry.counter(
                    "martlet_rehearsal_requests_total", "", labels.setting("code", code)
                ).value)
        }
        for (index, candidate) in settings.candidates.enumerated() {
            let standing = standings[index]
            let known = bench.counts(index)
            let load = couriers[index].load
            view.candidates.append(
                CandidateView(
                    name: candidate.name, owner: known.owner, standing: standing.trial,
                    spending: standing.spending, budget: settings.budget,
                    spentOf: standing.spending.spent(of: settings.budget),
                    isStopped: standing.isStopped, copies: known.copies, skipped: known.skipped,
                    waiting: load.waiting, underway: load.underway))
        }
        return view
    }

    /// Lets a failure pass; false when there is none, or no reason.
    public func override(candidate: String, person: String, reason: String) -> Bool {
        guard let index = index(candidate) else { return false }
        return bench.ask { $0.override(index, person: person, reason: reason) } ?? false
    }

    /// Stops or resumes the copies of a candidate.
    public func setStopped(candidate: String, _ isStopped: Bool) -> Bool {
        guard let index = index(candidate) else { return false }
        return bench.ask {
            $0.setStopped(index, isStopped)
            return true
        } ?? false
    }

    /// Joins labels that came later, by request id; answers how many pairs they found.
    public func take(labels: [(id: String, label: String)]) -> Int {
        // In parts, so that pairs that wait get their turn between them.
        stride(from: 0, to: labels.count, by: 250).reduce(0) { found, start in
            let part = Array(labels[start..<min(start + 250, labels.count)])
            return found + (bench.ask { $0.take(labels: part) } ?? 0)
        }
    }

    /// Commits now, so that what was judged is counted; for tests and for stopping.
    public func commit() -> Bool { bench.ask { $0.commit() } ?? false }

    private func index(_ candidate: String) -> Int? {
        settings.candidates.firstIndex { $0.name == candidate }
    }

    private static func candidates(
        _ settings: MirrorSettings, _ keeper: PairKeeper, _ registry: Registry,
        _ log: (String) -> Void
    ) throws(RehearsalError) -> [BenchCandidate] {
        guard !settings.candidates.isEmpty,
            settings.candidates.count < CopyGate.destinationsMax
        else {
            throw RehearsalError(
                description: "the rehearsal \(settings.name) needs 1 to "
                    + "\(CopyGate.destinationsMax - 1) candidates")
        }
        var made: [BenchCandidate] = []
        for candidate in settings.candidates {
            let owner = PairOwner(rehearsal: settings.name, candidate: candidate.name)
            let labels = Labels([("rehearsal", settings.name), ("candidate", candidate.name)])
            var entry = BenchCandidate(
                owner: owner, settings: candidate, meters: CandidateMeters(registry, labels),
                trial: Trial(settings.policy))
            do {
                if let kept = try keeper.state(of: owner) {
                    entry.trial = try Trial(
                        decoding: Array(kept.state.utf8), policy: settings.policy)
                    entry.restore(counts: kept.counts)
                }
            } catch {
                throw RehearsalError(
                    description: "the trial of \(settings.name)/\(candidate.name): \(error)")
            }
            made.append(entry)
        }
        return made
    }

    private static func couriers(
        _ settings: MirrorSettings, _ bench: Bench, _ clock: Clock
    ) -> [Courier] {
        var couriers: [Courier] = []
        for (index, candidate) in settings.candidates.enumerated() {
            couriers.append(
                courier(settings, index, bench, clock) { source in
                    candidate.copy(
                        of: source.request, tag: source.tag,
                        id: requestID(of: source.request, tag: source.tag, settings: settings))
                })
        }
        if let second = settings.second {
            couriers.append(
                courier(settings, couriers.count, bench, clock) { source in
                    // As the primary was asked, credentials and all: it is the same team's server.
                    Errand(
                        tag: source.tag, server: second, method: source.request.method,
                        path: source.request.path, headers: source.request.headers,
                        body: source.request.body)
                })
        }
        return couriers
    }

    private static func courier(
        _ settings: MirrorSettings, _ index: Int, _ bench: Bench, _ clock: Clock,
        _ write: @escaping @Sendable (ErrandSource) -> Errand?
    ) -> Courier {
        var options = settings.courier
        options.name = "rehearse-\(index)"
        options.answerBytesMax = settings.answerBytesMax
        options.gathers = true
        return Courier(
            options,
            prepare: { source in
                bench.ring()
                let errand = write(source)
                if errand == nil { bench.post(.none(index, source.tag)) }
                return errand
            },
            done: { tag, answer in
                bench.gate.rest.note(answer.ending, of: index, at: clock.monotonic())
                bench.post(.answer(index, tag, answer))
            })
    }
}
