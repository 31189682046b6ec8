// A trial: the running judgement about one candidate. A value: feed it outcomes, ask where it stands,
// write it down and read it again; the same outcomes give the same standing.

public import Bytes

/// A running judgement.
public struct Trial: Sendable {
    public let policy: Policy
    public private(set) var pairs = 0

    public init(_ policy: Policy = Policy()) { self.policy = policy }

    /// Takes one pair in.
    public mutating func add(_ outcome: PairOutcome) { pairs += 1 }

    /// Where it stands.
    public func standing() -> Standing {
        Standing(
            verdict: .notEnoughData, reasons: [], pairs: pairs, from: 0, through: 0, metrics: [],
            paths: [], worst: [], failure: nil, pairsNeeded: nil, visible: [])
    }

    /// The state as JSON, for keeping.
    public func encoded() -> [UInt8] { JSON.object([("pairs", .number(pairs))]).encoded }

    /// Reads what ``encoded()`` wrote.
    ///
    /// A metric whose rule has changed since begins anew: its evidence was for another question.
    public init(decoding bytes: [UInt8], policy: Policy) throws(JSONError) {
        self.policy = policy
        pairs = try JSON(bytes)["pairs"]?.int ?? 0
    }
}
