// The drift response: every cell of drift × harm, unknown is never a pass, the same evidence gives the
// same record, and what went into it can be read back and decided again.

import Algebra
import Basics
import Bytes
import Foundation
import Testing

@testable import Reason

private let now: Millis = 100 * day

private func quality(
    _ value: Double, _ range: ClosedRange<Double>, source: QualityEvidence.Source = .labels,
    before: Double = 0.9
) -> QualityEvidence {
    QualityEvidence(
        figure: "accuracy", isHigherBetter: true, before: before, now: value,
        low: range.lowerBound, high: range.upperBound, source: source, count: 1000)
}

private func evidence(
    drifted: Bool?, _ quality: QualityEvidence? = nil, labels: Int = 1000, outputOnly: Bool = false
) -> ModelEvidence {
    var evidence = ModelEvidence(
        model: "ranker", version: "7", from: now - day, through: now, count: 4000)
    evidence.drift = drifted.map {
        DriftEvidence(
            isDrifted: $0, probability: $0 ? 1e-6 : 0.4,
            moved: $0
                ? [
                    MovedColumn(
                        name: outputOnly ? "score" : "age",
                        direction: Phrase("drift.direction.up", ["column": "age", "shift": "0.5"]),
                        effect: 0.5, isOutput: outputOnly)
                ] : [], compared: 12, since: $0 ? now - day : nil)
    }
    evidence.quality = quality
    evidence.brokenColumns = []
    evidence.labelCount = quality?.source == .labels ? labels : 0
    return evidence
}

@Suite struct DriftResponseTests {
    @Test func `every cell of drift and harm has its answer`() {
        let good = quality(0.9, 0.885...0.915)
        let wide = quality(0.89, 0.85...0.93)
        let worse = quality(0.87, 0.84...0.9)
        let bad = quality(0.8, 0.77...0.83)
        let guessedGood = quality(0.9, 0.89...0.91, source: .estimate)
        let guessedBad = quality(0.8, 0.78...0.82, source: .estimate)
        let table: [(Bool?, QualityEvidence?, DecisionVerdict)] = [
            (false, good, .leave), (false, wide, .leave), (false, worse, .watch),
            (false, bad, .retrain), (false, nil, .leave),
            (true, good, .watch), (true, wide, .watch), (true, worse, .labelSample),
            (true, bad, .retrain), (true, nil, .labelSample),
            (true, guessedGood, .watch), (true, guessedBad, .labelSample),
            (false, guessedBad, .labelSample),
            (nil, good, .notEnoughData), (nil, nil, .notEnoughData), (nil, bad, .retrain),
        ]
        for (drifted, quality, expected) in table {
            let decision = DriftResponse.decide(evidence(drifted: drifted, quality), now: now)
            #expect(
                decision.verdict == expected,
                "drift \(String(describing: drifted)), now \(quality?.now ?? -1)")
            #expect(decision.reasons.count <= Decision.reasonsMax && decision.flip != nil)
            #expect(
                decision.reasons.allSatisfy { $0.number != nil && $0.link.hasPrefix("/models?") })
        }
    }

    @Test func `an error that rises is harm, too`() {
        var error = quality(1.3, 1.2...1.4, before: 1)
        error.figure = "mae"
        error.isHigherBetter = false
        #expect(DriftResponse.decide(evidence(drifted: true, error), now: now).verdict == .retrain)
        error.now = 1.05
        error.low = 1.01
        error.high = 1.09
        #expect(DriftResponse.decide(evidence(drifted: true, error), now: now).verdict == .watch)
    }

    @Test func `answers that moved with the version, but not the questions, mean going back`() {
        var known = evidence(drifted: true, quality(0.8, 0.77...0.83), outputOnly: true)
        known.previousVersion = "6"
        known.servingSince = now - 2 * day
        let decision = DriftResponse.decide(known, now: now)
        #expect(decision.verdict == .rollBack)
        #expect(decision.summary.arguments["previous"] == "6")
        // The questions moved: the old version would meet them, too.
        known.drift?.moved[0].isOutput = false
        #expect(DriftResponse.decide(known, now: now).verdict == .retrain)
        // It has served for long: something else happened.
        known.drift?.moved[0].isOutput = true
        known.servingSince = now - 60 * day
        #expect(DriftResponse.decide(known, now: now).verdict == .retrain)
        // Nothing to go back to.
        known.servingSince = now - 2 * day
        known.previousVersion = nil
        let stuck = DriftResponse.decide(known, now: now)
        #expect(stuck.verdict == .retrain)
        #expect(stuck.missing.contains { $0.key == "decision.drift_response.missing.previous" })
    }

    @Test func `confidence that is off while the order holds is recalibrated`() {
        var figures = quality(0.82, 0.8...0.84)
        figures.rankingBefore = 0.93
        figures.rankingNow = 0.925
        figures.calibrationBefore = 0.02
        figures.calibrationNow = 0.11
        let decision = DriftResponse.decide(evidence(drifted: true, figures), now: now)
        #expect(decision.verdict == .recalibrate && decision.confidence == .high)
        figures.rankingNow = 0.8
        #expect(
            DriftResponse.decide(evidence(drifted: true, figures), now: now).verdict == .retrain)
    }

    @Test func `few labels are not learned from`() {
        let decision = DriftResponse.decide(
            evidence(drifted: true, quality(0.7, 0.6...0.78), labels: 120), now: now)
        #expect(decision.verdict == .labelSample)
        // Two points of accuracy at 0.7 are resolved by about 2,000 labels.
        #expect(decision.recommendation.arguments["needed"] == "2017")
    }

    @Test func `broken data is repaired before anything is learned from it`() {
        var known = evidence(drifted: true, quality(0.8, 0.77...0.83))
        known.brokenColumns = ["income"]
        let decision = DriftResponse.decide(known, now: now)
        #expect(decision.verdict == .watch)
        #expect(decision.recommendation.key == "decision.drift_response.recommend.repair")
        #expect(decision.recommendation.arguments["broken"] == "income")
    }

    @Test func `what is not known is said`() {
        var known = evidence(drifted: true)
        known.brokenColumns = nil
        known.isReferenceSelfMade = true
        known.qualityRefusal = Phrase("quality.cbpe.no_scores")
        let decision = DriftResponse.decide(known, now: now)
        #expect(
            decision.missing.map(\.key) == [
                "quality.cbpe.no_scores", "decision.drift_response.missing.data",
                "decision.drift_response.missing.reference",
            ])
        #expect(decision.confidence == .low)
    }

    @Test func `the snapshot decides the same again, byte for byte`() throws {
        var known = evidence(drifted: true, quality(0.8, 0.77...0.83), outputOnly: true)
        known.previousVersion = "6"
        known.servingSince = now - 2 * day
        known.service = "shop"
        known.quality?.rankingNow = 0.123456789
        known.qualityRefusal = Phrase("quality.cbpe.outside", ["percent": "7.5"])
        var policy = DriftResponsePolicy()
        policy.shareLossMax = 0.03
        let decision = DriftResponse.decide(known, policy: policy, now: now)
        let again = try #require(DriftResponse.replay(decision.snapshot, askedAt: now))
        #expect(again.encoded == decision.encoded)
        #expect(DriftResponse.decide(known, policy: policy, now: now).encoded == decision.encoded)
        #expect(ModelEvidence(snapshot: known.encoded) == known)
    }

    @Test func `what counts and intervals do from look to look does not change what it rests on`() {
        let first = DriftResponse.decide(
            evidence(drifted: true, quality(0.9, 0.885...0.92)), now: now)
        var later = evidence(drifted: true, quality(0.901, 0.886...0.915))
        later.count = 5000
        let second = DriftResponse.decide(later, now: now + day / 2)
        #expect(first.snapshot.eventsDigest == second.snapshot.eventsDigest)
        later.drift?.moved[0].name = "income"
        let third = DriftResponse.decide(later, now: now + day / 2)
        #expect(first.snapshot.eventsDigest != third.snapshot.eventsDigest)
    }

    @Test func `the gate of a release hears the worst model, and unknown harm is no pass`() throws {
        let good = DriftResponse.decide(
            evidence(drifted: false, quality(0.9, 0.89...0.91)), now: now)
        let blind = DriftResponse.decide(evidence(drifted: true), now: now)
        let bad = DriftResponse.decide(evidence(drifted: true, quality(0.8, 0.78...0.82)), now: now)
        #expect(GateReading([]) == nil)
        #expect(GateReading([good])?.state == .pass)
        #expect(GateReading([good, blind])?.state == .unknown)
        let reading = try #require(GateReading([good, bad, blind]))
        #expect(reading.state == .fail)
        #expect(reading.evidence.key == "decision.drift_response.retrain")
    }

    @Test func `evidence comes from what the judges of drift and quality found`() throws {
        var generator = Generator(seed: 31)
        func rows(_ shift: Double, _ sharpness: Double) -> DataTable {
            let x = (0..<1500).map { _ in generator.normal() + shift }
            let score = x.map { 1 / (1 + exp(-2 * $0)) }
            let label = x.map { value -> Double in
                generator.uniform() < 1 / (1 + exp(-sharpness * value)) ? 1 : 0
            }
            return DataTable([
                DataColumn(name: "x", numbers: x), DataColumn(name: "p", numbers: score),
                DataColumn(name: "y", numbers: label),
            ])
        }
        let reference = rows(0, 2)
        let current = rows(0.6, -2)
        var options = DriftOptions()
        options.ignored = ["y"]
        options.permutations = 50
        let report = compareTables(reference: reference, current: current, options: options)
        let columns = PredictionsColumns(reference)
        var known = ModelEvidence(model: "m", version: "1", from: 0, through: now, count: 1500)
        known.take(
            report, outputs: ["p"], since: now - day,
            reference: try judgePredictions(reference, columns: columns),
            measured: try judgePredictions(current, columns: columns),
            estimated: try estimatePredictions(
                current, from: reference, columns: columns, referenceColumns: columns))
        #expect(known.drift?.isDrifted == true && known.drift?.compared == 2)
        #expect(known.drift?.moved.contains { $0.name == "p" && $0.isOutput } == true)
        #expect(known.quality?.source == .labels && known.labelCount == 1500)
        let decision = DriftResponse.decide(known, now: now)
        #expect(decision.verdict == .retrain, "seed 31: \(decision.summary)")
    }
}
