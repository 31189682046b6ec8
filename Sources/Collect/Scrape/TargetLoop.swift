// One task per target: sleep until its slot, fetch, hand the answer to a worker, remember how it went.
// The session is taken out of the lock while a scrape works on it, so no lock is held across a call;
// whoever finds it missing knows that a scrape is under way.

internal import Basics

/// What all loops of a scraper share.
struct ScrapeTools: Sendable {
    var intake: Intake
    var clock: Clock
    var fetch: Fetch
    var files: Files
    var workers: ScrapeWorkers
    var counters: ScrapeCounters
    var hostname: String
}

/// A session that passes from hand to hand without being copied: its cache may be many megabytes.
private final class SessionBox: @unchecked Sendable {  // Whoever took it is alone with it.
    var session: ScrapeSession

    init(_ session: ScrapeSession) { self.session = session }
}

/// Scrapes one target again and again.
final class TargetLoop: Sendable {
    private struct State {
        var config: ScrapeConfig
        /// nil while a scrape works on it.
        var session: SessionBox?
        var status: ScrapeStatus
        var task: Task<Void, Never>?
        var isStopped = false
        /// A stopped loop's series end with a marker, unless the agent itself stops.
        var marksEnd = false
        /// Set when the job has too many targets: every scrape fails with it.
        var blocked: String?
    }

    let target: ScrapeTarget
    private let tools: ScrapeTools
    private let state: Lock<State>

    init(_ target: ScrapeTarget, _ config: ScrapeConfig, _ tools: ScrapeTools) {
        self.target = target
        self.tools = tools
        state = Lock(
            State(
                config: config,
                session: SessionBox(
                    ScrapeSession(target: target, config: config, intake: tools.intake)),
                status: ScrapeStatus(
                    pool: config.jobName, target: target, hostname: tools.hostname)))
    }

    var status: ScrapeStatus { state.withLock { $0.status } }

    /// Begins to scrape in the background.
    func start() {
        let task = tools.workers.task(target.labels.fingerprint) { await self.run() }
        state.withLock { $0.task = task }
    }

    /// Gives the loop a changed configuration; the next scrape follows it.
    func update(_ config: ScrapeConfig, blocked: String?) {
        state.withLock {
            $0.config = config
            $0.blocked = blocked
        }
    }

    /// Ends the loop.
    ///
    /// - Parameter marksEnd: true when the target is gone, so that its series end; false when only
    ///   the agent stops and will be back.
    func stop(marksEnd: Bool) {
        let (session, task) = state.withLock { state in
            state.isStopped = true
            state.marksEnd = marksEnd
            let session = state.session
            state.session = nil
            return (session, state.task)
        }
        task?.cancel()
        if marksEnd, let session { close(session) }
    }

    private func run() async {
        var scheduled = target.nextTime(after: tools.clock.now())
        while !state.withLock({ $0.isStopped }) {
            do {
                let wait = scheduled - tools.clock.now()
                if wait > 0 { try await tools.clock.sleep(.milliseconds(wait)) }
            } catch {
                return
            }
            await scrape(scheduled: scheduled)
            scheduled = target.nextTime(after: max(scheduled + 1, tools.clock.now()))
        }
    }

    /// One scrape, from fetch to append.
    func scrape(scheduled: Millis) async {
        let begun = state.withLock { state -> (SessionBox, ScrapeConfig, String?)? in
            guard !state.isStopped, let session = state.session else { return nil }
            state.session = nil
            return (session, state.config, state.blocked)
        }
        guard let (box, config, blocked) = begun else { return }
        let began = tools.clock.now()
        let ticks = tools.clock.monotonic()
        let time = aligned(began, scheduled)
        var answer = ScrapeAnswer.failure(blocked ?? "", limit: "target_limit")
        if blocked == nil { answer = await config.fetch(target, tools.fetch, tools.files) }
        let clock = tools.clock
        let (result, seconds) = await tools.workers.run(target.labels.fingerprint) { [answer] in
            box.session.adopt(config)
            let elapsed = { Double(clock.monotonic() - ticks) / 1e9 }
            let result =
                switch answer {
                case .exposition(let body, let format):
                    box.session.take(body, format: format, at: time, elapsed: elapsed)
                case .failure(let reason, let limit):
                    box.session.fail(
                        reason, at: time, elapsed: elapsed, ScrapeResult(limit: limit))
                }
            return (result, elapsed())
        }
        tools.counters.count(result, seconds: seconds)
        let isOver = state.withLock { state in
            state.status.lastError = result.error ?? ""
            state.status.lastScrape = began
            state.status.lastScrapeDurationSeconds = seconds
            state.status.health = result.error == nil ? .up : .down
            state.status.samplesScraped = result.scraped
            state.status.samplesKept = result.kept
            if !state.isStopped { state.session = box }
            return state.isStopped && state.marksEnd
        }
        if isOver { close(box) }
    }

    /// The scheduled time when the scrape began close to it: even spacing compresses to almost nothing.
    private func aligned(_ began: Millis, _ scheduled: Millis) -> Millis {
        // A hundredth of the interval and never over 20 ms: below what a timer on a busy machine errs.
        abs(began - scheduled) <= min(target.intervalMillis / 100, 20) ? scheduled : began
    }

    private func close(_ box: SessionBox) {
        let clock = tools.clock
        tools.workers.start(target.labels.fingerprint) { _ = box.session.close(at: clock.now()) }
    }
}
