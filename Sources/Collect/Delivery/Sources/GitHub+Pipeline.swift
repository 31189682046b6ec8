// GitHub's builds and deployments. A job of a workflow is a build with the field `pipeline`, so that
// whoever counts builds can leave parts out. Creating a deployment is not its success; `inactive` is
// what an older deployment becomes when a newer one succeeds, and says nothing.

internal import Basics
internal import Bytes

extension Reading {
    mutating func githubPipeline(
        _ json: JSON, _ name: String, _ action: String, _ repository: String
    ) {
        switch name {
        case "workflow_run":
            if let run = json.at("workflow_run") { githubRun(run, repository) }
        case "workflow_job": githubJob(json, repository)
        case "check_suite" where action == "completed":
            // Actions' own suites are the workflow runs again.
            if json.word("check_suite.app.slug") == "github-actions" {
                return ignore("check_suite.github-actions")
            }
            let id = json.word("check_suite.id") ?? ""
            let status = githubStatus("completed", json.word("check_suite.conclusion"))
            add(
                .build, "build/\(repository)/suite-\(id)/\(status)",
                at: json.stamp("check_suite.updated_at"), repository: repository,
                by: Identity(json.at("sender")),
                [
                    "build": .text("suite-\(id)"), "job": .maybe(json.word("check_suite.app.slug")),
                    "branch": .maybe(json.word("check_suite.head_branch")),
                    "sha": .maybe(json.word("check_suite.head_sha")), "status": .text(status),
                    "started": .maybe(json.stamp("check_suite.created_at")),
                    "finished": .maybe(json.stamp("check_suite.updated_at")),
                ])
        case "status":
            let words = ["success": "success", "failure": "failure", "error": "failure"]
            let status = words[json.word("state") ?? ""] ?? "running"
            let job = json.word("context") ?? "default"
            add(
                .build, "build/\(repository)/status-\(json.word("id") ?? "")/\(status)",
                at: json.stamp("updated_at"), repository: json.word("name") ?? repository,
                by: Identity(json.at("sender")),
                [
                    "build": .text("status-\(json.word("sha") ?? "")-\(job)"), "job": .text(job),
                    "sha": .maybe(json.word("sha")), "status": .text(status),
                    "branch": .maybe(json.word("branches.0.name")),
                ])
        case "deployment", "deployment_status": githubDeployment(json, repository)
        default: ignore("\(name).\(action)")
        }
    }

    /// A workflow run as the hook and the REST API show it.
    mutating func githubRun(_ run: JSON, _ repository: String) {
        guard let id = run.word("id") else { return fault("workflow run without an id") }
        let attempt = run.word("run_attempt") ?? "1"
        let status = githubStatus(run.word("status") ?? "", run.word("conclusion"))
        let isOver = !["queued", "running"].contains(status)
        let created = run.stamp("created_at")
        let started = run.stamp("run_started_at") ?? created
        let updated = run.stamp("updated_at")
        let time = isOver ? updated : status == "running" ? started : created
        for path in ["head_commit.author", "head_commit.committer"] {
            actor(Identity(run.at(path)))
        }
        add(
            .build, "build/\(repository)/\(id)/\(attempt)/\(status)", at: time ?? updated,
            repository: repository, by: Identity(run.at("actor")),
            [
                "build": .text(id), "job": .maybe(run.word("name") ?? run.word("path")),
                "branch": .maybe(run.word("head_branch")), "sha": .maybe(run.word("head_sha")),
                "status": .text(status), "started": .maybe(started),
                "finished": isOver ? .maybe(updated) : nil, "attempt": .maybe(Double(attempt)),
                "durationMillis": isOver ? .maybe(span(started, updated)) : nil,
            ])
    }

    private mutating func githubJob(_ json: JSON, _ repository: String) {
        guard let job = json.at("workflow_job"), let id = job.word("id") else { return }
        let status = githubStatus(job.word("status") ?? "", job.word("conclusion"))
        let (created, started) = (job.stamp("created_at"), job.stamp("started_at"))
        let finished = job.stamp("completed_at")
        let time = status == "queued" ? created ?? started : finished ?? started ?? created
        let parts = [job.word("workflow_name"), job.word("name")].compactMap { $0 }
        add(
            .build, "build/\(repository)/job-\(id)/\(status)", at: time, repository: repository,
            by: Identity(json.at("sender")),
            [
                "build": .text("job-\(id)"), "pipeline": .maybe(job.word("run_id")),
                "job": .text(parts.joined(separator: " / ")),
                "branch": .maybe(job.word("head_branch")), "sha": .maybe(job.word("head_sha")),
                "status": .text(status), "started": .maybe(started), "finished": .maybe(finished),
                "queuedMillis": .maybe(span(created, started)),
                "durationMillis": .maybe(span(started, finished)),
                "attempt": .maybe(job.amount("run_attempt")),
            ])
    }

    private mutating func githubDeployment(_ json: JSON, _ repository: String) {
        guard let deployment = json.at("deployment"), let id = deployment.word("id") else {
            return fault("deployment without an id")
        }
        let words = [
            "success": "success", "failure": "failure", "error": "failure",
            "in_progress": "started", "queued": "started", "pending": "started",
        ]
        let state = json.word("deployment_status.state")
        guard let status = words[state ?? "pending"] else {
            return ignore("deployment_status.\(state ?? "")")
        }
        let created = deployment.stamp("created_at")
        let time = state == nil ? created : json.stamp("deployment_status.created_at")
        let isOver = status != "started"
        let name =
            json.word("deployment_status.environment") ?? deployment.word("environment")
        add(
            .deployment, "deployment/\(repository)/\(id)/\(status)", at: time,
            repository: repository,
            by: Identity(json.at("deployment_status.creator"))
                ?? Identity(deployment.at("creator")),
            [
                "deployment": .text(id), "environment": environment(name),
                "sha": .maybe(deployment.word("sha")), "version": .maybe(deployment.word("ref")),
                "status": .text(status), "started": .maybe(created),
                "finished": isOver ? .maybe(time) : nil,
                "isUnplanned": isHotfixBranch(deployment.word("ref")),
            ])
    }

    /// The status of a build in Martlet's words.
    private func githubStatus(_ status: String, _ conclusion: String?) -> String {
        switch (status.lowercased(), conclusion?.lowercased() ?? "") {
        case (_, "success"): "success"
        case (_, "neutral"), (_, "action_required"): "unstable"
        case (_, "failure"), (_, "timed_out"), (_, "startup_failure"): "failure"
        case (_, "cancelled"), (_, "stale"): "aborted"
        case (_, "skipped"): "not_built"
        case ("in_progress", _): "running"
        case ("completed", _): "unstable"
        default: "queued"
        }
    }

    /// The milliseconds between two moments; nil when one is missing or they are out of order.
    func span(_ from: Millis?, _ to: Millis?) -> Double? {
        guard let from, let to, to >= from else { return nil }
        return Double(to - from)
    }
}
