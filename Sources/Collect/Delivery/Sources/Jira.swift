// Jira: issues through their change logs, and sprints. The Sprint field is the history of an issue's
// sprints, joined by commas, so membership is the difference of two lists; some captures have names
// without ids. Where estimates live is a setting of the site. Comment events carry nothing to count.

internal import Basics
internal import Bytes

extension Reading {
    mutating func jira(_ json: JSON) {
        let event = json.word("webhookEvent") ?? "unknown"
        for path in [
            "user", "comment.author", "comment.updateAuthor", "issue.fields.assignee",
            "issue.fields.reporter", "issue.fields.creator",
        ] {
            actor(Identity(json.at(path)))
        }
        switch event {
        case "sprint_created", "sprint_started", "sprint_closed", "sprint_updated":
            jiraSprint(json, String(event.dropFirst(7)))
        case "jira:issue_created", "jira:issue_updated", "jira:issue_deleted":
            if let issue = json.at("issue") { jiraIssue(issue, json, String(event.dropFirst(11))) }
        case "jira:version_released":
            add(
                .release, "release/jira/\(json.word("version.id") ?? "")",
                at: json.stamp("timestamp"), ["version": .maybe(json.word("version.name"))])
        default: ignore(event)
        }
    }

    private mutating func jiraSprint(_ json: JSON, _ action: String) {
        guard let sprint = json.at("sprint") else { return fault("sprint event without a sprint") }
        let time =
            action == "closed"
            ? sprint.stamp("completeDate") ?? json.stamp("timestamp") : json.stamp("timestamp")
        // Its planned start may lie before or behind the moment at which somebody pressed the button.
        jiraIteration(
            sprint, action, at: action == "started" ? sprint.stamp("activatedDate") ?? time : time)
    }

    /// A sprint as the hook and the agile API show it.
    mutating func jiraIteration(_ sprint: JSON, _ action: String, at time: Millis?) {
        guard let id = sprint.word("id") else { return fault("sprint without an id") }
        add(
            .iteration, "iteration/\(id)/\(action)/\(time ?? 0)", at: time,
            [
                "iteration": .text(id), "name": .maybe(sprint.word("name")),
                "action": .text(action), "start": .maybe(sprint.stamp("startDate")),
                "end": .maybe(sprint.stamp("endDate")),
                "board": .maybe(sprint.word("originBoardId")), "goal": title(sprint.word("goal")),
            ])
    }

    private mutating func jiraIssue(_ issue: JSON, _ json: JSON, _ action: String) {
        guard let key = issue.word("key") else { return fault("issue without a key") }
        let fields = issue.at("fields") ?? .null
        let facts = jiraFacts(key, fields)
        let user = Identity(json.at("user"))
        let time = json.stamp("timestamp")
        let created = fields.stamp("created") ?? (action == "created" ? time : nil)
        if action == "created" {
            var first = facts
            first["action"] = .text("created")
            first["estimate"] = .maybe(jiraEstimate(fields))
            first["iteration"] = .maybe(jiraSprint(of: fields))
            add(
                .workItem, "item/\(key)/created", at: created,
                by: Identity(fields.at("creator")) ?? user,
                first)
            return
        }
        if action == "deleted" {
            let more: [String: EventValue?] = ["action": .text("deleted")]
            add(.workItem, "item/\(key)/deleted", at: time, by: user, facts.merging(more) { $1 })
            return
        }
        let log = json.at("changelog")
        let id = log?.word("id") ?? "\(time ?? 0)"
        let items = log?.list("items") ?? []
        if items.isEmpty {
            return ignore(
                "jira:issue_updated.\(json.word("issue_event_type_name") ?? "no_changes")")
        }
        // A change log names people by other ids than the issue beside it; the shown name joins them.
        var known: [String: Identity] = [:]
        for identity in [
            Identity(fields.at("assignee")), Identity(fields.at("reporter")),
            Identity(fields.at("creator")), user,
        ] {
            if let identity { known[identity.name] = identity }
        }
        jiraChanges(items, id: id, key: key, facts: facts, at: time, by: user, known: known)
    }

    /// The entries of one change log, as the hook and the REST API show them.
    mutating func jiraChanges(
        _ items: [JSON], id: String, key: String, facts: [String: EventValue?], at time: Millis?,
        by user: Identity?, known: [String: Identity] = [:]
    ) {
        for (index, item) in items.enumerated() {
            let name = (item.word("field") ?? "").lowercased()
            let field = (item.word("fieldId") ?? "").lowercased()
            let (from, to) = (item.word("fromString"), item.word("toString"))
            var more: [String: EventValue?]
            if name == "status" {
                more = ["action": .text("moved"), "fromStage": .maybe(from), "stage": .maybe(to)]
                if let to { more["isDone"] = .bool(isDone(to, facts)) }
            } else if name == "sprint" {
                let (left, joined) = sprintDifference(item)
                more = [
                    "action": .text("moved"), "fromIteration": .maybe(left.last),
                    "iteration": .maybe(joined.last ?? sprintList(item, "to").last),
                ]
                // Taken out of the last sprint it was in: there is no iteration now.
                if joined.isEmpty && sprintList(item, "to").isEmpty {
                    more["iteration"] = .text("")
                }
            } else if source.estimateFields.contains(name) || source.estimateFields.contains(field)
            {
                more = [
                    "action": .text("estimated"), "estimate": .maybe(to.flatMap(Double.init)),
                    "fromEstimate": .maybe(from.flatMap(Double.init)),
                ]
            } else if name == "assignee" {
                let who = to.map { name in
                    known[name]
                        ?? Identity(
                            login: item.word("tmpToAccountId") ?? item.word("to") ?? "", name: name)
                }
                if let old = from { actor(Identity(login: item.word("from") ?? "", name: old)) }
                more = ["action": .text("assigned"), "assignee": person(who) ?? .text("")]
            } else if name == "priority" {
                more = ["action": .text("updated"), "priority": .maybe(to)]
            } else if name == "issuetype" {
                more = ["action": .text("updated"), "type": .maybe(to?.lowercased())]
            } else {
                ignore("changelog.\(name.prefix(40))")
                continue
            }
            add(
                .workItem, "item/\(key)/log-\(id)/\(index)", at: time, by: user,
                facts.merging(more) { $1 })
        }
    }

    /// What an issue is, beside what happens to it.
    mutating func jiraFacts(_ key: String, _ fields: JSON) -> [String: EventValue?] {
        let type = fields.word("issuetype.name")?.lowercased()
        return [
            "item": .text(key),
            "type": .maybe(fields.flag("issuetype.subtask") == true ? "subtask" : type),
            "stage": .maybe(fields.word("status.name")),
            "isDone": .maybe(fields.word("status.statusCategory.key").map { $0 == "done" }),
            "priority": .maybe(fields.word("priority.name")),
            "parent": .maybe(fields.word("parent.key")),
            "assignee": person(Identity(fields.at("assignee"))),
            "title": title(fields.word("summary")),
        ]
    }

    /// The estimate, where the site keeps it.
    func jiraEstimate(_ fields: JSON) -> Double? {
        for (name, value) in fields.fields ?? []
        where source.estimateFields.contains(name.lowercased()) {
            if let number = value.double { return number }
        }
        return nil
    }

    /// The category of the issue's stage says whether it is done; else the words of the configuration.
    private func isDone(_ stage: String, _ facts: [String: EventValue?]) -> Bool {
        if facts["stage"] == .some(.text(stage)), let flag = facts["isDone"] ?? nil {
            return flag == .bool(true)
        }
        return source.doneStages.contains(stage.lowercased())
    }
}

/// The sprints of one side of a Sprint entry; by id, by name where a capture has no ids.
private func sprintList(_ item: JSON, _ side: String) -> [String] {
    // The two sides have to be of one sort: ids are taken only when both sides that exist have them.
    let hasIDs =
        (item.word("fromString") == nil || item.word("from") != nil)
        && (item.word("toString") == nil || item.word("to") != nil)
    let text = item.word(hasIDs ? side : "\(side)String") ?? ""
    return text.split(separator: ",").map { trimmed($0) }.filter { !$0.isEmpty }
}

/// The sprints an issue left and joined: the difference of the two histories.
func sprintDifference(_ item: JSON) -> (left: [String], joined: [String]) {
    let (from, to) = (sprintList(item, "from"), sprintList(item, "to"))
    let left = from.filter { !to.contains($0) }
    let joined = to.filter { !from.contains($0) }
    // A history that only grows: the issue went from the last sprint before to the new one.
    return (left.isEmpty && !joined.isEmpty ? from.suffix(1) : left, joined)
}
