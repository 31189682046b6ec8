// Everything that says who is told what and when: receivers, the routing tree, inhibition, time intervals,
// templates. Read from a file in Alertmanager's format, or made of Martlet's own `receivers:` section.

public import Basics
public import Reason

/// The plan in force.
public struct NotifyPlan: Sendable {
    public var receivers: [Receiver]
    public var tree: RoutingTree
    public var inhibitRules: [InhibitRule] = []
    /// Time intervals by name.
    public var intervals: [String: [CalendarInterval]] = [:]
    /// Templates of the configuration.
    public var library = TemplateLibrary()
    public var zones = Zones.utc
    /// After so long an alert without an end is over.
    public var resolveTimeoutMillis: Millis = 300_000

    public init(receivers: [Receiver], tree: RoutingTree) {
        self.receivers = receivers
        self.tree = tree
    }

    /// Everybody hears of everything: a tree of one branch for each receiver.
    public init(_ receivers: [Receiver] = []) {
        self.init(
            receivers: receivers,
            tree: RoutingTree(
                receivers.map { RouteBranch(receiver: $0.name, grouping: $0.grouping) }))
    }

    /// True when alerts reach nobody.
    public var tellsNobody: Bool { receivers.allSatisfy(\.integrations.isEmpty) }

    /// The receivers of an alert, each once, in the order of the routes.
    public func receivers(of labels: Labels) -> [String] {
        var names: [String] = []
        for place in tree.places(of: labels) {
            let name = tree.rows[place].branch.receiver
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    func receiver(_ name: String) -> Receiver? { receivers.first { $0.name == name } }

    /// True when a route tells nothing at a time, by its time intervals.
    func isMuted(_ branch: RouteBranch, at now: Millis) -> Bool {
        func holds(_ names: [String]) -> Bool {
            names.contains { name in
                intervals[name]?.contains { $0.contains(now, zones: zones) } ?? false
            }
        }
        if !branch.activeIntervals.isEmpty && !holds(branch.activeIntervals) { return true }
        return holds(branch.muteIntervals)
    }
}

/// Names that a route may use.
struct NotifyNames {
    var receivers: Set<String>
    var intervals: Set<String>
}
