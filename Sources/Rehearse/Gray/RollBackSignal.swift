// What a failed stage tells the world, for machines: which version has to go back, at which share, and the
// figures that say so.

public import Basics
public import Bytes

/// What a release wants to be told to the world.
public struct RollBackSignal: Sendable {
    public var release: String
    public var version: String
    public var share: Double
    public var stageStart: Millis
    public var time: Millis
    /// Why, the most telling first.
    public var reasons: [Phrase]
    /// For a webhook: `{"event":"rollback", …}` with the reasons and the figures; times in milliseconds.
    public var payload: JSON

    init(_ release: GrayRelease, _ stage: GrayStage, at time: Millis) {
        let standing = stage.trial.standing()
        let known = standing.json
        self.release = release.release
        version = release.version
        share = stage.share
        stageStart = stage.start
        self.time = time
        reasons = standing.reasons
        payload = .object([
            ("event", .string("rollback")), ("release", .string(release.release)),
            ("version", .string(release.version)), ("share", .exact(stage.share)),
            ("stage_started", .number(Int(stage.start))), ("decided", .number(Int(time))),
            ("verdict", .string(standing.verdict.rawValue)),
            ("reasons", known["reasons"] ?? .array([])),
            ("metrics", known["metrics"] ?? .array([])),
        ])
    }

    /// The same for the same failure, and for no other.
    public var key: String { "rollback/\(release)/\(version)/\(stageStart)/\(time)" }
}
