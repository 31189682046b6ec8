// What came of a decision that was put to somebody: read from its record, and judged from the events
// that came since. A commitment is held against what was then delivered, a go against what then broke.
// Nothing is said before it can be known, and nothing at all where nothing followed.

public import Basics
internal import Bytes

/// A decision as it was kept: the parts of its record that its outcome is judged by.
public struct KeptDecision: Sendable, Equatable {
    public var id: String
    public var name: DecisionName
    public var verdict: DecisionVerdict
    public var scope: KPIScope
    public var askedAt: Millis
    /// The chance that the recommendation promised.
    public var chance: Double?
    public var unit: CommitBand.Unit?
    public var low = 0.0
    public var high = 0.0
    /// The amount that was recommended.
    public var sure = 0.0
    /// The chance that the band promised.
    public var level: Double?

    /// Where a commitment by merged changes looks: the two weeks that it spoke of.
    static let changesMillis: Millis = 14 * 86_400_000
    /// An iteration that starts later than this was not the one that was asked about.
    static let iterationMillis: Millis = 45 * 86_400_000
    /// A go that nobody used within a day was about another release.
    public static let useMillis: Millis = 86_400_000

    /// Reads a record; nil when it is none.
    public init?(record: String) {
        guard let json = try? JSON(text: record), let id = json["id"]?.text,
            let name = json["name"]?.text.flatMap(DecisionName.init(rawValue:)),
            let verdict = json["verdict"]?.text.flatMap(DecisionVerdict.init(rawValue:)),
            let askedAt = json["asked_at"]?.double
        else { return nil }
        self.id = id
        self.name = name
        self.verdict = verdict
        self.askedAt = Millis(askedAt)
        chance = json["chance"]?.double
        let inputs = json["snapshot"]?["inputs"]?.text.flatMap { try? JSON(text: $0) }
        scope = KPIScope(
            team: inputs?["team"]?.text, repository: inputs?["repository"]?.text,
            service: inputs?["service"]?.text)
        guard let band = json["band"] else { return }
        unit = band["unit"]?.text.flatMap(CommitBand.Unit.init(rawValue:))
        low = band["low"]?.double ?? 0
        high = band["high"]?.double ?? 0
        sure = band["sure"]?.double ?? 0
        level = band["level"]?.double
    }

    /// What came of it; nil while that cannot be known, or when nothing followed.
    ///
    /// - Parameter supersededAt: when the same question was asked again: an iteration or a release
    ///   after that went by the later answer.
    public func outcome(
        in state: DeliveryState, supersededAt: Millis?, now: Millis
    ) -> DecisionOutcome? {
        switch name {
        case .commit: commitOutcome(state, supersededAt, now)
        case .go: goOutcome(state, supersededAt, now)
        // What came of it is in the next window's drift and quality, not in the events of delivery.
        // What came of a stage is the verdict of the next.
        case .driftResponse, .nextStage: nil
        }
    }

    private func commitOutcome(
        _ state: DeliveryState, _ supersededAt: Millis?, _ now: Millis
    ) -> DecisionOutcome? {
        guard let unit, verdict == .take || verdict == .noSkill else { return nil }
        let value: Double
        var rows: [String] = []
        if unit == .changes {
            let end = askedAt + KeptDecision.changesMillis
            guard now >= end else { return nil }
            let merged = state.changes.values.filter { change in
                !change.isBot && scope.holds(change.place)
                    && change.merged.map { $0 >= askedAt && $0 < end } ?? false
            }
            value = Double(merged.count)
        } else {
            let next = state.iterationReports(now: now).filter {
                scope.holds($0.place) && $0.started > askedAt
                    && $0.started <= askedAt + KeptDecision.iterationMillis
            }.min { ($0.started, $0.id) < ($1.started, $1.id) }
            // What was asked last before its start is what the iteration was planned by.
            guard let next, next.closed != nil, supersededAt ?? .max > next.started else {
                return nil
            }
            value = unit == .points ? next.completed.points : Double(next.completed.items)
            rows = [next.id]
        }
        return DecisionOutcome(
            time: now, value: value, cameTrue: value >= sure,
            isInBand: value >= low && value <= high,
            said: Phrase(
                "decision.outcome.delivered",
                [
                    "value": CommitDecision.whole(value), "unit": unit.rawValue,
                    "low": CommitDecision.whole(low), "high": CommitDecision.whole(high),
                ]), rows: rows)
    }

    private func goOutcome(
        _ state: DeliveryState, _ supersededAt: Millis?, _ now: Millis
    ) -> DecisionOutcome? {
        let isGo = verdict == .go || verdict == .goWithConditions
        guard isGo || verdict == .noGo else { return nil }
        let until = min(supersededAt ?? .max, askedAt + KeptDecision.useMillis)
        let used = state.counted.rows.first { row in
            row.isDeployed && row.finished > askedAt && row.finished <= until
                && row.rollbackOf == nil
                && scope.holds(row.place, repositories: row.repositories)
        }
        guard let row = used else { return nil }
        let causes = (state.incidentsByDeployment[row.key] ?? []).filter { $0.opened <= now }
        let isBack = (row.rolledBackAt ?? .max) <= now || state.isRolledBack(row, now)
        let isBroken = isBack || !causes.isEmpty
        // Without a fault it is good only when the window for one is over.
        guard isBroken || now - row.finished >= state.settings.incidentWindowMillis else {
            return nil
        }
        let window = durationText(state.settings.incidentWindowMillis)
        let word = isBack ? "rolled_back" : isBroken ? "failed" : "well"
        return DecisionOutcome(
            time: now, value: Double(causes.count + (isBack ? 1 : 0)),
            cameTrue: isGo != isBroken, isInBand: nil,
            said: Phrase(
                "decision.outcome.\(word)",
                [
                    "release": row.version.isEmpty ? row.id : row.version,
                    "count": String(causes.count), "window": window,
                ]), rows: [row.key] + causes.map(\.key))
    }
}

/// How often what was said came true, of the decisions whose outcome is known.
public struct DecisionCalibration: Sendable, Equatable {
    /// What was promised: the amount with its chance, the band with its level, or that a go goes well.
    public enum Promise: String, Sendable, Equatable { case amount, band, release }

    public var name: DecisionName
    public var promise: Promise
    /// The chance that was stated, to the next twentieth; nil where none was.
    public var said: Double?
    public var cameTrue: Int
    public var of: Int

    /// One row for each question, promise and stated chance.
    public static func table(
        _ decisions: [(asked: KeptDecision, outcome: DecisionOutcome)]
    ) -> [DecisionCalibration] {
        var rows: [String: DecisionCalibration] = [:]
        func count(_ name: DecisionName, _ promise: Promise, _ chance: Double?, _ isTrue: Bool) {
            let said = chance.map { ($0 * 20).rounded() / 20 }
            let key = "\(name.rawValue)/\(promise.rawValue)/\(said ?? -1)"
            var row =
                rows[key]
                ?? DecisionCalibration(name: name, promise: promise, said: said, cameTrue: 0, of: 0)
            row.of += 1
            if isTrue { row.cameTrue += 1 }
            rows[key] = row
        }
        for (asked, outcome) in decisions {
            if let chance = asked.chance { count(asked.name, .amount, chance, outcome.cameTrue) }
            if let isInBand = outcome.isInBand { count(asked.name, .band, asked.level, isInBand) }
            if asked.name == .go { count(.go, .release, nil, outcome.cameTrue) }
        }
        return rows.sorted { $0.key < $1.key }.map(\.value)
    }
}
