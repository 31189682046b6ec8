// Who is told what, and when: the notify file in Alertmanager's format, and beside it `receivers:` and
// `notifications:` of the configuration itself, which hear of everything. `alerting:` names Alertmanagers
// that alerts are passed on to.

import Basics
import Bytes
import Reason
import Send

/// The plan of notifications.
struct NotificationConfig: Sendable {
    /// Those of `receivers:` and of the command line; they hear of everything.
    var receivers: [Receiver] = []
    /// The notify file's path, when there is one.
    var notifyFile: String?
    /// What the notify file says.
    var routed: NotifyPlan?
    var alertmanagers: [AlertmanagerTarget] = []

    init() {}

    /// The sections of the file.
    ///
    /// - Parameter folder: where relative paths start.
    init(root: Section, folder: String) {
        var grouping = Grouping()
        grouping.waitMillis = NotificationConfig.waitMillis
        if let section = root.section("notifications") {
            grouping = Grouping(section, over: grouping)
            section.finish()
        }
        receivers = Receiver.read(root, grouping: grouping)
        alertmanagers = AlertmanagerTarget.read(root)
        let named = root.string("notify_file")
        let path = absolute(named ?? NotificationConfig.standardFile, in: folder)
        guard named != nil || isFile(path) else { return }
        for problem in read(path) {
            let text = "notify_file: \(problem)"
            if problem.level == .error {
                root.error("notify_file", "\(problem)")
            } else {
                root.problems.warning(root.node["notify_file"] ?? root.node, text)
            }
        }
        let names = Set(routed?.receivers.map(\.name) ?? [])
        for receiver in receivers where names.contains(receiver.name) {
            root.error("receivers", "\(receiver.name) stands in the notify file as well")
        }
    }

    /// Read when nobody names another, beside the configuration.
    static let standardFile = "alerts/notify.yml"

    /// Reads a notify file.
    mutating func read(_ path: String) -> [Problem] {
        guard let text = try? readText(path) else {
            return [Problem(.error, file: path, line: 1, column: 1, text: "cannot read the file")]
        }
        let (plan, problems) = NotifyFile.parse(text, file: path, zones: .system) { pattern in
            let slash = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
            return expand(absolute(pattern, in: slash)).compactMap { file in
                (try? readText(file)).map { (file, $0) }
            }
        }
        notifyFile = path
        routed = plan
        return problems
    }

    /// Everything together: the routed tree, and a tree of one branch for each of the others.
    var plan: NotifyPlan {
        guard var plan = routed else { return NotifyPlan(receivers) }
        let others = NotifyPlan(receivers)
        plan.receivers += others.receivers
        plan.tree = RoutingTree(plan.tree.trees + others.tree.trees)
        return plan
    }

    /// Alertmanager waits 30 s for alerts that belong together; a small team's agent knows sooner.
    private static let waitMillis: Int64 = 10_000
}

private func absolute(_ path: String, in folder: String) -> String {
    path.hasPrefix("/") ? path : "\(folder)/\(path)"
}

extension Configuration {
    var receiverNames: [String] { notifications.plan.receivers.map(\.name) }
}
