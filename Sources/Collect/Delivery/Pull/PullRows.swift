// Rows of the senders' APIs as events; the same functions as for hooks wherever the shapes agree.

internal import Basics
internal import Bytes

extension Reading {
    mutating func pulled(_ list: PullResource, _ row: JSON, _ project: String) {
        switch list {
        case .githubCommits:
            pulledCommit(
                row, sha: row.word("sha"), parents: row.list("parents").map { $0.word("sha") },
                project, message: row.word("commit.message"),
                authored: row.stamp("commit.author.date"),
                committed: row.stamp("commit.committer.date"),
                by: Identity(row.at("author")) ?? Identity(row.at("commit.author")))
        case .gitlabCommits:
            pulledCommit(
                row, sha: row.word("id"), parents: row.list("parent_ids").map(\.text), project,
                message: row.word("message") ?? row.word("title"),
                authored: row.stamp("authored_date"), committed: row.stamp("committed_date"),
                by: Identity(
                    name: row.word("author_name") ?? "", email: row.word("author_email") ?? ""))
        case .githubPulls: githubPull(row, action: "", project, by: nil)
        case .githubIssues:
            guard row.at("pull_request") == nil, let number = row.word("number") else { return }
            githubIssueItem(row, "\(project)#\(number)", number, project)
        case .githubRuns: githubRun(row, project)
        case .githubDeployments: pulledDeployment(row, [], project)
        case .githubReleases:
            if row.flag("draft") == true { return }
            add(
                .release, "release/\(project)/\(row.word("tag_name") ?? "")",
                at: row.stamp("published_at") ?? row.stamp("created_at"), repository: project,
                by: Identity(row.at("author")), ["version": .maybe(row.word("tag_name"))])
        case .gitlabRequests: gitlabRequest(row, project, by: nil)
        case .gitlabIssues: gitlabIssue(row, row, project, by: Identity(row.at("author")))
        case .gitlabPipelines: gitlabBuild(row, project, by: Identity(row.at("user")))
        case .gitlabDeployments: gitlabPulledDeployment(row, project)
        case .jiraSprints: jiraPulledSprint(row)
        case .jiraIssues: jiraPulledIssue(row)
        case .jenkinsBuilds: jenkinsPulledBuild(row, project)
        }
    }

    /// A commit of an API, which unlike a push tells the parents.
    ///
    /// An event of its own, so that a push that came before it does not hide them; by its sha it
    /// is the same commit.
    private mutating func pulledCommit(
        _ row: JSON, sha: String?, parents: [String?], _ project: String, message: String?,
        authored: Millis?, committed: Millis?, by author: Identity?
    ) {
        guard let sha else { return fault("commit without an id") }
        let message = CommitMessage(message ?? "")
        let known = parents.compactMap { $0 }
        let isWhole = known.count == parents.count
        add(
            .commit, "commit/\(project)/\(sha)/pulled", at: committed, repository: project,
            by: author,
            [
                "sha": .text(sha), "parents": .number(Double(parents.count)),
                "parentShas": isWhole ? .list(known) : nil, "authored": .maybe(authored),
                "committed": .maybe(committed), "change": .maybe(message.change),
                "isRevert": message.isRevert ? .bool(true) : nil,
                "isFix": message.isFix ? .bool(true) : nil,
            ])
    }

    /// A deployment of GitHub's API with its states.
    mutating func pulledDeployment(_ row: JSON, _ states: [JSON], _ project: String) {
        githubPipeline(.object([("deployment", row)]), "deployment", "", project)
        for state in states {
            githubPipeline(
                .object([("deployment", row), ("deployment_status", state)]), "deployment_status",
                "",
                project)
        }
    }

    private mutating func gitlabPulledDeployment(_ row: JSON, _ project: String) {
        let words = [
            "success": "success", "failed": "failure", "canceled": "failure", "running": "started",
            "created": "started",
        ]
        guard let status = words[row.word("status") ?? ""], let id = row.word("id") else {
            return ignore("deployment.\(row.word("status") ?? "")")
        }
        let started = row.stamp("deployable.started_at") ?? row.stamp("created_at")
        let finished = row.stamp("deployable.finished_at") ?? row.stamp("updated_at")
        add(
            .deployment, "deployment/\(project)/\(id)/\(status)",
            at: status == "started" ? started : finished, repository: project,
            by: Identity(row.at("user")),
            [
                "deployment": .text(id), "environment": environment(row.word("environment.name")),
                "sha": .maybe(row.word("sha")), "version": .maybe(row.word("ref")),
                "status": .text(status), "started": .maybe(started),
                "finished": status == "started" ? nil : .maybe(finished),
                "isUnplanned": isHotfixBranch(row.word("ref")),
            ])
    }

    private mutating func jiraPulledSprint(_ row: JSON) {
        if row.word("state") != "future" {
            jiraIteration(
                row, "started", at: row.stamp("activatedDate") ?? row.stamp("startDate"))
        }
        if let closed = row.stamp("completeDate") { jiraIteration(row, "closed", at: closed) }
    }

    private mutating func jiraPulledIssue(_ row: JSON) {
        guard let key = row.word("key"), let fields = row.at("fields") else {
            return fault("issue without a key")
        }
        for path in ["assignee", "reporter", "creator"] { actor(Identity(fields.at(path))) }
        var facts = jiraFacts(key, fields)
        var first = facts
        first["action"] = .text("created")
        first.merge(jiraBeginning(row, fields)) { $1 }
        first["isDone"] = .bool(false)
        add(
            .workItem, "item/\(key)/created", at: fields.stamp("created"),
            by: Identity(fields.at("creator")), first)
        // What is true now is not what was true then: a change carries its own stage and assignee.
        let now = ["stage": facts["stage"] ?? nil, "isDone": facts["isDone"] ?? nil]
        for name in ["stage", "isDone", "assignee", "priority"] { facts[name] = nil as EventValue? }
        for history in row.list("changelog.histories") {
            let author = Identity(history.at("author"))
            var known = facts
            let items = history.list("items")
            let stages = items.filter { $0.word("field") == "status" }.compactMap {
                $0.word("toString")
            }
            if let stage = stages.last, now["stage"] == .some(.text(stage)) {
                known.merge(now) { $1 }
            }
            jiraChanges(
                items, id: history.word("id") ?? "", key: key, facts: known,
                at: history.stamp("created"), by: author)
        }
    }

    private mutating func jenkinsPulledBuild(_ row: JSON, _ project: String) {
        guard let number = row.word("number") else { return fault("build without a number") }
        // With a result it is over, even while its last steps still run.
        let words = [
            "SUCCESS": "success", "UNSTABLE": "unstable", "FAILURE": "failure",
            "ABORTED": "aborted", "NOT_BUILT": "not_built", "NOT_BUILD": "not_built",
        ]
        guard let status = words[row.word("result") ?? ""] else {
            return ignore("build.\(row.word("result") ?? "without_result")")
        }
        let job = project.split(separator: "/").filter { $0 != "job" }.joined(separator: "/")
        let revision = row.list("actions").first { $0.at("lastBuiltRevision") != nil }
        let remote = revision?.word("remoteUrls.0").map(repositoryName(ofURL:)) ?? ""
        let branch = revision?.word("lastBuiltRevision.branch.0.name").map {
            $0.replacing("refs/remotes/", with: "").replacing("origin/", with: "")
        }
        let started = row.stamp("timestamp")
        let duration = row.amount("duration") ?? 0
        let finished = started.map { $0 + Millis(duration) }
        let key = row.word("url") ?? "\(job)/\(number)"
        add(
            .build, "build/\(key)/\(status)", at: finished, repository: remote,
            [
                "build": .text("\(job.split(separator: "/").last ?? "")#\(number)"),
                "job": .text(job),
                "branch": .maybe(branch), "sha": .maybe(revision?.word("lastBuiltRevision.SHA1")),
                "status": .text(status), "started": .maybe(started), "finished": .maybe(finished),
                "durationMillis": .number(duration),
            ])
    }
}
