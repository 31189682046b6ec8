// The own metrics of notifications, per receiver.

import Basics

struct DeliveryMetrics: Sendable {
    private let registry: Registry

    init(_ registry: Registry) { self.registry = registry }

    private func labels(_ target: String) -> Labels {
        ["receiver": String(target.prefix(upTo: target.lastIndex(of: "/") ?? target.endIndex))]
    }

    /// Makes the receiver's series exist, so that their first increase is seen.
    func announce(_ target: String) {
        enqueued(target, 0)
        failedAttempt(target, 0)
        delivered(target, 0)
        gaveUp(target, 0)
    }

    func enqueued(_ target: String, _ count: Double = 1) {
        registry.counter(
            "martlet_notifications_enqueued_total", "Notifications put into the outbox.",
            labels(target)
        ).add(count)
    }

    func attempted(_ target: String, seconds: Double) {
        registry.histogram(
            "martlet_notification_attempt_seconds", "How long attempts to deliver took.",
            labels(target)
        ).observe(seconds)
    }

    func failedAttempt(_ target: String, _ count: Double = 1) {
        registry.counter(
            "martlet_notification_attempts_failed_total", "Attempts to deliver that failed.",
            labels(target)
        ).add(count)
    }

    func delivered(_ target: String, _ count: Double = 1) {
        registry.counter(
            "martlet_notifications_total", "Notifications that a receiver has taken.",
            labels(target)
        ).add(count)
    }

    func gaveUp(_ target: String, _ count: Double = 1) {
        registry.counter(
            "martlet_notifications_failed_total", "Notifications that were given up.",
            labels(target)
        ).add(count)
    }

    func waiting(_ target: String, _ entries: [WaitingMessage], at now: Millis) {
        let named: Labels = ["receiver": target]
        registry.gauge(
            "martlet_notifications_waiting",
            "Notifications that wait, by receiver and integration.",
            named
        ).set(Double(entries.count))
        let oldest = entries.first.map { Double(now - $0.message.createdAt) / 1000 } ?? 0
        registry.gauge(
            "martlet_notifications_waiting_seconds",
            "For how long the oldest waiting notification has waited.", named
        ).set(max(0, oldest))
    }
}
