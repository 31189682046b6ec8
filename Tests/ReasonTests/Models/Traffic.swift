// Simulated answers of a model: numbers, categories, a score and labels that follow it, from a seed; with
// a shift that a test switches on.

import Algebra
import Basics
import Reason

struct Traffic {
    var generator: Generator
    var time: Millis = 1_764_000_000_000
    /// Standard deviations by which `amount` moves.
    var shift = 0.0
    /// The share of a region that the reference does not know.
    var newRegion = 0.0
    /// The share of `age` that goes missing.
    var missing = 0.0
    private var next = 0

    init(seed: UInt64) { generator = Generator(seed: seed) }

    /// Some answers without segments.
    mutating func plain(_ rows: Int) -> PredictionBlock {
        var block = block(rows)
        block.columns.removeAll { $0.role == .segment }
        return block
    }

    /// Some answers, one a second.
    mutating func block(_ rows: Int, segment: String? = nil) -> PredictionBlock {
        var times: [Millis] = []
        var ids = TextRun()
        var amount: [Double] = []
        var age: [Double] = []
        var regions: [Int32] = []
        var segments: [Int32] = []
        var scores: [Double] = []
        var labels: [Double] = []
        for _ in 0..<rows {
            time += 1000
            next += 1
            times.append(time)
            ids.append("r\(next)".utf8)
            amount.append(generator.normal() + shift)
            age.append(
                generator.uniform() < missing ? .nan : (40 + 12 * generator.normal()).rounded())
            regions.append(generator.uniform() < newRegion ? 3 : Int32(generator.below(3)))
            segments.append(Int32(generator.below(2)))
            let score = generator.uniform()
            scores.append(score)
            labels.append(generator.uniform() < score ? 1 : 0)
        }
        let names = ["branch", "online"]
        return PredictionBlock(
            key: ModelVersion("credit", "v1"), times: times, ids: ids,
            columns: [
                PredictionColumn(role: .feature, name: "amount", values: .numbers(amount)),
                PredictionColumn(role: .feature, name: "age", values: .numbers(age)),
                PredictionColumn(
                    role: .feature, name: "region",
                    values: .categories(codes: regions, names: ["north", "south", "west", "moon"])),
                PredictionColumn(
                    role: .segment,
                    values: segment.map { name in
                        .categories(codes: Array(repeating: 0, count: rows), names: [name])
                    } ?? .categories(codes: segments, names: names)),
                PredictionColumn(role: .score, values: .numbers(scores)),
                PredictionColumn(role: .label, values: .numbers(labels)),
            ])
    }
}
