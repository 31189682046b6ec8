// What a team may set about delivery: which environments are production, how long a failure may be
// blamed on a deployment, which stages mean waiting, working and done. The defaults are stated
// beside their reasons; every one of them is shown next to the numbers that it changes.

public import Basics

/// Settings of the delivery figures.
public struct DeliverySettings: Sendable, Equatable {
    /// Environments that count as production, compared without case.
    ///
    /// An empty environment is unknown, not production.
    public var productionEnvironments = ["production", "prod", "prd", "live"]
    /// An incident without an explicit cause is blamed on a deployment at most this long before it:
    /// 24 h, because later ones have other causes more often than not.
    public var incidentWindowMillis: Millis = 86_400_000
    /// A release is judged when this long has passed without rollback, hotfix or incident: 72 h,
    /// the window in which patch releases cluster in real histories.
    public var releaseWindowMillis: Millis = 259_200_000
    /// Length of the windows compared before and after a release: whole weeks align on weekdays.
    public var watchMillis: Millis = 604_800_000
    /// Branches whose deployments are unplanned.
    public var hotfixPrefixes = ["hotfix/"]
    public var branchRules = BranchRules()
    /// Stages in their order; items in other stages are counted by their own name behind these.
    public var stages = ["To Do", "In Progress", "In Review", "Done"]
    /// Stages in which nobody has begun yet, compared without case.
    public var waitingStages = [
        "to do", "todo", "backlog", "open", "new", "selected for development", "reopened",
    ]
    /// Stages after the start in which an item only waits; for flow efficiency.
    public var idleStages = [
        "in review", "review", "waiting", "blocked", "ready for test", "ready for release",
        "on hold",
    ]
    /// Stages that mean done when an event does not say so itself.
    public var doneStages = ["done", "closed", "resolved", "released", "complete", "completed"]
    /// Most items a stage may hold, by stage name.
    public var workInProgressMax: [String: Int] = [:]
    /// Item types that are defects, compared without case.
    public var defectTypes = ["bug", "defect"]
    /// Item types left out of iterations because their parents carry the estimate.
    public var childTypes = ["subtask", "sub-task"]
    /// Zone of a calendar day and week, as an offset from UTC.
    public var zoneOffsetMillis: Millis = 0

    public init() {}

    func isProduction(_ environment: String) -> Bool {
        productionEnvironments.contains(environment.lowercased())
    }

    func isDone(_ stage: String) -> Bool { doneStages.contains(stage.lowercased()) }

    func isStarted(_ stage: String) -> Bool {
        !stage.isEmpty && !waitingStages.contains(stage.lowercased()) && !isDone(stage)
    }

    func isIdle(_ stage: String) -> Bool { idleStages.contains(stage.lowercased()) }

    func isDefect(_ type: String) -> Bool { defectTypes.contains(type.lowercased()) }

    func isChild(_ type: String) -> Bool { childTypes.contains(type.lowercased()) }

    /// Start of the calendar day that holds a time.
    func dayStart(_ time: Millis) -> Millis { bucketStart(time, 86_400_000) }

    /// Start of the ISO week (Monday) that holds a time.
    func weekStart(_ time: Millis) -> Millis { bucketStart(time, 604_800_000) }

    /// Start of the bucket that holds a time; weeks begin on Monday, everything else at the epoch's
    /// day.
    public func bucketStart(_ time: Millis, _ size: Millis) -> Millis {
        // The epoch was a Thursday: Mondays are 4 days off.
        let anchor: Millis = size % 604_800_000 == 0 ? 345_600_000 : 0
        let local = time + zoneOffsetMillis - anchor
        return local.flooredDivision(by: size) * size + anchor - zoneOffsetMillis
    }
}
