// One alert of a rule, from the moment its condition was first seen until a quarter of an hour
// after it ended.

public import Basics

/// Where an alert stands.
public enum AlertState: String, Sendable, Comparable {
    case inactive, pending, firing

    public static func < (left: AlertState, right: AlertState) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .inactive: 0
        case .pending: 1
        case .firing: 2
        }
    }
}

/// An alert with its history; all times in milliseconds since the epoch.
public struct ActiveAlert: Sendable, Equatable {
    public var labels: Labels
    public var annotations: Labels
    public var value: Double
    public var state: AlertState
    /// Since when the condition holds.
    public var activeAt: Millis
    public var firedAt: Millis?
    public var resolvedAt: Millis?
    public var lastSentAt: Millis?
    /// Since when the alert fires only because of `keep_firing_for`.
    public var keepFiringSince: Millis?
    /// Until when an alert taken over from before a restart is believed without being seen.
    public var believedUntil: Millis?

    public init(
        labels: Labels, annotations: Labels, value: Double, state: AlertState, activeAt: Millis,
        firedAt: Millis? = nil, resolvedAt: Millis? = nil, lastSentAt: Millis? = nil,
        keepFiringSince: Millis? = nil
    ) {
        self.labels = labels
        self.annotations = annotations
        self.value = value
        self.state = state
        self.activeAt = activeAt
        self.firedAt = firedAt
        self.resolvedAt = resolvedAt
        self.lastSentAt = lastSentAt
        self.keepFiringSince = keepFiringSince
        believedUntil = nil
    }

    /// True when it is time to tell the receivers: at a change, and again after the resend delay.
    func needsSending(at time: Millis, resendDelayMillis: Millis) -> Bool {
        if state == .pending { return false }
        guard let lastSentAt else { return true }
        if let resolvedAt, resolvedAt > lastSentAt { return true }
        return lastSentAt + resendDelayMillis < time
    }
}

/// What one element of a rule's answer says: an alert that should be there.
public struct AlertElement: Sendable, Equatable {
    /// The alert's labels, complete.
    public var labels: Labels
    public var annotations: Labels
    public var value: Double

    public init(labels: Labels, annotations: Labels = .empty, value: Double) {
        self.labels = labels
        self.annotations = annotations
        self.value = value
    }
}
