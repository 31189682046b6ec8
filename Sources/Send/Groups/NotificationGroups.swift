// All groups, as a value: alerts go in, notifications come out when their time has come. No clock,
// no network; the notifier calls it and carries out what it says.
//
// A firing alert ends when its rule says so, or when nobody has repeated it up to its `endsAt`.
// Time that passes unseen (a suspended laptop) must not end it, so such a gap is added to the
// `endsAt` of all firing alerts.

public import Basics

/// The groups of all routes.
public struct NotificationGroups: Sendable {
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

    /// Takes in alerts and finds their groups by the plan's routes.
    public mutating func receive(_ alerts: [Alert], at now: Millis, plan: NotifyPlan) {
        adjust(to: now)
        for alert in alerts {
            for place in plan.tree.places(of: alert.labels) {
                receive(alert, at: now, place, plan)
            }
        }
    }

    /// Begins anew after a change of the plan: groups are made again of what is known, and what was told
    /// is still remembered.
    mutating func rebuild(_ alerts: [Alert], at now: Millis, plan: NotifyPlan) {
        groups = [:]
        receive(alerts, at: now, plan: plan)
    }

    private mutating func receive(
        _ alert: Alert, at now: Millis, _ place: Int, _ plan: NotifyPlan
    ) {
        let row = plan.tree.rows[place]
        let grouping = row.branch.grouping
        let labels = grouping.labels.map { alert.labels.keeping($0) } ?? alert.labels
        let key = NotificationGroup.Key(
            route: place, receiver: row.branch.receiver, routeKey: row.key, labels: labels)
        if groups[key] == nil {
            // An end that nobody was told the beginning of is no news.
            if alert.isResolved(at: now) && !wasTold(alert, key, plan) { return }
            groups[key] = NotificationGroup(
                key: key, nextFlushAt: now + grouping.waitMillis, seenAt: now)
        }
        // An alert that is older than the wait has waited enough.
        if groups[key]?.wasFlushed == false && alert.startsAt + grouping.waitMillis < now {
            groups[key]?.nextFlushAt = now
        }
        groups[key]?.alerts[alert.labels] = alert
    }

    private func wasTold(
        _ alert: Alert, _ key: NotificationGroup.Key, _ plan: NotifyPlan
    ) -> Bool {
        let count = plan.receiver(key.receiver)?.integrations.count ?? 0
        return (0..<count).contains { index in
            let target = Receiver.target(key.receiver, index)
            let record = records[.init(target: target, groupKey: key.groupKey)]
            return record?.firing.contains(alert.labels.fingerprint) ?? false
        }
    }

    /// Moves the ends of firing alerts past a time in which nobody looked.
    private mutating func adjust(to now: Millis) {
        for (key, group) in groups where group.seenAt != now {
            let gap = now - group.seenAt
            if gap > AlertTable.gapMillisMax {
                for (labels, alert) in group.alerts where !alert.isResolved(at: group.seenAt) {
                    groups[key]?.alerts[labels]?.endsAt = alert.endsAt + gap
                }
            }
            // A clock that was set back must not silence a group.
            if gap < 0 { groups[key]?.nextFlushAt = min(group.nextFlushAt, now) }
            groups[key]?.seenAt = now
        }
        for (key, record) in records where record.at > now { records[key]?.at = now }
    }

    /// What a flush leads to.
    public struct Flush: Sendable, Equatable {
        public var notifications: [Notification] = []
        /// Records to keep.
        public var records: [SentRecord] = []
    }

    /// Tells what is due.
    ///
    /// - Parameters:
    ///   - isMuted: true for an alert that is inhibited or silenced.
    ///   - isWaiting: true for an integration to which the group's last message is still on its
    ///     way; a mere repetition is then left out.
    public mutating func flush(
        at now: Millis, plan: NotifyPlan, isMuted: (Alert) -> Bool = { _ in false },
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
            let place = group.key.route
            guard plan.tree.rows.indices.contains(place) else { continue }
            let branch = plan.tree.rows[place].branch
            if !plan.isMuted(branch, at: now), let receiver = plan.receiver(branch.receiver) {
                let told = group.alerts.values.filter { !isMuted($0) }
                tell(group.key, told, receiver, branch.grouping, now, isWaiting, &result)
            }
            group.alerts = group.alerts.filter { !$0.value.isResolved(at: now) }
            group.nextFlushAt = now + branch.grouping.intervalMillis
            group.wasFlushed = true
            if !group.alerts.isEmpty { groups[group.key] = group }
        }
        return result
    }

    private mutating func tell(
        _ group: NotificationGroup.Key, _ unordered: [Alert], _ receiver: Receiver,
        _ grouping: Grouping, _ now: Millis, _ isWaiting: (SentRecord.Key) -> Bool,
        _ result: inout Flush
    ) {
        if unordered.isEmpty { return }
        let alerts = unordered.sorted(by: alertmanagerOrder)
        let firing = alerts.filter { !$0.isResolved(at: now) }
        let firingPrints = Set(firing.map(\.labels.fingerprint))
        let resolvedPrints = Set(alerts.map(\.labels.fingerprint)).subtracting(firingPrints)
        let groupKey = group.groupKey
        for (index, integration) in receiver.integrations.enumerated() {
            let key = SentRecord.Key(
                target: Receiver.target(receiver.name, index), groupKey: groupKey)
            guard
                let reason = SentRecord.reason(
                    after: records[key], firing: firingPrints, resolved: resolvedPrints,
                    sendsResolved: integration.sendsResolved,
                    repeatMillis: grouping.repeatMillis, at: now)
            else { continue }
            if reason == .repeated && isWaiting(key) { continue }
            // Kept for two repetitions, as Alertmanager does.
            let record = SentRecord(
                key: key, at: now, firing: firingPrints, resolved: resolvedPrints,
                expiresAt: now + 2 * grouping.repeatMillis)
            records[key] = record
            result.records.append(record)
            let told = integration.sendsResolved ? alerts : firing
            if told.isEmpty { continue }
            let most = integration.alertsMax
            let kept = most > 0 ? Array(told.prefix(most)) : told
            result.notifications.append(
                Notification(
                    receiver: receiver.name, integration: index, groupKey: groupKey,
                    groupLabels: group.labels, alerts: kept,
                    truncatedAlerts: told.count - kept.count, reason: reason, at: now))
        }
    }

    /// Forgets that an integration was told of a group, because the message was given up: the next
    /// flush tells it anew while the group still fires.
    public mutating func forget(_ key: SentRecord.Key) { records[key] = nil }

    /// The groups as they are shown: receiver, labels, alerts.
    var shown: [(receiver: String, labels: Labels, alerts: [Alert])] {
        groups.values.map { group in
            let alerts = group.alerts.values.sorted(by: alertmanagerOrder)
            return (group.key.receiver, group.key.labels, alerts)
        }.sorted { ($0.labels, $0.receiver) < ($1.labels, $1.receiver) }
    }
}
