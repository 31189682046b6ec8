// Quality of whole tables: estimates without labels by the method that fits, intervals that hold, curves
// that end where they must, words where there is no figure.

import Algebra
import Basics
import Bytes
import Foundation
import Testing

@testable import Reason

@Suite struct EstimatedPredictionsTests {
    private func scored(_ rows: Int, _ generator: inout Generator, shift: Double = 0) -> DataTable {
        let x = (0..<rows).map { _ in generator.normal() + shift }
        let p = x.map { 1 / (1 + exp(-1.5 * $0)) }
        let y = p.map { generator.uniform() < $0 ? 1.0 : 0 }
        return DataTable([
            DataColumn(name: "x", numbers: x), DataColumn(name: "p", numbers: p),
            DataColumn(name: "y", numbers: y),
            DataColumn(name: "country", categories: (0..<rows).map { $0 % 2 == 0 ? "fr" : "cn" }),
        ])
    }

    private func predicted(_ rows: Int, _ generator: inout Generator, low: Double = 0) -> DataTable
    {
        let x = (0..<rows).map { _ in low + generator.uniform() * (1 - low) }
        let guess = x.map { 40 * $0 }
        let actual = zip(x, guess).map { $1 + (1 + 4 * $0) * generator.normal() }
        return DataTable([
            DataColumn(name: "size", numbers: x), DataColumn(name: "prediction", numbers: guess),
            DataColumn(name: "y", numbers: actual),
        ])
    }

    private func estimate(_ table: DataTable, _ reference: DataTable) throws -> EstimatedPredictions
    {
        try estimatePredictions(
            table, from: reference, columns: PredictionsColumns(table),
            referenceColumns: PredictionsColumns(reference))
    }

    @Test func `two classes are estimated by confidence`() throws {
        var generator = Generator(seed: 71)
        let reference = scored(3000, &generator)
        let current = scored(2000, &generator, shift: 0.5)
        let found = try estimate(current, reference)
        guard case .confidence(let figures, _)? = found.figures else {
            Issue.record("CBPE is expected")
            return
        }
        let truth = try judgePredictions(current, columns: PredictionsColumns(current))
        guard case .binary(let quality) = truth else { return }
        #expect(figures.accuracy.interval.contains(quality.confusion.accuracy), "seed 71")
        #expect(figures.receiverArea.interval.contains(quality.receiverArea), "seed 71")
        #expect(JSON.object(found.named)["interval_95"]?["f1"]?.items?.count == 2)
    }

    @Test func `the classes that a model gave are judged, not those of our threshold`() throws {
        var generator = Generator(seed: 73)
        func decided(_ table: DataTable) -> DataTable {
            let classes = (table["p"]?.numbers ?? []).map { $0 >= 0.85 ? 1.0 : 0 }
            return DataTable(table.columns + [DataColumn(name: "y_pred", numbers: classes)])
        }
        let reference = decided(scored(3000, &generator))
        let current = decided(scored(3000, &generator, shift: 0.3))
        let found = try estimate(current, reference)
        guard case .confidence(let figures, _)? = found.figures,
            case .binary(let quality) = try judgePredictions(
                current, columns: PredictionsColumns(current))
        else {
            Issue.record("CBPE is expected")
            return
        }
        // Cautious as it is, it misses half of the positives; at a half it would miss a quarter.
        #expect(quality.confusion.recall < 0.6)
        #expect(abs(figures.recall.value - quality.confusion.recall) < 0.04, "seed 73")
        #expect(abs(figures.precision.value - quality.confusion.precision) < 0.04, "seed 73")
    }

    @Test func `numbers are estimated by losses, with and without features`() throws {
        var generator = Generator(seed: 72)
        let reference = predicted(4000, &generator)
        let current = predicted(2000, &generator, low: 0.5)
        let found = try estimate(current, reference)
        guard case .loss(let absolute, let squared, let skill)? = found.figures else {
            Issue.record("DLE is expected")
            return
        }
        let truth = try judgePredictions(current, columns: PredictionsColumns(current))
        guard case .regression(let quality) = truth else { return }
        #expect(skill > 0.05 && found.validity == .valid)
        #expect(absolute.interval.contains(quality.meanAbsoluteError), "seed 72")
        #expect(abs(squared.value / quality.rootMeanSquaredError - 1) < 0.1, "seed 72")
        // Without the feature the prediction itself says where errors are large.
        func bare(_ table: DataTable) -> DataTable {
            DataTable(table.columns.filter { $0.name != "size" })
        }
        let alone = try estimate(bare(current), bare(reference))
        guard case .loss(let other, _, _)? = alone.figures else { return }
        #expect(abs(other.value / quality.meanAbsoluteError - 1) < 0.1, "seed 72")
    }

    @Test func `intervals of estimated losses hold where the traffic moved`() throws {
        var generator = Generator(seed: 76)
        var held = 0
        let rounds = 40
        for _ in 0..<rounds {
            let reference = predicted(1500, &generator)
            let current = predicted(800, &generator, low: 0.5)
            let found = try estimate(current, reference)
            let truth = try judgePredictions(current, columns: PredictionsColumns(current))
            guard case .loss(let absolute, _, _)? = found.figures,
                case .regression(let quality) = truth
            else { continue }
            if absolute.interval.contains(quality.meanAbsoluteError) { held += 1 }
        }
        // 95 % of 40 is 38 ± 1.4.
        #expect(held >= 34, "seed 76: \(held) of \(rounds)")
    }

    @Test func `an estimate is switched off in words where it is not valid`() throws {
        var generator = Generator(seed: 73)
        let few = try estimate(predicted(400, &generator), predicted(200, &generator))
        guard case .invalid(let phrase) = few.validity else {
            Issue.record("invalid is expected")
            return
        }
        #expect(phrase.key == "quality.dle.few_labels" && few.figures == nil && few.named.isEmpty)
        let far = try estimate(
            predicted(400, &generator, low: 3), predicted(2000, &generator))
        guard case .invalid(let other) = far.validity else {
            Issue.record("invalid is expected")
            return
        }
        #expect(other.key == "quality.dle.outside")
        #expect(throws: PredictionsError.self) {
            _ = try estimate(
                DataTable([DataColumn(name: "x", numbers: [1, 2])]), predicted(400, &generator))
        }
    }

    @Test func `intervals with labels hold the truth about as often as they say`() {
        var generator = Generator(seed: 74)
        var held = [0, 0, 0]
        let whole = scored(40_000, &generator)
        let p = whole["p"]?.numbers ?? []
        let y = whole["y"]?.numbers ?? []
        let truth = BinaryQuality(labels: y, scores: p)
        let rounds = 100
        for round in 0..<rounds {
            let range = round * 400..<(round + 1) * 400
            let part = BinaryQuality(labels: Array(y[range]), scores: Array(p[range]))
            if part.f1Interval.contains(truth.confusion.f1) { held[0] += 1 }
            if part.brierInterval.contains(truth.brier) { held[1] += 1 }
            if part.receiverAreaInterval?.contains(truth.receiverArea) == true { held[2] += 1 }
        }
        // 95 ± 2.2 of a hundred.
        #expect(held.allSatisfy { $0 >= 88 }, "seed 74: \(held) of \(rounds)")
    }

    @Test func `segments carry their intervals, curves end where they must`() throws {
        var generator = Generator(seed: 75)
        let table = scored(2000, &generator)
        let columns = PredictionsColumns(table)
        let french = table.selecting((0..<2000).filter { table["country"]?.text($0) == "fr" })
        let named = JSON.object(try judgePredictions(french, columns: columns).named)
        let ends = try #require(named["interval_95"]?["accuracy"]?.items)
        let interval = ends.compactMap(\.double)
        let accuracy = try #require(named["accuracy"]?.double)
        #expect(interval[0] < accuracy && accuracy < interval[1])
        let curve = try #require(named["roc_curve"]?.items)
        #expect(curve.count > 50 && curve.count < 250)
        let corners = [curve.first, curve.last].map { ($0?.items ?? []).compactMap(\.double) }
        #expect(corners == [[0, 0], [1, 1]])
        #expect(named["precision_recall_curve"]?.items?.last?.items?.first?.double == 1)
        let bins = try #require(named["calibration"]?.items)
        #expect(bins.count == 10)
        #expect(named["ece_10_equal_width"]?.double ?? 1 < 0.06, "seed 75")
    }
}
