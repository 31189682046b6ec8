// GitLab: pushes, merge requests, notes, issues, pipelines, jobs, deployments, releases. Five
// spellings of time occur; a deployment carries only a short sha, the whole one stands at the end of
// `commit_url`; `commits` is capped at 20, the rest comes by pull or import.

internal import Basics
internal import Bytes

extension Reading {
    mutating func gitlab(_ json: JSON) {
        let repository =
            json.word("project.path_with_namespace") ?? json.word("project_name")
            ?? json.word("repository.name") ?? ""
        let user = gitlabUser(json)
        for path in [
            "commit.author", "object_attributes.last_commit.author",
            "merge_request.last_commit.author",
            "assignee", "assignees.0", "reviewers.0",
        ] {
            actor(Identity(json.at(path)))
        }
        let name = json.word("object_kind") ?? json.word("event_name") ?? gitlabName(json)
        switch name {
        case "push": gitlabPush(json, repository)
        case "merge_request":
            if let request = json.at("object_attributes") {
                gitlabRequest(request, repository, by: user, old: json.word("oldrev"))
            }
        case "note": gitlabNote(json, repository, by: user)
        case "issue", "work_item":
            if let issue = json.at("object_attributes") {
                gitlabIssue(issue, json, repository, by: user)
            }
        case "pipeline": gitlabPipeline(json, repository, by: user)
        case "build", "job": gitlabJob(json, repository, by: user)
        case "deployment": gitlabDeployment(json, repository, by: user)
        case "release" where json.word("action") != "delete":
            add(
                .release, "release/\(repository)/\(json.word("tag") ?? "")",
                at: json.stamp("released_at") ?? json.stamp("created_at"), repository: repository,
                by: user,
                ["version": .maybe(json.word("tag")), "sha": .maybe(json.word("commit.id"))])
        default: ignore(name)
        }
    }

    /// Pushes name their user in fields of their own.
    private func gitlabUser(_ json: JSON) -> Identity? {
        if let user = Identity(json.at("user")) { return user }
        let identity = Identity(
            login: json.word("user_username") ?? "", name: json.word("user_name") ?? "",
            email: json.word("user_email") ?? "")
        return identity.key.isEmpty ? nil : identity
    }

    private func gitlabName(_ json: JSON) -> String {
        let ref = json.word("ref") ?? ""
        return ref.hasPrefix("refs/tags/") ? "tag_push" : ref.isEmpty ? "unknown" : "push"
    }

    private mutating func gitlabPush(_ json: JSON, _ repository: String) {
        actor(gitlabUser(json))
        let zeros = String(repeating: "0", count: 40)
        if json.word("after") == zeros { return ignore("push.deleted") }
        let commits = json.list("commits")
        if let total = json.amount("total_commits_count"), Int(total) > commits.count {
            ignore("push.capped_commits")
        }
        for commit in commits {
            pushedCommit(
                commit, sha: commit.word("id"), branch: branchName(json.word("ref")), repository,
                isNew: true)
        }
    }

    /// A merge request as the hook and the REST API show it.
    mutating func gitlabRequest(
        _ request: JSON, _ repository: String, by user: Identity?, old: String? = nil
    ) {
        guard let number = request.word("iid") ?? request.word("id") else {
            return fault("merge request without a number")
        }
        let isDraft = request.flag("draft") ?? request.flag("work_in_progress")
        func put(_ action: String, _ id: String, _ time: Millis?, _ who: Identity?) {
            add(
                .change, "change/\(repository)/\(number)/\(id)", at: time, repository: repository,
                by: who,
                [
                    "change": .text(number), "action": .text(action),
                    "branch": .maybe(request.word("source_branch")),
                    "target": .maybe(request.word("target_branch")), "isDraft": .maybe(isDraft),
                    "sha": action == "merged" ? .maybe(request.word("merge_commit_sha")) : nil,
                    "title": title(request.word("title")),
                ])
        }
        let action = request.word("action") ?? ""
        let updated = request.stamp("updated_at")
        // The hook of another action names whoever acted, not the author.
        let author = Identity(request.at("author")) ?? (action == "open" ? user : nil)
        if author != nil { put("opened", "opened", request.stamp("created_at"), author) }
        switch action {
        case "open", "": break
        case "merge": put("merged", "merged", request.stamp("merged_at") ?? updated, user)
        case "close": put("closed", gitlabClosing(updated), updated, user)
        case "reopen": put("reopened", "reopened/\(updated ?? 0)", updated, user)
        case "update": put("updated", "updated/\(updated ?? 0)", updated, user)
        case "approved", "approval":
            add(
                .review, "review/\(repository)/\(number)/approved/\(updated ?? 0)", at: updated,
                repository: repository, by: user,
                ["change": .text(number), "state": .text("approved")])
        default: ignore("merge_request.\(action)")
        }
        if action.isEmpty, let merged = request.stamp("merged_at") {
            put("merged", "merged", merged, Identity(request.at("merged_by")))
        } else if action.isEmpty, let closed = request.stamp("closed_at") {
            put("closed", gitlabClosing(closed), closed, Identity(request.at("closed_by")))
        }
    }

    /// The hook has only `updated_at`, some milliseconds after the API's `closed_at`; one minute is one
    /// closing.
    private func gitlabClosing(_ time: Millis?) -> String { "closed/\((time ?? 0) / 60_000)" }

    private mutating func gitlabNote(_ json: JSON, _ repository: String, by user: Identity?) {
        let type = json.word("object_attributes.noteable_type") ?? ""
        guard type == "MergeRequest", json.flag("object_attributes.system") != true else {
            return ignore("note.\(type)")
        }
        add(
            .review, "review/\(repository)/note-\(json.word("object_attributes.id") ?? "")",
            at: json.stamp("object_attributes.created_at"), repository: repository, by: user,
            [
                "change": .maybe(json.word("merge_request.iid")), "state": .text("commented"),
                "comments": .number(1),
            ])
    }

    /// An issue as the hook and the REST API show it.
    mutating func gitlabIssue(
        _ issue: JSON, _ json: JSON, _ repository: String, by user: Identity?
    ) {
        guard let number = issue.word("iid") else { return fault("issue without a number") }
        let key = "\(repository)#\(number)"
        let labels = (json.list("labels") + issue.list("labels")).compactMap {
            ($0.word("title") ?? $0.text)?.lowercased()
        }
        let declared = issue.word("type")?.lowercased() ?? issue.word("issue_type") ?? "issue"
        let isBug = labels.contains { $0.contains("bug") }
        let isIncident = declared == "incident" || labels.contains("incident")
        let isClosed = issue.word("state") == "closed"
        let updated = issue.stamp("updated_at")
        let assignee = Identity(json.at("assignees.0")) ?? Identity(json.at("assignee"))
        let facts: [String: EventValue?] = [
            "item": .text(key),
            "type": .text(isBug ? "bug" : declared == "issue" ? "task" : declared),
            "isDone": .bool(isClosed), "stage": .text(isClosed ? "closed" : "open"),
            "estimate": .maybe(issue.amount("weight")),
            "iteration": .maybe(issue.word("iteration_id") ?? issue.word("milestone_id")),
            "assignee": person(assignee), "title": title(issue.word("title")),
        ]
        func put(_ action: String, _ id: String, _ time: Millis?, _ more: [String: EventValue?]) {
            let fields = facts.merging(more) { $1 }
            add(
                .workItem, "item/\(key)/\(id)", at: time, repository: repository, by: user,
                fields.merging(["action": .text(action)]) { $1 })
        }
        let open: [String: EventValue?] = ["stage": .text("open"), "isDone": .bool(false)]
        let created = issue.stamp("created_at")
        put("created", "created", created, open)
        let closed = issue.stamp("closed_at") ?? (isClosed ? updated : nil)
        switch issue.word("action") {
        case "open": break
        case "reopen":
            put("moved", "reopened/\(updated ?? 0)", updated, ["fromStage": .text("closed")])
        case "update": put("updated", "updated/\(updated ?? 0)", updated, [:])
        case "close", nil:
            if let closed {
                put("moved", gitlabClosing(closed), closed, ["fromStage": .text("open")])
            }
        case .some(let other): ignore("issue.\(other)")
        }
        guard isIncident else { return }
        func incident(_ action: String, _ time: Millis?) {
            add(
                .incident, "incident/\(key)/\(action)/\(time ?? 0)", at: time,
                repository: repository,
                [
                    "incident": .text(key), "action": .text(action),
                    "severity": .maybe(issue.word("severity")), "title": title(issue.word("title")),
                ])
        }
        incident("opened", created)
        if let closed, isClosed { incident("resolved", closed) }
    }
}
