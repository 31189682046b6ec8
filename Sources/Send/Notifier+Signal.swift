// A signal: one alert that is told at once and once, past groups, silences and time intervals, because what
// it asks for (a roll-back) does not wait for the morning. It goes where the routes send an alert with its
// labels. Whoever raises it puts the messages into the outbox together with the state that raised it, in
// one transaction; from there they are delivered as notifications are.

public import Basics
public import Bytes
internal import Reason

extension Notifier {
    /// The messages of a signal.
    ///
    /// - Parameters:
    ///   - key: the same for the same signal; receivers see it as the group.
    ///   - fields: stand in a webhook's body behind those of Alertmanager's payload.
    public func messages(
        signal alert: Alert, key: String, fields: JSON
    ) -> [OutgoingMessage] {
        let plan = plan
        let now = world.clock.now()
        let library = Self.library(plan, world)
        return plan.receivers(of: alert.labels).compactMap { plan.receiver($0) }.flatMap {
            receiver in
            receiver.integrations.indices.map { index in
                let notification = Notification(
                    receiver: receiver.name, integration: index, groupKey: key,
                    groupLabels: alert.labels, alerts: [alert], truncatedAlerts: 0,
                    reason: .first, at: now)
                return notification.message(
                    to: receiver.integrations[index], world.texts, library: library, fields: fields)
            }
        }
    }
}
