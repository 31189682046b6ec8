// Trello: cards are work items, lists are stages. A move is an `updateCard` with `listBefore`;
// completion is a list that the configuration names, or the mark on the due date.

internal import Basics
internal import Bytes

extension Reading {
    mutating func trello(_ json: JSON) {
        // The REST API gives the same actions as a list.
        if let actions = json.items {
            for action in actions { trelloAction(action) }
        } else if let action = json.at("action") {
            trelloAction(action)
        } else {
            ignore("unknown")
        }
    }

    private mutating func trelloAction(_ action: JSON) {
        let type = action.word("type") ?? "unknown"
        let data = action.at("data") ?? .null
        let user = Identity(action.at("memberCreator"))
        actor(user)
        let member = Identity(action.at("member"))
        actor(member)
        guard let id = action.word("id"), let card = data.at("card"), let item = card.word("id")
        else {
            return ignore(type)
        }
        let stage = data.word("listAfter.name") ?? data.word("list.name")
        var fields: [String: EventValue?] = [
            "item": .text(card.word("shortLink") ?? item), "type": .text("task"),
            "stage": .maybe(stage), "title": title(card.word("name")),
            "board": .maybe(data.word("board.shortLink") ?? data.word("board.id")),
        ]
        if let stage { fields["isDone"] = .bool(source.doneStages.contains(stage.lowercased())) }
        switch type {
        case "createCard", "copyCard", "convertToCardFromCheckItem":
            fields["action"] = .text("created")
        case "updateCard" where data.at("listBefore") != nil:
            fields["action"] = .text("moved")
            fields["fromStage"] = .maybe(data.word("listBefore.name"))
        case "updateCard" where data.at("old.closed") != nil:
            // An archived card is off the board: deleted unless it was done.
            fields["action"] = .text(card.flag("closed") == true ? "deleted" : "created")
        case "updateCard" where data.at("old.dueComplete") != nil:
            fields["action"] = .text("moved")
            fields["isDone"] = .maybe(card.flag("dueComplete"))
        case "updateCard":
            let changed = data.at("old")?.fields?.first?.key ?? ""
            return ignore("updateCard.\(changed.prefix(40))")
        case "deleteCard": fields["action"] = .text("deleted")
        case "addMemberToCard":
            fields["action"] = .text("assigned")
            fields["assignee"] = person(member ?? Identity(login: data.word("idMember") ?? ""))
        case "removeMemberFromCard":
            fields["action"] = .text("assigned")
            fields["assignee"] = .text("")
        default: return ignore(type)
        }
        add(.workItem, "item/\(id)", at: action.stamp("date"), by: user, fields)
    }
}
