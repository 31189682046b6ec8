// Builds, test runs and training runs: what a machine said about a commit. A build is one row
// whatever number of notices arrived about it (Jenkins tells of COMPLETED and FINALIZED).

public import Basics

/// A build.
public struct BuildRun: Sendable, Equatable {
    public var key: String
    public var id: String
    public var place: DeliveryPlace
    public var job = ""
    public var branch = ""
    public var sha = ""
    /// queued, running, success, unstable, failure, aborted, not_built.
    public var status = "queued"
    public var started: Millis?
    public var finished: Millis?
    public var queuedMillis: Millis?
    public var durationMillis: Millis?
    public var attempt = 1
    public var time: Millis

    /// Success, unstable or failure; the others say nothing about the code.
    public var isFinished: Bool { ["success", "unstable", "failure"].contains(status) }

    /// Duration as told, else from start to finish; a told 0 (Jenkins before its last notice) is
    /// none.
    public var lengthMillis: Millis? {
        if let durationMillis, durationMillis > 0 { return durationMillis }
        guard let started, let finished, finished > started else { return nil }
        return finished - started
    }
}

extension [String: BuildRun] {
    mutating func apply(_ event: Event) {
        let id = event.text("build") ?? event.id
        let attempt = event.int("attempt") ?? 1
        let key = event.source + "/" + id + (attempt > 1 ? "/\(attempt)" : "")
        var row =
            self[key]
            ?? BuildRun(key: key, id: id, place: DeliveryPlace(event), time: event.time)
        row.place.learn(event)
        row.attempt = attempt
        row.job = event.text("job") ?? row.job
        row.branch = event.text("branch") ?? row.branch
        row.sha = event.text("sha") ?? row.sha
        row.started = event.time("started") ?? row.started
        row.finished = event.time("finished") ?? row.finished
        row.queuedMillis = event.time("queuedMillis") ?? row.queuedMillis
        row.durationMillis = event.time("durationMillis") ?? row.durationMillis
        let wasFinal = row.isFinished || row.status == "aborted" || row.status == "not_built"
        if let status = event.text("status"),
            !(wasFinal && (status == "queued" || status == "running"))
        {
            row.status = status
        }
        row.time = row.finished ?? event.time
        self[key] = row
    }
}

/// The report of one test, coverage or load run.
public struct TestReport: Sendable, Equatable {
    public var id: String
    public var time: Millis
    public var place: DeliveryPlace
    public var suite: String
    public var sha: String
    public var build: String
    public var passed: Double?
    public var failed: Double
    public var errors: Double
    public var skipped: Double
    public var flaky: Double
    public var linesCovered: Double?
    public var linesValid: Double?
    public var branchesCovered: Double?
    public var branchesValid: Double?
    public var label: String?
    public var errorShare: Double?
    public var p95Millis: Double?

    init(_ event: Event) {
        id = event.id
        time = event.time
        place = DeliveryPlace(event)
        suite = event.text("suite") ?? ""
        sha = event.text("sha") ?? ""
        build = event.text("build") ?? ""
        passed = event.number("passed")
        failed = event.number("failed") ?? 0
        errors = event.number("errors") ?? 0
        skipped = event.number("skipped") ?? 0
        flaky = event.number("flaky") ?? 0
        linesCovered = event.number("linesCovered")
        linesValid = event.number("linesValid")
        branchesCovered = event.number("branchesCovered")
        branchesValid = event.number("branchesValid")
        label = event.text("label")
        errorShare = event.number("errorShare")
        p95Millis = event.number("p95Millis")
    }
}

/// One measured point of a training run or an evaluation.
public struct TrainingRun: Sendable, Equatable {
    public var id: String
    public var time: Millis
    public var model: String
    public var version: String
    public var run: String
    public var epoch: Int?
    public var split: String
    public var metric: String
    public var value: Double?

    init(_ event: Event) {
        id = event.id
        time = event.time
        model = event.text("model") ?? ""
        version = event.text("version") ?? ""
        run = event.text("run") ?? ""
        epoch = event.int("epoch")
        split = event.text("split") ?? ""
        metric = event.text("metric") ?? ""
        value = event.number("value")
    }
}
