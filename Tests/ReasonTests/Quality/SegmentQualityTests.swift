// Quality by segment: intervals and differences against published figures, marks that chance does not set,
// and that a real difference does.

import Algebra
import Basics
import Testing

@testable import Reason

/// Answers of a classifier in segments of some sizes; a share of each is right.
private func answers(
    _ sizes: [(name: String, rows: Int, right: Double)], _ generator: inout Generator
) -> (block: PredictionBlock, labels: [String?]) {
    var codes: [Int32] = []
    var labels: [String?] = []
    var outputs: [Int32] = []
    for (place, size) in sizes.enumerated() {
        for _ in 0..<size.rows {
            codes.append(Int32(place))
            let answer = Int32(generator.below(2))
            outputs.append(answer)
            let isRight = generator.uniform() < size.right
            labels.append((answer == 1) == isRight ? "yes" : "no")
        }
    }
    let block = PredictionBlock(
        key: ModelVersion("m", "1"), times: codes.indices.map { Millis($0) },
        ids: TextRun(codes.map { _ in "" }),
        columns: [
            PredictionColumn(
                role: .output, values: .categories(codes: outputs, names: ["no", "yes"])),
            PredictionColumn(
                role: .segment, values: .categories(codes: codes, names: sizes.map(\.name))),
        ])
    return (block, labels)
}

@Suite struct SegmentQualityTests {
    @Test func `the difference of two shares is Newcombe's`() {
        // Newcombe 1998, table II, method 10: 56/70 less 48/80.
        let first = GradedFigure.share("accuracy", 56, of: 70)
        let second = GradedFigure.share("accuracy", 48, of: 80)
        let range = first.difference(from: second)
        #expect(abs(range.lowerBound - 0.0524) < 5e-5 && abs(range.upperBound - 0.3339) < 5e-5)
        // 9/10 less 3/10, from the same table.
        let small = GradedFigure.share("a", 9, of: 10)
            .difference(from: GradedFigure.share("a", 3, of: 10))
        #expect(abs(small.lowerBound - 0.1705) < 5e-5 && abs(small.upperBound - 0.8090) < 5e-5)
    }

    @Test func `a p-value is the level at which the interval touches nothing`() {
        let first = GradedFigure.share("a", 70, of: 100)
        let second = GradedFigure.share("a", 120, of: 200)
        let p = first.probability(ofEqual: second)
        let z = -Normal.quantile(p / 2)
        #expect(abs(first.difference(from: second, z: z).lowerBound) < 1e-6)
        #expect(first.probability(ofEqual: first) == 1)
    }

    @Test func `a perfect area is still uncertain`() throws {
        let quality = BinaryQuality(
            labels: (0..<40).map { $0 < 20 ? 0 : 1 }, scores: (0..<40).map { Double($0) / 40 })
        let area = try #require(
            LabelledPredictions.binary(quality).graded.first { $0.name == "roc_auc" })
        #expect(area.value == 1 && area.interval().upperBound == 1)
        #expect(area.interval().lowerBound > 0.8 && area.interval().lowerBound < 0.99)
    }

    @Test func `without any difference at most one look in twenty marks a segment`() {
        let seed: UInt64 = 20
        var generator = Generator(seed: seed)
        var marked = 0
        let looks = 300
        for _ in 0..<looks {
            let sizes = [30, 35, 50, 80, 150, 300].enumerated().map { place, rows in
                (name: "s\(place)", rows: rows, right: 0.9)
            }
            let (block, labels) = answers(sizes, &generator)
            let found = SegmentQuality(block, labels: labels)
            #expect(found.figures.count == 6)
            if found.figures.contains(where: \.isBeyondNoise) { marked += 1 }
        }
        // 5 % of 300 is 15; 26 is three standard deviations above.
        #expect(marked <= 26, "seed \(seed): \(marked) of \(looks)")
    }

    @Test func `nor do the five figures of a score mark more between them`() {
        let seed: UInt64 = 25
        var generator = Generator(seed: seed)
        let segments = [40, 60, 80, 120, 300].enumerated().flatMap { place, rows in
            [String](repeating: "s\(place)", count: rows)
        }
        var marked = 0
        let looks = 200
        for _ in 0..<looks {
            let scores = segments.map { _ in generator.uniform() }
            let labels = scores.map { generator.uniform() < $0 ? 1.0 : 0 }
            let found = SegmentQuality(Array(segments.indices), segments: segments) { some in
                .binary(
                    BinaryQuality(labels: some.map { labels[$0] }, scores: some.map { scores[$0] }))
            }
            #expect(found.figures.count == 25)
            if found.figures.contains(where: \.isBeyondNoise) { marked += 1 }
        }
        // 5 % of 200 is 10; 19 is three standard deviations above.
        #expect(marked <= 19, "seed \(seed): \(marked) of \(looks)")
    }

    @Test func `a segment that is answered worse is marked, and a small one is named`() throws {
        var generator = Generator(seed: 21)
        let (block, labels) = answers(
            [("north", 400, 0.9), ("south", 400, 0.9), ("moon", 200, 0.7), ("mars", 12, 0)],
            &generator)
        let found = SegmentQuality(block, labels: labels)
        #expect(found.small.map(\.segment) == ["mars"])
        let moon = try #require(found.figures.first { $0.segment == "moon" })
        #expect(moon.isBeyondNoise && moon.isWorse && moon.difference.upperBound < 0)
        #expect(moon.rows == 200 && moon.interval.contains(moon.value))
        #expect(moon.adjusted >= moon.probability)
    }

    @Test func `errors of numbers are compared where there are enough of them`() throws {
        var generator = Generator(seed: 22)
        let rows = 400
        let predicted = (0..<rows).map { _ in generator.normal() }
        let segments = (0..<rows).map { $0 < 100 ? "far" : $0 < 140 ? "few" : "near" }
        let actual = predicted.indices.map { row in
            predicted[row] + generator.normal() * (segments[row] == "far" ? 3 : 1)
        }
        let found = SegmentQuality(Array(0..<rows), segments: segments) { some in
            .regression(
                RegressionQuality(
                    actual: some.map { actual[$0] }, predicted: some.map { predicted[$0] }))
        }
        // 40 rows are enough for shares, and too few for a mean of skewed errors.
        #expect(Set(found.figures.map(\.segment)) == ["far", "near"])
        let far = try #require(found.figures.first { $0.segment == "far" })
        #expect(far.name == "mae" && far.isBeyondNoise && far.isWorse)
    }
}

@Suite struct QualityShapesTests {
    @Test func `curves keep their ends and areas and stay small`() throws {
        var generator = Generator(seed: 23)
        let scores = (0..<5000).map { _ in generator.uniform() }
        let labels = scores.map { generator.uniform() < $0 ? 1.0 : 0 }
        let quality = BinaryQuality(labels: labels, scores: scores)
        let shapes = QualityShapes(.binary(quality))
        let curve = try #require(shapes.receiver)
        #expect(curve.x.first == 0 && curve.y.first == 0 && curve.x.last == 1 && curve.y.last == 1)
        #expect(curve.area == quality.receiverArea && curve.x.count < 130)
        #expect((shapes.precisionRecall?.x.count ?? 0) < 200)
        // The thinned line has nearly the area of the whole one.
        var area = 0.0
        for place in curve.x.indices.dropFirst() {
            area +=
                (curve.x[place] - curve.x[place - 1]) * 0.5 * (curve.y[place] + curve.y[place - 1])
        }
        #expect(abs(area - curve.area) < 0.005)
        #expect(shapes.confusion?.counts.flatMap { $0 }.reduce(0, +) == 5000)
        #expect(shapes.calibration.count == 10)
    }

    @Test func `the reference keeps its curves when today's answers cannot be judged`() {
        let rows = 100
        let block = PredictionBlock(
            key: ModelVersion("m", "1"), times: (0..<rows).map { Millis($0) },
            ids: TextRun((0..<rows).map { "\($0)" }),
            columns: [
                PredictionColumn(
                    role: .feature, name: "age", values: .numbers((0..<rows).map { Double($0) }))
            ])
        let then = BinaryQuality(
            labels: (0..<rows).map { Double($0 % 2) }, scores: (0..<rows).map { Double($0) / 100 })
        let detail = QualityDetail(
            block, rows: Array(0..<rows), labels: [String?](repeating: "1", count: rows),
            reference: .binary(then))
        #expect(detail.reference?.receiver != nil && detail.current == nil)
    }

    @Test func `rare classes become one, and no row is lost`() {
        let names = (0..<14).map { "c\($0)" }
        let counts = (0..<14).map { row in (0..<14).map { row == $0 ? 100 - row : 1 } }
        let table = ConfusionTable(names: names, counts: counts)
        #expect(table.names.count == ConfusionTable.classesMax && table.names.last == "…")
        let whole = counts.flatMap { $0 }.reduce(0, +)
        #expect(table.counts.flatMap { $0 }.reduce(0, +) == whole)
    }

    @Test func `residuals of then and now share their bins`() throws {
        let zeros = [Double](repeating: 0, count: 100)
        let then = RegressionQuality(actual: zeros, predicted: (0..<100).map { Double($0) / 100 })
        let now = RegressionQuality(
            actual: zeros, predicted: (0..<100).map { 2 + Double($0) / 100 })
        let first = try #require(
            QualityShapes(.regression(then), beside: .regression(now)).residuals)
        let second = try #require(
            QualityShapes(.regression(now), beside: .regression(then)).residuals)
        #expect(first.low == second.low && first.high == second.high)
        #expect(abs(first.shares.reduce(0, +) - 1) < 1e-9 && second.mean > first.mean + 1.9)
    }

    @Test func `a report with labels has the curves, needs no network and stays small`() {
        var generator = Generator(seed: 24)
        func draw(_ sharpness: Double) -> DataTable {
            let scores = (0..<4000).map { _ in generator.uniform() }
            let labels = scores.map { score in
                generator.uniform() < 0.5 + sharpness * (score - 0.5) ? 1.0 : 0
            }
            return DataTable([
                DataColumn(name: "label", numbers: labels),
                DataColumn(name: "score", numbers: scores),
            ])
        }
        let (reference, current) = (draw(1), draw(0.4))
        var options = DriftOptions()
        options.hasPortfolio = false
        let report = compareTables(reference: reference, current: current, options: options)
        let page = report.html(title: "t", reference: reference, current: current) { $0.key }
        for key in ["curve.roc", "curve.pr", "curve.calibration", "curve.confusion"] {
            #expect(page.contains("models.\(key)"), "\(key)")
        }
        #expect(page.utf8.count < 100_000 && !page.contains("http"))
        #expect(!page.contains("nan") && !page.contains("inf"))
    }
}
