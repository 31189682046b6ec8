// What is known of a rehearsal at a moment, for pages, findings and gates. A value: nobody who looks
// holds up who works.

public import Basics
public import Keep

/// A candidate as it stands.
public struct CandidateView: Sendable {
    public var name: String
    /// Where its pairs lie.
    public var owner: PairOwner
    public var standing: Standing
    public var spending: Spending
    public var budget: Budget
    /// The limit that ended the copying: `requests`, `tokens`, `money`; nil while it goes on.
    public var spentOf: String?
    public var isStopped: Bool
    public var copies: Int
    public var skipped: [SkipReason: Int]
    /// Copies that wait and that are under way.
    public var waiting: Int
    public var underway: Int
}

/// A rehearsal as it stands.
public struct RehearsalView: Sendable {
    public var name: String
    public var time: Millis
    /// The address that clients use.
    public var listen: String
    public var primary: String
    public var requests: Int
    public var underway: Int
    public var isGate: Bool
    /// The service whose gate it is; nil for any.
    public var service: String?
    public var margin: Double
    public var candidates: [CandidateView]
}
