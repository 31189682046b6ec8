// GitLab's pipelines, jobs and deployments.

internal import Basics
internal import Bytes

extension Reading {
    mutating func gitlabPipeline(_ json: JSON, _ repository: String, by user: Identity?) {
        guard let pipeline = json.at("object_attributes") else { return }
        gitlabBuild(pipeline, repository, by: user)
    }

    /// A pipeline as the hook and the REST API show it; durations come in seconds.
    mutating func gitlabBuild(_ pipeline: JSON, _ repository: String, by user: Identity?) {
        guard let id = pipeline.word("id") else { return fault("pipeline without an id") }
        let status = gitlabStatus(pipeline.word("status"))
        let created = pipeline.stamp("created_at")
        let started = pipeline.stamp("started_at") ?? created
        let finished =
            ["queued", "running"].contains(status)
            ? nil : pipeline.stamp("finished_at") ?? pipeline.stamp("updated_at")
        add(
            .build, "build/\(repository)/\(id)/\(status)", at: finished ?? started,
            repository: repository, by: user,
            [
                "build": .text(id), "job": .maybe(pipeline.word("name")),
                "branch": .maybe(pipeline.word("ref")), "sha": .maybe(pipeline.word("sha")),
                "status": .text(status), "started": .maybe(started), "finished": .maybe(finished),
                "durationMillis": .maybe(pipeline.amount("duration").map { $0 * 1000 }),
                "queuedMillis": .maybe(pipeline.amount("queued_duration").map { $0 * 1000 }),
            ])
    }

    mutating func gitlabJob(_ json: JSON, _ repository: String, by user: Identity?) {
        guard let id = json.word("build_id") else { return fault("job without an id") }
        let status = gitlabStatus(json.word("build_status"))
        let started = json.stamp("build_started_at")
        let finished = json.stamp("build_finished_at")
        // A job that is only created has no time in old versions: then it counts as it came.
        let time =
            finished ?? started ?? json.stamp("build_created_at") ?? json.stamp(
                "commit.finished_at")
            ?? delivery.receivedAt
        add(
            .build, "build/\(repository)/job-\(id)/\(status)", at: time, repository: repository,
            by: user,
            [
                "build": .text("job-\(id)"),
                "pipeline": .maybe(json.word("pipeline_id") ?? json.word("commit.id")),
                "job": .maybe(json.word("build_name")), "branch": .maybe(json.word("ref")),
                "sha": .maybe(json.word("sha")), "status": .text(status),
                "started": .maybe(started), "finished": .maybe(finished),
                "durationMillis": .maybe(json.amount("build_duration").map { $0 * 1000 }),
                "queuedMillis": .maybe(json.amount("build_queued_duration").map { $0 * 1000 }),
            ])
    }

    mutating func gitlabDeployment(_ json: JSON, _ repository: String, by user: Identity?) {
        let words = [
            "success": "success", "failed": "failure", "canceled": "failure", "running": "started",
            "created": "started",
        ]
        guard let status = words[json.word("status") ?? ""], let id = json.word("deployment_id")
        else { return ignore("deployment.\(json.word("status") ?? "")") }
        let time = json.stamp("status_changed_at")
        let sha = json.word("commit_url")?.split(separator: "/").last.map(String.init)
        let branch = branchName(json.word("ref"))
        add(
            .deployment, "deployment/\(repository)/\(id)/\(status)", at: time,
            repository: repository, by: user,
            [
                "deployment": .text(id), "environment": environment(json.word("environment")),
                "sha": .maybe(sha ?? json.word("short_sha")), "version": .maybe(branch),
                "status": .text(status), "finished": status == "started" ? nil : .maybe(time),
                "started": status == "started" ? .maybe(time) : nil,
                "isUnplanned": isHotfixBranch(branch),
            ])
    }

    private func gitlabStatus(_ word: String?) -> String {
        switch word {
        case "success": "success"
        case "failed": "failure"
        case "canceled", "canceling": "aborted"
        case "skipped", "manual": "not_built"
        case "running": "running"
        default: "queued"
        }
    }
}
