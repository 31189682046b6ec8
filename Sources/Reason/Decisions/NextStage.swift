// A release gets traffic step by step: may it get more? The verdict is the judge's of the stage; this puts
// it to a person, as a record that names the stage and the reasons. A record is asked at the moment from
// which the verdict has stood, so the same verdict is the same record whoever looks and however often.

public import Basics
internal import Bytes

/// What is known of the stage that a release is in.
public struct StageEvidence: Sendable, Equatable {
    /// The judge's word.
    public enum Word: String, Sendable { case promote, hold, reject, notEnoughData }

    public var release: String
    public var version: String
    /// Of the traffic, 0…1.
    public var share: Double
    public var start: Millis
    public var word: Word
    /// Since when it has stood.
    public var since: Millis
    /// Requests of the canary that were reported.
    public var requests: Int
    public var reasons: [Phrase]
    /// About how many more until a verdict; nil when nothing can be said.
    public var requestsNeeded: Int?

    public init(
        release: String, version: String, share: Double, start: Millis, word: Word, since: Millis,
        requests: Int, reasons: [Phrase], requestsNeeded: Int?
    ) {
        self.release = release
        self.version = version
        self.share = share
        self.start = start
        self.word = word
        self.since = since
        self.requests = requests
        self.reasons = reasons
        self.requestsNeeded = requestsNeeded
    }
}

/// The question "may the release get more traffic?".
public enum NextStage {
    /// Rises whenever the same evidence would give another answer.
    public static let ruleVersion = 1
    /// How long an answer holds: a week, as a stage lasts hours or days and its verdict stands.
    public static let validMillis: Millis = 7 * 86_400_000

    /// Decides for one stage.
    public static func decide(_ stage: StageEvidence) -> Decision {
        let verdict: DecisionVerdict =
            switch stage.word {
            case .promote: .go
            case .hold: .hold
            case .reject: .rollBack
            case .notEnoughData: .notEnoughData
            }
        let share = numberText(stage.share * 100, .plain) + " %"
        let arguments = [
            "release": stage.release, "version": stage.version, "share": share,
            "requests": String(stage.requests),
            "more": stage.requestsNeeded.map(String.init) ?? "?",
        ]
        let link = "/rehearsals?release=\(stage.release)"
        return Decision(
            name: .nextStage, subject: "\(stage.release) \(stage.version) · \(share)",
            askedAt: stage.since, expiresAt: stage.since + validMillis, verdict: verdict,
            recommendation: Phrase("decision.next_stage.recommend.\(verdict.rawValue)", arguments),
            reasons: stage.reasons.map { DecisionReason($0, link: link) }, missing: [], flip: nil,
            confidence: stage.word == .notEnoughData ? .low : stage.word == .hold ? .medium : .high,
            chance: nil, snapshot: snapshot(stage))
    }

    private static func snapshot(_ stage: StageEvidence) -> DecisionSnapshot {
        var json = JSONWriter()
        json.beginObject()
        json.field("release", stage.release)
        json.field("version", stage.version)
        json.field("share", stage.share)
        json.field("start", stage.start)
        json.field("word", stage.word.rawValue)
        json.endObject()
        var digest = Digest()
        let inputs = String(decoding: json.bytes, as: UTF8.self)
        digest.add(inputs)
        return DecisionSnapshot(
            ruleVersion: ruleVersion, dataUntil: stage.since, eventCount: stage.requests,
            eventsDigest: digest.text, inputs: inputs)
    }
}
