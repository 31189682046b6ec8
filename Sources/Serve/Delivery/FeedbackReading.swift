// Feedback as an application sends it, brought into the form of an event. Who sent no id gets one made
// of the content and the moment, so that two users with the same opinion are two.

internal import Basics
internal import Bytes

/// One piece of feedback.
struct FeedbackReading {
    private(set) var event = JSON.null
    /// What is wrong with it; nil when nothing is.
    private(set) var fault: String?

    init(_ json: JSON, now: Millis) {
        guard let given = json.fields else {
            fault = "must be an object with score, thumbs, tag, comment or adopted"
            return
        }
        let outer: Set<String> = ["id", "time", "team", "repository", "service"]
        let known: Set<String> = [
            "score", "scale", "thumbs", "tag", "comment", "model", "version", "request", "user",
            "adopted",
        ]
        for (name, _) in given where !outer.contains(name) && !known.contains(name) {
            fault =
                "unknown field \(quoted(name)); known are \(known.sorted().joined(separator: ", "))"
            return
        }
        if !["score", "thumbs", "tag", "comment", "adopted"].contains(where: { json[$0] != nil }) {
            fault = "says nothing: give score, thumbs, tag, comment or adopted"
            return
        }
        if let score = json["score"] {
            guard let value = score.double else {
                fault = "score must be a number"
                return
            }
            let scale = json["scale"]?.double ?? 5
            if value < 0 || value > scale {
                fault =
                    "score \(numberText(value, .plain)) is not within 0 and \(numberText(scale, .plain))"
                return
            }
        }
        if let thumbs = json["thumbs"], !["up", "down"].contains(thumbs.text ?? "") {
            fault = "thumbs must be up or down"
            return
        }
        var fields = given.filter { known.contains($0.key) }
        if json["score"] != nil && json["scale"] == nil { fields.append(("scale", .number(5))) }
        let content = JSON.object(fields).encoded
        let made = "feedback/\(now)/\(crc32c(content))/\(UInt32.random(in: .min ... .max))"
        var object: [(key: String, value: JSON)] = [
            ("kind", .string("feedback")), ("id", json["id"] ?? .string(made)),
            ("time", json["time"] ?? .number(String(now))),
        ]
        object += given.filter { ["team", "repository", "service"].contains($0.key) }
        object.append(("fields", .object(fields)))
        event = .object(object)
    }
}
