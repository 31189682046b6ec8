// An alert as it travels from a rule to a receiver. Its labels are its identity.

/// One alert, firing or resolved.
public struct Alert: Sendable, Equatable {
    public var labels: Labels
    public var annotations: Labels
    /// When it began to fire.
    public var startsAt: Millis
    /// When it ended, or (while firing) when it may be taken as ended if nobody repeats it.
    public var endsAt: Millis
    /// A link to the expression behind it.
    public var generatorURL: String

    public init(
        labels: Labels, annotations: Labels, startsAt: Millis, endsAt: Millis, generatorURL: String
    ) {
        self.labels = labels
        self.annotations = annotations
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.generatorURL = generatorURL
    }

    public func isResolved(at time: Millis) -> Bool { endsAt <= time }
}
