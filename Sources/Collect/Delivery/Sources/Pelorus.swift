// Pelorus' webhooks: commit time, deploy time and failure, with times in seconds.

internal import Basics
internal import Bytes

extension Reading {
    mutating func pelorus(_ json: JSON) {
        let app = json.word("app") ?? ""
        let time = json.stamp("timestamp")
        let event = delivery.headers["x-pelorus-event"] ?? pelorusName(json)
        switch event {
        case "committime":
            guard let sha = json.word("commit_hash") else {
                return fault("committime: no commit_hash")
            }
            add(
                .commit, "commit/\(app)/\(sha)", at: time, service: app,
                [
                    "sha": .text(sha), "committed": .maybe(time),
                    "image": .maybe(json.word("image_sha")),
                ])
        case "deploytime":
            let image = json.word("image_sha") ?? ""
            add(
                .deployment, "deployment/\(app)/\(image)/\(time ?? 0)", at: time, service: app,
                [
                    "deployment": .text("\(app)/\(image)"), "environment": .text("production"),
                    "version": .maybe(json.word("image_sha")), "status": .text("success"),
                    "finished": .maybe(time),
                ])
        case "failure":
            let id = json.word("failure_id") ?? ""
            let words = ["created": "opened", "resolved": "resolved"]
            guard let action = words[json.word("failure_event") ?? ""] else {
                return ignore("failure.\(json.word("failure_event") ?? "")")
            }
            add(
                .incident, "incident/\(id)/\(action)", at: time, service: app,
                ["incident": .text(id), "action": .text(action)])
        default: ignore(event)
        }
    }

    private func pelorusName(_ json: JSON) -> String {
        if json.at("failure_id") != nil { return "failure" }
        if json.at("commit_hash") != nil { return "committime" }
        return json.at("image_sha") != nil ? "deploytime" : "unknown"
    }
}
