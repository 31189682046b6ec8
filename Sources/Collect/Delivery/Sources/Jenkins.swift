// Jenkins' Notification plugin. COMPLETED and FINALIZED both come for one build and are one event,
// because the id is made of job, number and status; STARTED has no status; old versions send neither
// duration nor time, then the time of arrival stands in.

internal import Basics
internal import Bytes

extension Reading {
    mutating func jenkins(_ json: JSON) {
        guard let build = json.at("build"), let number = build.word("number"),
            let job = json.word("name") ?? json.word("display_name")
        else { return ignore("unknown") }
        let words = [
            "SUCCESS": "success", "UNSTABLE": "unstable", "FAILURE": "failure",
            "ABORTED": "aborted", "NOT_BUILT": "not_built",
        ]
        let phase = build.word("phase") ?? ""
        let status: String
        switch phase {
        case "QUEUED": status = "queued"
        case "STARTED": status = "running"
        case "COMPLETED", "FINALIZED", "FINISHED":
            guard let word = words[build.word("status") ?? ""] else {
                return ignore("\(phase.lowercased()).without_status")
            }
            status = word
        default: return ignore(phase.isEmpty ? "unknown" : phase.lowercased())
        }
        for name in ["ghprbActualCommitAuthor", "ghprbTriggerAuthor", "ghprbPullAuthorLogin"] {
            if let text = build.word("parameters.\(name)") { actor(Identity(text: text)) }
        }
        let key = build.word("full_url") ?? "\(job)/\(number)"
        // `timestamp` is when the phase began; of a build that is over it is the start.
        let started = build.stamp("timestamp")
        let duration = build.amount("duration")
        let isOver = phase != "QUEUED" && phase != "STARTED"
        var finished: Millis?
        if isOver {
            finished = started.map { $0 + Millis(duration ?? 0) } ?? delivery.receivedAt
        }
        add(
            .build, "build/\(key)/\(status)", at: finished ?? started ?? delivery.receivedAt,
            repository: jenkinsRepository(build.word("scm.url")),
            [
                "build": .text("\(job)#\(number)"), "job": .text(job),
                "branch": .maybe(build.word("scm.branch").map(jenkinsBranch)),
                "sha": .maybe(build.word("scm.commit")), "status": .text(status),
                "started": .maybe(started), "finished": .maybe(finished),
                "durationMillis": isOver && duration != 0 ? .maybe(duration) : nil,
                "change": .maybe(build.word("parameters.ghprbPullId")),
            ])
        if isOver, let tests = build.at("testSummary"), let total = tests.amount("total") {
            let (failed, skipped) = (tests.amount("failed") ?? 0, tests.amount("skipped") ?? 0)
            add(
                .testRun, "tests/\(key)", at: finished,
                repository: jenkinsRepository(build.word("scm.url")),
                [
                    "suite": .text(job), "build": .text("\(job)#\(number)"),
                    "sha": .maybe(build.word("scm.commit")), "failed": .number(failed),
                    "skipped": .number(skipped), "errors": .number(0),
                    "passed": .number(max(0, total - failed - skipped)),
                ])
        }
    }

    private func jenkinsBranch(_ name: String) -> String {
        name.hasPrefix("origin/") ? String(name.dropFirst(7)) : name
    }

    private func jenkinsRepository(_ url: String?) -> String {
        url.map(repositoryName(ofURL:)) ?? ""
    }
}

/// `git@host:org/repo.git` and `https://host/org/repo.git` are `org/repo`.
func repositoryName(ofURL url: String) -> String {
    var rest = url[...]
    if let scheme = rest.firstRange(of: "://") {
        rest = rest[scheme.upperBound...].drop { $0 != "/" }
    } else if let colon = rest.firstIndex(of: ":") {
        rest = rest[rest.index(after: colon)...]
    }
    while rest.first == "/" { rest.removeFirst() }
    while rest.last == "/" { rest.removeLast() }
    if rest.hasSuffix(".git") { rest.removeLast(4) }
    return String(rest)
}
