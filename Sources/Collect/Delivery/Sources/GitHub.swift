// GitHub: pushes, pull requests, reviews, issues, milestones, releases. The event's name stands in a
// header; when that is lost (a file, a proxy) the body tells. A pull request's opening and ending are
// taken from every delivery that shows them, so that a lost one heals itself.

internal import Basics
internal import Bytes

extension Reading {
    mutating func github(_ json: JSON) {
        let repository = json.word("repository.full_name") ?? ""
        let action = json.word("action") ?? ""
        let sender = Identity(json.at("sender"))
        let name = delivery.headers["x-github-event"] ?? githubName(json)
        // Whoever is named may be named in a text.
        for path in ["sender", "pull_request.user", "issue.user"] {
            actor(Identity(json.at(path)))
        }
        switch name {
        case "push": githubPush(json, repository)
        case "pull_request":
            if let pull = json.at("pull_request") {
                githubPull(pull, action: action, repository, by: sender)
            }
        case "pull_request_review": githubReview(json, action, repository)
        case "pull_request_review_comment" where action == "created",
            "issue_comment" where action == "created" && json.at("issue.pull_request") != nil:
            let change = json.word("pull_request.number") ?? json.word("issue.number")
            add(
                .review, "review/\(repository)/comment-\(json.word("comment.id") ?? "")",
                at: json.stamp("comment.created_at"), repository: repository,
                by: Identity(json.at("comment.user")),
                ["change": .maybe(change), "state": .text("commented"), "comments": .number(1)])
        case "issues": githubIssue(json, action, repository, by: sender)
        case "milestone": githubMilestone(json, action, repository)
        case "workflow_run", "workflow_job", "check_suite", "status", "deployment",
            "deployment_status":
            githubPipeline(json, name, action, repository)
        case "release" where ["published", "released"].contains(action):
            add(
                .release, "release/\(repository)/\(json.word("release.tag_name") ?? "")",
                at: json.stamp("release.published_at") ?? json.stamp("release.created_at"),
                repository: repository, by: Identity(json.at("release.author")),
                ["version": .maybe(json.word("release.tag_name"))])
        default: ignore(action.isEmpty ? name : "\(name).\(action)")
        }
    }

    private func githubName(_ json: JSON) -> String {
        let names = [
            "deployment_status", "deployment", "workflow_run", "workflow_job", "check_suite",
            "check_run", "review", "pull_request", "release", "comment", "issue",
            "milestone", "zen",
        ]
        let found = names.first { json.at($0) != nil }
        return switch found {
        case "review": "pull_request_review"
        case "comment":
            json.at("pull_request") == nil ? "issue_comment" : "pull_request_review_comment"
        case "issue": json.at("comment") == nil ? "issues" : "issue_comment"
        case "pull_request" where json.at("comment") != nil: "pull_request_review_comment"
        case "zen": "ping"
        case .some(let name): name
        case nil:
            if json.at("ref") != nil && json.at("pusher") != nil && json.at("after") != nil {
                "push"
            } else if json.at("context") != nil && json.at("state") != nil {
                "status"
            } else {
                "unknown"
            }
        }
    }

    private mutating func githubPush(_ json: JSON, _ repository: String) {
        let ref = json.word("ref") ?? ""
        if ref.hasPrefix("refs/tags/") || json.flag("deleted") == true {
            ignore(json.flag("deleted") == true ? "push.deleted" : "push.tag")
            return
        }
        for commit in json.list("commits") {
            pushedCommit(
                commit, sha: commit.word("id"), branch: branchName(ref), repository,
                isNew: commit.flag("distinct") ?? true)
        }
    }

    /// A commit as GitHub and GitLab push it; both cap the list, the rest comes by pull or import.
    mutating func pushedCommit(
        _ commit: JSON, sha: String?, branch: String?, _ repository: String, isNew: Bool
    ) {
        guard let sha else { return fault("commit without an id") }
        // The same commit on a second branch is no second commit.
        guard isNew else { return ignore("push.known_commit") }
        let message = CommitMessage(commit.word("message") ?? "")
        let files =
            commit.list("added").count + commit.list("removed").count
            + commit.list("modified").count
        actor(Identity(commit.at("committer")))
        add(
            .commit, "commit/\(repository)/\(sha)", at: commit.stamp("timestamp"),
            repository: repository, by: Identity(commit.at("author")),
            [
                "sha": .text(sha), "committed": .maybe(commit.stamp("timestamp")),
                "files": .number(Double(files)), "branch": .maybe(branch),
                "change": .maybe(message.change), "isRevert": message.isRevert ? .bool(true) : nil,
                "isFix": message.isFix ? .bool(true) : nil,
            ])
    }

    /// A pull request as the hook and the REST API show it.
    mutating func githubPull(
        _ pull: JSON, action: String, _ repository: String, by sender: Identity?
    ) {
        guard let number = pull.word("number") else {
            return fault("pull request without a number")
        }
        let author = Identity(pull.at("user"))
        let facts: [String: EventValue?] = [
            "change": .text(number), "branch": .maybe(pull.word("head.ref")),
            "target": .maybe(pull.word("base.ref")), "isDraft": .maybe(pull.flag("draft")),
            "added": .maybe(pull.amount("additions")), "deleted": .maybe(pull.amount("deletions")),
            "files": .maybe(pull.amount("changed_files")), "title": title(pull.word("title")),
        ]
        func put(_ action: String, _ id: String, _ time: Millis?, _ who: Identity?) {
            var fields = facts
            fields["action"] = .text(action)
            if action == "merged" { fields["sha"] = .maybe(pull.word("merge_commit_sha")) }
            add(
                .change, "change/\(repository)/\(number)/\(id)", at: time, repository: repository,
                by: who, fields)
        }
        put("opened", "opened", pull.stamp("created_at"), author)
        if let merged = pull.stamp("merged_at") {
            put("merged", "merged", merged, Identity(pull.at("merged_by")) ?? sender)
        } else if let closed = pull.stamp("closed_at") {
            put("closed", "closed/\(closed)", closed, sender)
        }
        let updated = pull.stamp("updated_at")
        switch action {
        case "opened", "closed", "": break
        case "ready_for_review": put("ready", "ready/\(updated ?? 0)", updated, sender)
        case "reopened": put("reopened", "reopened/\(updated ?? 0)", updated, sender)
        case "synchronize", "edited", "converted_to_draft":
            put("updated", "updated/\(updated ?? 0)", updated, sender)
        default: ignore("pull_request.\(action)")
        }
    }

    private mutating func githubReview(_ json: JSON, _ action: String, _ repository: String) {
        let id = json.word("review.id") ?? ""
        let state = json.word("review.state")?.lowercased() ?? ""
        guard action == "submitted", ["approved", "changes_requested", "commented"].contains(state)
        else { return ignore("pull_request_review.\(action)") }
        add(
            .review, "review/\(repository)/\(id)", at: json.stamp("review.submitted_at"),
            repository: repository, by: Identity(json.at("review.user")),
            ["change": .maybe(json.word("pull_request.number")), "state": .text(state)])
    }
}
