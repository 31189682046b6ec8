// Something moved: what now? Drift alone is no reason to act and harm alone may have another cause, so
// the answer comes from both:
//
//              harm none   unclear        possible       sure             unknown
//   no drift   leave       leave          watch/label    act              leave, blindly
//   drift      watch       watch/label    label          act              label
//
// Acting is rolling back when the answers moved with the version while the questions did not;
// recalibrating when the order of the answers still holds and only their confidence is off; else
// retraining, which needs labels. Broken data is repaired first: a model learns whatever it is fed.

public import Basics
internal import Bytes
internal import Glibc

/// The question "the model drifts: what do we do?".
public enum DriftResponse {
    /// Rises whenever the same evidence would give another answer.
    public static let ruleVersion = 1
    /// How long an answer holds: a day, as traffic has days.
    public static let validMillis: Millis = 86_400_000

    /// Decides for one version.
    public static func decide(
        _ evidence: ModelEvidence, policy: DriftResponsePolicy = DriftResponsePolicy(), now: Millis
    ) -> Decision {
        DriftCase(evidence, policy).decision(now: now)
    }

    /// Makes the decision of a snapshot again; nil when the text is no such snapshot.
    public static func replay(_ snapshot: DecisionSnapshot, askedAt: Millis) -> Decision? {
        guard let json = try? JSON(text: snapshot.inputs), let parts = json["policy"],
            let evidence = json["evidence"].flatMap({
                ModelEvidence(snapshot: String(decoding: $0.encoded, as: UTF8.self))
            })
        else { return nil }
        var policy = DriftResponsePolicy()
        policy.shareLossMax = parts["share_loss_max"]?.double ?? policy.shareLossMax
        policy.errorRiseMax = parts["error_rise_max"]?.double ?? policy.errorRiseMax
        policy.labelsMin = parts["labels_min"]?.int ?? policy.labelsMin
        policy.suspectMillis = parts["suspect_ms"]?.int.map { Millis($0) } ?? policy.suspectMillis
        return decide(evidence, policy: policy, now: askedAt)
    }
}

/// The evidence with what follows from it.
struct DriftCase {
    let evidence: ModelEvidence
    let policy: DriftResponsePolicy
    let harm: Harm

    init(_ evidence: ModelEvidence, _ policy: DriftResponsePolicy) {
        self.evidence = evidence
        self.policy = policy
        harm = Harm(evidence.quality, policy)
    }

    var isDrifted: Bool { evidence.drift?.isDrifted ?? false }
    var isMeasured: Bool { evidence.quality?.source == .labels }
    var isBroken: Bool { !(evidence.brokenColumns ?? []).isEmpty }

    /// What to do, and whether it is the repair of the data that comes first.
    var answer: (verdict: DecisionVerdict, repairs: Bool) {
        if evidence.drift == nil && !(harm == .sure && isMeasured) {
            return (.notEnoughData, false)
        }
        if harm == .sure {
            if isVersionSuspect { return (.rollBack, false) }
            if isBroken { return (.watch, true) }
            if !isMeasured || evidence.labelCount < policy.labelsMin {
                return (.labelSample, false)
            }
            return (isOnlyMiscalibrated ? .recalibrate : .retrain, false)
        }
        if isDrifted && isBroken && harm != .possible { return (.watch, true) }
        switch (isDrifted, harm) {
        case (false, .possible): return (isMeasured ? .watch : .labelSample, false)
        case (false, _): return (.leave, false)
        case (true, .none): return (.watch, false)
        case (true, .unclear):
            // With labels enough a wide interval is the figure's nature; without, labels narrow it.
            return (
                isMeasured && evidence.labelCount >= policy.labelsMin ? .watch : .labelSample, false
            )
        case (true, _): return (.labelSample, false)
        }
    }

    /// The trouble came with this version, and not with the questions it is asked: going back helps.
    var isVersionSuspect: Bool {
        guard evidence.previousVersion != nil, let born = evidence.servingSince else {
            return false
        }
        let onset = evidence.drift?.since ?? evidence.from
        let inputsMoved = evidence.drift?.moved.contains { !$0.isOutput } ?? false
        return !inputsMoved && onset >= born && onset - born <= policy.suspectMillis
    }

    /// The order of the answers holds and their confidence is off.
    var isOnlyMiscalibrated: Bool {
        guard let before = evidence.quality?.rankingBefore, let now = evidence.quality?.rankingNow,
            let errorBefore = evidence.quality?.calibrationBefore,
            let errorNow = evidence.quality?.calibrationNow
        else { return false }
        return now >= before - policy.shareLossMax && errorNow > errorBefore + policy.shareLossMax
    }

    /// Labels that resolve the loss that matters: the half width of a share's 95 % interval.
    var labelsNeeded: Int {
        guard let quality = evidence.quality, quality.isHigherBetter else {
            return policy.labelsMin
        }
        let share = min(max(quality.now, 0.5), 0.99)
        let needed = 3.8416 * share * (1 - share) / (policy.shareLossMax * policy.shareLossMax)
        return max(policy.labelsMin, min(Int(needed.rounded(.up)), 5000))
    }

    var confidence: Confidence {
        if harm == .unknown || evidence.drift == nil { return .low }
        return isMeasured && evidence.quality?.count ?? 0 >= policy.labelsMin ? .high : .medium
    }

    func decision(now: Millis) -> Decision {
        let (verdict, repairs) = answer
        let arguments = self.arguments
        return Decision(
            name: .driftResponse, subject: "\(evidence.model) \(evidence.version)", askedAt: now,
            expiresAt: now + DriftResponse.validMillis, verdict: verdict,
            recommendation: repairs
                ? Phrase("decision.drift_response.recommend.repair", arguments)
                : Phrase("decision.drift_response.recommend.\(verdict.rawValue)", arguments),
            reasons: reasons, missing: missing, flip: flip(verdict), confidence: confidence,
            chance: nil, snapshot: snapshot(verdict))
    }

    private func snapshot(_ verdict: DecisionVerdict) -> DecisionSnapshot {
        var json = JSONWriter(capacity: 1024)
        json.beginObject()
        json.key("policy")
        json.beginObject()
        json.field("share_loss_max", policy.shareLossMax)
        json.field("error_rise_max", policy.errorRiseMax)
        json.field("labels_min", Int64(policy.labelsMin))
        json.field("suspect_ms", policy.suspectMillis)
        json.endObject()
        json.key("evidence")
        json.raw(evidence.encoded)
        json.endObject()
        // What the verdict rests on: while that stays, the standing decision stays, and with it the
        // answer that somebody gave to it, although counts and intervals move with every look.
        var digest = Digest()
        let parts = [
            evidence.model, evidence.version, verdict.rawValue, harm.rawValue, String(isDrifted),
            evidence.quality?.source.rawValue ?? "", evidence.quality?.figure ?? "",
        ]
        for part in parts { digest.add(part) }
        for name in (evidence.drift?.moved ?? []).map(\.name).sorted() { digest.add(name) }
        for name in evidence.brokenColumns ?? [] { digest.add(name) }
        return DecisionSnapshot(
            ruleVersion: DriftResponse.ruleVersion, dataUntil: evidence.through,
            eventCount: evidence.count, eventsDigest: digest.text,
            inputs: String(decoding: json.bytes, as: UTF8.self))
    }
}
