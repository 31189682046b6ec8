// Go or no-go: may this release go out now? Explicit gates, each with its row; a failed must stops
// it, an unknown must means not enough data, everything else makes conditions. Nothing is weighed.

public import Basics
internal import Bytes

/// The question "may this go out now?".
public enum GoDecision {
    /// Rises whenever the same inputs would give another answer.
    public static let ruleVersion = 1
    /// How long an answer holds: an hour, as builds and alerts change by the minute.
    public static let validMillis: Millis = 3_600_000

    /// Decides for a scope from inputs that the program filled.
    public static func decide(
        _ state: DeliveryState, scope: KPIScope, inputs: GateInputs,
        policy: GatePolicy = GatePolicy(), now: Millis
    ) -> Decision {
        let gates = GateKind.allCases.map { gate($0, inputs, policy, now) }
        let failed = gates.filter { $0.state == .fail }
        let unknown = gates.filter { $0.state == .unknown }
        let stopping = failed.filter(\.isMust)
        let blind = unknown.filter(\.isMust)
        let verdict: DecisionVerdict =
            !stopping.isEmpty
            ? .noGo
            : !blind.isEmpty
                ? .notEnoughData : failed.isEmpty && unknown.isEmpty ? .go : .goWithConditions
        let passed = gates.count - failed.count - unknown.count
        let subject = scope.service ?? scope.repository ?? scope.team ?? ""
        let arguments = [
            "subject": subject, "passed": String(passed), "failed": String(failed.count),
            "unknown": String(unknown.count), "gates": String(gates.count),
            "conditions": (failed + unknown).map(\.kind.rawValue).joined(separator: ", "),
        ]
        // What stops it first, then what is unknown, then the past, then what passed.
        let told = stopping + failed.filter { !$0.isMust } + blind
        let reasons =
            told.map { reason($0, subject) } + pastReasons(state, scope, now)
            + gates.filter { $0.state == .pass }.map { reason($0, subject) }
        return Decision(
            name: .go, subject: subject, askedAt: now, expiresAt: now + validMillis,
            verdict: verdict,
            recommendation: Phrase("decision.go.recommend.\(verdict.rawValue)", arguments),
            reasons: reasons,
            missing: unknown.map {
                Phrase("gate.\($0.kind.rawValue).missing", ["owner": $0.owner])
            },
            flip: flip(verdict, stopping: stopping, blind: blind, passed: gates),
            confidence: unknown.isEmpty ? .high : blind.isEmpty ? .medium : .low, chance: nil,
            gates: gates,
            snapshot: state.snapshot(
                ruleVersion: ruleVersion, now: now, inputs: text(scope, inputs, policy)))
    }

    private static func reason(_ gate: Gate, _ subject: String) -> DecisionReason {
        DecisionReason(
            gate.evidence, number: gate.number, link: "/decisions?gate=\(gate.kind.rawValue)")
    }

    /// A fact about earlier releases, not a score.
    private static func pastReasons(
        _ state: DeliveryState, _ scope: KPIScope, _ now: Millis
    ) -> [DecisionReason] {
        let year = TimeRange(from: now - 31_536_000_000, through: now)
        guard
            let kpi = KPIDefinition.named("release_success_rate")?
                .kpi(state, scope: scope, window: year, now: now),
            let value = kpi.value
        else { return [] }
        let phrase = Phrase(
            "decision.go.past_releases",
            ["share": percent(value), "count": String(kpi.n)])
        return [DecisionReason(phrase, number: value, link: "/delivery?kpi=release_success_rate")]
    }

    private static func flip(
        _ verdict: DecisionVerdict, stopping: [Gate], blind: [Gate], passed: [Gate]
    ) -> Phrase? {
        func names(_ gates: [Gate]) -> String { gates.map(\.kind.rawValue).joined(separator: ", ") }
        switch verdict {
        case .noGo:
            return Phrase(
                "decision.go.flip.fix",
                ["gates": names(stopping), "count": String(stopping.count)])
        case .notEnoughData: return Phrase("decision.go.flip.tell", ["gates": names(blind)])
        default:
            // Any failing must would stop it.
            return Phrase("decision.go.flip.fail", ["gates": names(passed.filter(\.isMust))])
        }
    }

    private static func text(
        _ scope: KPIScope, _ inputs: GateInputs, _ policy: GatePolicy
    ) -> String {
        var json = JSONWriter()
        json.beginObject()
        for (name, value) in scope.labels { json.field(name, value) }
        json.field("build", inputs.buildStatus ?? "")
        json.field("build_id", inputs.buildID)
        json.field("tests_failed", inputs.testsFailed)
        json.field("tests_run", inputs.testsRun)
        json.field("coverage", inputs.lineCoverage)
        json.field("coverage_before", inputs.lineCoverageBefore)
        let lists: [(String, [String]?)] = [
            ("unreviewed", inputs.unreviewedMerges), ("blockers", inputs.openBlockers),
            ("incidents", inputs.openIncidents), ("alerts", inputs.criticalAlerts),
            ("plan_missing", inputs.planMissing),
            ("must", GateKind.allCases.filter { policy.must.contains($0) }.map(\.rawValue)),
        ]
        for (name, list) in lists {
            json.key(name)
            guard let list else {
                json.null()
                continue
            }
            json.beginArray()
            for id in list { json.string(id) }
            json.endArray()
        }
        json.field("backup", inputs.backupTime.map(Double.init))
        json.field("shadow", inputs.shadow?.state.rawValue ?? "")
        json.field("drift", inputs.drift?.state.rawValue ?? "")
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }
}

func percent(_ share: Double) -> String { numberText((share * 1000).rounded() / 10, .plain) }
