// `martlet check notify`: a notify file in Alertmanager's format, its routing tree, and where an alert with
// given labels would go.

import ArgumentParser
import Basics
import Bytes
import Send

struct CheckNotify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notify",
        abstract: "Check a notify file and show who hears of what.",
        discussion: """
            martlet check notify alerts/notify.yml
            martlet check notify alerts/notify.yml --labels severity=page,team=core
            """)

    @Argument(help: "The file.") var file: String
    @Option(help: "An alert's labels; prints the receivers that hear of it.") var labels: String?
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        var notifications = NotificationConfig()
        let problems = notifications.read(file)
        let isGood = !problems.contains { $0.level == .error }
        if json {
            print(problemsJSON(problems))
        } else {
            for problem in problems { remark("\(problem)") }
        }
        guard isGood, let plan = notifications.routed else { throw ExitCode(1) }
        if json { return }
        if let labels {
            print(plan.receivers(of: try parse(labels)).joined(separator: ","))
            return
        }
        print(
            "ok  \(file)  \(plan.receivers.count) receivers, \(plan.tree.rows.count) routes, "
                + "\(plan.inhibitRules.count) inhibit rules, \(plan.intervals.count) time intervals"
        )
        for tree in plan.tree.trees { show(tree, indent: "") }
    }

    private func show(_ branch: RouteBranch, indent: String) {
        let matchers = branch.matchers.map(\.alertmanagerText).joined(separator: ",")
        let more = branch.continues ? "  continue" : ""
        print("\(indent){\(matchers)}  → \(branch.receiver)\(more)")
        for child in branch.children { show(child, indent: indent + "  ") }
    }

    private func parse(_ text: String) throws -> Labels {
        var pairs: [(String, String)] = []
        for part in text.split(separator: ",") {
            let sides = part.split(separator: "=", maxSplits: 1)
            guard sides.count == 2 else { throw failure("\(part) is not name=value") }
            pairs.append((String(sides[0]), String(sides[1])))
        }
        return Labels(pairs)
    }
}
