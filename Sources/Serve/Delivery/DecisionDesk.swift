// Decisions, made fresh from the newest snapshot and from what only the program knows (firing alerts,
// the age of the back-up). While nothing that a decision was made from has changed, and it has not
// expired, the same record stands, so that an answer given to it does not vanish with the next look.

public import Basics
public import Keep
public import Reason

/// What only the program knows of a service; nil is unknown.
public struct ReleaseFacts: Sendable {
    public var criticalAlerts: [String]?
    public var backupTime: Millis?
    /// What rehearsals say.
    public var shadow: GateReading?

    public init(
        criticalAlerts: [String]?, backupTime: Millis?, shadow: GateReading? = nil
    ) {
        self.shadow = shadow
        self.criticalAlerts = criticalAlerts
        self.backupTime = backupTime
    }
}

/// Makes decisions and keeps their log.
public final class DecisionDesk: Sendable {
    private let board: DeliveryBoard
    let log: DecisionLog
    private let clock: Clock
    private let policy: @Sendable () -> GatePolicy
    private let facts: @Sendable (KPIScope) -> ReleaseFacts
    private let standing = Lock<[String: Decision]>([:])
    /// Beyond so many scopes the standing decisions start anew.
    private static let standingMax = 1000

    public init(
        board: DeliveryBoard, log: DecisionLog, clock: Clock,
        policy: @escaping @Sendable () -> GatePolicy,
        facts: @escaping @Sendable (KPIScope) -> ReleaseFacts
    ) {
        self.board = board
        self.log = log
        self.clock = clock
        self.policy = policy
        self.facts = facts
    }

    /// What would be said now, without putting it to anybody.
    public func judgement(_ name: DecisionName, _ scope: KPIScope) -> Decision {
        let now = clock.now()
        let state = board.snapshot?.state ?? DeliveryState(events: [])
        switch name {
        case .commit: return CommitDecision.decide(state, scope: scope, now: now)
        case .go:
            let policy = policy()
            var inputs = GateInputs(state, scope: scope, policy: policy, now: now)
            let facts = facts(scope)
            inputs.criticalAlerts = facts.criticalAlerts
            inputs.backupTime = facts.backupTime
            inputs.shadow = facts.shadow
            return GoDecision.decide(state, scope: scope, inputs: inputs, policy: policy, now: now)
        }
    }

    /// The decision of a name for a scope: the one that stands, else a fresh one, which is logged.
    public func decision(_ name: DecisionName, _ scope: KPIScope) throws(RecordError) -> Decision {
        let now = clock.now()
        let fresh = judgement(name, scope)
        let key = [
            name.rawValue, scope.team ?? "", scope.repository ?? "", scope.service ?? "",
        ].joined(separator: "\n")
        let stands = standing.withLock { standing -> Decision? in
            guard let known = standing[key], known.expiresAt > now, known.says(fresh) else {
                return nil
            }
            return known
        }
        if let stands { return stands }
        try log.keep(
            DecisionRow(
                id: fresh.id, name: fresh.name.rawValue, subject: fresh.subject,
                askedAt: fresh.askedAt, json: String(decoding: fresh.encoded, as: UTF8.self)))
        standing.withLock { standing in
            if standing.count >= DecisionDesk.standingMax { standing = [:] }
            standing[key] = fresh
        }
        return fresh
    }

    /// What may be asked now: how much to commit, for everything and every team; go or no-go for every
    /// service, at most twenty of each.
    public var questions: [(DecisionName, KPIScope)] {
        guard let state = board.snapshot?.state, !state.events.isEmpty else { return [] }
        let scopes = state.scopes
        let teams = scopes.filter { $0.team != nil }
        let services = scopes.filter { $0.service != nil }
        var questions: [(DecisionName, KPIScope)] = [(.commit, KPIScope())]
        // With one team the whole is the team.
        if teams.count > 1 { questions += teams.prefix(20).map { (.commit, $0) } }
        questions += services.prefix(20).map { (.go, $0) }
        return questions
    }
}

extension Decision {
    /// True when another decision was made from the same things and says the same.
    fileprivate func says(_ other: Decision) -> Bool {
        verdict == other.verdict && snapshot.eventsDigest == other.snapshot.eventsDigest
            && snapshot.inputs == other.snapshot.inputs
            && snapshot.ruleVersion == other.snapshot.ruleVersion
            && gates.map(\.state) == other.gates.map(\.state)
    }
}
