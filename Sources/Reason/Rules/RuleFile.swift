// Reads a rule file in the format of Prometheus 3.5. All faults of a file are collected, each with
// line and column, so that a person fixes them in one go. Names may be any UTF-8, as in Prometheus
// 3, or only the classic letters, as before: a setting says which.

public import Basics
public import Bytes
public import Query

/// Says whether a text is PromQL; the program gives the parser of Query.
public typealias ExpressionCheck = @Sendable (String) throws(QueryError) -> Void

/// Which letters names of labels, annotations and metrics may have.
public enum NameValidation: String, Sendable {
    /// Any, as in Prometheus 3.
    case utf8
    /// `[a-zA-Z_][a-zA-Z0-9_]*`, and colons in names of metrics.
    case legacy
}

/// The rule file format.
public enum RuleFile {
    /// Reads one file's text.
    ///
    /// - Returns: the groups that are whole, and the problems. With any error among the problems
    ///   the file should not be used.
    public static func parse(
        _ text: String, file: String, names: NameValidation = .utf8,
        check: @escaping ExpressionCheck
    ) -> (groups: [RuleGroup], problems: [Problem]) {
        let problems = Problems(file: file)
        do {
            let root = Section(try YAML.parse(text), path: "", problems: problems)
            var reader = RuleFileReader(file: file, names: names, check: check)
            let groups = reader.groups(root)
            return (groups, problems.all)
        } catch {
            let problem = Problem(
                .error, file: file, line: error.line, column: error.column, text: error.reason)
            return ([], problems.all + [problem])
        }
    }

    /// Reads the files that match patterns; as in Prometheus, `*` and `?` may stand in the last
    /// part of a path only.
    ///
    /// - Parameter folder: what relative patterns are relative to.
    public static func load(
        _ patterns: [String], folder: String, files: Files, names: NameValidation = .utf8,
        check: @escaping ExpressionCheck
    ) -> (groups: [RuleGroup], problems: [Problem]) {
        var groups: [RuleGroup] = []
        var problems: [Problem] = []
        for path in patterns.flatMap({ paths($0, folder, files) }) {
            do {
                let text = String(decoding: try contents(path, files), as: UTF8.self)
                let read = parse(text, file: path, names: names, check: check)
                groups += read.groups
                problems += read.problems
            } catch {
                problems.append(
                    Problem(.error, file: path, line: 1, column: 1, text: error.description))
            }
        }
        return (groups, problems)
    }

    private static func paths(_ pattern: String, _ folder: String, _ files: Files) -> [String] {
        let full = pattern.hasPrefix("/") ? pattern : "\(folder)/\(pattern)"
        let slash = full.lastIndex(of: "/") ?? full.startIndex
        let last = String(full[full.index(after: slash)...])
        guard last.contains(where: { "*?".contains($0) }) else { return [full] }
        let names = (try? files.list(String(full[..<slash]))) ?? []
        // A folder of rules may hold the routing beside them.
        return names.filter { $0 != "notify.yml" }
            .filter { wildcard(Array(last.utf8)[...], Array($0.utf8)[...]) }
            .map { "\(full[..<slash])/\($0)" }
    }

    private static func wildcard(_ pattern: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return name.isEmpty }
        if first == UInt8(ascii: "*") {
            return wildcard(pattern.dropFirst(), name)
                || !name.isEmpty && wildcard(pattern, name.dropFirst())
        }
        guard let byte = name.first, first == UInt8(ascii: "?") || first == byte else {
            return false
        }
        return wildcard(pattern.dropFirst(), name.dropFirst())
    }

    private static func contents(_ path: String, _ files: Files) throws(FileError) -> [UInt8] {
        let handle = try files.open(path, .read)
        defer { files.close(handle) }
        return try files.read(handle, 0, try files.size(handle))
    }
}

private struct RuleFileReader {
    let file: String
    let validation: NameValidation
    let check: ExpressionCheck
    private var names: Set<String> = []
    /// Rules that were read before, for the warning about doubles.
    private var seen: Set<String> = []

    init(file: String, names: NameValidation, check: @escaping ExpressionCheck) {
        self.file = file
        validation = names
        self.check = check
    }

    mutating func groups(_ root: Section) -> [RuleGroup] {
        var groups: [RuleGroup] = []
        for section in root.sections("groups") ?? [] {
            if let group = group(section) { groups.append(group) }
        }
        root.finish()
        return groups
    }

    private mutating func group(_ section: Section) -> RuleGroup? {
        let name = section.string("name") ?? ""
        if name.isEmpty { section.error("name", "a group needs a name") }
        if !names.insert(name).inserted {
            section.error("name", "groupname: \(quoted(name)) is repeated in the same file")
        }
        let shared = section.texts("labels") ?? []
        for pair in shared { checkLabel(pair.key, section) }
        var rules: [Rule] = []
        for part in section.sections("rules") ?? [] {
            if let rule = rule(part, group: name, shared: shared) { rules.append(rule) }
        }
        let group = RuleGroup(
            name: name, file: file, intervalMillis: positive(section.duration("interval")),
            queryOffsetMillis: section.duration("query_offset"),
            limit: max(0, section.int("limit") ?? 0), rules: rules)
        section.finish()
        return name.isEmpty ? nil : group
    }

    /// Prometheus takes an interval of 0 for "the global one".
    private func positive(_ millis: Millis?) -> Millis? { millis == 0 ? nil : millis }

    private mutating func rule(
        _ section: Section, group: String, shared: [(key: String, value: String)]
    ) -> Rule? {
        let record = section.string("record") ?? ""
        let alert = section.string("alert") ?? ""
        let expression = section.string("expr") ?? ""
        let hold = section.duration("for")
        let keep = section.duration("keep_firing_for")
        let ownLabels = section.texts("labels") ?? []
        let notes = section.texts("annotations") ?? []
        section.finish()

        if !record.isEmpty && !alert.isEmpty {
            section.error("alert", "only one of 'record' and 'alert' must be set")
            return nil
        }
        guard !record.isEmpty || !alert.isEmpty else {
            section.problems.error(section.node, "one of 'record' or 'alert' must be set")
            return nil
        }
        checkExpression(expression, section)
        for pair in ownLabels { checkLabel(pair.key, section) }
        if !record.isEmpty {
            checkRecording(record, hold != nil, keep != nil, !notes.isEmpty, section)
        }
        var labels = shared.filter { pair in
            !ownLabels.contains { $0.key.utf8.elementsEqual(pair.key.utf8) }
        }
        labels += ownLabels
        let isAlert = record.isEmpty
        let rule = Rule(
            kind: isAlert
                ? .alerting(holdMillis: hold ?? 0, keepFiringMillis: keep ?? 0) : .recording,
            name: isAlert ? alert : record, expression: expression,
            labels: labels.map { text($0, "label", isAlert ? alert : nil, section) },
            annotations: isAlert ? notes.map { annotation($0, alert, section) } : [],
            line: section.node.line)
        if !seen.insert(rule.identity).inserted {
            section.problems.warning(
                section.node,
                "\(rule.name): another rule with the same name and labels stands above; "
                    + "both would write the same series")
        }
        return rule
    }

    private func checkRecording(
        _ name: String, _ hasFor: Bool, _ hasKeep: Bool, _ hasNotes: Bool, _ section: Section
    ) {
        if hasFor { section.error("for", "invalid field 'for' in recording rule") }
        if hasKeep {
            section.error("keep_firing_for", "invalid field 'keep_firing_for' in recording rule")
        }
        if hasNotes {
            section.error("annotations", "invalid field 'annotations' in recording rule")
        }
        let classic = name.replacing(":", with: "_")
        if validation == .legacy && !isLegacyLabelName(classic) {
            section.error("record", "invalid recording rule name: \(quoted(name))")
        }
        if name.contains(where: { "{}".contains($0) }) {
            section.error(
                "record", "braces present in the recording rule name; should it be in expr?")
        }
    }

    private func checkExpression(_ expression: String, _ section: Section) {
        if expression.isEmpty {
            section.error("expr", "field 'expr' must be set in rule")
            return
        }
        do throws(QueryError) {
            try check(expression)
        } catch {
            let reason = error.text(in: expression)
            section.error("expr", "could not parse expression: \(reason)")
        }
    }

    private func checkLabel(_ name: String, _ section: Section) {
        let isBad = validation == .legacy && !isLegacyLabelName(name)
        if name.isEmpty || name == Labels.metricName || isBad {
            section.error("labels", "invalid label name: \(quoted(name))")
        }
    }

    /// A label's or an annotation's text; a template where the rule is an alert.
    private func text(
        _ pair: (key: String, value: String), _ kind: String, _ alert: String?, _ section: Section
    ) -> RuleText {
        guard let alert else { return RuleText(name: pair.key, source: pair.value, template: nil) }
        var template: Template?
        do {
            template = try Template(
                pair.value, name: "__alert_\(alert)", variables: AlertTemplate.variables)
        } catch {
            section.error(
                "\(kind)s",
                "\(kind) \(quoted(pair.key)): line \(error.line), "
                    + "column \(error.column) of the template: \(error.reason)")
        }
        return RuleText(name: pair.key, source: pair.value, template: template)
    }

    private func annotation(
        _ pair: (key: String, value: String), _ alert: String, _ section: Section
    ) -> RuleText {
        if pair.key.isEmpty || validation == .legacy && !isLegacyLabelName(pair.key) {
            section.error("annotations", "invalid annotation name: \(quoted(pair.key))")
        }
        return text(pair, "annotation", alert, section)
    }
}
