// The life of a rule's alerts, as a value: it is told what the expression yielded at a time and
// says what follows. It follows Prometheus' rules/alerting.go step by step, with one difference:
// time in which nothing was looked at (a suspended laptop, a stopped agent) does not count towards
// `for`, because nobody knows what happened in it.

public import Basics

/// The rules of an alert's life.
public struct AlertingRule: Sendable {
    /// The times that govern a rule, in milliseconds.
    public struct Timing: Sendable, Equatable {
        public var intervalMillis: Millis
        public var holdMillis: Millis
        public var keepFiringMillis: Millis
        /// How often a firing alert is repeated to the receivers at most.
        public var resendDelayMillis: Millis

        public init(
            intervalMillis: Millis, holdMillis: Millis = 0, keepFiringMillis: Millis = 0,
            resendDelayMillis: Millis = 60_000
        ) {
            self.intervalMillis = intervalMillis
            self.holdMillis = holdMillis
            self.keepFiringMillis = keepFiringMillis
            self.resendDelayMillis = resendDelayMillis
        }

        /// Evaluations may be late by this much before the time between them stops counting: a busy
        /// machine misses two or three, a sleeping one all.
        var gapMillisMax: Millis { 4 * intervalMillis }

        /// An alert that nobody repeats ends by itself: after four repeats that did not come.
        var validMillis: Millis { 4 * max(intervalMillis, resendDelayMillis) }
    }

    /// What an observation leads to.
    public enum Action: Sendable, Equatable {
        case becamePending(Labels)
        case fired(Labels)
        case resolved(Labels)
        /// Tell the receivers; `endsAt` is when the alert ended, or until when it may be believed.
        case send(ActiveAlert, endsAt: Millis)
    }

    /// Resolved alerts are remembered, and repeated to the receivers, for so long.
    public static let resolvedRetentionMillis: Millis = 15 * 60_000

    /// The alerts of one rule.
    public struct State: Sendable, Equatable {
        public internal(set) var alerts: [Labels: ActiveAlert] = [:]
        public internal(set) var lastObservedAt: Millis?

        public init() {}

        /// Takes in what the expression yielded.
        ///
        /// - Parameter limit: the most alerts, 0 for any number; beyond it all are dropped.
        /// - Throws: ``RuleFault`` for two elements with one label set (nothing changes), and
        ///   beyond the limit (the rule starts anew).
        public mutating func observe(
            _ elements: [AlertElement], at time: Millis, timing: Timing, limit: Int = 0
        ) throws(RuleFault) -> [Action] {
            var seen: [Labels: AlertElement] = [:]
            for element in elements {
                if seen.updateValue(element, forKey: element.labels) != nil {
                    throw RuleFault(
                        "vector contains metrics with the same labelset after applying alert "
                            + "labels: "
                            + element.labels.description)
                }
            }
            adjust(to: time, timing)
            var actions: [Action] = []
            for (labels, element) in seen {
                if var known = alerts[labels], known.state != .inactive {
                    known.value = element.value
                    known.annotations = element.annotations
                    known.believedUntil = nil
                    alerts[labels] = known
                } else {
                    alerts[labels] = ActiveAlert(
                        labels: labels, annotations: element.annotations, value: element.value,
                        state: .pending, activeAt: time)
                    actions.append(.becamePending(labels))
                }
            }
            for labels in Array(alerts.keys) {
                advance(labels, isSeen: seen[labels] != nil, time, timing, &actions)
            }
            let count = alerts.values.count { $0.state != .inactive }
            if limit > 0 && count > limit {
                alerts = [:]
                throw RuleFault("exceeded limit of \(limit) with \(count) alerts")
            }
            send(time, timing, &actions)
            return actions
        }

        /// Takes out of the reckoning what was not looked at, and times that lie ahead of the
        /// clock.
        private mutating func adjust(to time: Millis, _ timing: Timing) {
            defer { lastObservedAt = time }
            guard let last = lastObservedAt else { return }
            let gap = time - last
            for (labels, var alert) in alerts {
                if gap > timing.gapMillisMax {
                    let unseen = gap - timing.intervalMillis
                    if alert.state == .pending { alert.activeAt += unseen }
                    if let since = alert.keepFiringSince { alert.keepFiringSince = since + unseen }
                }
                alert.activeAt = min(alert.activeAt, time)
                alert.lastSentAt = alert.lastSentAt.map { min($0, time) }
                alert.keepFiringSince = alert.keepFiringSince.map { min($0, time) }
                alerts[labels] = alert
            }
        }

        private mutating func advance(
            _ labels: Labels, isSeen: Bool, _ time: Millis, _ timing: Timing,
            _ actions: inout [Action]
        ) {
            guard var alert = alerts[labels] else { return }
            defer { if alerts[labels] != nil { alerts[labels] = alert } }
            if isSeen {
                alert.keepFiringSince = nil
            } else if !isKept(&alert, time, timing) {
                let isOver = alert.resolvedAt.map { time - $0 > resolvedRetentionMillis } ?? false
                if alert.state == .pending || isOver {
                    alerts[labels] = nil
                } else if alert.state == .firing {
                    alert.state = .inactive
                    alert.resolvedAt = time
                    actions.append(.resolved(labels))
                }
                return
            }
            if alert.state == .pending && time - alert.activeAt >= timing.holdMillis {
                alert.state = .firing
                alert.firedAt = time
                actions.append(.fired(labels))
            }
        }

        /// True when a firing alert goes on although the expression no longer yields it.
        private func isKept(_ alert: inout ActiveAlert, _ time: Millis, _ timing: Timing) -> Bool {
            guard alert.state == .firing else { return false }
            if let until = alert.believedUntil, time < until { return true }
            alert.believedUntil = nil
            guard timing.keepFiringMillis > 0 else { return false }
            let since = alert.keepFiringSince ?? time
            alert.keepFiringSince = since
            return time - since < timing.keepFiringMillis
        }

        private mutating func send(_ time: Millis, _ timing: Timing, _ actions: inout [Action]) {
            let delay = timing.resendDelayMillis
            for (labels, var alert) in alerts
            where alert.needsSending(at: time, resendDelayMillis: delay) {
                alert.lastSentAt = time
                alerts[labels] = alert
                actions.append(.send(alert, endsAt: alert.resolvedAt ?? time + timing.validMillis))
            }
        }

        /// Pending and firing alerts, sorted by labels.
        public var shown: [ActiveAlert] {
            alerts.values.filter { $0.state != .inactive }.sorted { $0.labels < $1.labels }
        }

        /// The state that the rule as a whole is in: that of its worst alert.
        public var worst: AlertState { alerts.values.map(\.state).max() ?? .inactive }
    }
}

private let resolvedRetentionMillis = AlertingRule.resolvedRetentionMillis

extension AlertingRule {
    /// The series that say what a rule's alerts do: `ALERTS` and `ALERTS_FOR_STATE`.
    public static func series(_ alerts: [ActiveAlert], name: String) -> [(Labels, Double)] {
        alerts.flatMap { alert -> [(Labels, Double)] in
            let named = alert.labels.setting("alertname", name)
            let state = named.setting(Labels.metricName, "ALERTS")
                .setting("alertstate", alert.state.rawValue)
            let since = named.setting(Labels.metricName, "ALERTS_FOR_STATE")
            // Whole seconds, as Prometheus writes it.
            let seconds = Double(alert.activeAt.flooredDivision(by: 1000))
            return [(state, 1), (since, seconds)]
        }
    }
}
