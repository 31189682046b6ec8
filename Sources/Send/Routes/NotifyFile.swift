// A file in Alertmanager's format, read whole or not at all; every fault has its place.

import Basics
public import Bytes
import Reason

/// The notify file format.
public enum NotifyFile {
    /// Reads a file's text.
    ///
    /// - Parameters:
    ///   - readTemplates: gives the files of a pattern of `templates:`, name and text.
    /// - Returns: the plan, nil when there is an error among the problems.
    public static func parse(
        _ text: String, file: String, zones: Zones,
        readTemplates: (String) -> [(name: String, text: String)] = { _ in [] }
    ) -> (plan: NotifyPlan?, problems: [Problem]) {
        let problems = Problems(file: file)
        do {
            let root = Section(try YAML.parse(text), path: "", problems: problems)
            let plan = read(root, zones: zones, readTemplates)
            return (problems.hasErrors ? nil : plan, problems.all)
        } catch {
            let problem = Problem(
                .error, file: file, line: error.line, column: error.column, text: error.reason)
            return (nil, [problem])
        }
    }

    private static func read(
        _ root: Section, zones: Zones, _ readTemplates: (String) -> [(name: String, text: String)]
    ) -> NotifyPlan {
        let global = root.section("global").map(NotifyGlobal.init) ?? NotifyGlobal()
        let receivers = Receiver.read(root, grouping: nil, global: global)
        var intervals = CalendarInterval.read(root, "time_intervals", zones: zones)
        for (name, list) in CalendarInterval.read(root, "mute_time_intervals", zones: zones) {
            if intervals[name] != nil {
                root.error(
                    "mute_time_intervals", "time interval \(quoted(name)) is there twice")
            }
            intervals[name] = list
        }
        let names = NotifyNames(
            receivers: Set(receivers.map(\.name)), intervals: Set(intervals.keys))
        var trees: [RouteBranch] = []
        if let section = root.section("route") {
            trees = [RouteBranch(section, above: nil, names: names)]
        } else {
            root.error("route", "a route is needed: who hears of what")
        }
        var plan = NotifyPlan(receivers: receivers, tree: RoutingTree(trees))
        plan.inhibitRules = (root.sections("inhibit_rules") ?? []).map(InhibitRule.init)
        plan.intervals = intervals
        plan.zones = zones
        plan.resolveTimeoutMillis = global.resolveTimeoutMillis
        for pattern in root.strings("templates") ?? [] {
            let found = readTemplates(pattern)
            if found.isEmpty {
                root.problems.warning(root.node, "templates: no file matches \(pattern)")
            }
            for (name, text) in found {
                do throws(TemplateError) {
                    try plan.library.add(text, file: name, functions: .notifications)
                } catch {
                    root.error("templates", "\(error)")
                }
            }
        }
        root.finish(foreign: ["tracing"])
        return plan
    }
}

extension NotifyPlan {
    /// The plan as a file of Alertmanager, for `amtool` and for people.
    ///
    /// Routes, receivers by name, inhibition. What is secret, and kinds that Alertmanager does not know, are left out.
    public var alertmanagerText: String {
        var lines = ["global:", "  resolve_timeout: \(durationText(resolveTimeoutMillis))"]
        lines.append("route:")
        let root: RouteBranch
        if tree.trees.count == 1 {
            root = tree.trees[0]
        } else {
            // A forest is a root that keeps nothing, and branches that all continue.
            var branch = RouteBranch(receiver: tree.trees.first?.receiver ?? "nobody")
            branch.children = tree.trees.map { tree in
                var tree = tree
                tree.continues = true
                return tree
            }
            root = branch
        }
        lines += text(root, indent: "  ")
        if !inhibitRules.isEmpty { lines.append("inhibit_rules:") }
        for rule in inhibitRules {
            lines.append("- source_matchers: [\(list(rule.sources))]")
            lines.append("  target_matchers: [\(list(rule.targets))]")
            lines.append("  equal: [\(rule.equal.map(quoted).joined(separator: ", "))]")
        }
        lines.append("receivers:")
        let names = receivers.isEmpty ? ["nobody"] : receivers.map(\.name)
        lines += names.map { "- name: \(quoted($0))" }
        return lines.joined(separator: "\n") + "\n"
    }

    private func list(_ matchers: [Matcher]) -> String {
        matchers.map { "'\($0.alertmanagerText.replacing("'", with: "''"))'" }.joined(
            separator: ", ")
    }

    private func text(_ branch: RouteBranch, indent: String) -> [String] {
        let grouping = branch.grouping
        let labels = grouping.labels?.map(quoted).joined(separator: ", ") ?? "'...'"
        var lines = [
            "receiver: \(quoted(branch.receiver))", "group_by: [\(labels)]",
            "continue: \(branch.continues)",
            "group_wait: \(durationText(grouping.waitMillis))",
            "group_interval: \(durationText(grouping.intervalMillis))",
            "repeat_interval: \(durationText(grouping.repeatMillis))",
        ]
        if !branch.matchers.isEmpty { lines.append("matchers: [\(list(branch.matchers))]") }
        if !branch.children.isEmpty { lines.append("routes:") }
        lines = lines.map { indent + $0 }
        for child in branch.children {
            var rows = text(child, indent: indent + "  ")
            rows[0] = indent + "- " + rows[0].dropFirst(indent.count + 2)
            lines += rows
        }
        return lines
    }
}
