// CircleCI's webhooks v2. The commit has two shapes: `pipeline.vcs.revision` where CircleCI itself
// reads the repository (GitHub OAuth, Bitbucket Cloud), `pipeline.trigger_parameters.git.checkout_sha`
// for the app-based connections; in `vcs` every field may be missing.

internal import Basics
internal import Bytes

extension Reading {
    mutating func circleci(_ json: JSON) {
        for path in ["pipeline.vcs.commit.author", "pipeline.vcs.commit.committer"] {
            actor(Identity(json.at(path)))
        }
        let parameters = json.at("pipeline.trigger_parameters") ?? .null
        let provider = parameters.at("gitlab") ?? parameters.at("github_app") ?? .null
        actor(
            Identity(
                login: provider.word("user_username") ?? "",
                name: provider.word("commit_author_name") ?? provider.word("user_name") ?? "",
                email: provider.word("commit_author_email") ?? ""))
        if let name = provider.word("user_name") { actor(Identity(name: name)) }
        let type = json.word("type") ?? delivery.headers["circleci-event-type"] ?? "unknown"
        guard ["workflow-completed", "job-completed"].contains(type) else { return ignore(type) }
        let workflow = json.at("workflow") ?? .null
        let isJob = type == "job-completed"
        let thing = isJob ? json.at("job") ?? .null : workflow
        guard let id = thing.word("id") else { return fault("\(type) without an id") }
        let words = [
            "success": "success", "failed": "failure", "error": "failure",
            "unauthorized": "failure", "canceled": "aborted", "not_run": "not_built",
        ]
        let status = words[thing.word("status") ?? ""] ?? "failure"
        let repository = circleRepository(json)
        let started = thing.stamp("started_at") ?? thing.stamp("created_at")
        let finished = thing.stamp("stopped_at") ?? json.stamp("happened_at")
        let sha =
            json.word("pipeline.vcs.revision") ?? parameters.word("git.checkout_sha")
            ?? provider.word("checkout_sha")
        let branch =
            json.word("pipeline.vcs.branch") ?? parameters.word("git.branch")
            ?? provider.word("branch")
        add(
            .build, "build/\(isJob ? "job-" : "")\(id)/\(status)", at: finished,
            repository: repository,
            [
                "build": .text(isJob ? "job-\(id)" : id), "job": .maybe(thing.word("name")),
                "pipeline": isJob ? .maybe(workflow.word("id")) : nil, "branch": .maybe(branch),
                "sha": .maybe(sha), "status": .text(status), "started": .maybe(started),
                "finished": .maybe(finished), "durationMillis": .maybe(span(started, finished)),
                "queuedMillis": isJob
                    ? .maybe(span(workflow.stamp("created_at"), started)) : nil,
            ])
    }

    private func circleRepository(_ json: JSON) -> String {
        let urls = [
            "pipeline.vcs.target_repository_url", "pipeline.vcs.origin_repository_url",
            "pipeline.trigger_parameters.git.checkout_url",
            "pipeline.trigger_parameters.gitlab.repo_url",
        ]
        if let url = urls.lazy.compactMap({ json.word($0) }).first {
            return repositoryName(ofURL: url)
        }
        return json.word("project.name") ?? ""
    }
}
