// Commit: how much should we take into the next iteration? A band from the closed iterations,
// corrected by how right the same forecast was before; with fewer than six of them the next two
// weeks from merged changes, and it says so. The recommended amount is the one that was reached
// with a chance of 80 %.

public import Basics
internal import Bytes
internal import Glibc

/// The forecast behind a commitment.
public struct CommitBand: Sendable, Equatable {
    /// What is counted.
    public enum Unit: String, Sendable, Equatable { case points, items, changes }

    public var unit: Unit
    public var low: Double
    public var high: Double
    /// Reached with a chance of 80 %.
    public var sure: Double
    public var expected: Double
    /// The chance that the band promises.
    public var level: Double
    /// Share of past bands that held; nil before there are any.
    public var hitRate: Double?
    public var hitCount: Int
    /// Mean absolute errors of the past forecasts, and of repeating the last window and of the
    /// plain mean at the same moments; nil before there are any.
    public var error: Double?
    public var errorLastWindow: Double?
    public var errorPlainMean: Double?
    /// How many items from the top of the given backlog fit under `sure`.
    public var backlogLine: Int?
    /// Iterations that it was made from.
    public var used: [String]
}

/// An item of the ordered backlog.
public struct BacklogItem: Sendable, Equatable {
    public var key: String
    public var estimate: Double?

    public init(key: String, estimate: Double?) {
        self.key = key
        self.estimate = estimate
    }
}

/// The question "how much should we take?".
public enum CommitDecision {
    /// Rises whenever the same events would give another answer.
    public static let ruleVersion = 2
    /// How long an answer holds: a week, then there is a week more to learn from.
    public static let validMillis: Millis = 604_800_000

    /// Decides for a scope as of `now`.
    ///
    /// - Parameters:
    ///   - nextDays: days of the next iteration; the usual length when nil.
    ///   - backlog: in its order, to draw the line in.
    public static func decide(
        _ state: DeliveryState, scope: KPIScope = KPIScope(), nextDays: Double? = nil,
        backlog: [BacklogItem] = [], settings: ForecastSettings = ForecastSettings(), now: Millis
    ) -> Decision {
        let reports = state.iterationReports(now: now)
            .filter { $0.closed != nil && scope.holds($0.place) }
        let made = IterationForecast(reports, nextDays: nextDays, settings: settings)
        var question = Question(
            state: state, scope: scope, now: now,
            inputs: text(scope, nextDays, backlog, settings))
        switch made.answer {
        case .forecast(let forecast):
            let unit: CommitBand.Unit =
                reports.suffix(settings.history).contains(where: \.usesPoints) ? .points : .items
            return question.take(
                forecast, unit, made.score, made.used, backlog,
                reasons: iterationReasons(reports.suffix(settings.history)))
        case .refused(let why):
            question.missing.append(why)
            let changes = ThroughputForecast(
                times: state.mergeTimes(scope: scope), days: 14, now: now, settings: settings)
            switch changes.answer {
            case .forecast(let forecast):
                return question.take(forecast, .changes, changes.score, [], [], reasons: [])
            case .refused(let reason):
                question.missing.append(reason)
                return question.refuse(why)
            }
        }
    }

    private static func iterationReasons(_ reports: ArraySlice<IterationReport>) -> [DecisionReason]
    {
        guard let last = reports.last else { return [] }
        var reasons: [DecisionReason] = []
        if let rate = last.completionRate {
            reasons.append(
                DecisionReason(
                    Phrase(
                        "decision.commit.last",
                        [
                            "iteration": last.name, "share": percent(rate),
                            "committed": whole(last.committed.amount),
                            "completed": whole(last.completedOfCommitted.amount),
                        ]), number: rate, link: "/delivery?iteration=\(last.id)"))
        }
        let committed = reports.reduce(0) { $0 + $1.committed.amount }
        if committed > 0 {
            let added = reports.reduce(0) { $0 + $1.added.amount } / committed
            reasons.append(
                DecisionReason(
                    Phrase("decision.commit.added", ["share": percent(added)]), number: added,
                    link: "/delivery?kpi=scope_change_share"))
        }
        let carried = last.carriedOver
        if carried.items > 0 {
            reasons.append(
                DecisionReason(
                    Phrase(
                        "decision.commit.carried",
                        ["count": String(carried.items), "amount": whole(carried.amount)]),
                    number: carried.amount, link: "/delivery?iteration=\(last.id)"))
        }
        return reasons
    }

    private static func text(
        _ scope: KPIScope, _ nextDays: Double?, _ backlog: [BacklogItem],
        _ settings: ForecastSettings
    ) -> String {
        var json = JSONWriter()
        json.beginObject()
        for (name, value) in scope.labels { json.field(name, value) }
        json.field("next_days", nextDays)
        json.field("level", settings.level)
        json.field("half_life", settings.halfLife)
        json.field("seed", String(settings.seed))
        json.key("backlog")
        json.beginArray()
        for item in backlog {
            json.beginArray()
            json.string(item.key)
            if let estimate = item.estimate { json.number(estimate) } else { json.null() }
            json.endArray()
        }
        json.endArray()
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    static func whole(_ amount: Double) -> String {
        numberText((amount * 10).rounded() / 10, .plain)
    }
}

/// What all the answers to one question share.
private struct Question {
    var state: DeliveryState
    var scope: KPIScope
    var now: Millis
    var inputs: String
    var missing: [Phrase] = []

    var subject: String { scope.team ?? scope.repository ?? scope.service ?? "" }

    private func decision(
        _ verdict: DecisionVerdict, _ recommendation: Phrase, _ reasons: [DecisionReason],
        flip: Phrase?, confidence: Confidence, chance: Double?, band: CommitBand?
    ) -> Decision {
        Decision(
            name: .commit, subject: subject, askedAt: now,
            expiresAt: now + CommitDecision.validMillis, verdict: verdict,
            recommendation: recommendation, reasons: reasons, missing: missing, flip: flip,
            confidence: confidence, chance: chance, band: band,
            snapshot: state.snapshot(
                ruleVersion: CommitDecision.ruleVersion, now: now, inputs: inputs))
    }

    func refuse(_ why: Phrase) -> Decision {
        decision(
            .notEnoughData, Phrase("decision.commit.recommend.not_enough_data", why.arguments), [],
            flip: Phrase("decision.commit.flip.more", why.arguments), confidence: .low, chance: nil,
            band: nil)
    }

    func take(
        _ forecast: Forecast, _ unit: CommitBand.Unit, _ score: ForecastScore, _ used: [String],
        _ backlog: [BacklogItem], reasons more: [DecisionReason]
    ) -> Decision {
        // Whole points and items: the integers inside the band are exactly the promised ones.
        var band = CommitBand(
            unit: unit, low: ceil(forecast.low - 1e-9), high: floor(forecast.high + 1e-9),
            sure: floor(forecast.sure + 1e-9), expected: forecast.expected, level: forecast.level,
            hitRate: score.coverage, hitCount: score.n, error: score.error,
            errorLastWindow: score.errorLastWindow, errorPlainMean: score.errorPlainMean,
            backlogLine: nil, used: used)
        // The recommended amount is promised with more than the band's lower edge, not with less.
        band.low = min(band.low, band.sure)
        if band.high < band.low { band.high = band.low }
        if !backlog.isEmpty { band.backlogLine = line(backlog, band.sure, unit) }
        let chance = forecast.chance(of: band.sure)
        let text = CommitDecision.whole
        let arguments = [
            "low": text(band.low), "high": text(band.high), "amount": text(band.sure),
            "unit": unit.rawValue, "chance": percent(chance), "level": percent(forecast.level),
        ]
        var reasons = [
            DecisionReason(
                Phrase(
                    unit == .changes ? "decision.commit.from_changes" : "decision.commit.from",
                    [
                        "count": String(forecast.units.count),
                        "expected": text(forecast.expected),
                    ]), number: forecast.expected, link: "/delivery?kpi=velocity")
        ]
        if let rate = score.coverage {
            reasons.append(
                DecisionReason(
                    Phrase(
                        "decision.commit.hit_rate",
                        [
                            "said": percent(forecast.level), "held": percent(rate),
                            "count": String(score.n), "error": text(score.error ?? 0),
                            "last": text(score.errorLastWindow ?? 0),
                            "mean": text(score.errorPlainMean ?? 0),
                        ]), number: rate, link: "/decisions?name=commit"))
        }
        let isSure = score.n >= 12 && unit != .changes
        let verdict = isBeaten(score) ? DecisionVerdict.noSkill : .take
        return decision(
            verdict, Phrase("decision.commit.recommend.\(verdict.rawValue)", arguments),
            reasons + more,
            flip: Phrase(
                "decision.commit.flip.more_work",
                [
                    "amount": text(ceil(forecast.expected)),
                    "chance": percent(forecast.chance(of: ceil(forecast.expected))),
                ]),
            confidence: isSure ? .high : score.n > 0 || unit != .changes ? .medium : .low,
            chance: chance, band: band)
    }

    /// Both naive forecasts were better, over enough windows to tell: 20, where a tenth is seen.
    private func isBeaten(_ score: ForecastScore) -> Bool {
        guard score.n >= 20, let error = score.error, let last = score.errorLastWindow,
            let mean = score.errorPlainMean
        else { return false }
        return error > 1.1 * min(last, mean)
    }

    private func line(_ backlog: [BacklogItem], _ amount: Double, _ unit: CommitBand.Unit) -> Int {
        var left = amount
        for (index, item) in backlog.enumerated() {
            let size = unit == .points ? item.estimate ?? 0 : 1
            if size > left { return index }
            left -= size
        }
        return backlog.count
    }
}
