// What a card says for decisions: the evidence in the judge's own words, nil where nothing is known.

internal import Basics
public import Reason

extension ModelBoard {
    /// The evidence of every version that serves.
    public var evidence: [ModelEvidence] {
        let cards = cards
        return cards.compactMap { card in
            let earlier = cards.filter {
                $0.key.model == card.key.model && $0.key != card.key
                    && ($0.watching?.last ?? .max) <= (card.watching?.first ?? .min)
            }
            return card.evidence(
                previous: earlier.max { a, b in
                    (a.watching?.last ?? 0) < (b.watching?.last ?? 0)
                }?.key.version)
        }
    }
}

extension ModelCard {
    /// The evidence of this version; nil before its first look.
    func evidence(previous: String?) -> ModelEvidence? {
        guard let watching, let whole = watching.whole, let look = whole.watch.looks.last else {
            return nil
        }
        var evidence = ModelEvidence(
            model: key.model, version: key.version, from: look.from, through: look.through,
            count: look.rows)
        evidence.service = fields["service"] ?? ""
        evidence.servingSince = watching.first
        evidence.previousVersion = previous
        if case .firstAnswers = whole.reference.origin { evidence.isReferenceSelfMade = true }
        let drifted = whole.watch.drifted
        let moved = drifted.compactMap { column in
            look.columns.first { $0.name == column.name }
        }.sorted { ($0.effect ?? 0) > ($1.effect ?? 0) }
        let outputs = ["output", "score"]
        evidence.drift = DriftEvidence(
            isDrifted: !drifted.isEmpty,
            probability: whole.watch.columns.values.map(\.probability).min() ?? 1,
            moved: moved.map { column in
                MovedColumn(
                    name: column.name,
                    direction: column.direction
                        ?? Phrase("drift.direction.none", ["column": column.name]),
                    effect: column.effect ?? 0,
                    isOutput: outputs.contains(column.name)
                        || column.name.hasPrefix("probability of ")
                        || column.name.hasPrefix("answer"))
            }, compared: whole.watched.count, since: drifted.first?.since)
        evidence.quality = qualityEvidence
        if evidence.quality == nil { evidence.qualityRefusal = estimate?.remark ?? quality?.remark }
        let broken = issuesBesideDrift(look.issues, drifted: drifted.map(\.name))
        evidence.brokenColumns = Set(broken.compactMap { $0.arguments["column"] })
            .filter { !$0.isEmpty }.sorted()
        evidence.labelCount = labelCount
        return evidence
    }

    private var qualityEvidence: QualityEvidence? {
        guard let referenceQuality else { return nil }
        for (reading, isEstimated) in [(quality, false), (estimate, true)] {
            guard let reading,
                let found = QualityComparison(
                    reference: referenceQuality, now: reading, isEstimated: isEstimated)
            else { continue }
            func value(_ reading: QualityReading, _ name: String) -> Double? {
                reading.figures.first { $0.name == name }?.value
            }
            var evidence = QualityEvidence(
                figure: found.name, isHigherBetter: isHigherBetter(found.name),
                before: found.before, now: found.now, low: found.interval.lowerBound,
                high: found.interval.upperBound, source: isEstimated ? .estimate : .labels,
                count: found.rows)
            evidence.calibrationBefore = value(referenceQuality, "ece")
            evidence.calibrationNow = value(reading, "ece")
            evidence.rankingBefore = value(referenceQuality, "roc_auc")
            evidence.rankingNow = value(reading, "roc_auc")
            return evidence
        }
        return nil
    }
}
