// What is known, for those who ask: alerts with what holds them back, groups, silences. The calls wait
// for the notifier's queue, so they are made from worker threads only.

public import Basics

/// An alert with what becomes of it.
public struct AlertView: Sendable, Equatable {
    public var alert: Alert
    public var updatedAt: Millis
    /// The receivers that its routes lead to.
    public var receivers: [String]
    /// Ids of silences.
    public var silencedBy: [String]
    /// Fingerprints of alerts.
    public var inhibitedBy: [String]

    public var isSuppressed: Bool { !silencedBy.isEmpty || !inhibitedBy.isEmpty }
}

/// A group as it is told to a receiver.
public struct GroupView: Sendable, Equatable {
    public var receiver: String
    public var labels: Labels
    public var alerts: [AlertView]
}

extension Notifier {
    /// Every alert that fires, in the order of labels.
    public var alertViews: [AlertView] {
        let (plan, now) = (plan, world.clock.now())
        return withState { state in
            let muting = state.muting(plan, at: now)
            return state.table.entries.values.filter { !$0.alert.isResolved(at: now) }
                .map { Self.view($0, plan, muting) }
                .sorted { $0.alert.labels.fingerprint < $1.alert.labels.fingerprint }
        }
    }

    /// Every group with an alert that fires.
    public var groupViews: [GroupView] {
        let (plan, now) = (plan, world.clock.now())
        return withState { state in
            let muting = state.muting(plan, at: now)
            return state.groups.shown.compactMap { group in
                let alerts = group.alerts.filter { !$0.isResolved(at: now) }.map { alert in
                    let known = state.table.entries[alert.labels]
                    let updated = known?.updatedAt ?? alert.startsAt
                    return Self.view(KnownAlert(alert: alert, updatedAt: updated), plan, muting)
                }
                if alerts.isEmpty { return nil }
                return GroupView(receiver: group.receiver, labels: group.labels, alerts: alerts)
            }
        }
    }

    private static func view(
        _ known: KnownAlert, _ plan: NotifyPlan, _ muting: Muting
    ) -> AlertView {
        let labels = known.alert.labels
        let source = muting.inhibition.source(of: labels)
        return AlertView(
            alert: known.alert, updatedAt: known.updatedAt, receivers: plan.receivers(of: labels),
            silencedBy: muting.silences.holding(labels, at: muting.now),
            inhibitedBy: source.map { [$0.fingerprintText] } ?? [])
    }

    // MARK: - Silences

    /// All silences, ended ones included: active first, by their end.
    public var silences: [Silence] {
        let now = world.clock.now()
        let rank: [Silence.State: Int] = [.active: 0, .pending: 1, .expired: 2]
        func key(_ silence: Silence) -> (Int, Millis, String) {
            let state = silence.state(at: now)
            let end = state == .expired ? -silence.endsAt : silence.endsAt
            return (rank[state] ?? 3, state == .pending ? silence.startsAt : end, silence.id)
        }
        return withState { Array($0.silences.all.values) }.sorted { key($0) < key($1) }
    }

    /// A silence by its id.
    public func silence(_ id: String) -> Silence? { withState { $0.silences[id] } }

    /// Makes or changes a silence; it is on the disk when this returns.
    ///
    /// - Returns: its id.
    public func set(_ silence: Silence) throws(SilenceError) -> String {
        let now = world.clock.now()
        let kept = try change { (silences) throws(SilenceError) in
            try silences.set(silence, newID: self.world.newID(), at: now)
        }
        return kept.last?.id ?? ""
    }

    /// Ends a silence.
    public func expireSilence(_ id: String) throws(SilenceError) {
        let now = world.clock.now()
        _ = try change { (silences) throws(SilenceError) in [try silences.expire(id, at: now)] }
    }

    /// The alerts that some matchers would hold back now.
    public func matching(_ matchers: [Matcher]) -> [AlertView] {
        alertViews.filter { matchers.fit($0.alert.labels) }
    }

    private func change(
        _ body: (inout Silences) throws(SilenceError) -> [Silence]
    ) throws(SilenceError) -> [Silence] {
        let store = world.silences
        let result = withState { state -> Result<[Silence], SilenceError> in
            var next = state.silences
            do throws(SilenceError) {
                let changed = try body(&next)
                do {
                    try store.save(changed, [])
                } catch {
                    return .failure(.cannotKeep("\(error)"))
                }
                state.silences = next
                return .success(changed)
            } catch {
                return .failure(error)
            }
        }
        lookAgain()
        return try result.get()
    }
}
