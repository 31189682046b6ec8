// All groups, as a value: alerts go in, notifications come out when their time has come. No clock,
// no network; the notifier calls it and carries out what it says.
//
// A firing alert ends when its rule says so, or when nobody has repeated it up to its `endsAt`.
// Time that passes unseen (a suspended laptop) must not end it, so such a gap is added to the
// `endsAt` of all firing alerts.

public import Basics

/// The groups of all receivers.
public struct NotificationGroups: Sendable {
    /// The clock is looked at twice a minute at least; more between two looks was not seen.
    static let gapMillisMax: Millis = 120_000

    private var groups: [NotificationGroup.Key: NotificationGroup] = [:]
    private var records: [SentRecord.Key: SentRecord] = [:]

    /// No groups yet.
    ///
    /// - Parameter records: what was told before a restart.
    public init(_ records: [SentRecord] = []) {
        for record in records { self.records[record.key] = record }
    }

    /// When the next group is due.
    public var nextFlushAt: Millis? { groups.values.map(\.nextFlushAt).min() }

    public var groupCount: Int { groups.count }

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
            if alert.isResolved(at: now) && !wasTold(alert, key, receiver) { return }
            // An alert that is older than the wait has waited enough.
            let waits = alert.startsAt + grouping.waitMillis >= now
            groups[key] = NotificationGroup(
                key: key, nextFlushAt: waits ? now + grouping.waitMillis : now, seenAt: now)
        }
        groups[key]?.alerts[alert.labels] = alert
    }

    private func wasTold(
        _ alert: Alert, _ key: NotificationGroup.Key, _ receiver: Receiver
    ) -> Bool {
        receiver.webhooks.indices.contains { index in
            let target = Receiver.target(receiver.name, index)
            let record = records[.init(target: target, groupKey: key.groupKey)]
            return record?.firing.contains(alert.labels.fingerprint) ?? false
        }
    }

    /// Moves the ends of firing alerts past a time in which nobody looked.
    private mutating func adjust(to now: Millis) {
        for (key, var group) in groups {
            let gap = now - group.seenAt
            if gap > Self.gapMillisMax {
                for (labels, alert) in group.alerts where !alert.isResolved(at: group.seenAt) {
                    group.alerts[labels]?.endsAt = alert.endsAt + gap
                }
            }
            // A clock that was set back must not silence a group.
            if gap < 0 { group.nextFlushAt = min(group.nextFlushAt, now) }
            group.seenAt = now
            groups[key] = group
        }
        for (key, record) in records where record.at > now { records[key]?.at = now }
    }

    /// What a flush leads to.
    public struct Flush: Sendable, Equatable {
        public var notifications: [Notification] = []
        /// Records to keep, one for each notification.
        public var records: [SentRecord] = []
    }

    /// Tells what is due.
    ///
    /// - Parameter isWaiting: true for a webhook to which the group's last message is still on its
    ///   way; a mere repetition is then left out.
    public mutating func flush(
        at now: Millis, receivers: [Receiver],
        isWaiting: (SentRecord.Key) -> Bool = { _ in false }
    ) -> Flush {
        adjust(to: now)
        records = records.filter { $0.value.expiresAt > now }
        var result = Flush()
        let due = groups.values.filter { $0.nextFlushAt <= now }.sorted { left, right in
            (left.nextFlushAt, left.key.receiver, left.key.groupKey)
                < (right.nextFlushAt, right.key.receiver, right.key.groupKey)
        }
        for var group in due {
            groups[group.key] = nil
            guard let receiver = receivers.first(where: { $0.name == group.key.receiver }) else {
                continue
            }
            tell(group, receiver, now, isWaiting, &result)
            group.alerts = group.alerts.filter { !$0.value.isResolved(at: now) }
            group.nextFlushAt = now + receiver.grouping.intervalMillis
            if !group.alerts.isEmpty { groups[group.key] = group }
        }
        return result
    }

    private mutating func tell(
        _ group: NotificationGroup, _ receiver: Receiver, _ now: Millis,
        _ isWaiting: (SentRecord.Key) -> Bool, _ result: inout Flush
    ) {
        let alerts = group.alerts.values.sorted(by: alertmanagerOrder)
        let firing = alerts.filter { !$0.isResolved(at: now) }
        let firingPrints = Set(firing.map(\.labels.fingerprint))
        let resolvedPrints = Set(alerts.map(\.labels.fingerprint)).subtracting(firingPrints)
        let groupKey = group.key.groupKey
        for (index, webhook) in receiver.webhooks.enumerated() {
            let key = SentRecord.Key(
                target: Receiver.target(receiver.name, index), groupKey: groupKey)
            guard
                let reason = SentRecord.reason(
                    after: records[key], firing: firingPrints, resolved: resolvedPrints,
                    sendsResolved: webhook.sendsResolved,
                    repeatMillis: receiver.grouping.repeatMillis, at: now)
            else { continue }
            if reason == .repeated && isWaiting(key) { continue }
            // Kept for two repetitions, as Alertmanager does.
            let record = SentRecord(
                key: key, at: now, firing: firingPrints, resolved: resolvedPrints,
                expiresAt: now + 2 * receiver.grouping.repeatMillis)
            records[key] = record
            result.records.append(record)
            let told = webhook.sendsResolved ? alerts : firing
            let kept = webhook.alertsMax > 0 ? Array(told.prefix(webhook.alertsMax)) : told
            result.notifications.append(
                Notification(
                    receiver: receiver.name, webhook: index, groupKey: groupKey,
                    groupLabels: group.key.labels, alerts: kept,
                    truncatedAlerts: told.count - kept.count, reason: reason, at: now))
        }
    }

    /// Forgets that a webhook was told of a group, because the message was given up: the next flush
    /// tells it anew while the group still fires.
    public mutating func forget(_ key: SentRecord.Key) { records[key] = nil }

    /// All alerts of all groups, each once.
    public var alerts: [Alert] {
        var unique: [Labels: Alert] = [:]
        for group in groups.values { unique.merge(group.alerts) { first, _ in first } }
        return unique.values.sorted { $0.labels < $1.labels }
    }
}
