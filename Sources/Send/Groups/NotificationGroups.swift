// All groups, as a value: alerts go in, notifications come out when their time has come. No clock, no
// network; the notifier calls it and carries out what it says.
//
// A firing alert ends when its rule says so, or when nobody has repeated it up to its `endsAt`. Time
// that passes unseen (a suspended laptop, a stopped agent) must not end it, so such a gap is added to
// the `endsAt` of all firing alerts.

public import Basics

/// The groups of all receivers.
public struct NotificationGroups: Sendable {
    /// The clock is looked at twice a minute at least; more between two looks was not seen.
    static let gapMillisMax: Millis = 120_000

    public private(set) var groups: [NotificationGroup.Key: NotificationGroup] = [:]

    public init() {}

    /// Groups as they were remembered.
    public init(_ remembered: [NotificationGroup]) {
        for group in remembered { groups[group.key] = group }
    }

    /// When the next group is due.
    public var nextFlushAt: Millis? { groups.values.map(\.nextFlushAt).min() }

    /// Takes in alerts for all receivers. (The routing tree will choose receivers here.)
    public mutating func receive(_ alerts: [Alert], at now: Millis, receivers: [Receiver]) {
        adjust(to: now)
        for alert in alerts {
            for receiver in receivers { receive(alert, at: now, receiver) }
        }
    }

    private mutating func receive(_ alert: Alert, at now: Millis, _ receiver: Receiver) {
        let grouping = receiver.grouping
        let labels = grouping.labels.map { alert.labels.keeping($0) } ?? alert.labels
        let key = NotificationGroup.Key(receiver: receiver.name, labels: labels)
        if groups[key] == nil {
            // An end that nobody was told the beginning of is no news.
            if alert.isResolved(at: now) { return }
            // An alert that is older than the wait has waited enough.
            let waits = alert.startsAt + grouping.waitMillis >= now
            groups[key] = NotificationGroup(
                key: key, nextFlushAt: waits ? now + grouping.waitMillis : now, seenAt: now)
        }
        groups[key]?.alerts[alert.labels] = alert
    }

    /// Moves the ends of firing alerts past a time in which nobody looked.
    public mutating func adjust(to now: Millis) {
        for (key, var group) in groups {
            let gap = now - group.seenAt
            if gap > Self.gapMillisMax {
                for (labels, alert) in group.alerts where !alert.isResolved(at: group.seenAt) {
                    group.alerts[labels]?.endsAt = alert.endsAt + gap
                }
            }
            // A clock that was set back must not silence a group.
            if gap < 0 {
                group.nextFlushAt = min(group.nextFlushAt, now)
                group.sent = group.sent.mapValues {
                    SentRecord(at: min($0.at, now), firing: $0.firing, resolved: $0.resolved)
                }
            }
            group.seenAt = now
            groups[key] = group
        }
    }

    /// What a flush leads to.
    public struct Flush: Sendable, Equatable {
        public var notifications: [Notification] = []
        /// Groups to remember as they are now.
        public var changed: [NotificationGroup] = []
        /// Groups that are over, by ``NotificationGroup/memoryKey``.
        public var ended: [String] = []
    }

    /// Tells what is due.
    ///
    /// - Parameter isWaiting: true for a webhook to which the group's last message is still on its
    ///   way; a mere repetition is then left out.
    public mutating func flush(
        at now: Millis, receivers: [Receiver],
        isWaiting: (_ receiver: String, _ webhook: Int, _ groupKey: String) -> Bool = { _, _, _ in false }
    ) -> Flush {
        adjust(to: now)
        var result = Flush()
        let due = groups.values.filter { $0.nextFlushAt <= now }
            .sorted { ($0.nextFlushAt, $0.memoryKey) < ($1.nextFlushAt, $1.memoryKey) }
        for var group in due {
            guard let receiver = receivers.first(where: { $0.name == group.key.receiver }) else {
                groups[group.key] = nil
                result.ended.append(group.memoryKey)
                continue
            }
            let before = group
            result.notifications += tell(&group, receiver, now, isWaiting)
            group.alerts = group.alerts.filter { !$0.value.isResolved(at: now) }
            group.nextFlushAt = now + receiver.grouping.intervalMillis
            if group.alerts.isEmpty {
                groups[group.key] = nil
                result.ended.append(group.memoryKey)
            } else {
                groups[group.key] = group
                if before != group { result.changed.append(group) }
            }
        }
        return result
    }

    private func tell(
        _ group: inout NotificationGroup, _ receiver: Receiver, _ now: Millis,
        _ isWaiting: (String, Int, String) -> Bool
    ) -> [Notification] {
        let alerts = group.alerts.values.sorted(by: alertmanagerOrder)
        let firing = alerts.filter { !$0.isResolved(at: now) }
        let firingPrints = Set(firing.map(\.labels.fingerprint))
        let resolvedPrints = Set(alerts.map(\.labels.fingerprint)).subtracting(firingPrints)
        var notifications: [Notification] = []
        for (index, webhook) in receiver.webhooks.enumerated() {
            guard
                let reason = group.reason(
                    for: group.sent[index], firing: firingPrints, resolved: resolvedPrints,
                    sendsResolved: webhook.sendsResolved,
                    repeatMillis: receiver.grouping.repeatMillis, at: now)
            else { continue }
            if reason == .repeated && isWaiting(receiver.name, index, group.groupKey) { continue }
            group.sent[index] = SentRecord(
                at: now, firing: firingPrints, resolved: resolvedPrints)
            let told = webhook.sendsResolved ? alerts : firing
            let kept = webhook.alertsMax > 0 ? Array(told.prefix(webhook.alertsMax)) : told
            notifications.append(
                Notification(
                    receiver: receiver.name, webhook: index, groupKey: group.groupKey,
                    groupLabels: group.key.labels, alerts: kept,
                    truncatedAlerts: told.count - kept.count, reason: reason, at: now))
        }
        return notifications
    }

    /// Forgets that a webhook was told of a group, because the message was given up: the next flush
    /// tells it anew while the group still fires.
    public mutating func forget(receiver: String, webhook: Int, groupKey: String) {
        for (key, group) in groups where key.receiver == receiver && group.groupKey == groupKey {
            groups[key]?.sent[webhook] = nil
        }
    }

    /// All alerts that a receiver is to know of, each once.
    public var alerts: [Alert] {
        var unique: [Labels: Alert] = [:]
        for group in groups.values { unique.merge(group.alerts) { first, _ in first } }
        return unique.values.sorted { $0.labels < $1.labels }
    }
}

/// Alertmanager's order inside a notification: by `job`, by `instance`, then fewer labels first, then
/// by names, then by values.
func alertmanagerOrder(_ left: Alert, _ right: Alert) -> Bool {
    func precedes(_ a: String, _ b: String) -> Bool {
        a.utf8.lexicographicallyPrecedes(b.utf8)
    }
    for name in ["job", "instance"] {
        switch (left.labels[name], right.labels[name]) {
        case (nil, nil): continue
        case (nil, _): return false
        case (_, nil): return true
        case (let a?, let b?):
            if precedes(a, b) { return true }
            if precedes(b, a) { return false }
        }
    }
    let (a, b) = (Array(left.labels), Array(right.labels))
    if a.count != b.count { return a.count < b.count }
    for (x, y) in zip(a, b) where !x.name.utf8.elementsEqual(y.name.utf8) {
        return precedes(x.name, y.name)
    }
    for (x, y) in zip(a, b) where !x.value.utf8.elementsEqual(y.value.utf8) {
        return precedes(x.value, y.value)
    }
    return false
}
