// A notifier's groups, alerts and silences over an invented clock: alerts and silences come at written
// times, every half second is looked at, and what is told is written down with its exact time. The words
// are those of Alertmanager's acceptance list.

import Basics
import Bytes
import Testing

@testable import Send

/// What happens at a time, in seconds.
enum Happening {
    /// Fires from `start` on; nil for no end.
    case alert([String: String], start: Double?, end: Double?)
    case silence([String: String], from: Double, to: Double)
    case expire(Int)
    case reload(String)
    /// The process starts anew and remembers what it had written.
    case restart
}

/// One run.
struct AcceptanceBench {
    static let defaults = """
        route: {receiver: default, group_by: [alertname], group_wait: 1s, group_interval: 1s, repeat_interval: 1ms}
        receivers: [{name: default, webhook_configs: [{url: "http://h/"}]}]
        """
    /// Times are written from here.
    static let origin: Millis = 1_700_000_000_000

    private var plan: NotifyPlan
    private var table = AlertTable()
    private var groups = NotificationGroups()
    private var silences = Silences()
    private var ids: [String] = []
    private var records: [SentRecord.Key: SentRecord] = [:]
    private(set) var log: [String] = []

    init(_ configuration: String) throws { plan = try Self.plan(configuration) }

    static func plan(_ text: String) throws -> NotifyPlan {
        let read = NotifyFile.parse(text, file: "notify.yml", zones: .utc)
        return try #require(read.plan, "\(read.problems)")
    }

    /// Runs up to a time, looking every half second, and returns what was told:
    /// `time receiver status labels…`, resolved alerts in brackets.
    mutating func run(_ happenings: [(Double, Happening)], until end: Double) throws -> [String] {
        var left = happenings.sorted { $0.0 < $1.0 }[...]
        for step in 0...Int(end * 2) {
            let seconds = Double(step) / 2
            let now = Self.origin + Millis(seconds * 1000)
            while let first = left.first, first.0 <= seconds {
                try happen(first.1, now)
                left.removeFirst()
            }
            flush(now, seconds)
        }
        return log
    }

    private func time(_ seconds: Double) -> Millis { Self.origin + Millis(seconds * 1000) }

    private mutating func happen(_ happening: Happening, _ now: Millis) throws {
        table.look(at: now)
        switch happening {
        case .alert(let labels, let start, let end):
            let starts = start.map(time) ?? now
            let ends = end.map(time) ?? now + plan.resolveTimeoutMillis
            let alert = Alert(
                labels: Labels(labels.map { ($0.key, $0.value) }), annotations: .empty,
                startsAt: starts, endsAt: ends, generatorURL: "")
            let known = table.put(
                KnownAlert(alert: alert, updatedAt: now, timesOut: end == nil), at: now)
            groups.receive([known], at: now, plan: plan)
        case .silence(let labels, let from, let to):
            let matchers = labels.map { Matcher($0.key, equals: $0.value) }
            let silence = Silence(
                matchers: matchers, startsAt: time(from), endsAt: time(to), createdBy: "t",
                comment: "")
            ids.append("id-\(ids.count)")
            _ = try silences.set(silence, newID: ids[ids.count - 1], at: now)
        case .expire(let index): _ = try silences.expire(ids[index], at: now)
        case .reload(let text):
            plan = try Self.plan(text)
            groups.rebuild(table.entries.values.map(\.alert), at: now, plan: plan)
        case .restart:
            table = AlertTable()
            groups = NotificationGroups(Array(records.values))
        }
    }

    private mutating func flush(_ now: Millis, _ seconds: Double) {
        let muting = Muting(
            inhibition: Inhibition(plan.inhibitRules, firing: table.firing(at: now)),
            silences: silences, now: now)
        let flush = groups.flush(at: now, plan: plan, isMuted: { muting.holdsBack($0.labels) })
        for record in flush.records { records[record.key] = record }
        for note in flush.notifications {
            let isFiring = note.alerts.contains { !$0.isResolved(at: now) }
            let words = note.alerts.map { alert in
                let text = alert.labels.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
                return alert.isResolved(at: now) ? "[\(text)]" : text
            }
            log.append(
                "\(numberText(seconds)) \(note.receiver) \(isFiring ? "firing" : "resolved") "
                    + words.joined(separator: " "))
        }
    }
}
