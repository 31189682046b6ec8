// Gerrit's stream-events, one JSON object a line, or one document from the webhooks plugin. Numbers
// stand as texts in some versions, `sizeDeletions` is negative, `patchset` and `patchSet` both occur,
// any field may be missing.

internal import Basics
internal import Bytes

extension Reading {
    /// Reads the body as lines, or as one document when the first line alone is none.
    mutating func gerritLines() throws(DeliveryError) {
        do throws(JSONError) {
            gerrit(try JSON(delivery.body))
            return
        } catch {
            let lines = gerritDocuments(delivery.body)
            if lines.count < 2 { throw DeliveryError("not_json", error.description) }
            var good = 0
            for line in lines {
                do throws(JSONError) {
                    gerrit(try JSON(line))
                    good += 1
                } catch {
                    fault(error.description)
                }
            }
            if good == 0 { throw DeliveryError("not_json", "no line is a JSON document") }
        }
    }

    /// Documents that follow each other, whether each has one line or several.
    private func gerritDocuments(_ bytes: [UInt8]) -> [[UInt8]] {
        var documents: [[UInt8]] = []
        var (depth, start, isText, isEscaped) = (0, 0, false, false)
        for (index, byte) in bytes.enumerated() {
            if isEscaped {
                isEscaped = false
            } else if isText {
                if byte == 0x5c { isEscaped = true }
                if byte == 0x22 { isText = false }
            } else if byte == 0x22 {
                isText = true
            } else if byte == 0x7b {
                if depth == 0 { start = index }
                depth += 1
            } else if byte == 0x7d, depth > 0 {
                depth -= 1
                if depth == 0 { documents.append(Array(bytes[start...index])) }
            }
        }
        return documents
    }

    mutating func gerrit(_ json: JSON) {
        let type = json.word("type") ?? "unknown"
        for path in ["change.owner", "patchSet.uploader", "patchSet.author"] {
            actor(Identity(json.at(path)))
        }
        guard let number = json.word("change.number") else { return ignore(type) }
        let patch = json.at("patchSet") ?? json.at("patchset") ?? .null
        let repository = json.word("change.project") ?? json.word("project") ?? ""
        let event = json.stamp("eventCreatedOn")
        let patchNumber = patch.word("number") ?? ""
        func change(_ action: String, _ id: String, _ time: Millis?, _ who: Identity?) {
            add(
                .change, "change/\(repository)/\(number)/\(id)", at: time, repository: repository,
                by: who,
                [
                    "change": .text(number), "action": .text(action),
                    "target": .maybe(json.word("change.branch")),
                    "branch": .maybe(json.word("change.topic")),
                    "isDraft": .maybe(json.flag("change.wip") ?? patch.flag("isDraft")),
                    "sha": .maybe(
                        action == "merged" ? json.word("newRev") : patch.word("revision")),
                    "added": .maybe(patch.amount("sizeInsertions").map(abs)),
                    "deleted": .maybe(patch.amount("sizeDeletions").map(abs)),
                    "title": title(json.word("change.subject")),
                ])
        }
        let owner = Identity(json.at("change.owner"))
        switch type {
        case "patchset-created":
            let time = patch.stamp("createdOn") ?? event
            if patchNumber == "1" {
                change("opened", "opened", json.stamp("change.createdOn") ?? time, owner)
            } else {
                change("updated", "patch/\(patchNumber)", time, Identity(json.at("uploader")))
            }
        case "change-merged": change("merged", "merged", event, Identity(json.at("submitter")))
        case "change-abandoned":
            change("closed", "closed/\(event ?? 0)", event, Identity(json.at("abandoner")))
        case "change-deleted":
            change("closed", "deleted", event, Identity(json.at("deleter")))
        case "change-restored":
            // Old versions send no time with it.
            let time = event ?? patch.stamp("createdOn")
            change("reopened", "reopened/\(time ?? 0)", time, Identity(json.at("restorer")))
        case "wip-state-changed" where json.flag("change.wip") != true:
            change("ready", "ready/\(event ?? 0)", event, Identity(json.at("changer")) ?? owner)
        case "comment-added":
            let time = event ?? patch.stamp("createdOn")
            let author = Identity(json.at("author"))
            let votes = json.list("approvals").filter {
                $0.word("type")?.lowercased().contains("code-review") ?? false
                    && $0.word("oldValue") != $0.word("value")
            }
            let vote = votes.first?.amount("value") ?? 0
            let state = vote > 0 ? "approved" : vote < 0 ? "changes_requested" : "commented"
            add(
                .review,
                "review/\(repository)/\(number)/\(patchNumber)/\(hexText(sha256(json.encoded).prefix(8)))",
                at: time, repository: repository, by: author,
                [
                    "change": .text(number), "state": .text(state),
                    "comments": .number(json.at("comment") == nil ? 0 : 1),
                ])
        default: ignore(type)
        }
    }
}
