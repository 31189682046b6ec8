// A gray release written down and read again, with the trials of its stages.

internal import Basics
internal import Bytes

extension GrayRelease {
    /// The state as JSON, for keeping.
    public func encoded() -> [UInt8] {
        let stages = stages.map { stage -> JSON in
            .object([
                ("share", .exact(stage.share)), ("start", .number(Int(stage.start))),
                ("windows", .number(stage.windows)),
                ("verdict", stage.verdict.map { .string($0.rawValue) } ?? .null),
                ("trial", (try? JSON(stage.trial.encoded())) ?? .null),
            ])
        }
        return JSON.object([
            ("release", .string(release)), ("version", .string(version)),
            ("stages", .array(stages)),
        ]).encoded
    }

    /// Reads what ``encoded()`` wrote.
    public init(decoding bytes: [UInt8], policy: Policy, seed: UInt64 = 1) throws(TrialStateError) {
        let state: JSON
        do { state = try JSON(bytes) } catch { throw TrialStateError(reason: error.description) }
        guard let release = state["release"]?.text, let version = state["version"]?.text else {
            throw TrialStateError(reason: "a release and its version are missing")
        }
        self.init(release: release, version: version, policy: policy, seed: seed)
        for entry in state["stages"]?.items ?? [] {
            guard let share = entry["share"]?.double, let start = entry["start"]?.int,
                let trial = entry["trial"]
            else { throw TrialStateError(reason: "a stage lacks its share, start or trial") }
            var stage = GrayStage(
                share: share, start: Millis(start),
                trial: try Trial(decoding: trial.encoded, policy: self.policy))
            stage.windows = entry["windows"]?.int ?? 0
            stage.verdict = entry["verdict"]?.text.flatMap { Verdict(rawValue: $0) }
            stages.append(stage)
        }
    }
}
