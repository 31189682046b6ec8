// The false alarms that a team is ready to bear, and what follows from them for each series.

public import Basics

/// How many false alarms a service may notify.
public struct NotificationBudget: Sendable, Equatable {
    /// False alarms per `period`, over all series of one service.
    public var alarms: Double
    public var period: Millis

    public init(alarms: Double = 1, period: Millis = 7 * 86_400_000) {
        self.alarms = alarms
        self.period = period
    }
}
