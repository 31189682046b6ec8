// Asana's compact events: they say what changed, not to what; the values need a read of the API. What
// can be told without it is told: a task appeared, moved into a section, was removed.

internal import Basics
internal import Bytes

extension Reading {
    mutating func asana(_ json: JSON) {
        guard let events = json.at("events")?.items else { return ignore("unknown") }
        if events.isEmpty { ignore("heartbeat") }
        for event in events { asanaEvent(event) }
    }

    private mutating func asanaEvent(_ event: JSON) {
        let user = Identity(event.at("user"))
        actor(user)
        let action = event.word("action") ?? ""
        let type = event.word("resource.resource_type") ?? ""
        guard type == "task", let item = event.word("resource.gid") else {
            return ignore("\(type).\(action)")
        }
        var fields: [String: EventValue?] = [
            "item": .text(item),
            "type": .text(
                event.word("resource.resource_subtype") == "milestone" ? "milestone" : "task"),
        ]
        let parent = event.word("parent.resource_type")
        let field = event.word("change.field")
        switch (action, parent) {
        case ("added", "section"):
            fields["action"] = .text("moved")
            fields["stage"] = .maybe(event.word("parent.name") ?? event.word("parent.gid"))
        case ("added", "task"):
            fields["action"] = .text("updated")
            fields["type"] = .text("subtask")
            fields["parent"] = .maybe(event.word("parent.gid"))
        case ("added", _):
            fields["action"] = .text("created")
            fields["board"] = .maybe(event.word("parent.gid"))
        case ("deleted", _), ("removed", "project"): fields["action"] = .text("deleted")
        case ("undeleted", _): fields["action"] = .text("created")
        case ("changed", _):
            switch field {
            case "assignee":
                fields["action"] = .text("assigned")
                fields["assignee"] = person(Identity(event.at("change.new_value"))) ?? .text("")
            case "completed", "completed_at":
                fields["action"] = .text("moved")
                fields["isDone"] = .maybe(event.flag("change.new_value"))
            default: return ignore("task.changed.\(field ?? "")")
            }
        default: return ignore("task.\(action).\(parent ?? "")")
        }
        let time = event.stamp("created_at")
        let what = [action, field ?? "", event.word("parent.gid") ?? ""].joined(separator: "/")
        add(.workItem, "item/\(item)/\(what)/\(time ?? 0)", at: time, by: user, fields)
    }
}
