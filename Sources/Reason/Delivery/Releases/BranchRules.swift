// Rules for branch names. Roles are configuration: no default decides which branch is production
// (delivery facts A3), the rules only say which names are in order.

/// Which branch names are in order.
public struct BranchRules: Sendable, Equatable {
    /// Whole names.
    public var names = ["master", "main", "develop"]
    /// Beginnings that need something behind them.
    public var prefixes = ["feature/", "hotfix/", "release/"]

    public init() {}

    /// True when a name follows the rules.
    public func allows(_ branch: String) -> Bool {
        names.contains(branch)
            || prefixes.contains { branch.hasPrefix($0) && branch.utf8.count > $0.utf8.count }
    }
}

extension DeliveryState {
    /// Branches of changes and builds that follow no rule, each with how often it was seen.
    public var strayBranches: [String: Int] {
        var counts: [String: Int] = [:]
        for branch in changes.values.map(\.branch) + builds.values.map(\.branch)
        where !branch.isEmpty && !settings.branchRules.allows(branch) {
            counts[branch, default: 0] += 1
        }
        return counts
    }
}
