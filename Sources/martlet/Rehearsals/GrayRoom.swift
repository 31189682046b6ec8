// Gray releases in a running agent: reports come in, a verdict comes out, and what follows from a verdict
// (the record of the decision, the signal to roll back) is committed with the state in one transaction, so
// that a crash neither loses a signal nor sends it twice.

import Basics
import Bytes
import Carry
import Keep
import Query
import Reason
import Rehearse
import Send
import Serve

/// The gray releases of an agent.
final class GrayRoom: Sendable {
    /// Releases that are kept: more than a team has, and little enough to read at the start.
    private static let releasesMax = 200

    let records: RecordKeeper
    private let notifier: Notifier
    let clock: Clock
    private let pages: String
    private let releases: Lock<[String: GrayRelease]>
    /// Reports are taken one at a time; whoever only looks does not wait for them.
    private let taking = Lock(())
    private let meters: GrayMeters
    private let configs: Lock<[String: GrayConfig]>
    private let loop = Lock<Loop?>(nil)
    /// The windows that were asked for last, by release: what gave nothing is not asked for again.
    private let asked = Lock<[String: Millis]>([:])

    /// Reads the releases where they were.
    ///
    /// - Parameter pages: where people reach the pages.
    init(
        _ configs: [GrayConfig], records: RecordKeeper, notifier: Notifier, registry: Registry,
        clock: Clock, pages: String
    ) throws {
        let byName = GrayRoom.byName(configs)
        self.configs = Lock(byName)
        self.records = records
        self.notifier = notifier
        self.clock = clock
        self.pages = pages
        meters = GrayMeters(registry)
        var known: [String: GrayRelease] = [:]
        do {
            for row in try records.gray.all() {
                known[row.name] = try GrayRelease(
                    decoding: Array(row.state.utf8),
                    policy: byName[row.name]?.policy ?? Policy())
            }
        } catch {
            throw StartError("gray releases: \(error)")
        }
        releases = Lock(known)
        registry.gather { [weak self] in grayFamilies(self?.all ?? []) }
        // A kill may have come between a verdict and its finding.
        for release in known.values { tell(release, after: nil) }
    }

    private static func byName(_ configs: [GrayConfig]) -> [String: GrayConfig] {
        Dictionary(configs.map { ($0.name, $0) }) { first, _ in first }
    }

    func config(_ name: String) -> GrayConfig? { configs.withLock { $0[name] } }

    private func policy(_ name: String) -> Policy { config(name)?.policy ?? Policy() }

    /// Takes a new configuration: what was seen stays and is judged by the new rules.
    func apply(_ new: [GrayConfig]) throws {
        try taking.withLock { _ in
            configs.withLock { $0 = GrayRoom.byName(new) }
            for release in all {
                let again = try GrayRelease(
                    decoding: release.encoded(), policy: policy(release.release))
                releases.withLock { $0[release.release] = again }
            }
        }
    }

    /// Begins to read windows from series, where queries are configured.
    func start(_ engine: Engine) {
        let grumble = Grumble()
        let loop = Loop("gray", everyMillis: 5_000, clock: clock) { [weak self] now in
            grumble.say(self?.look(engine, at: now) ?? "")
        }
        self.loop.withLock { $0 = loop }
    }

    func stop() { loop.withLock { $0 }?.stop() }

    /// Reads the windows that have ended.
    ///
    /// - Returns: what went wrong; empty when nothing did.
    func look(_ engine: Engine, at now: Millis) -> String {
        var faults: [String] = []
        for release in all {
            guard let config = config(release.release), config.hasQueries, !release.isFailed,
                let stage = release.current
            else { continue }
            let time = now - now % config.everyMillis
            // A window reaches back before its end, where the stage had not begun yet.
            guard time > stage.last ?? .min, time - config.everyMillis >= stage.start else {
                continue
            }
            let isNew = asked.withLock { $0.updateValue(time, forKey: release.release) != time }
            guard isNew else { continue }
            do {
                let window = try config.window(at: time, version: release.version, engine: engine)
                _ = try take([StageReport(window: window)], of: release.release, now: now)
            } catch {
                meters.unread.add()
                faults.append("\(release.release): \(error)")
            }
        }
        return faults.isEmpty ? "" : "no window of " + faults.joined(separator: "; ")
    }

    /// All releases, by name.
    var all: [GrayRelease] {
        releases.withLock { $0.values.sorted { $0.release < $1.release } }
    }

    var routes: [Route] {
        StagesAPI(
            GrayDesk(
                releases: { [weak self] in self?.all ?? [] },
                report: { [weak self] name, body in
                    guard let self else { throw StartError("the agent stops") }
                    return try report(name, body)
                },
                override: { [weak self] name, person, reason in
                    try self?.override(name, person: person, reason: reason) ?? false
                })
        ).routes
    }

    /// Takes a report in; returns when it is on the disk.
    private func report(_ name: String, _ body: [UInt8]) throws -> GrayRelease {
        do {
            let now = clock.now()
            return try take(try StageReport.read(body, now: now), of: name, now: now)
        } catch {
            meters.refused.add()
            throw error
        }
    }

    private func take(
        _ lines: [StageReport], of name: String, now: Millis
    ) throws -> GrayRelease {
        try taking.withLock { _ in
            var release = releases.withLock { $0[name] }
            if release == nil && releases.withLock(\.count) >= Self.releasesMax {
                meters.full.add()
                throw StageReportError.tooMany(Self.releasesMax)
            }
            let before = release
            var signals: [RollBackSignal] = []
            var decisions: [Decision] = []
            var taken = 0
            var refusal: GrayRelease.Refusal?
            for line in lines {
                do throws(GrayRelease.Refusal) {
                    let (next, signal) = try GrayRelease.taking(
                        line, of: name, into: release, policy: policy(name), now: now)
                    if let signal { signals.append(signal) }
                    if isNews(next, after: release) { decisions.append(decision(next)) }
                    release = next
                    taken += 1
                } catch {
                    refusal = error
                    break
                }
            }
            // What a stage failed by is kept, whatever is refused after it.
            guard let release, taken > 0 else { throw refusal ?? .unnamed }
            try keep(release, after: before, decisions: decisions, signals: signals)
            meters.windows.add(Double(lines.prefix(taken).count { $0.window != nil }))
            if let refusal { throw refusal }
            return release
        }
    }

    private func override(_ name: String, person: String, reason: String) throws -> Bool {
        try taking.withLock { _ in
            let before = releases.withLock { $0[name] }
            guard var release = before,
                release.override(person: person, reason: reason, time: clock.now())
            else { return false }
            try keep(release, after: before, decisions: [decision(release)], signals: [])
            return true
        }
    }

    /// Commits a release with what follows, and then tells.
    private func keep(
        _ release: GrayRelease, after before: GrayRelease?, decisions: [Decision],
        signals: [RollBackSignal]
    ) throws {
        let messages = signals.flatMap { notification($0) }
        try records.gray.save(
            GrayRow(
                name: release.release,
                state: String(decoding: release.encoded(), as: UTF8.self), changedAt: clock.now()),
            decisions: decisions.map(\.row),
            messages: messages.map {
                OutboxDraft(receiver: $0.target, groupKey: $0.groupKey, payload: $0.payload)
            })
        releases.withLock { $0[release.release] = release }
        for message in messages { notifier.noteEnqueued(message) }
        for signal in signals {
            meters.signals.add()
            if notifier.tellsNobody { meters.untold.add() }
            remark("the release \(signal.release) \(signal.version) failed: roll it back")
        }
        if !decisions.isEmpty { tell(release, after: before) }
    }

    private func notification(_ signal: RollBackSignal) -> [OutgoingMessage] {
        let share = numberText(signal.share * 100, .plain)
        let alert = Alert(
            labels: [
                "alertname": "GrayReleaseRollBack", "severity": "critical",
                "release": signal.release, "version": signal.version,
            ],
            annotations: [
                "summary": "Roll \(signal.version) of \(signal.release) back: it failed at "
                    + "\(share) % of the traffic",
                "summary_zh": "请回滚 \(signal.release) 的 \(signal.version)：它在 \(share)% 流量时未通过",
            ], startsAt: signal.time, endsAt: signal.time + 31_536_000_000,
            generatorURL: pages + link(signal.release))
        return notifier.messages(signal: alert, key: signal.key, fields: signal.payload)
    }
}

extension Decision {
    fileprivate var row: DecisionRow {
        DecisionRow(
            id: id, name: name.rawValue, subject: subject, askedAt: askedAt,
            json: String(decoding: encoded, as: UTF8.self))
    }
}
