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
    static func records(_ records: RecordKeeper, clock: Clock) -> OutboxStore {
        let (outbox, groups, history) = (records.outbox, records.groups, records.alertHistory)
        return OutboxStore(
            enqueue: { messages, sent in
                let drafts = messages.map {
                    OutboxDraft(receiver: $0.target, groupKey: $0.groupKey, payload: $0.payload)
                }
                try outbox.enqueue(
                    drafts, groups: sent.map(groupState),
                    now: messages.first?.createdAt ?? clock.now())
            },
            records: { now in
                try groups.prune(now: now)
                return try groups.all().map(sentRecord)
            },
            waiting: { target, limit in
                try outbox.waiting(for: target, limit: limit).map { item in
                    WaitingMessage(
                        id: item.id,
                        message: OutgoingMessage(
                            target: item.receiver, groupKey: item.groupKey, payload: item.payload,
                            createdAt: item.createdAt),
                        notBefore: item.notBefore, attempts: item.attempts)
                }
            },
            succeed: { id, time, answer in try outbox.succeed(id, answer: answer, now: time) },
            fail: { id, retryAt, error in try outbox.fail(id, error: error, retryAt: retryAt) },
            giveUp: { id, time, error in try outbox.giveUp(id, error: error, now: time) },
            note: { attempt in
                try history.append(
                    AttemptRow(
                        at: attempt.at, target: attempt.target, groupKey: attempt.groupKey,
                        message: attempt.message, number: attempt.number,
                        outcome: attempt.outcome.rawValue, answer: attempt.answer,
                        seconds: attempt.seconds))
            })
    }

    private static func groupState(_ record: SentRecord) -> GroupState {
        GroupState(
            receiver: record.key.target, groupKey: record.key.groupKey,
            firing: record.firing.sorted(), resolved: record.resolved.sorted(), sentAt: record.at,
            expiresAt: record.expiresAt)
    }

    private static func sentRecord(_ state: GroupState) -> SentRecord {
        SentRecord(
            key: .init(target: state.receiver, groupKey: state.groupKey), at: state.sentAt,
            firing: Set(state.firing), resolved: Set(state.resolved), expiresAt: state.expiresAt)
    }
}
