// What an issue was at its beginning, where Jira tells only what it is now: the first entry of a
// field in the change log says what stood there before; a field without an entry never changed.

internal import Basics
internal import Bytes

extension Reading {
    /// The sprint that an issue is in: the last one of its Sprint field; nil where no field tells.
    ///
    /// The field is an object of the agile API, a list of objects (Cloud), or a list of texts such
    /// as `com.atlassian.greenhopper.service.sprint.Sprint@1f[id=7,…]` (Server).
    func jiraSprint(of fields: JSON) -> String? {
        if let id = fields.word("sprint.id") { return id }
        for (name, value) in fields.fields ?? [] where name.hasPrefix("customfield_") {
            let ids = (value.items ?? []).compactMap { item -> String? in
                if let text = item.text { return greenhopperSprint(text) }
                let isSprint = item.at("state") != nil && item.at("boardId") != nil
                return isSprint ? item.word("id") : nil
            }
            if let last = ids.max(by: { Int($0) ?? 0 < Int($1) ?? 0 }) { return last }
        }
        return fields.list("closedSprints").last?.word("id")
    }

    private func greenhopperSprint(_ text: String) -> String? {
        guard text.contains("greenhopper.service.sprint.Sprint@"),
            let open = text.firstIndex(of: "["), let close = text.lastIndex(of: "]"), open < close
        else { return nil }
        let parts = text[text.index(after: open)..<close].split(separator: ",")
        return parts.first { $0.hasPrefix("id=") }.map { String($0.dropFirst(3)) }
    }

    /// Facts of the issue's beginning, from a row of the REST API with its change log.
    func jiraBeginning(_ row: JSON, _ fields: JSON) -> [String: EventValue?] {
        let entries = row.list("changelog.histories")
            .sorted { ($0.stamp("created") ?? 0) < ($1.stamp("created") ?? 0) }
            .flatMap { $0.list("items") }
        func first(_ names: Set<String>) -> JSON? {
            entries.first {
                names.contains($0.word("field")?.lowercased() ?? "")
                    || names.contains($0.word("fieldId")?.lowercased() ?? "")
            }
        }
        let sprint = first(["sprint"])
        let estimate = first(source.estimateFields)
        return [
            "stage": .maybe(first(["status"])?.word("fromString") ?? fields.word("status.name")),
            "iteration": .maybe(
                sprint.map { sprintDifference($0).left.last } ?? jiraSprint(of: fields)),
            "estimate": .maybe(
                estimate.map { $0.amount("fromString") } ?? jiraEstimate(fields)),
        ]
    }
}
