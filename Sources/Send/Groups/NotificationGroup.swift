// One group: alerts that are told together to one receiver. When it tells is decided here, by the
// rules of Alertmanager's dispatcher and deduplication stage.

public import Basics

/// Why a notification is made; Alertmanager's words.
public enum NotificationReason: String, Sendable {
    case first = "first notification"
    case newAlerts = "new alerts added"
    case someResolved = "some alerts resolved"
    case allResolved = "all alerts resolved"
    case repeated = "repeat interval elapsed"
}

/// What was last told through one webhook of the group's receiver.
public struct SentRecord: Sendable, Equatable {
    public var at: Millis
    /// Fingerprints of the alerts that were told as firing.
    public var firing: Set<UInt64>
    /// Fingerprints of those told as resolved.
    public var resolved: Set<UInt64>

    public init(at: Millis, firing: Set<UInt64>, resolved: Set<UInt64>) {
        self.at = at
        self.firing = firing
        self.resolved = resolved
    }
}

/// A group with what it has told.
public struct NotificationGroup: Sendable, Equatable {
    public struct Key: Hashable, Sendable {
        public var receiver: String
        public var labels: Labels
    }

    public var key: Key
    public var alerts: [Labels: Alert] = [:]
    public var nextFlushAt: Millis
    /// When it was last looked at; what passed after that was not seen.
    public var seenAt: Millis
    /// By the webhook's place in the receiver.
    public var sent: [Int: SentRecord] = [:]

    init(key: Key, nextFlushAt: Millis, seenAt: Millis) {
        self.key = key
        self.nextFlushAt = nextFlushAt
        self.seenAt = seenAt
    }

    /// Alertmanager's `groupKey`: the path of the route, here always the root's, and the labels.
    public var groupKey: String {
        let pairs = key.labels.map { "\($0.name)=\(quoted($0.value))" }
        return "{}:{\(pairs.joined(separator: ", "))}"
    }

    /// The name under which the group is remembered.
    public var memoryKey: String { "\(key.receiver)\u{1f}\(groupKey)" }

    /// Whether a webhook has to be told, and why.
    func reason(
        for record: SentRecord?, firing: Set<UInt64>, resolved: Set<UInt64>, sendsResolved: Bool,
        repeatMillis: Millis, at now: Millis
    ) -> NotificationReason? {
        guard let record else { return firing.isEmpty ? nil : .first }
        if !firing.isSubset(of: record.firing) { return .newAlerts }
        if firing.isEmpty {
            return sendsResolved && !record.firing.isEmpty ? .allResolved : nil
        }
        if sendsResolved && !resolved.isSubset(of: record.resolved) { return .someResolved }
        return record.at + repeatMillis <= now ? .repeated : nil
    }
}

/// One message to one webhook.
public struct Notification: Sendable, Equatable {
    public var receiver: String
    /// The webhook's place in the receiver.
    public var webhook: Int
    public var groupKey: String
    public var groupLabels: Labels
    /// In Alertmanager's order, cut to the webhook's most.
    public var alerts: [Alert]
    /// How many were cut.
    public var truncatedAlerts: Int
    public var reason: NotificationReason
    /// The time at which firing and resolved are told apart.
    public var at: Millis
}
