// Asks both sides the same requests, one after the other in an order drawn for each request, so that
// neither side always finds the other's caches warm; asks the primary twice for the first requests, to
// learn its noise. Pairs are judged as they come. Who is asked, and the clock, come in from outside.

internal import Algebra
public import Basics

/// How a replay is run.
public struct ReplayOptions: Sendable {
    public var pace = Pace.free
    /// Requests under way at once; each asks one side at a time.
    public var concurrency = 1
    /// The primary is asked twice for so many requests at the beginning.
    public var secondPairs = 50
    /// Of the order in which the sides are asked.
    public var seed: UInt64 = 1

    public init() {}
}

/// Who is asked.
public struct ReplaySides: Sendable {
    public typealias Ask = @Sendable (CapturedRequest) async -> Answer

    public var primary: Ask
    public var candidate: Ask
    /// A second copy of the primary; the primary itself when there is none.
    public var second: Ask?
    /// The cosine of two texts by a model of meaning; nil when it could not say.
    public var meaning: (@Sendable (String, String) async -> Double?)?

    public init(
        primary: @escaping Ask, candidate: @escaping Ask, second: Ask? = nil,
        meaning: (@Sendable (String, String) async -> Double?)? = nil
    ) {
        self.primary = primary
        self.candidate = candidate
        self.second = second
        self.meaning = meaning
    }
}

/// What a replay made of one request.
public struct ReplayedPair: Sendable {
    public var pair: Pair
    public var meaning: Double?
    public var outcome: PairOutcome
}

/// A replay of requests.
public struct Replay: Sendable {
    public let options: ReplayOptions
    public let comparison: Comparison
    private let sides: ReplaySides
    private let clock: Clock

    public init(
        _ options: ReplayOptions, comparison: Comparison, sides: ReplaySides,
        clock: Clock = .system
    ) {
        self.options = options
        self.comparison = comparison
        self.sides = sides
        self.clock = clock
    }

    /// Replays, and feeds a trial.
    ///
    /// - Parameters:
    ///   - done: requests that an earlier run has answered, and that the trial knows.
    ///   - each: told of every pair as it comes, and of the progress.
    /// - Returns: the trial with all pairs taken in.
    public func run(
        _ items: [ReplayItem], done: Set<String> = [], into trial: Trial,
        each: (ReplayedPair, ReplayProgress) -> Void
    ) async -> Trial {
        var trial = trial
        var generator = Generator(seed: options.seed)
        let first = items.first?.request.time ?? 0
        let began = clock.monotonic()
        func seconds() -> Double { Double(clock.monotonic() - began) / 1e9 }
        // Every request draws, also those that are done: a resumed run has the same order.
        let work = items.enumerated().map { index, item in
            Work(
                item: item, order: generator.permutation(3),
                asksSecond: index < options.secondPairs)
        }
        let open = work.filter { !done.contains($0.item.request.id) }
        var progress = ReplayProgress(
            done: work.count - open.count, total: work.count, rate: 0, lagSeconds: 0, failed: 0)
        var finished = 0
        await withTaskGroup(of: ReplayedPair.self) { group in
            var underway = 0
            func take(_ replayed: ReplayedPair) {
                underway -= 1
                finished += 1
                trial.add(replayed.outcome)
                progress.done += 1
                if replayed.outcome[.errors]?.candidate == 0 { progress.failed += 1 }
                progress.rate = Double(finished) / max(seconds(), 1e-9)
                each(replayed, progress)
            }
            for (index, work) in open.enumerated() {
                if Task.isCancelled { break }
                let due = options.pace.due(index, time: work.item.request.time, first: first)
                while underway >= max(options.concurrency, 1) {
                    if let replayed = await group.next() { take(replayed) }
                }
                let early = due - seconds()
                if early > 0 { try? await clock.sleep(.seconds(early)) }
                if options.pace != .free {
                    progress.lagSeconds = max(progress.lagSeconds, seconds() - due)
                }
                underway += 1
                group.addTask { await self.ask(work) }
            }
            while let replayed = await group.next() { take(replayed) }
        }
        return trial
    }

    private struct Work: Sendable {
        var item: ReplayItem
        /// Sides in the order in which they are asked: primary 0, candidate 1, second copy 2.
        ///
        /// The second copy takes part, so that a time of day in the answers favours nobody.
        var order: [Int]
        var asksSecond: Bool
    }

    private func ask(_ work: Work) async -> ReplayedPair {
        var request = work.item.request
        request.time = clock.now()
        var primary = Answer(status: 0, ending: .refused)
        var candidate = primary
        var second: Answer?
        for side in work.order {
            switch side {
            case 0: primary = await sides.primary(request)
            case 1: candidate = await sides.candidate(request)
            default:
                if work.asksSecond { second = await (sides.second ?? sides.primary)(request) }
            }
        }
        let candidateFirst = work.order.first { $0 < 2 } == 1
        var pair = Pair(
            request: request, primary: primary, candidate: candidate, second: second,
            candidateFirst: candidateFirst, label: work.item.label)
        pair.over = clock.now() + 1
        let meaning = await meaning(of: pair)
        return ReplayedPair(
            pair: pair, meaning: meaning,
            outcome: comparison.outcome(of: pair, meaning: meaning))
    }

    private func meaning(of pair: Pair) async -> Double? {
        let dialect = comparison.dialect(of: pair.request)
        guard let meaning = sides.meaning, dialect.isText, pair.primary.isGood,
            pair.candidate.isGood,
            let left = Reply(pair.primary, dialect: dialect).text, !left.isEmpty,
            let right = Reply(pair.candidate, dialect: dialect).text, !right.isEmpty
        else { return nil }
        return left == right ? 1 : await meaning(left, right)
    }
}
