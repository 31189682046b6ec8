// A gray release written down and read again, with the trials of its stages.

internal import Basics
internal import Bytes

extension GrayRelease {
    /// The state as JSON, for keeping.
    public func encoded() -> [UInt8] {
        let stages = stages.map { stage -> JSON in
            .object([
                ("share", .exact(stage.share)), ("start", .number(Int(stage.start))),
                ("windows", .number(stage.windows)), ("late", .number(stage.late)),
                ("requests", .number(stage.requests)),
                ("canary_requests", .number(stage.canaryRequests)),
                ("last", stage.last.map { .number(Int($0)) } ?? .null),
                ("since", .number(Int(stage.since))), ("known", .string(stage.known.rawValue)),
                ("ended", stage.ended.map { .string($0.rawValue) } ?? .null),
                ("trial", (try? JSON(stage.trial.encoded())) ?? .null),
            ])
        }
        return JSON.object([
            ("release", .string(release)), ("version", .string(version)),
            ("stages", .array(stages)),
        ]).encoded
    }

    /// Reads what ``encoded()`` wrote.
    public init(decoding bytes: [UInt8], policy: Policy) throws(TrialStateError) {
        let state: JSON
        do { state = try JSON(bytes) } catch { throw TrialStateError(reason: error.description) }
        guard let release = state["release"]?.text, let version = state["version"]?.text else {
            throw TrialStateError(reason: "a release and its version are missing")
        }
        self.init(release: release, version: version, policy: policy)
        for entry in state["stages"]?.items ?? [] {
            guard let share = entry["share"]?.double, let start = entry["start"]?.int,
                let trial = entry["trial"]
            else { throw TrialStateError(reason: "a stage lacks its share, start or trial") }
            func word(_ key: String) -> Verdict? {
                entry[key]?.text.flatMap { Verdict(rawValue: $0) }
            }
            var stage = GrayStage(
                share: share, start: Millis(start),
                trial: try Trial(decoding: trial.encoded, policy: self.policy))
            stage.windows = entry["windows"]?.int ?? 0
            stage.late = entry["late"]?.int ?? 0
            stage.requests = entry["requests"]?.int ?? 0
            stage.canaryRequests = entry["canary_requests"]?.int ?? 0
            stage.last = entry["last"]?.int.map { Millis($0) }
            stage.since = entry["since"]?.int.map { Millis($0) } ?? stage.start
            stage.known = word("known") ?? .notEnoughData
            stage.ended = word("ended")
            stages.append(stage)
        }
    }
}
