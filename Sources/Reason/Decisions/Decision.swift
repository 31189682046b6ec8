// A decision is a row, not a chart: the question, when and on which data, the verdict with at most
// five reasons, what is missing, what would flip it, how sure, and what a person answered. The same
// events and the same rules give the same row, byte for byte. Nothing is ever taken back: answers
// are appended, and what came of it is kept beside it (`KeptDecision`).

public import Basics

/// Which question.
public enum DecisionName: String, Sendable, Equatable, CaseIterable {
    /// How much should we take into the next iteration?
    case commit
    /// May this release go out now?
    case go
    /// The model drifts: what do we do?
    case driftResponse = "drift_response"
    /// The release has some of the traffic: may it get more?
    case nextStage = "next_stage"
}

/// What can be said; no data is a verdict of its own.
public enum DecisionVerdict: String, Sendable, Equatable {
    case take
    case go
    case goWithConditions = "go_with_conditions"
    case noGo = "no_go"
    case notEnoughData = "not_enough_data"
    /// The method did not beat the naive forecast in its back-test.
    case noSkill = "no_skill"
    /// No more traffic yet.
    case hold
    /// The answers to drift, from the least on.
    case leave
    case watch
    case labelSample = "label_sample"
    case recalibrate
    case retrain
    case rollBack = "roll_back"
}

/// A reason: a sentence with its number, and where to see the row.
public struct DecisionReason: Sendable, Equatable {
    public var phrase: Phrase
    public var number: Double?
    /// A path of the pages: `/delivery?kpi=…`.
    public var link: String

    public init(_ phrase: Phrase, number: Double? = nil, link: String) {
        self.phrase = phrase
        self.number = number
        self.link = link
    }
}

/// What a decision was made from, so that it can be made again.
public struct DecisionSnapshot: Sendable, Equatable {
    /// Version of the rules; it rises whenever the same events would give another answer.
    public var ruleVersion: Int
    /// Events later than this were not known.
    public var dataUntil: Millis
    /// How many events there were, and a digest of all they say.
    public var eventCount: Int
    public var eventsDigest: String
    /// Inputs beside the events, as compact JSON.
    public var inputs: String
}

/// What a person answered.
public struct DecisionAnswer: Sendable, Equatable {
    /// Accepted, or decided otherwise.
    public enum Kind: String, Sendable, Equatable { case accept, override }

    public var kind: Kind
    public var time: Millis
    /// A pseudonym, unless names are switched on.
    public var person: String
    /// What was decided instead.
    public var choice: String
    /// Must not be empty for an override.
    public var reason: String

    public init(kind: Kind, time: Millis, person: String, choice: String = "", reason: String = "")
    {
        self.kind = kind
        self.time = time
        self.person = person
        self.choice = choice
        self.reason = reason
    }
}

/// What came of it.
public struct DecisionOutcome: Sendable, Equatable {
    /// When it was known.
    public var time: Millis
    /// What was delivered, or how many incidents and ways back followed.
    public var value: Double
    /// What was recommended with a stated chance came true.
    public var cameTrue: Bool
    /// The value lay inside the band; nil where there was none.
    public var isInBand: Bool?
    public var said: Phrase?
    /// Ids of the iteration, deployment and incidents behind it.
    public var rows: [String]

    public init(
        time: Millis, value: Double, cameTrue: Bool, isInBand: Bool? = nil, said: Phrase? = nil,
        rows: [String] = []
    ) {
        self.time = time
        self.value = value
        self.cameTrue = cameTrue
        self.isInBand = isInBand
        self.said = said
        self.rows = rows
    }
}

/// Why an answer is refused.
public enum DecisionError: Error, Equatable, CustomStringConvertible {
    case overrideNeedsReason(String)
    case answerBeforeQuestion(String)

    public var description: String {
        switch self {
        case .overrideNeedsReason(let id):
            "decision \(id): an override needs a reason; say in `reason` why you decide otherwise"
        case .answerBeforeQuestion(let id):
            "decision \(id): the answer is older than the question; check `time`"
        }
    }
}

/// One decision.
public struct Decision: Sendable, Equatable {
    /// The most reasons shown: more are not read.
    public static let reasonsMax = 5

    public var id: String
    public var name: DecisionName
    /// The team or service that it is about; empty for all.
    public var subject: String
    public var askedAt: Millis
    public var expiresAt: Millis
    public var verdict: DecisionVerdict
    /// The verdict in words.
    public var summary: Phrase
    /// What to do.
    public var recommendation: Phrase
    public var reasons: [DecisionReason]
    public var missing: [Phrase]
    /// The smallest change that would flip the verdict.
    public var flip: Phrase?
    public var confidence: Confidence
    /// The chance that the recommendation promises, where one is.
    public var chance: Double?
    public var gates: [Gate]
    /// The forecast band, for commitments.
    public var band: CommitBand?
    public var snapshot: DecisionSnapshot
    public private(set) var answers: [DecisionAnswer] = []

    /// The answer that stands: the last one.
    public var answer: DecisionAnswer? { answers.last }

    /// The decision with an answer appended.
    public func answered(_ answer: DecisionAnswer) throws(DecisionError) -> Decision {
        let isEmpty = answer.reason.allSatisfy(\.isWhitespace)
        if answer.kind == .override && isEmpty { throw .overrideNeedsReason(id) }
        if answer.time < askedAt { throw .answerBeforeQuestion(id) }
        var next = self
        next.answers.append(answer)
        return next
    }

    init(
        name: DecisionName, subject: String, askedAt: Millis, expiresAt: Millis,
        verdict: DecisionVerdict, recommendation: Phrase, reasons: [DecisionReason],
        missing: [Phrase], flip: Phrase?, confidence: Confidence, chance: Double?,
        gates: [Gate] = [], band: CommitBand? = nil, snapshot: DecisionSnapshot
    ) {
        self.name = name
        self.subject = subject
        self.askedAt = askedAt
        self.expiresAt = expiresAt
        self.verdict = verdict
        summary = Phrase("decision.\(name.rawValue).\(verdict.rawValue)", recommendation.arguments)
        self.recommendation = recommendation
        self.reasons = Array(reasons.prefix(Self.reasonsMax))
        self.missing = missing
        self.flip = flip
        self.confidence = confidence
        self.chance = chance
        self.gates = gates
        self.band = band
        self.snapshot = snapshot
        var digest = Digest()
        for part in [
            name.rawValue, subject, String(askedAt), String(snapshot.ruleVersion),
            snapshot.eventsDigest, snapshot.inputs,
        ] { digest.add(part) }
        id = "\(name.rawValue)-\(digest.text)"
    }
}

/// FNV-1a over parts; for naming and comparing, not against an adversary.
struct Digest {
    private var hash: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func add(_ text: String) {
        for byte in text.utf8 { add(byte) }
        // A separator that no UTF-8 text holds: "ab","c" is not "a","bc".
        add(0xff)
    }

    private mutating func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }

    var text: String {
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension DeliveryState {
    /// A snapshot of what is known, for a decision made from it.
    func snapshot(ruleVersion: Int, now: Millis, inputs: String) -> DecisionSnapshot {
        var digest = Digest()
        for event in events { digest.add(event.digestText) }
        return DecisionSnapshot(
            ruleVersion: ruleVersion, dataUntil: now, eventCount: events.count,
            eventsDigest: digest.text, inputs: inputs)
    }
}
