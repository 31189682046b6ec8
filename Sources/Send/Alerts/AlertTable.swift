// The alerts that are known, whoever sent them: rules, or others through the API. Two reports of one
// alert whose times overlap are one alert with the earliest beginning; otherwise the newer replaces the
// older. What has ended is remembered for a while, so that a reload of the configuration can still tell
// its end.
//
// A firing alert ends when its rule says so, or when nobody has repeated it up to its `endsAt`. Time
// that passes unseen (a suspended laptop) must not end it, so such a gap is added to that end.

public import Basics

/// An alert with what is known of its reports.
public struct KnownAlert: Sendable, Equatable {
    public var alert: Alert
    public var updatedAt: Millis
    /// True when its sender named no end, so that `endsAt` is only a guess.
    public var timesOut: Bool

    public init(alert: Alert, updatedAt: Millis, timesOut: Bool = false) {
        self.alert = alert
        self.updatedAt = updatedAt
        self.timesOut = timesOut
    }

    /// This alert and a newer report of it.
    func merged(with newer: KnownAlert, at now: Millis) -> KnownAlert {
        let (old, new) = (alert, newer.alert)
        let overlap =
            new.endsAt > old.startsAt && new.endsAt < old.endsAt
            || new.startsAt > old.startsAt && new.startsAt < old.endsAt
        guard overlap else { return newer }
        var result = newer
        result.alert.startsAt = min(old.startsAt, new.startsAt)
        if new.isResolved(at: now) {
            if old.isResolved(at: now) { result.alert.endsAt = max(old.endsAt, new.endsAt) }
        } else if old.endsAt > new.endsAt && !timesOut {
            result.alert.endsAt = old.endsAt
        }
        return result
    }
}

/// All known alerts, by labels.
struct AlertTable: Sendable {
    /// The clock is looked at twice a minute at least; more between two looks was not seen.
    static let gapMillisMax: Millis = 120_000
    /// Rules repeat an end for a quarter of an hour; twice that is Alertmanager's.
    static let endedMillisMax: Millis = 1_800_000

    private(set) var entries: [Labels: KnownAlert] = [:]
    private var seenAt: Millis?

    /// Takes a report.
    ///
    /// - Returns: the alert as it is known from now on.
    mutating func put(_ report: KnownAlert, at now: Millis) -> Alert {
        var entry = report
        if let known = entries[report.alert.labels] {
            entry = known.merged(with: report, at: now)
        }
        entries[report.alert.labels] = entry
        return entry.alert
    }

    /// Notes that somebody looks, moves the ends of firing alerts past a time in which nobody did, and
    /// forgets what ended long ago.
    mutating func look(at now: Millis) {
        defer { seenAt = now }
        guard let seenAt else { return }
        let gap = now - seenAt
        if gap > Self.gapMillisMax {
            for (labels, entry) in entries where !entry.alert.isResolved(at: seenAt) {
                entries[labels]?.alert.endsAt = entry.alert.endsAt + gap
            }
        }
        let oldest = now - Self.endedMillisMax
        if entries.contains(where: { $0.value.alert.endsAt < oldest }) {
            entries = entries.filter { $0.value.alert.endsAt >= oldest }
        }
    }

    /// The labels of what fires.
    func firing(at now: Millis) -> some Sequence<Labels> {
        entries.lazy.filter { !$0.value.alert.isResolved(at: now) }.map(\.key)
    }
}
