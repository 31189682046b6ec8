// Anybody's JSON, by a mapping of the configuration; without a mapping Martlet's own events, one or a
// list of them.

internal import Basics
internal import Bytes

extension Reading {
    mutating func generic(_ json: JSON) {
        guard let mapping = source.mapping else {
            for item in json.items ?? [json] { ownEvent(item) }
            return
        }
        let things = mapping.items.isEmpty ? json.items ?? [json] : json.list(mapping.items)
        if things.isEmpty { ignore("no_items") }
        for thing in things { mapped(thing, mapping) }
    }

    /// Reads one event in Martlet's own form.
    mutating func ownEvent(_ json: JSON) {
        do throws(EventError) {
            var event = try Event(json: json, source: source.source)
            event.source = source.source
            own(event)
        } catch {
            fault(error.description)
        }
    }

    private mutating func mapped(_ json: JSON, _ mapping: EventMapping) {
        func value(_ path: String) -> String? {
            if path.isEmpty { return nil }
            if path.hasPrefix("=") { return String(path.dropFirst()) }
            return json.word(path).map { mapping.words[$0] ?? $0 }
        }
        guard let kindText = value(mapping.kind) else { return fault("no kind at \(mapping.kind)") }
        guard let kind = EventKind(rawValue: kindText) else {
            return ignore(String(kindText.prefix(80)))
        }
        guard let id = value(mapping.id) else { return fault("no id at \(mapping.id)") }
        var fields: [String: EventValue?] = [:]
        for (name, path) in mapping.fields {
            if case .bool(let flag)? = path.hasPrefix("=") ? nil : json.at(path) {
                fields[name] = .bool(flag)
            } else if case .number(let text)? = path.hasPrefix("=") ? nil : json.at(path) {
                fields[name] = .maybe(Double(text))
            } else if timeFields.contains(name) {
                fields[name] = .maybe(value(path).flatMap(parseStamp))
            } else if ["assignee", "person", "user"].contains(name) {
                fields[name] = person(value(path).flatMap(Identity.init(text:)))
            } else if name == "environment" {
                fields[name] = environment(value(path))
            } else if ["title", "comment", "goal"].contains(name) {
                fields[name] = title(value(path))
            } else {
                fields[name] = .maybe(value(path))
            }
        }
        // A thing without a time of its own happened when it came.
        let time =
            mapping.time.isEmpty ? delivery.receivedAt : value(mapping.time).flatMap(parseStamp)
        let action = fields["action"].flatMap { $0?.text } ?? fields["status"].flatMap { $0?.text }
        add(
            kind, [kindText, id, action].compactMap { $0 }.joined(separator: "/"), at: time,
            repository: value(mapping.repository) ?? "", service: value(mapping.service),
            by: value(mapping.actor).flatMap(Identity.init(text:)), fields)
        if let team = value(mapping.team) { amendLast { $0.team = team } }
    }
}

/// Fields that are moments.
private let timeFields: Set<String> = [
    "authored", "committed", "started", "finished", "start", "end", "firstCommit",
]
