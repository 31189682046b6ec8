// DevLake's incoming webhooks, so that who sends to DevLake can send here: deployments, issues and
// pull requests, told apart by the path, else by their fields. Old clients send snake_case.

internal import Basics
internal import Bytes

extension Reading {
    mutating func devlake(_ json: JSON) {
        let path = delivery.subpath
        if path.hasPrefix("issue/"), path.hasSuffix("/close") {
            let key = String(path.dropFirst(6).dropLast(6))
            add(
                .incident, "incident/\(key)/resolved", at: delivery.receivedAt,
                ["incident": .text(key), "action": .text("resolved")])
        } else if path.hasPrefix("deployments") || json.at("deploymentCommits") != nil
            || json.at("deployment_commits") != nil
        {
            devlakeDeployment(json)
        } else if path.hasPrefix("pull_requests") || json.at("pullRequestKey") != nil {
            devlakePull(json)
        } else if either(json, "issueKey") != nil {
            devlakeIssue(json)
        } else {
            ignore("unknown")
        }
    }

    /// A field in camelCase or snake_case.
    private func either(_ json: JSON, _ name: String) -> String? {
        if let found = json.word(name) { return found }
        var snake = ""
        for character in name {
            if character.isUppercase { snake += "_" }
            snake += character.lowercased()
        }
        return json.word(snake)
    }

    private func stamp(_ json: JSON, _ name: String) -> Millis? {
        either(json, name).flatMap(parseStamp)
    }

    private mutating func devlakeDeployment(_ json: JSON) {
        guard let id = either(json, "id") ?? either(json, "pipelineId") else {
            return fault("deployment without an id")
        }
        let commits = json.list("deploymentCommits") + json.list("deployment_commits")
        if commits.isEmpty {
            return fault("deployment \(id.prefix(80)): deploymentCommits is empty")
        }
        let result = either(json, "result") ?? "SUCCESS"
        for commit in commits {
            let repository = either(commit, "repoUrl").map(repositoryName(ofURL:)) ?? ""
            let started = stamp(commit, "startedDate") ?? stamp(json, "startedDate")
            let finished = stamp(commit, "finishedDate") ?? stamp(json, "finishedDate")
            let branch = either(commit, "refName")
            add(
                .deployment, "deployment/\(id)/\(repository)/\(result.lowercased())", at: finished,
                repository: repository,
                [
                    "deployment": .text(id),
                    "environment": environment(either(json, "environment") ?? "PRODUCTION"),
                    "sha": .maybe(either(commit, "commitSha")), "version": .maybe(branch),
                    "status": .text(result == "SUCCESS" ? "success" : "failure"),
                    "started": .maybe(started), "finished": .maybe(finished),
                    "isUnplanned": isHotfixBranch(branch),
                ])
        }
    }

    private mutating func devlakeIssue(_ json: JSON) {
        guard let key = either(json, "issueKey") else { return fault("issue without issueKey") }
        let author = Identity(
            login: either(json, "creatorId") ?? "", name: either(json, "creatorName") ?? "")
        let assignee = Identity(
            login: either(json, "assigneeId") ?? "", name: either(json, "assigneeName") ?? "")
        actor(author)
        let created = stamp(json, "createdDate")
        let ended = stamp(json, "resolutionDate") ?? stamp(json, "updatedDate")
        let isDone = either(json, "status") == "DONE"
        let type = either(json, "type")?.lowercased()
        func put(_ action: String, _ time: Millis?) {
            if type == "incident" {
                add(
                    .incident, "incident/\(key)/\(action)", at: time, by: author,
                    [
                        "incident": .text(key), "action": .text(action),
                        "severity": .maybe(either(json, "severity")),
                        "title": title(either(json, "title")),
                    ])
                return
            }
            let isEnd = action == "resolved"
            add(
                .workItem, "item/\(key)/\(isEnd ? "closed" : "created")", at: time, by: author,
                [
                    "item": .text(key), "action": .text(isEnd ? "moved" : "created"),
                    "type": .maybe(type), "isDone": .bool(isEnd),
                    "stage": .maybe(either(json, "originalStatus") ?? either(json, "status")),
                    "estimate": .maybe(either(json, "storyPoint").flatMap(Double.init)),
                    "priority": .maybe(either(json, "priority")),
                    "parent": .maybe(either(json, "parentIssueKey")), "assignee": person(assignee),
                    "title": title(either(json, "title")),
                ])
        }
        put("opened", created)
        if isDone { put("resolved", ended ?? delivery.receivedAt) }
    }

    private mutating func devlakePull(_ json: JSON) {
        guard let number = either(json, "pullRequestKey") else { return fault("no pullRequestKey") }
        let repository = repositoryName(ofURL: either(json, "baseRepoId") ?? "")
        let name = either(json, "url").map(pullRepository) ?? repository
        let author = Identity(
            login: either(json, "authorId") ?? "", name: either(json, "authorName") ?? "")
        let merger = Identity(
            login: either(json, "mergedById") ?? "", name: either(json, "mergedByName") ?? "")
        func put(_ action: String, _ time: Millis?, _ who: Identity) {
            add(
                .change, "change/\(name)/\(number)/\(action)", at: time, repository: name, by: who,
                [
                    "change": .text(number), "action": .text(action),
                    "branch": .maybe(either(json, "headRef")),
                    "target": .maybe(either(json, "baseRef")),
                    "isDraft": .maybe(json.flag("isDraft")),
                    "sha": action == "merged" ? .maybe(either(json, "mergeCommitSha")) : nil,
                    "added": .maybe(json.amount("additions")),
                    "deleted": .maybe(json.amount("deletions")),
                    "title": title(either(json, "displayTitle")),
                ])
        }
        put("opened", stamp(json, "createdDate"), author)
        if let merged = stamp(json, "mergedDate") {
            put("merged", merged, merger)
        } else if let closed = stamp(json, "closedDate") {
            put("closed", closed, merger)
        }
    }

    /// `https://github.com/org/repo/pull/1` is of `org/repo`.
    private func pullRepository(_ url: String) -> String {
        repositoryName(ofURL: url).split(separator: "/").prefix(2).joined(separator: "/")
    }
}
