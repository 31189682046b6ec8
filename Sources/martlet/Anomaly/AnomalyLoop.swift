// The thread of the watch. Every few seconds it reads what came, lets the watch judge it, writes scores
// and bands back as series and findings into their log, and rests so long that its share of a core
// holds. New series first learn from their past; groups are learnt anew on a schedule; deployments make
// a service's levels be learnt again. Models are kept in a file, so that a restart goes on.

import Basics
import Carry
import Collect
import Foundation
import Keep
import Reason
import Serve

/// Runs the watch over series.
final class AnomalyLoop: Sendable {
    /// What the thread holds between rounds.
    struct State {
        var watch: LiveWatch
        var groups: [String: GroupWatch] = [:]
        var budget: ThreadBudget
        /// Up to where each selector was read.
        var readTo: [String: Millis] = [:]
        /// The selector that each series belongs to.
        var owners: [Labels: String] = [:]
        var eventCursor: Int64 = 0
        var savedAt: Millis = 0
        var groupsAt: [String: Millis] = [:]
        var refused: Set<Labels> = []
        var waiting = 0
        var feed: FamilyFeed
    }

    let config: AnomalyConfig
    let file: String
    let stores: Stores
    let board: AnomalyBoard
    private let clock: Clock
    let meters: AnomalyMeters
    private let isStopped = Lock(false)
    private let loop = Lock<Loop?>(nil)
    let grumble = Grumble()
    private let state = Lock<State?>(nil)

    static let cursorKey = "anomalies.events"
    private static let roundMillis: Millis = 10_000
    /// A scrape's samples bear the time of its start and may come so much later.
    private static let graceMillis: Millis = 10_000
    private static let saveMillis: Millis = 600_000
    /// A series without values for so long is let go.
    private static let unseenMillis: Millis = 7 * 86_400_000

    init(
        _ config: AnomalyConfig, file: String, stores: Stores, board: AnomalyBoard,
        registry: Registry, clock: Clock
    ) {
        self.config = config
        self.file = file
        self.stores = stores
        self.board = board
        self.clock = clock
        meters = AnomalyMeters(registry)
    }

    func start() {
        let loop = Loop("anomalies", everyMillis: AnomalyLoop.roundMillis, clock: clock) { now in
            do {
                try self.round(now)
                self.grumble.say("")
            } catch {
                self.grumble.say("the watch over series: \(error)")
            }
        }
        self.loop.withLock { $0 = loop }
    }

    /// Ends the thread and keeps the models.
    func stop() {
        isStopped.withLock { $0 = true }
        loop.withLock { $0 }?.stop()
        state.withLock { state in if let state { save(state) } }
    }

    var mustStop: Bool { isStopped.withLock { $0 } }

    /// One round; the state belongs to the thread of the loop.
    private func round(_ now: Millis) throws {
        let began = clock.monotonic()
        var state = try state.withLock { $0 } ?? begin(now)
        // Held by one owner while it changes: a second reference would copy every model.
        self.state.withLock { $0 = nil }
        defer { self.state.withLock { $0 = state } }
        let until = now - AnomalyLoop.graceMillis
        try readEvents(&state, now)
        for watch in config.watches where !mustStop { try read(watch, &state, now, until) }
        try write(state.watch.settle(until: until), &state, isNews: true)
        try judgeGroups(&state, until)
        state.watch.drop(unseenSince: now - AnomalyLoop.unseenMillis)
        try learnGroups(&state, now)
        try writeStanding(&state, now)
        if now - state.savedAt >= AnomalyLoop.saveMillis {
            save(state)
            state.savedAt = now
        }
        publish(state, now)
        rest(&state)
        meters.round(
            seconds: Double(clock.monotonic() - began) / 1e9, series: state.watch.watched.count,
            processor: state.budget.total)
    }

    private func begin(_ now: Millis) throws -> State {
        giveWay(niceness: 19)
        var watch = LiveWatch(options: config.options)
        if let bytes = readFile(file) {
            do {
                watch = try LiveWatch(decoding: bytes, options: config.options)
            } catch {
                remark("\(file): \(error)")
            }
        }
        var state = State(
            watch: watch, budget: ThreadBudget(share: config.cpuShare),
            feed: FamilyFeed(intake: stores.intake, job: "anomalies", instance: hostName()))
        let kept = try stores.records.settings.value(AnomalyLoop.cursorKey)
        state.eventCursor = kept.flatMap { Int64($0) } ?? 0
        state.savedAt = now
        return state
    }
}

private func readFile(_ path: String) -> [UInt8]? {
    (try? Data(contentsOf: URL(filePath: path))).map { Array($0) }
}
