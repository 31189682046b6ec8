// One group: alerts that are told together to one receiver, and the record of what was told. When
// there is something to tell is decided here, by the rules of Alertmanager's dispatcher and
// deduplication stage. Like Alertmanager, only the record is kept at rest: after a restart the
// rules say again what fires and what has ended.

public import Basics

/// Why a notification is made; Alertmanager's words.
public enum NotificationReason: String, Sendable {
    case first = "first notification"
    case newAlerts = "new alerts added"
    case someResolved = "some alerts resolved"
    case allResolved = "all alerts resolved"
    case repeated = "repeat interval elapsed"
}

/// What was last told of a group through one integration.
public struct SentRecord: Sendable, Equatable {
    public struct Key: Hashable, Sendable {
        /// The receiver and the place of its integration: `ops/0`.
        public var target: String
        public var groupKey: String

        public init(target: String, groupKey: String) {
            self.target = target
            self.groupKey = groupKey
        }
    }

    public var key: Key
    public var at: Millis
    /// Fingerprints of the alerts that were told as firing.
    public var firing: Set<UInt64>
    /// Fingerprints of those told as resolved.
    public var resolved: Set<UInt64>
    /// When nobody needs to know any more.
    public var expiresAt: Millis

    public init(
        key: Key, at: Millis, firing: Set<UInt64>, resolved: Set<UInt64>, expiresAt: Millis
    ) {
        self.key = key
        self.at = at
        self.firing = firing
        self.resolved = resolved
        self.expiresAt = expiresAt
    }

    /// Whether, after this record, something is to be told, and why.
    ///
    /// That all is over is said whether or not the receiver wants to hear of it, since the record
    /// has to forget what fired.
    ///
    /// - Parameter record: nil when nothing was told yet.
    static func reason(
        after record: SentRecord?, firing: Set<UInt64>, resolved: Set<UInt64>, sendsResolved: Bool,
        repeatMillis: Millis, at now: Millis
    ) -> NotificationReason? {
        guard let record else { return firing.isEmpty ? nil : .first }
        if !firing.isSubset(of: record.firing) { return .newAlerts }
        if firing.isEmpty { return record.firing.isEmpty ? nil : .allResolved }
        if sendsResolved && !resolved.isSubset(of: record.resolved) { return .someResolved }
        return record.at + repeatMillis <= now ? .repeated : nil
    }
}

/// Alerts of one route with the same values of the grouping labels.
struct NotificationGroup: Sendable, Equatable {
    struct Key: Hashable, Sendable {
        /// The place of the route in its tree.
        var route: Int
        var receiver: String
        /// Alertmanager's key of the route.
        var routeKey: String
        var labels: Labels

        /// Alertmanager's `groupKey`: the path of the route and the labels.
        var groupKey: String {
            let pairs = labels.map { "\($0.name)=\(quoted($0.value))" }
            return "\(routeKey):{\(pairs.joined(separator: ", "))}"
        }
    }

    var key: Key
    var alerts: [Labels: Alert] = [:]
    var nextFlushAt: Millis
    var wasFlushed = false
    /// When it was last looked at; what passed after that was not seen.
    var seenAt: Millis
}

/// One message through one integration.
public struct Notification: Sendable, Equatable {
    public var receiver: String
    /// The integration's place in the receiver.
    public var integration: Int
    public var groupKey: String
    public var groupLabels: Labels
    /// In Alertmanager's order, cut to the integration's most.
    public var alerts: [Alert]
    /// How many were cut.
    public var truncatedAlerts: Int
    public var reason: NotificationReason
    /// The time at which firing and resolved are told apart.
    public var at: Millis
}
