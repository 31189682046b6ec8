// Gates of a release: each passes, fails or is unknown, with an owner and evidence. Unknown is
// never a pass. There is no score: on three real histories a learned one had no skill (delivery
// facts E4).

public import Basics

/// What a gate looks at.
public enum GateKind: String, Sendable, Equatable, CaseIterable {
    case build, tests, coverage, reviews, blockers, incidents, alerts, backup, plan, shadow, drift
}

/// How a gate stands.
public enum GateState: String, Sendable, Equatable { case pass, fail, unknown }

/// One gate.
public struct Gate: Sendable, Equatable {
    public var kind: GateKind
    public var state: GateState
    /// True when a release must not go without it.
    public var isMust: Bool
    public var owner: String
    public var evidence: Phrase
    public var number: Double?
    /// Ids of the rows behind it.
    public var rows: [String]
}

/// What another judge says about the release, with its evidence.
public struct GateReading: Sendable, Equatable {
    public var state: GateState
    public var evidence: Phrase
    public var link: String

    public init(_ state: GateState, _ evidence: Phrase, link: String = "") {
        self.state = state
        self.evidence = evidence
        self.link = link
    }
}

/// What the gates are read from; nil is unknown.
///
/// Events fill what they tell of, the program the rest.
public struct GateInputs: Sendable, Equatable {
    /// The last finished build of the line that is released.
    public var buildStatus: String?
    public var buildID = ""
    /// Failed and errored tests of the last run of every suite, and how many were run.
    public var testsFailed: Double?
    public var testsRun: Double?
    /// 0…1, and the run before.
    public var lineCoverage: Double?
    public var lineCoverageBefore: Double?
    /// Merged since the last deployment without an answer by another human.
    public var unreviewedMerges: [String]?
    /// Open defects of blocking priority.
    public var openBlockers: [String]?
    public var openIncidents: [String]?
    /// Firing alerts of critical severity; the program knows them.
    public var criticalAlerts: [String]?
    /// When the last good back-up was made: from events, or from a series that the program reads.
    public var backupTime: Millis?
    /// Preparations without an entry in the release record.
    public var planMissing: [String]?
    /// Unknown unless given.
    public var shadow: GateReading?
    /// Unknown unless given.
    public var drift: GateReading?

    public init() {}
}

/// What the gates ask.
public struct GatePolicy: Sendable, Equatable {
    /// Gates without which nothing goes out; the others only make conditions.
    public var must: Set<GateKind> = [.build, .tests, .blockers, .incidents, .alerts, .reviews]
    public var owners: [GateKind: String] = [:]
    /// Least line coverage; none by default, as no number fits every code.
    public var lineCoverageMin: Double?
    /// Most that coverage may fall against the run before: one point is the noise of moved lines.
    public var coverageDropMax = 0.01
    public var unreviewedMergesMax = 0
    /// Oldest back-up: a day, because that much work may then be lost.
    public var backupAgeMillisMax: Millis = 86_400_000
    /// Priorities that block, compared without case.
    public var blockingPriorities = ["blocker", "highest", "critical", "p0", "p1"]

    public init() {}
}

extension GateInputs {
    /// Fills what events tell about a scope.
    public init(
        _ state: DeliveryState, scope: KPIScope, policy: GatePolicy = GatePolicy(), now: Millis
    ) {
        let builds = state.builds.values.filter {
            scope.holds($0.place) && $0.isFinished && $0.time <= now
                && state.isReleaseLine($0.branch)
        }.sorted { ($0.time, $0.key) < ($1.time, $1.key) }
        if let last = builds.last {
            buildStatus = last.status
            buildID = last.key
        }
        readTests(state, scope, now)
        readChanges(state, scope, now)
        backupTime = state.lastBackup(scope: scope, now: now)
        let items = state.items.values.filter { scope.holds($0.place) && $0.exists(at: now) }
        if !items.isEmpty {
            openBlockers = items.filter { item in
                !item.isDone(at: now) && state.settings.isDefect(item.type)
                    && policy.blockingPriorities.contains(item.priority.lowercased())
            }.map(\.key).sorted()
        }
        // Without any incident ever told of, nobody knows whether there is none or no source.
        if !state.incidents.isEmpty {
            openIncidents = state.incidents.values.filter {
                scope.holds($0.place) && $0.opened <= now && $0.resolved ?? .max > now
            }.map(\.key).sorted()
        }
        let record = state.releases.values
            .filter { scope.holds($0.place) && $0.time <= now && !$0.entries.isEmpty }
            .max { ($0.time, $0.key) < ($1.time, $1.key) }
        planMissing = record.map { record in
            ReleaseRecord.preparations.filter { record.entry($0) == nil }
        }
    }

    private mutating func readTests(_ state: DeliveryState, _ scope: KPIScope, _ now: Millis) {
        var last: [String: TestReport] = [:]
        for run in state.testRuns
        where run.time <= now && scope.holds(run.place) && run.passed != nil {
            last["\(run.place.repository)|\(run.suite)"] = run
        }
        if !last.isEmpty {
            testsFailed = last.values.reduce(0) { $0 + $1.failed + $1.errors }
            testsRun = last.values.reduce(0) { $0 + ($1.passed ?? 0) + $1.failed + $1.errors }
        }
        let covered = state.testRuns.filter {
            $0.time <= now && scope.holds($0.place) && $0.linesValid ?? 0 > 0
        }
        func share(_ run: TestReport) -> Double { (run.linesCovered ?? 0) / (run.linesValid ?? 1) }
        if let run = covered.last {
            lineCoverage = share(run)
            lineCoverageBefore = covered.dropLast().last { $0.suite == run.suite }.map(share)
        }
    }

    private mutating func readChanges(_ state: DeliveryState, _ scope: KPIScope, _ now: Millis) {
        let since = state.counted.rows.last {
            $0.isDeployed && $0.finished <= now
                && scope.holds($0.place, repositories: $0.repositories)
        }?.finished
        let merged = state.changes.values.filter { change in
            scope.holds(change.place) && !change.isBot && change.opened != nil
                && (change.merged.map { $0 <= now && $0 > since ?? .min } ?? false)
        }
        let isKnown = state.changes.values.contains { scope.holds($0.place) && $0.opened != nil }
        if isKnown {
            unreviewedMerges = merged.filter { $0.firstReview == nil }.map(\.key).sorted()
        }
    }
}

extension DeliveryState {
    /// Main line or release branch; an unknown branch counts, as many sources name none.
    func isReleaseLine(_ branch: String) -> Bool {
        branch.isEmpty || settings.branchRules.names.contains(branch)
            || branch.hasPrefix("release/")
    }
}
