// What has to outlive the process: which alerts were pending or firing, and since when. Prometheus
// reads this back from ALERTS_FOR_STATE; Martlet keeps it as a record, so that an alert that was
// firing goes on firing with its first time, and its end is told even if it came while nobody
// looked.

public import Basics

/// The alerts of one rule, as they were last seen.
public struct RememberedAlerts: Sendable, Equatable {
    /// ``Rule/identity``.
    public var rule: String
    public var alerts: [ActiveAlert]
    /// When they were last evaluated.
    public var seenAt: Millis

    public init(rule: String, alerts: [ActiveAlert], seenAt: Millis) {
        self.rule = rule
        self.alerts = alerts
        self.seenAt = seenAt
    }
}

/// Where alert states are kept between two runs.
public struct AlertMemory: Sendable {
    /// The remembered rules of a group, by ``RuleGroup/key``.
    public var load: @Sendable (_ group: String) throws -> [RememberedAlerts]
    /// Replaces what is remembered of a group.
    public var save: @Sendable (_ group: String, [RememberedAlerts]) throws -> Void

    public init(
        load: @escaping @Sendable (String) throws -> [RememberedAlerts],
        save: @escaping @Sendable (String, [RememberedAlerts]) throws -> Void
    ) {
        self.load = load
        self.save = save
    }

    /// Forgets everything; for tests of rules and for replays.
    public static let none = AlertMemory(load: { _ in [] }, save: { _, _ in })

    /// A memory that lasts as long as it is held.
    public static func inMemory() -> AlertMemory {
        let groups = Lock<[String: [RememberedAlerts]]>([:])
        return AlertMemory(
            load: { group in groups.withLock { $0[group] ?? [] } },
            save: { group, alerts in groups.withLock { $0[group] = alerts } })
    }
}

/// How alerts come back after an outage; Prometheus' flags of the same names.
public struct AlertRestoring: Sendable {
    /// After a longer outage nothing is restored.
    public var outageToleranceMillis: Millis = 3_600_000
    /// After an outage that left a gap in the data, an alert with a `for` of at least this length
    /// fires no sooner than this; one with a shorter `for` starts anew.
    public var gracePeriodMillis: Millis = 600_000
    /// An outage within the lookback of selectors left no gap in the data.
    public var lookbackMillis: Millis = 300_000
    /// Scrapes need a moment before an expression can yield again what it did.
    public var settleMillis: Millis = 120_000

    public init() {}

    /// The state with which a rule goes on at `now`.
    public func state(
        from memory: RememberedAlerts, holdMillis: Millis, now: Millis
    ) -> AlertingRule.State {
        var state = AlertingRule.State()
        let outage = now - memory.seenAt
        guard outage <= outageToleranceMillis else { return state }
        for var alert in memory.alerts {
            switch alert.state {
            case .inactive: break
            case .firing:
                alert.believedUntil = now + settleMillis
                // Whoever tells the receivers has to hear of it again.
                alert.lastSentAt = nil
            case .pending where outage > lookbackMillis:
                guard holdMillis >= gracePeriodMillis else { continue }
                let remaining = holdMillis - (memory.seenAt - alert.activeAt)
                if remaining > 0 && remaining < gracePeriodMillis {
                    alert.activeAt = now + gracePeriodMillis - holdMillis
                } else if remaining > 0 {
                    alert.activeAt += outage
                }
            case .pending:
                // The time between the last look and this one was not looked at.
                alert.activeAt += max(0, outage)
            }
            state.alerts[alert.labels] = alert
        }
        // The outage has been taken out of the reckoning here already.
        state.lastObservedAt = now
        return state
    }
}
