// Quality of answers by labels and without: figures, intervals, and the words when there is none.

import Algebra
import Basics
import Testing

@testable import Reason

@Suite struct ModelQualityTests {
    @Test func `labels that came with the answers give figures with intervals`() throws {
        var traffic = Traffic(seed: 3)
        let block = traffic.block(2000)
        let reading = labelledQuality(block, labels: joinedLabels(block, [:]))
        #expect(reading.kind == "binary_classification" && reading.rows == 2000)
        let accuracy = try #require(reading.figures.first { $0.name == "accuracy" })
        // A calibrated uniform score is right in three of four cases.
        #expect(abs(accuracy.value - 0.75) < 0.03)
        #expect(accuracy.interval?.contains(accuracy.value) == true)
    }

    @Test func `labels by id replace what was known, and few are no figure`() {
        var traffic = Traffic(seed: 4)
        var block = traffic.block(100)
        block.columns.removeAll { $0.role == .label }
        #expect(
            labelledQuality(block, labels: joinedLabels(block, [:])).remark?.key
                == "models.quality.no_labels")
        let few = joinedLabels(block, ["r1": "1", "r2": "0", "else": "1"])
        #expect(few.compactMap { $0 } == ["1", "0"])
        #expect(labelledQuality(block, labels: few).remark?.key == "models.quality.few")
    }

    @Test func `an estimate agrees with the labels that it did not see`() throws {
        var traffic = Traffic(seed: 5)
        let reference = traffic.block(2000)
        let estimator = ModelEstimator(reference, labels: joinedLabels(reference, [:]))
        let fresh = traffic.block(2000)
        let truth = labelledQuality(fresh, labels: joinedLabels(fresh, [:]))
        let estimate = estimator.estimate(fresh)
        for name in ["accuracy", "roc_auc", "f1"] {
            let a = try #require(estimate.figures.first { $0.name == name })
            let b = try #require(truth.figures.first { $0.name == name })
            #expect(abs(a.value - b.value) < 0.04, "\(name)")
        }
        let comparison = try #require(
            QualityComparison(
                reference: labelledQuality(reference, labels: joinedLabels(reference, [:])),
                now: estimate, isEstimated: true))
        #expect(!comparison.isWorse)
    }

    @Test func `an estimate is about the class that the model gave`() throws {
        var traffic = Traffic(seed: 6)
        func cautious(_ block: PredictionBlock) -> PredictionBlock {
            var block = block
            block.columns.append(
                PredictionColumn(
                    role: .output,
                    values: .categories(
                        codes: block.numbers(.score).map { $0 >= 0.9 ? 1 : 0 }, names: ["0", "1"])))
            return block
        }
        let reference = cautious(traffic.block(2000))
        let fresh = cautious(traffic.block(2000))
        let estimate = ModelEstimator(reference, labels: joinedLabels(reference, [:])).estimate(
            fresh)
        let truth = labelledQuality(fresh, labels: joinedLabels(fresh, [:]))
        for name in ["accuracy", "precision", "recall"] {
            let a = try #require(estimate.figures.first { $0.name == name })
            let b = try #require(truth.figures.first { $0.name == name })
            #expect(abs(a.value - b.value) < 0.05, "\(name): \(a.value), \(b.value)")
        }
        // One in ten scores is so high: it finds a fifth of the positives.
        #expect((estimate.figures.first { $0.name == "recall" }?.value ?? 1) < 0.3)
    }

    @Test func `without labels the estimate is switched off in words`() {
        var traffic = Traffic(seed: 6)
        let block = traffic.block(500)
        let none = ModelEstimator(block, labels: Array(repeating: nil, count: 500))
        #expect(none.estimate(block).remark?.key == "models.estimate.no_labels")
        #expect(none.estimate(block).figures.isEmpty)
        let few = ModelEstimator(
            block, labels: joinedLabels(block, [:]).enumerated().map { $0 < 100 ? $1 : nil })
        #expect(few.estimate(block).remark?.key == "quality.cbpe.few_labels")
    }

    @Test func `classes are judged by their names, and their accuracy is estimated by confidence`()
        throws
    {
        var traffic = Traffic(seed: 8)
        func answers(_ rows: Int) -> (PredictionBlock, [String?]) {
            var block = traffic.block(rows)
            let confidence = block.numbers(.score).map { 0.4 + 0.6 * $0 }
            let codes = (0..<rows).map { Int32($0 % 3) }
            let names = ["a", "b", "c"]
            block.columns = [
                PredictionColumn(role: .output, values: .categories(codes: codes, names: names)),
                PredictionColumn(role: .score, values: .numbers(confidence)),
            ]
            let labels = (0..<rows).map { row -> String? in
                let isRight = traffic.generator.uniform() < confidence[row]
                return names[isRight ? row % 3 : (row + 1) % 3]
            }
            return (block, labels)
        }
        let (reference, known) = answers(2000)
        let (fresh, truth) = answers(2000)
        let estimate = ModelEstimator(reference, labels: known).estimate(fresh)
        let right = labelledQuality(fresh, labels: truth)
        #expect(right.kind == "multiclass_classification")
        let a = try #require(estimate.figures.first { $0.name == "accuracy" })
        let b = try #require(right.figures.first { $0.name == "accuracy" })
        #expect(abs(a.value - b.value) < 0.04 && abs(b.value - 0.7) < 0.04)
    }

    @Test func `numbers are judged by their errors`() throws {
        var traffic = Traffic(seed: 9)
        func answers(_ rows: Int) -> (PredictionBlock, [String?]) {
            var block = traffic.block(rows)
            block.columns.removeAll { $0.role == .score || $0.role == .label }
            guard case .numbers(let amount)? = block.column(.feature, "amount")?.values else {
                return (block, [])
            }
            block.columns.append(
                PredictionColumn(role: .output, values: .numbers(amount.map { 10 * $0 })))
            let labels = amount.map { value in
                "\(10 * value + (1 + abs(value)) * traffic.generator.normal())"
            }
            return (block, labels)
        }
        let (reference, known) = answers(1000)
        let (fresh, truth) = answers(1000)
        let right = labelledQuality(fresh, labels: truth)
        let estimate = ModelEstimator(reference, labels: known).estimate(fresh)
        #expect(right.kind == "regression" && estimate.kind == "regression")
        let a = try #require(estimate.figures.first { $0.name == "mae" })
        let b = try #require(right.figures.first { $0.name == "mae" })
        #expect(abs(a.value - b.value) < 0.25 * b.value)
    }
}
