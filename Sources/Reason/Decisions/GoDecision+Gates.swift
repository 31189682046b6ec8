// How each gate reads its inputs. A gate without its input is unknown; only evidence makes it pass.

internal import Basics

extension GoDecision {
    static func gate(
        _ kind: GateKind, _ inputs: GateInputs, _ policy: GatePolicy, _ now: Millis
    ) -> Gate {
        var gate = Gate(
            kind: kind, state: .unknown, isMust: policy.must.contains(kind),
            owner: policy.owners[kind] ?? "", evidence: Phrase("gate.\(kind.rawValue).unknown"),
            number: nil, rows: [])
        func judge(_ passes: Bool, _ number: Double, _ arguments: [String: String]) {
            gate.state = passes ? .pass : .fail
            gate.number = number
            gate.evidence = Phrase("gate.\(kind.rawValue).\(gate.state.rawValue)", arguments)
        }
        func judge(_ rows: [String]?, atMost limit: Int) {
            guard let rows else { return }
            gate.rows = rows
            judge(
                rows.count <= limit, Double(rows.count),
                [
                    "count": String(rows.count), "limit": String(limit),
                    "rows": rows.prefix(3).joined(separator: ", "),
                ])
        }
        func take(_ reading: GateReading?) {
            guard let reading else { return }
            gate.state = reading.state
            gate.evidence = reading.evidence
            gate.rows = reading.link.isEmpty ? [] : [reading.link]
        }
        switch kind {
        case .build:
            guard let status = inputs.buildStatus else { break }
            gate.rows = [inputs.buildID]
            judge(status == "success", status == "success" ? 1 : 0, ["status": status])
        case .tests:
            guard let failed = inputs.testsFailed, let run = inputs.testsRun, run > 0 else { break }
            judge(
                failed == 0, failed,
                ["failed": numberText(failed, .plain), "run": numberText(run, .plain)])
        case .coverage: readCoverage(inputs, policy, judge)
        case .reviews: judge(inputs.unreviewedMerges, atMost: policy.unreviewedMergesMax)
        case .blockers: judge(inputs.openBlockers, atMost: 0)
        case .incidents: judge(inputs.openIncidents, atMost: 0)
        case .alerts: judge(inputs.criticalAlerts, atMost: 0)
        case .backup:
            guard let time = inputs.backupTime else { break }
            let age = now - time
            judge(
                age <= policy.backupAgeMillisMax, Double(age) / 3_600_000,
                [
                    "age": durationText(max(0, age / 60_000 * 60_000)),
                    "limit": durationText(policy.backupAgeMillisMax),
                ])
        case .plan: judge(inputs.planMissing, atMost: 0)
        case .shadow: take(inputs.shadow)
        case .drift: take(inputs.drift)
        }
        return gate
    }

    private static func readCoverage(
        _ inputs: GateInputs, _ policy: GatePolicy,
        _ judge: (Bool, Double, [String: String]) -> Void
    ) {
        guard let now = inputs.lineCoverage else { return }
        let least = policy.lineCoverageMin
        // Without a floor and without a run before it, there is nothing to compare with.
        guard least != nil || inputs.lineCoverageBefore != nil else { return }
        let drop = (inputs.lineCoverageBefore ?? now) - now
        judge(
            now >= least ?? 0 && drop <= policy.coverageDropMax, now,
            [
                "coverage": percent(now), "before": percent(inputs.lineCoverageBefore ?? now),
                "least": percent(least ?? 0),
            ])
    }
}
