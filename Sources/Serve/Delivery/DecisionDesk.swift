// Decisions, made fresh from the newest snapshot and from what only the program knows (firing alerts,
// the age of the back-up). While a decision would say the same, and it has not expired, the same record
// stands, so that an answer given to it does not vanish with the next look.

public import Basics
public import Keep
public import Reason

/// What only the program knows of a service; nil is unknown.
public struct ReleaseFacts: Sendable {
    public var criticalAlerts: [String]?
    /// The last back-up that a series tells of.
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
    private let models: @Sendable () -> [ModelEvidence]
    private let stages: @Sendable () -> [StageEvidence]
    private let response: @Sendable () -> DriftResponsePolicy
    private let standing = Lock<[String: Decision]>([:])
    private let counted = Lock<[DecisionCalibration]>([])
    private let hasCounted = Lock(false)
    /// Beyond so many scopes the standing decisions start anew.
    private static let standingMax = 1000

    /// - Parameters:
    ///   - models: what is known of every version that serves, for drift responses.
    ///   - stages: the stages that releases are in.
    ///   - response: what those are decided by.
    public init(
        board: DeliveryBoard, log: DecisionLog, clock: Clock,
        policy: @escaping @Sendable () -> GatePolicy,
        facts: @escaping @Sendable (KPIScope) -> ReleaseFacts,
        models: @escaping @Sendable () -> [ModelEvidence] = { [] },
        stages: @escaping @Sendable () -> [StageEvidence] = { [] },
        response: @escaping @Sendable () -> DriftResponsePolicy = { DriftResponsePolicy() }
    ) {
        self.stages = stages
        self.board = board
        self.log = log
        self.clock = clock
        self.policy = policy
        self.facts = facts
        self.models = models
        self.response = response
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
            inputs.backupTime = [inputs.backupTime, facts.backupTime].compactMap { $0 }.max()
            inputs.drift = GateReading(driftResponses(of: scope.service, now: now))
            inputs.shadow = facts.shadow
            return GoDecision.decide(state, scope: scope, inputs: inputs, policy: policy, now: now)
        case .driftResponse:
            // For a drift response the scope's service is the model, its release the version.
            let known = models().first {
                $0.model == scope.service ?? $0.model && $0.version == scope.release ?? $0.version
            }
            let unknown = ModelEvidence(
                model: scope.service ?? "", version: scope.release ?? "", from: now, through: now,
                count: 0)
            return DriftResponse.decide(known ?? unknown, policy: response(), now: now)
        case .nextStage:
            // For a stage the scope's service is the release.
            let known = stages().first { $0.release == scope.service ?? $0.release }
            let unknown = StageEvidence(
                release: scope.service ?? "", version: "", share: 0, start: now,
                word: .notEnoughData, since: now, requests: 0, reasons: [], requestsNeeded: nil)
            return NextStage.decide(known ?? unknown)
        }
    }

    /// Whether a release has reported a stage.
    public func knowsRelease(_ scope: KPIScope) -> Bool {
        stages().contains { $0.release == scope.service ?? $0.release }
    }

    /// Whether a version serves of which anything is known.
    public func knowsModel(_ scope: KPIScope) -> Bool {
        models().contains {
            $0.model == scope.service ?? $0.model && $0.version == scope.release ?? $0.version
        }
    }

    /// The drift responses of the models that a service carries: those that name it, and one that
    /// bears its name.
    private func driftResponses(of service: String?, now: Millis) -> [Decision] {
        models().filter { service == nil || $0.service == service || $0.model == service }
            .map { DriftResponse.decide($0, policy: response(), now: now) }
    }

    /// The decision of a name for a scope: the one that stands, else a fresh one, which is logged.
    public func decision(_ name: DecisionName, _ scope: KPIScope) throws(RecordError) -> Decision {
        let now = clock.now()
        let fresh = judgement(name, scope)
        let key = [
            name.rawValue, scope.team ?? "", scope.repository ?? "", scope.service ?? "",
            scope.release ?? "",
        ].joined(separator: "\n")
        let stands = standing.withLock { standing -> Decision? in
            guard let known = standing[key], known.expiresAt > now, known.says(fresh) else {
                return nil
            }
            return known
        }
        if let stands { return stands }
        try put(fresh)
        standing.withLock { standing in
            if standing.count >= DecisionDesk.standingMax { standing = [:] }
            standing[key] = fresh
        }
        return fresh
    }

    /// Puts a decision into the log; one that is known changes nothing.
    public func put(_ decision: Decision) throws(RecordError) {
        try log.keep(
            DecisionRow(
                id: decision.id, name: decision.name.rawValue, subject: decision.subject,
                askedAt: decision.askedAt, json: String(decoding: decision.encoded, as: UTF8.self)))
    }

    /// How often what was said came true, as of the last look.
    public var calibration: [DecisionCalibration] { counted.withLock { $0 } }

    /// Records what came of decisions that were put before, as far as it is known now.
    ///
    /// - Returns: how many outcomes were recorded.
    @discardableResult
    public func conclude(_ state: DeliveryState, now: Millis) throws(RecordError) -> Int {
        // A commitment by iterations waits for one to start and to end, each up to a quarter; a go is
        // used within a day, and its window for incidents follows.
        let longest: [DecisionName: Millis] = [
            .commit: 180 * 86_400_000,
            .go: 2 * KeptDecision.useMillis + 2 * state.settings.incidentWindowMillis,
        ]
        var count = 0
        for name in DecisionName.allCases {
            let waiting = try log.waiting(
                name.rawValue, since: now - (longest[name] ?? 0), lastOfDay: name == .commit)
            for one in waiting {
                // A commitment that somebody answered is the one that was planned by.
                let isPlan = name == .commit && !one.row.answers.isEmpty
                guard let asked = KeptDecision(record: one.row.json),
                    let outcome = asked.outcome(
                        in: state, supersededAt: isPlan ? nil : one.supersededAt, now: now)
                else { continue }
                try log.conclude(
                    asked.id, time: now, json: String(decoding: outcome.encoded, as: UTF8.self))
                count += 1
            }
        }
        if count == 0 && hasCounted.withLock({ $0 }) { return 0 }
        hasCounted.withLock { $0 = true }
        let table = DecisionCalibration.table(
            try log.concluded().compactMap { row in
                guard let asked = KeptDecision(record: row.json),
                    let outcome = row.outcome.flatMap(DecisionOutcome.init(record:))
                else { return nil }
                return (asked, outcome)
            })
        counted.withLock { $0 = table }
        return count
    }

    /// What may be asked now: how much to commit, for everything and every team; go or no-go for every
    /// service; what to do about drift for every version that serves; whether a release may get more
    /// traffic; at most twenty of each.
    public var questions: [(DecisionName, KPIScope)] {
        var serving: [(DecisionName, KPIScope)] = models().prefix(20).map {
            (.driftResponse, KPIScope(service: $0.model, release: $0.version))
        }
        serving += stages().prefix(20).map { (.nextStage, KPIScope(service: $0.release)) }
        guard let state = board.snapshot?.state, !state.events.isEmpty else { return serving }
        let scopes = state.scopes
        let teams = scopes.filter { $0.team != nil }
        let services = scopes.filter { $0.service != nil }
        var questions: [(DecisionName, KPIScope)] = [(.commit, KPIScope())]
        // With one team the whole is the team.
        if teams.count > 1 { questions += teams.prefix(20).map { (.commit, $0) } }
        questions += services.prefix(20).map { (.go, $0) }
        return questions + serving
    }
}

extension Decision {
    /// True when another decision says the same of the same inputs.
    ///
    /// Events that change nothing of it make no new record, and ages that grow by the minute none
    /// either.
    fileprivate func says(_ other: Decision) -> Bool {
        // Traffic moves counts and intervals with every look; a drift response stands while what it
        // rests on does, which its digest holds.
        if name == .nextStage { return id == other.id }
        let restsOnTheSame =
            name == .driftResponse
            ? snapshot.eventsDigest == other.snapshot.eventsDigest
            : recommendation == other.recommendation && band == other.band
                && snapshot.inputs == other.snapshot.inputs
        return verdict == other.verdict && restsOnTheSame
            && snapshot.ruleVersion == other.snapshot.ruleVersion
            && gates.map(\.state) == other.gates.map(\.state)
            && gates.map(\.rows) == other.gates.map(\.rows)
            && (name != .commit || reasons == other.reasons)
    }
}
