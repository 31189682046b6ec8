// One rehearsal as it is configured: where it listens, who is the primary, who the candidates are, what
// is copied, what it may cost, and how the answers are judged.

public import Bytes
public import Carry

/// A candidate of a rehearsal.
public struct CandidateSettings: Sendable {
    public var name: String
    public var server: Server
    /// The `model` that the copy asks for; nil leaves the request's own.
    public var model: String?
    /// Beginnings of paths and what the candidate has instead, the longest that fits first.
    public var paths: [(from: String, to: String)] = []
    /// Set on every copy, above what the caller sent; the candidate's own credentials are here.
    public var headers: [(name: String, value: String)] = []
    /// Values that are set in the body by JSON path.
    public var body: [(path: JSONPath, value: JSON)] = []
    public var prices = Prices()

    public init(name: String, server: Server) {
        self.name = name
        self.server = server
    }
}

/// A rehearsal.
public struct MirrorSettings: Sendable {
    public var name: String
    public var relay: RelayOptions
    public var candidates: [CandidateSettings]
    /// A second copy of the primary, asked like a candidate, from which noise is learnt.
    public var second: Server?
    public var filter = MirrorFilter()
    public var sampling = Sampling()
    public var budget = Budget()
    /// Copies a second over time; ten seconds' worth may come at once, nil is no limit.
    public var copiesPerSecondMax: Double? = 200
    public var courier = CourierOptions()
    /// Bodies beyond these are not copied, or not kept.
    public var requestBytesMax = 1 << 20
    public var answerBytesMax = 1 << 20
    /// What copies under way may hold of requests and answers.
    public var memoryBytesMax = 64 << 20
    /// Request header whose value names a request; made when missing.
    public var idHeader = "x-request-id"
    public var policy = Policy()
    public var comparison = ComparisonOptions()
    /// The share of pairs whose texts are kept; the worst are kept in any case, none at 0.
    public var keepShare = 0.05
    /// Pairs whose figures are kept, and of those that have their texts.
    public var pairsKept = 20_000
    public var textsKept = 500
    /// Keeps no text of requests and answers at all.
    public var keepsNoTexts = false
    /// The gate of the go/no-go waits for this rehearsal.
    public var isGate = true
    /// The service whose release that is; nil for any.
    public var service: String?

    public init(name: String, relay: RelayOptions, candidates: [CandidateSettings]) {
        self.name = name
        self.relay = relay
        self.candidates = candidates
    }
}
