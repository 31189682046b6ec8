// What rules and notifications remember, in SQLite: the seams of Reason and Send filled from Keep's
// records. Nothing is decided here.

import Basics
import Keep
import Reason
import Send

extension AlertMemory {
    /// Alert states in `martlet.db`.
    static func records(_ states: AlertStates) -> AlertMemory {
        AlertMemory(
            load: { group in
                let all = try states.all(group: group)
                return Dictionary(grouping: all, by: \.rule).map { rule, alerts in
                    RememberedAlerts(
                        rule: rule, alerts: alerts.map(activeAlert),
                        seenAt: alerts.map(\.seenAt).max() ?? 0)
                }
            },
            save: { group, rules in
                let rows = rules.flatMap { rule in
                    rule.alerts.map { row($0, group: group, rule: rule) }
                }
                try states.replace(group: group, with: rows)
            })
    }

    private static func activeAlert(_ row: Keep.AlertState) -> ActiveAlert {
        let state: Reason.AlertState =
            row.resolvedAt != nil ? .inactive : row.firedAt != nil ? .firing : .pending
        var alert = ActiveAlert(
            labels: row.labels, annotations: row.annotations, value: row.value, state: state,
            activeAt: row.activeAt)
        alert.firedAt = row.firedAt
        alert.resolvedAt = row.resolvedAt
        alert.lastSentAt = row.lastSentAt
        alert.keepFiringSince = row.keepFiringSince
        return alert
    }

    private static func row(
        _ alert: ActiveAlert, group: String, rule: RememberedAlerts
    ) -> Keep.AlertState {
        Keep.AlertState(
            group: group, rule: rule.rule, labels: alert.labels, annotations: alert.annotations,
            value: alert.value, activeAt: alert.activeAt, firedAt: alert.firedAt,
            keepFiringSince: alert.keepFiringSince, resolvedAt: alert.resolvedAt,
            lastSentAt: alert.lastSentAt, seenAt: rule.seenAt)
    }
}

extension OutboxStore {
    /// The outbox of `martlet.db`.
    static func records(_ outbox: Outbox, clock: Clock) -> OutboxStore {
        OutboxStore(
            enqueue: { drafts, changed, ended in
                try outbox.enqueue(
                    drafts.map {
                        Keep.OutboxDraft(
                            receiver: $0.target, groupKey: $0.groupKey, payload: $0.payload,
                            deliveryID: $0.deliveryID)
                    },
                    groups: changed.map { GroupDocument(key: $0.memoryKey, state: $0.encoded) },
                    ended: ended, now: drafts.first?.createdAt ?? clock.now())
            },
            waiting: { target, limit in
                try outbox.waiting(for: target, limit: limit).map { item in
                    OutboxEntry(
                        id: item.id,
                        draft: Send.OutboxDraft(
                            target: item.receiver, groupKey: item.groupKey, payload: item.payload,
                            deliveryID: item.deliveryID, createdAt: item.createdAt),
                        notBefore: item.notBefore, attempts: item.attempts)
                }
            },
            succeed: { id, time, status in
                try outbox.succeed(id, answer: "\(status)", now: time)
            },
            fail: { id, retryAt, error in try outbox.fail(id, error: error, retryAt: retryAt) },
            giveUp: { id, time, error in try outbox.giveUp(id, error: error, now: time) })
    }
}

extension GroupMemory {
    /// The groups of `martlet.db`; one that cannot be read is forgotten.
    static func records(_ groups: GroupStates) -> GroupMemory {
        GroupMemory(load: {
            try groups.all().compactMap { NotificationGroup(encoded: $0.state) }
        })
    }
}
