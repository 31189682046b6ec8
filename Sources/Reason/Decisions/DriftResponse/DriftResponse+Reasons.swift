// Why: the harm with its figure, what moved and in which direction, the version it came with, what is
// missing, and what would make the answer another one.

internal import Basics
internal import Glibc

extension DriftCase {
    /// What every sentence of this decision may name.
    var arguments: [String: String] {
        let moved = evidence.drift?.moved ?? []
        var arguments = [
            "model": evidence.model, "version": evidence.version,
            "count": String(moved.count), "compared": String(evidence.drift?.compared ?? 0),
            "columns": listed(moved.map(\.name)), "labels": String(evidence.labelCount),
            "needed": String(labelsNeeded), "broken": listed(evidence.brokenColumns ?? []),
            "previous": evidence.previousVersion ?? "",
        ]
        if let quality = evidence.quality {
            arguments["figure"] = quality.figure
            arguments["before"] = figure(quality.before)
            arguments["now"] = figure(quality.now)
            arguments["low"] = figure(quality.low)
            arguments["high"] = figure(quality.high)
            arguments["rows"] = String(quality.count)
            arguments["limit"] = figure(policy.limit(quality))
        }
        return arguments
    }

    var reasons: [DecisionReason] {
        var reasons: [DecisionReason] = []
        if let quality = evidence.quality {
            let key =
                quality.source == .labels
                ? "decision.drift_response.reason.measured"
                : "decision.drift_response.reason.estimated"
            reasons.append(
                DecisionReason(
                    Phrase(key, arguments), number: quality.now, link: link("quality")))
        }
        reasons += driftReasons
        if let faults = evidence.brokenColumns, !faults.isEmpty {
            reasons.append(
                DecisionReason(
                    Phrase("decision.drift_response.reason.broken", arguments),
                    number: Double(faults.count), link: link("data")))
        }
        if isDrifted || harm == .sure, let days = daysSinceServing {
            reasons.append(
                DecisionReason(
                    Phrase(
                        isVersionSuspect
                            ? "decision.drift_response.reason.with_version"
                            : "decision.drift_response.reason.serving",
                        arguments.merging(["days": number(days)]) { $1 }), number: days,
                    link: link("versions")))
        }
        if harm == .sure, let before = evidence.quality?.rankingBefore,
            let now = evidence.quality?.rankingNow,
            let errorBefore = evidence.quality?.calibrationBefore,
            let errorNow = evidence.quality?.calibrationNow
        {
            reasons.append(
                DecisionReason(
                    Phrase(
                        isOnlyMiscalibrated
                            ? "decision.drift_response.reason.miscalibrated"
                            : "decision.drift_response.reason.ranking",
                        [
                            "before": figure(before), "now": figure(now),
                            "error_before": figure(errorBefore), "error_now": figure(errorNow),
                        ]), number: errorNow, link: link("quality")))
        }
        // The directions come last: they explain, the others decide.
        reasons += (evidence.drift?.moved ?? []).prefix(2).map {
            DecisionReason($0.direction, number: $0.effect, link: link("column", $0.name))
        }
        return reasons
    }

    private var driftReasons: [DecisionReason] {
        guard let drift = evidence.drift else { return [] }
        let key =
            !drift.isDrifted
            ? "decision.drift_response.reason.steady"
            : drift.moved.isEmpty
                ? "decision.drift_response.reason.together" : "decision.drift_response.reason.moved"
        return [
            DecisionReason(Phrase(key, arguments), number: drift.probability, link: link("drift"))
        ]
    }

    private var daysSinceServing: Double? {
        guard let born = evidence.servingSince else { return nil }
        let onset = evidence.drift?.since ?? evidence.from
        return onset >= born ? (Double(onset - born) / 8_640_000).rounded() / 10 : nil
    }

    var missing: [Phrase] {
        var missing: [Phrase] = []
        if evidence.drift == nil { missing.append(Phrase("decision.drift_response.missing.drift")) }
        if evidence.quality == nil {
            missing.append(
                evidence.qualityRefusal ?? Phrase("decision.drift_response.missing.quality"))
        } else if !isMeasured {
            missing.append(Phrase("decision.drift_response.missing.labels", arguments))
        }
        if evidence.brokenColumns == nil {
            missing.append(Phrase("decision.drift_response.missing.data"))
        }
        if evidence.isReferenceSelfMade {
            missing.append(Phrase("decision.drift_response.missing.reference", arguments))
        }
        if harm == .sure && evidence.previousVersion == nil {
            missing.append(Phrase("decision.drift_response.missing.previous"))
        }
        return missing
    }

    func flip(_ verdict: DecisionVerdict) -> Phrase? {
        let isJudged = evidence.quality != nil
        switch verdict {
        case .leave:
            return isJudged
                ? Phrase("decision.drift_response.flip.leave", arguments)
                : Phrase("decision.drift_response.flip.leave_blind", arguments)
        case .watch:
            if answer.repairs { return Phrase("decision.drift_response.flip.repair", arguments) }
            return Phrase("decision.drift_response.flip.watch", arguments)
        case .labelSample:
            return isJudged
                ? Phrase("decision.drift_response.flip.label_sample", arguments)
                : Phrase("decision.drift_response.flip.label_blind", arguments)
        case .recalibrate: return Phrase("decision.drift_response.flip.recalibrate", arguments)
        case .retrain: return Phrase("decision.drift_response.flip.retrain", arguments)
        case .rollBack: return Phrase("decision.drift_response.flip.roll_back", arguments)
        case .notEnoughData:
            return Phrase("decision.drift_response.flip.not_enough_data", arguments)
        default: return nil
        }
    }

    /// A place on the page of the model.
    private func link(_ part: String, _ column: String? = nil) -> String {
        let allowed = { (byte: UInt8) in
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte)
                || (0x61...0x7a).contains(byte) || byte == 0x2d || byte == 0x2e || byte == 0x5f
        }
        func encoded(_ text: String) -> String {
            text.utf8.reduce(into: "") { result, byte in
                let digits = String(byte, radix: 16, uppercase: true)
                result +=
                    allowed(byte)
                    ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + digits
            }
        }
        var text =
            "/models?model=\(encoded(evidence.model))&version=\(encoded(evidence.version))"
        if let column { text += "&column=\(encoded(column))" }
        return text + "#\(part)"
    }

    private func listed(_ names: [String]) -> String {
        let few = names.prefix(3).joined(separator: ", ")
        return names.count > 3 ? few + " …" : few
    }

    /// Three decimals; errors of other scales three digits.
    private func figure(_ value: Double) -> String {
        if !value.isFinite || value == 0 { return numberText(value) }
        let size = abs(value) < 1 ? 3 : max(0, 2 - Int(log10(abs(value))))
        let scale = pow(10, Double(size))
        return numberText((value * scale).rounded() / scale, .plain)
    }

    private func number(_ value: Double) -> String { numberText(value, .plain) }
}

extension GateReading {
    /// How drift bears on a release: what serves beside or under it must not be in trouble.
    ///
    /// The worst of the models speaks. Drift whose harm nobody knows is unknown, never a pass.
    public init?(_ decisions: [Decision]) {
        func rank(_ verdict: DecisionVerdict) -> Int {
            switch verdict {
            case .rollBack: 5
            case .retrain: 4
            case .recalibrate: 3
            case .labelSample, .notEnoughData: 2
            case .watch: 1
            default: 0
            }
        }
        guard let worst = decisions.max(by: { rank($0.verdict) < rank($1.verdict) }) else {
            return nil
        }
        let place = rank(worst.verdict)
        self.init(
            place >= 3 ? .fail : place == 2 ? .unknown : .pass, worst.summary,
            link:
                "/decisions?name=drift_response&subject=\(worst.subject.replacing(" ", with: "+"))")
    }
}
