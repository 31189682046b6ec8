// CloudEvents in all three modes (binary with `ce-` headers, structured, batch), and CDEvents in them
// or bare. A CDEvents type ends in a version (`dev.cdevents.service.deployed.0.3.0`), so it is read by
// its middle. Other types are events when their data is one of Martlet's own; else they are counted.

internal import Basics
internal import Bytes

extension Reading {
    mutating func cloudEvents(_ json: JSON) {
        if let batch = json.items {
            for item in batch { cloudEvent(item) }
        } else if delivery.headers["ce-type"] != nil {
            // Binary mode: the body is the data, the rest stands in headers.
            var object: [(key: String, value: JSON)] = delivery.headers
                .filter { $0.key.hasPrefix("ce-") }
                .map { (String($0.key.dropFirst(3)), .string(percentDecoded($0.value))) }
            object.append(("data", json))
            cloudEvent(.object(object))
        } else {
            cloudEvent(json)
        }
    }

    private mutating func cloudEvent(_ json: JSON) {
        if json.at("context.type") != nil { return cdEvent(json) }
        let type = json.word("type") ?? "unknown"
        if let data = json.at("data"), data.at("context.type") != nil { return cdEvent(data) }
        if let data = json.at("data"), type.hasPrefix("org.martlet.event"),
            var event = try? Event(json: data, source: source.source)
        {
            event.source = source.source
            return own(event)
        }
        ignore(type)
    }

    /// An event that came in Martlet's own form: names in it become pseudonyms.
    mutating func own(_ event: Event) {
        func identity(_ text: String?) -> Identity? {
            guard let text, !text.isEmpty, !isPseudonym(text) else { return nil }
            return Identity(text: text)
        }
        var fields: [String: EventValue?] = event.fields.mapValues { $0 }
        for name in ["assignee", "person", "user"] {
            if let who = identity(event[name]?.text) { fields[name] = person(who) }
        }
        for name in ["title", "comment", "goal"] where !source.keepsTitles { fields[name] = nil }
        if let name = event["environment"]?.text { fields["environment"] = environment(name) }
        let who = identity(event.actor)
        add(
            event.kind, event.id, at: event.time, repository: event.repository,
            service: event.service.isEmpty ? nil : event.service, by: who, fields)
        amendLast { last in
            if !event.team.isEmpty { last.team = event.team }
            if who == nil { last.actor = event.actor }
            last.isBot = last.isBot || event.isBot
        }
    }

    private mutating func cdEvent(_ json: JSON) {
        let parts = (json.word("context.type") ?? "").split(separator: ".")
        guard parts.count >= 4, parts[0] == "dev", parts[1] == "cdevents" else {
            return ignore(json.word("context.type") ?? "unknown")
        }
        let (subject, predicate) = (String(parts[2]), String(parts[3]))
        let content = json.at("subject.content") ?? .null
        let id = json.word("subject.id") ?? ""
        let time = json.stamp("context.timestamp")
        let key = "\(subject)/\(id)/\(predicate)/\(time ?? 0)"
        let repository = content.word("repository.id") ?? ""
        let artifact = content.word("artifactId")
        switch (subject, predicate) {
        case ("service", "deployed"), ("service", "upgraded"), ("service", "rolledback"):
            let isBack = predicate == "rolledback"
            add(
                .deployment, key, at: time, repository: repository, service: id,
                [
                    "deployment": .text(json.word("context.id") ?? key),
                    "environment": environment(content.word("environment.id")),
                    "version": .maybe(artifact), "sha": .maybe(artifact.flatMap(revision)),
                    "status": .text(isBack ? "rolled_back" : "success"), "finished": .maybe(time),
                ])
        case ("incident", "detected"), ("incident", "reported"), ("incident", "resolved"):
            add(
                .incident, key, at: time, repository: repository,
                service: content.word("service.id") ?? "",
                [
                    "incident": .text(id),
                    "action": .text(predicate == "resolved" ? "resolved" : "opened"),
                    "environment": environment(content.word("environment.id")),
                    "version": .maybe(artifact), "title": title(content.word("description")),
                ])
        case ("change", _):
            let words = [
                "created": "opened", "updated": "updated", "merged": "merged",
                "abandoned": "closed",
            ]
            if let word = words[predicate] {
                add(
                    .change, key, at: time, repository: repository,
                    [
                        "change": .text(id), "action": .text(word),
                        "title": title(content.word("description")),
                    ])
            } else if predicate == "reviewed" {
                add(
                    .review, key, at: time, repository: repository,
                    ["change": .text(id), "state": .text("commented")])
            } else {
                ignore("change.\(predicate)")
            }
        case ("build", _), ("pipelinerun", _), ("taskrun", _):
            cdBuild(subject, predicate, id, key, time, content)
        case ("testsuiterun", "finished"), ("testcaserun", "finished"), ("testcaserun", "skipped"):
            let outcome = content.word("outcome") ?? ""
            let name = content.word("testSuite.name") ?? content.word("testCase.name") ?? id
            let isSkipped = predicate == "skipped"
            add(
                .testRun, key, at: time,
                [
                    "suite": .text(name), "passed": .number(outcome == "success" ? 1 : 0),
                    "failed": .number(["failure", "fail"].contains(outcome) ? 1 : 0),
                    "errors": .number(outcome == "error" ? 1 : 0),
                    "skipped": .number(isSkipped ? 1 : 0),
                ])
        case ("ticket", "created"), ("ticket", "updated"), ("ticket", "closed"):
            let isClosed = predicate == "closed"
            actor(content.word("creator").flatMap(Identity.init(text:)))
            add(
                .workItem, key, at: time,
                by: content.word("updatedBy").flatMap(Identity.init(text:)),
                [
                    "item": .text(id), "action": .text(isClosed ? "moved" : predicate),
                    "type": .maybe(content.word("ticketType")),
                    "stage": isClosed ? .text("closed") : nil, "isDone": .bool(isClosed),
                    "priority": .maybe(content.word("priority")),
                    "iteration": .maybe(content.word("milestone")),
                    "assignee": person(content.word("assignees.0").flatMap(Identity.init(text:))),
                    "title": title(content.word("summary")),
                ])
        case ("service", "published"), ("artifact", "published"): ignore("\(subject).\(predicate)")
        default: ignore("\(subject).\(predicate)")
        }
    }

    private mutating func cdBuild(
        _ subject: String, _ predicate: String, _ id: String, _ key: String, _ time: Millis?,
        _ content: JSON
    ) {
        let outcomes = [
            "success": "success", "failure": "failure", "error": "failure", "cancel": "aborted",
        ]
        let status: String
        switch predicate {
        case "queued": status = "queued"
        case "started": status = "running"
        // `build.finished` has no outcome: the artifact that it names is its success.
        case "finished":
            status =
                outcomes[content.word("outcome") ?? ""]
                ?? (subject == "build" && content.at("artifactId") != nil ? "success" : "unstable")
        default: return ignore("\(subject).\(predicate)")
        }
        add(
            .build, key, at: time,
            [
                "build": .text(id),
                "job": .maybe(content.word("pipelineName") ?? content.word("taskName")),
                "pipeline": subject == "taskrun" ? .maybe(content.word("pipelineRun.id")) : nil,
                "status": .text(status), "started": predicate == "started" ? .maybe(time) : nil,
                "finished": predicate == "finished" ? .maybe(time) : nil,
            ])
    }

    /// The revision in a package URL (`pkg:golang/host/org/app@234fd47e07d1`); nil for an image digest.
    private func revision(_ artifact: String) -> String? {
        guard let mark = artifact.lastIndex(of: "@") else { return nil }
        let version = artifact[artifact.index(after: mark)...].prefix { $0 != "?" && $0 != "#" }
        return version.count >= 7 && version.allSatisfy(\.isHexDigit) ? String(version) : nil
    }
}
