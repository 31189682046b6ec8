// What is known about delivery right now: the folded state and the figures made of it, as one value
// that pages and commands read while the next one is being made.

public import Basics
public import Reason

/// The state of delivery at a moment, with its figures.
public struct DeliverySnapshot: Sendable {
    public var state: DeliveryState
    /// Figures of everything, over the window.
    public var kpis: [KPI]
    public var window: TimeRange
    public var at: Millis

    public init(state: DeliveryState, kpis: [KPI], window: TimeRange, at: Millis) {
        self.state = state
        self.kpis = kpis
        self.window = window
        self.at = at
    }
}

/// The newest snapshot; nil before there is one.
public final class DeliveryBoard: Sendable {
    private let newest = Lock<DeliverySnapshot?>(nil)

    public init() {}

    public var snapshot: DeliverySnapshot? { newest.withLock { $0 } }

    public func set(_ snapshot: DeliverySnapshot) { newest.withLock { $0 = snapshot } }
}
