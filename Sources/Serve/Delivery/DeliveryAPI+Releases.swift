// Releases, and the watches that opened by themselves after them, as the delivery page reads them.

internal import Basics
internal import Bytes
internal import Reason

extension DeliveryQuestion {
    func releases(_ writer: inout JSONWriter) {
        let reports = state.releaseReports(now: now).filter { scope.holds($0.place) }
        let judged = reports.filter { $0.succeeded != nil }
        let good = judged.count { $0.succeeded == true }
        writer.key("releases")
        writer.beginArray()
        // The newest hundred: a page, not an archive.
        for (index, report) in reports.suffix(100).reversed().enumerated() {
            write(report, withWatch: index < 3, &writer)
        }
        writer.endArray()
        writer.optional(
            "success_rate", judged.isEmpty ? nil : Double(good) / Double(judged.count))
        writer.key("judged")
        writer.number(judged.count)
        writer.key("window_seconds")
        writer.seconds(state.settings.releaseWindowMillis)
        writer.key("reference")
        writer.beginObject()
        writer.field("label", "case study")
        writer.optional("value", caseStudySuccessRate)
        writer.endObject()
        writer.list("unrecognised", state.unrecognisedVersions)
    }

    private func write(
        _ report: ReleaseReport, withWatch: Bool, _ writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.field("id", report.key)
        writer.field("version", report.version)
        writer.place(report.place)
        writer.optionalTime("time", report.time)
        writer.optionalTime("released", report.released)
        writer.key("succeeded")
        if let succeeded = report.succeeded { writer.bool(succeeded) } else { writer.null() }
        writer.optionalTime("rolled_back", report.rolledBackAt)
        writer.key("hotfix")
        if let hotfix = report.hotfix { writer.string(hotfix) } else { writer.null() }
        writer.list("incidents", report.incidents)
        writer.list("deployments", report.deployments)
        writer.list("steps", ReleaseRecord.preparations + ReleaseRecord.steps)
        writer.list("missing", report.missingSteps)
        writer.key("told")
        writer.beginObject()
        for (step, evidence) in report.toldSteps.sorted(by: { $0.key < $1.key }) {
            writer.field(step, evidence)
        }
        writer.endObject()
        if withWatch, let watch = state.watch(report, now: now) {
            writer.key("watch")
            write(watch, &writer)
        }
        writer.endObject()
    }

    /// The watches that run, each with its figures before and after.
    func watches(_ writer: inout JSONWriter) {
        writer.key("watches")
        writer.beginArray()
        for watch in state.openWatches(scope: scope, now: now) { write(watch, &writer) }
        writer.endArray()
    }

    private func write(_ watch: ReleaseWatch, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("release", watch.release)
        writer.field("version", watch.version)
        writer.place(watch.place)
        writer.optionalTime("released", watch.released)
        writer.optionalTime("until", watch.released + state.settings.watchMillis)
        writer.key("complete")
        writer.bool(watch.isComplete)
        writer.field("verdict", watch.verdict.rawValue)
        writer.list("overlapping", watch.overlapping)
        writer.key("rows")
        writer.beginArray()
        for row in watch.rows {
            writer.beginObject()
            writer.field("kpi", row.kpi)
            writer.optional("before", row.before)
            writer.optional("after", row.after)
            writer.key("n_before")
            writer.number(row.nBefore)
            writer.key("n_after")
            writer.number(row.nAfter)
            writer.optional("difference", row.difference)
            writer.optional("low", row.interval?.low)
            writer.optional("high", row.interval?.high)
            writer.field("verdict", row.verdict.rawValue)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }
}
