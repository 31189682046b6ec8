// Who hears of which alert: Alertmanager's routing tree. An alert descends from the root; at each
// branch the first child that fits takes it, or several when they say `continue`; a branch whose
// children all decline keeps it. Every branch has its own grouping, with what it leaves open taken from
// the branch above.
//
// Martlet's own `receivers:` section is a forest instead: a tree of one branch for each receiver, so
// that everybody hears of everything.

public import Basics

/// How alerts are put together and how often they are told.
public struct Grouping: Sendable, Equatable {
    /// The labels whose values make a group; nil puts every alert into a group of its own (`...`).
    public var labels: [String]? = ["alertname"]
    /// A new group waits so long for more alerts of the same trouble.
    public var waitMillis: Millis = 30_000
    /// Changes of a group are told at most so often.
    public var intervalMillis: Millis = 300_000
    /// What has not changed is told again after so long.
    public var repeatMillis: Millis = 4 * 3_600_000

    public init() {}
}

/// One branch of a tree.
public struct RouteBranch: Sendable, Equatable {
    public var receiver: String
    public var matchers: [Matcher]
    /// True when the branches after this one are asked as well.
    public var continues: Bool
    public var grouping: Grouping
    /// Names of intervals in which nothing is told.
    public var muteIntervals: [String]
    /// Names of the only intervals in which something is told; empty for always.
    public var activeIntervals: [String]
    public var children: [RouteBranch]

    public init(
        receiver: String, matchers: [Matcher] = [], continues: Bool = false,
        grouping: Grouping = Grouping(), muteIntervals: [String] = [],
        activeIntervals: [String] = [], children: [RouteBranch] = []
    ) {
        self.receiver = receiver
        self.matchers = matchers.routeOrder
        self.continues = continues
        self.grouping = grouping
        self.muteIntervals = muteIntervals
        self.activeIntervals = activeIntervals
        self.children = children
    }
}

/// The trees in force, as a flat table.
public struct RoutingTree: Sendable, Equatable {
    /// A branch in the table.
    public struct Row: Sendable, Equatable {
        public var branch: RouteBranch
        /// Alertmanager's route key: the matchers from the root down, joined by `/`.
        public var key: String
        var children: [Int]
    }

    /// Every branch, parents before children.
    public private(set) var rows: [Row] = []
    private var roots: [Int] = []

    /// The branches at the roots, as they were given.
    public let trees: [RouteBranch]

    public init(_ trees: [RouteBranch]) {
        self.trees = trees
        for tree in trees { roots.append(add(tree, above: nil)) }
    }

    private mutating func add(_ branch: RouteBranch, above: String?) -> Int {
        let own = "{\(branch.matchers.map(\.alertmanagerText).joined(separator: ","))}"
        let place = rows.count
        let key = above.map { "\($0)/\(own)" } ?? own
        rows.append(Row(branch: branch, key: key, children: []))
        for child in branch.children {
            let index = add(child, above: key)
            rows[place].children.append(index)
        }
        return place
    }

    /// The places in ``rows`` of the branches that take an alert, in order.
    public func places(of labels: Labels) -> [Int] {
        roots.flatMap { places($0, labels) ?? [] }
    }

    /// nil when the branch declines.
    private func places(_ place: Int, _ labels: Labels) -> [Int]? {
        let row = rows[place]
        guard row.branch.matchers.fit(labels) else { return nil }
        var taken: [Int] = []
        for child in row.children {
            guard let found = places(child, labels) else { continue }
            taken += found
            if !rows[child].branch.continues { break }
        }
        return taken.isEmpty ? [place] : taken
    }
}
