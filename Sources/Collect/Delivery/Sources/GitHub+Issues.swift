// GitHub's issues and milestones as work items and iterations. An issue that carries the label
// `incident` is one too.

internal import Basics
internal import Bytes

extension Reading {
    mutating func githubIssue(
        _ json: JSON, _ action: String, _ repository: String, by sender: Identity?
    ) {
        guard let issue = json.at("issue"), issue.at("pull_request") == nil,
            let number = issue.word("number")
        else { return ignore("issues.\(action)") }
        let key = "\(repository)#\(number)"
        let words = [
            "opened": "created", "closed": "moved", "reopened": "moved", "assigned": "assigned",
            "unassigned": "assigned", "milestoned": "moved", "demilestoned": "moved",
            "labeled": "updated", "unlabeled": "updated", "edited": "updated", "deleted": "deleted",
        ]
        githubIssueItem(issue, key, number, repository)
        if let word = words[action], action != "opened", action != "closed" {
            let time = issue.stamp("updated_at")
            var fields = githubIssueFacts(issue, key)
            fields["action"] = .text(word)
            if action == "demilestoned" {
                fields["fromIteration"] = .maybe(json.word("milestone.number"))
            }
            add(
                .workItem, "item/\(key)/\(action)/\(time ?? 0)", at: time, repository: repository,
                by: sender, fields)
        } else if words[action] == nil, !action.isEmpty {
            ignore("issues.\(action)")
        }
    }

    /// Opening and closing, from any state that is shown; hook and REST API alike.
    mutating func githubIssueItem(
        _ issue: JSON, _ key: String, _ number: String, _ repository: String
    ) {
        var fields = githubIssueFacts(issue, key)
        let author = Identity(issue.at("user"))
        let isIncident = issue.list("labels").contains {
            $0.word("name")?.lowercased() == "incident"
        }
        let incident: [String: EventValue?] = [
            "incident": .text(key), "title": title(issue.word("title")),
        ]
        fields["action"] = .text("created")
        fields["stage"] = .text("open")
        fields["isDone"] = .bool(false)
        let created = issue.stamp("created_at")
        add(
            .workItem, "item/\(key)/created", at: created, repository: repository, by: author,
            fields)
        if isIncident {
            add(
                .incident, "incident/\(key)/opened", at: created, repository: repository,
                by: author,
                incident.merging(["action": .text("opened")]) { $1 })
        }
        guard let closed = issue.stamp("closed_at") else { return }
        fields["action"] = .text("moved")
        fields["fromStage"] = .text("open")
        fields["stage"] = .text("closed")
        fields["isDone"] = .bool(true)
        add(
            .workItem, "item/\(key)/closed/\(closed)", at: closed, repository: repository,
            by: Identity(issue.at("closed_by")), fields)
        if isIncident {
            add(
                .incident, "incident/\(key)/resolved/\(closed)", at: closed, repository: repository,
                incident.merging(["action": .text("resolved")]) { $1 })
        }
    }

    private mutating func githubIssueFacts(_ issue: JSON, _ key: String) -> [String: EventValue?] {
        let labels = issue.list("labels").compactMap { $0.word("name")?.lowercased() }
        let type =
            issue.word("type.name")?.lowercased()
            ?? (labels.contains { $0.contains("bug") || $0.contains("defect") } ? "bug" : "task")
        let isClosed = issue.word("state") == "closed"
        return [
            "item": .text(key), "type": .text(type), "stage": .text(isClosed ? "closed" : "open"),
            "isDone": .bool(isClosed), "iteration": .maybe(issue.word("milestone.number")),
            "assignee": person(Identity(issue.at("assignee"))), "title": title(issue.word("title")),
        ]
    }

    mutating func githubMilestone(_ json: JSON, _ action: String, _ repository: String) {
        let words = [
            "created": "created", "opened": "updated", "edited": "updated", "closed": "closed",
        ]
        guard let word = words[action], let milestone = json.at("milestone"),
            let number = milestone.word("number")
        else { return ignore("milestone.\(action)") }
        let paths = ["created": "created_at", "closed": "closed_at"]
        let time = milestone.stamp(paths[word] ?? "updated_at") ?? milestone.stamp("updated_at")
        actor(Identity(milestone.at("creator")))
        add(
            .iteration, "iteration/\(repository)/\(number)/\(word)/\(time ?? 0)", at: time,
            repository: repository, by: Identity(json.at("sender")),
            [
                "iteration": .text(number), "name": .maybe(milestone.word("title")),
                "action": .text(word), "start": .maybe(milestone.stamp("created_at")),
                "end": .maybe(milestone.stamp("due_on")), "board": .text(repository),
            ])
    }
}
