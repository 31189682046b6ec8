import Algebra
import Basics
import Bytes
import Foundation
import Testing

@testable import Reason

@Suite struct QualityTests {
    @Test
    func `an estimate without labels is switched off in words when scores leave the known range`() {
        var generator = Generator(seed: 1)
        let scores = (0..<1000).map { _ in 0.2 + 0.6 * generator.uniform() }
        let labels = scores.map { generator.uniform() < $0 ? 1.0 : 0 }
        let estimator = ConfidenceEstimator(labels: labels, scores: scores)
        guard case .invalid(let phrase) = estimator.validity(scores.map { $0 + 0.3 }) else {
            Issue.record("expected invalid")
            return
        }
        #expect(phrase.key == "quality.cbpe.outside")
        let few = ConfidenceEstimator(
            labels: Array(labels.prefix(100)), scores: Array(scores.prefix(100)))
        guard case .invalid(let other) = few.validity(scores) else {
            Issue.record("expected invalid")
            return
        }
        #expect(other.key == "quality.cbpe.few_labels" && other.arguments["needed"] == "300")
    }

    @Test func `intervals of estimates hold the truth about as often as they say`() {
        var generator = Generator(seed: 2)
        let scores = (0..<2000).map { _ in generator.uniform() }
        let labels = scores.map { generator.uniform() < $0 ? 1.0 : 0 }
        let estimator = ConfidenceEstimator(labels: labels, scores: scores, calibrates: false)
        var held = [0, 0, 0]
        for _ in 0..<100 {
            let chunk = (0..<300).map { _ in generator.uniform() }
            let truth = BinaryQuality(
                labels: chunk.map { generator.uniform() < $0 ? 1.0 : 0 }, scores: chunk)
            let estimate = estimator.estimate(chunk)
            if estimate.accuracy.interval.contains(truth.confusion.accuracy) { held[0] += 1 }
            if estimate.f1.interval.contains(truth.confusion.f1) { held[1] += 1 }
            if estimate.receiverArea.interval.contains(truth.receiverArea) { held[2] += 1 }
        }
        #expect(held.allSatisfy { $0 >= 88 }, "seed 2: \(held) of 100")
    }

    @Test func `calibration is used when it helps`() {
        var generator = Generator(seed: 3)
        let scores = (0..<3000).map { _ in generator.uniform() }
        let labels = scores.map { generator.uniform() < $0 * $0 * $0 ? 1.0 : 0 }
        let estimator = ConfidenceEstimator(labels: labels, scores: scores)
        #expect(estimator.isCalibrated)
        let truth = BinaryQuality(labels: labels, scores: scores).confusion.accuracy
        #expect(abs(estimator.estimate(scores).accuracy.value - truth) < 0.01)
    }

    @Test func `errors of numbers are estimated where features tell about them`() throws {
        var generator = Generator(seed: 4)
        func draw(_ rows: Int, _ low: Double) -> (Matrix, [Double], [Double]) {
            let x = (0..<rows).map { _ in low + generator.uniform() * (1 - low) }
            let predictions = x.map { 3 * $0 }
            let actual = x.map { 3 * $0 + $0 * generator.normal() }
            return (Matrix(columns: [x]), predictions, actual)
        }
        let (features, predictions, actual) = draw(4000, 0)
        let estimator = try LossEstimator(
            features: features, predictions: predictions, actual: actual)
        #expect(estimator.skill > 0.1)
        let (other, guesses, truth) = draw(2000, 0.6)
        #expect(estimator.validity(features: other, predictions: guesses) == .valid)
        let quality = RegressionQuality(actual: truth, predicted: guesses)
        let estimate = estimator.estimate(features: other, predictions: guesses)
        #expect(abs(estimate.meanAbsoluteError.value - quality.meanAbsoluteError) < 0.05)
        #expect(abs(estimate.rootMeanSquaredError.value - quality.rootMeanSquaredError) < 0.08)
        let far = Matrix(columns: [other.column(0).map { $0 + 5 }])
        guard case .invalid = estimator.validity(features: far, predictions: guesses) else {
            Issue.record("expected invalid")
            return
        }
    }

    @Test func `data quality names what is wrong with columns and rows`() {
        let reference = DataTable([
            DataColumn(name: "age", numbers: (0..<500).map { Double($0 % 80) }),
            DataColumn(name: "plan", categories: (0..<500).map { $0 % 2 == 0 ? "free" : "paid" }),
            DataColumn(name: "gone", numbers: (0..<500).map { Double($0) }),
            DataColumn(name: "type", numbers: (0..<500).map { Double($0) }),
        ])
        let versions: [String?] = (0..<500).map { row in "v" + String(row % 3) }
        let ages: [Double] = (0..<500).map { row in
            if row % 5 == 0 { return .nan }
            return row % 7 == 0 ? 999 : Double(row % 80)
        }
        let current = DataTable([
            DataColumn(name: "age", numbers: ages),
            DataColumn(name: "plan", categories: (0..<500).map { $0 % 9 == 0 ? "team" : "free" }),
            DataColumn(name: "type", categories: versions),
            DataColumn(name: "new", numbers: (0..<500).map { _ in 1 }),
        ])
        let kinds = dataIssues(reference: reference, current: current)
            .map { "\($0.kind.rawValue) \($0.column)" }
        for expected in [
            "missing_values age", "out_of_range age", "unseen_values plan", "missing_column gone",
            "type_changed type", "new_column new", "duplicate_rows ",
        ] {
            #expect(kinds.contains(expected), "\(kinds)")
        }
        #expect(dataIssues(reference: reference, current: reference).isEmpty)
    }

    @Test func `texts are described without a model, Han characters one by one`() {
        let english = TextDescriptors("I'm sorry, but I can't help with that.")
        #expect(english.isRefusal && english.language == .latin && english.words == 8)
        let chinese = TextDescriptors("很抱歉，我无法回答这个问题。")
        #expect(chinese.isRefusal && chinese.language == .han && chinese.hanCharacters == 12)
        #expect(chinese.words == 12 && chinese.sentences == 1)
        #expect(TextDescriptors("{\"a\": [1, 2]}").isJSON)
        #expect(TextDescriptors("```json\n{\"a\": 1}\n```").isJSON)
        #expect(!TextDescriptors("{not json}").isJSON)
        #expect(TextDescriptors("Steps:\n1. open\n2. close").hasList)
        #expect(TextDescriptors("日本語のテキスト").language == .kana)
        #expect(TextDescriptors("").isEmpty && TextDescriptors("").language == TextLanguage.none)
    }

    @Test func `a text of ASCII alone is described as any other`() {
        var generator = Generator(seed: 411)
        let parts = [
            "a", "Zoo", "it's", "well-known", "7", "3.5", " ", "\t", "\n", ".", "!", "?", "-", "'",
            "- ", "1. ", "{", "[", "_", "I'm unable to", "```", "HTTP://a",
        ]
        for _ in 0..<500 {
            let count = Int.random(in: 0..<12, using: &generator)
            let text = (0..<count).map { _ in parts.randomElement(using: &generator)! }.joined()
            let plain = TextDescriptors(text)
            // The sign of a number is neither a letter nor a blank, and no ASCII.
            var other = TextDescriptors(text + "\u{2116}")
            other.characters -= 1
            other.isJSON = plain.isJSON
            #expect(plain == other, "seed 411: \(text)")
            #expect(TextDescriptors.language(of: text) == plain.language)
        }
    }

    @Test func `a rise of refusals is drift of a text column`() throws {
        let usual = (0..<200).map { "The answer number \($0) is forty-two." as String? }
        let refused =
            (0..<200).map {
                $0 % 4 == 0
                    ? "I'm sorry, but I cannot help." : "The answer number \($0) is forty-two."
            } as [String?]
        let drift = try #require(compareTexts(reference: usual, current: refused))
        #expect(drift.probability.value < 1e-6)
        #expect(drift.categorical.first { $0.name == "refusal" }?.drift.newCategories == ["yes"])
    }

    @Test func `a report explains the drift and stays small and self-contained`() throws {
        var generator = Generator(seed: 5)
        func draw(_ shift: Double, _ rows: Int) -> DataTable {
            DataTable(
                (0..<60).map { column in
                    DataColumn(
                        name: "c\(column)<",
                        numbers: (0..<rows).map { _ in
                            generator.normal() + (column == 3 ? shift : 0)
                        })
                } + [
                    DataColumn(
                        name: "country",
                        categories: (0..<rows).map { _ in generator.below(2) == 0 ? "fr" : "de" })
                ])
        }
        let reference = draw(0, 300)
        let current = draw(0.8, 300)
        var options = DriftOptions()
        options.segment = "country"
        options.permutations = 50
        let report = compareTables(reference: reference, current: current, options: options)
        #expect(report.isDrifted && report.drifted.first?.name == "c3<")
        #expect(report.drifted.first?.direction.key == "drift.direction.up")
        #expect((report.drifted.first?.classifierShare ?? 0) > 0.05)
        #expect(report.examples.count == 5 && report.segments.count == 2)
        let page = report.html(title: "a & b", reference: reference, current: current) {
            $0.worded("{column}{columns} \($0.key)")
        }
        #expect(page.utf8.count < 300_000 && page.contains("c3&lt;") && !page.contains("<script"))
        #expect(!page.contains("http"))
        let json = report.json(reference: reference, current: current)
        #expect(json["columns"]?.items?.first?["ks_asymp"]?["pvalue"]?.double != nil)
        let text = json.encoded
        #expect(try JSON(text) == json)
    }
}
