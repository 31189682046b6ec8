// A gray release as the pages read it: its stages with their verdicts, and the figures of each.

internal import Basics
internal import Bytes
internal import Rehearse

extension JSONWriter {
    /// A release with all its stages, the first first.
    mutating func release(_ release: GrayRelease) {
        beginObject()
        field("name", release.release)
        field("version", release.version)
        field("verdict", release.current?.verdict.rawValue ?? Verdict.notEnoughData.rawValue)
        key("failed")
        bool(release.isFailed)
        key("stages")
        beginArray()
        for stage in release.stages { self.stage(stage) }
        endArray()
        endObject()
    }

    private mutating func stage(_ stage: GrayStage) {
        let standing = stage.trial.standing()
        beginObject()
        optional("share", stage.share)
        optionalTime("start", stage.start)
        optionalTime("last", stage.last)
        for (name, count) in [
            ("windows", stage.windows), ("late", stage.late), ("requests", stage.requests),
            ("canary_requests", stage.canaryRequests), ("pairs", standing.pairs),
        ] {
            key(name)
            number(count)
        }
        optional("pairs_needed", standing.pairsNeeded.map(Double.init))
        field("verdict", stage.verdict.rawValue)
        optionalTime("since", stage.since)
        key("over")
        bool(stage.ended != nil)
        key("reasons")
        beginArray()
        for reason in standing.reasons { Serve.write(reason, to: &self) }
        endArray()
        failure(standing)
        metrics(standing, 0)
        endObject()
    }
}
