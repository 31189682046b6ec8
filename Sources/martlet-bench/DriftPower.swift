// Power and false alarms of the portfolio: 300 against 300 unit vectors around eight topics in 64
// dimensions, with one kind of change at a time. `martlet-bench drift-power [--quick]`.

import Algebra
import Foundation
import Reason

enum DriftPower {
    /// The change, and the share of alarms that is wanted (at most it for no change).
    private static let scenarios: [(kind: String, bar: String)] = [
        ("none", "at most 0.05"), ("shift", "0.95"), ("spread", "0.95"), ("sparse", "0.95"),
        ("dependence", "0.95"), ("topic mix", "0.75"), ("new topic", "0.45"),
    ]
    private static let dimensions = 64

    static func print(isQuick: Bool) throws {
        say("| change | alarms at 0.05 | wanted | rounds |\n|---|---:|---:|---:|")
        let rounds = isQuick ? 40 : 400
        for (kind, bar) in scenarios {
            let cloud = TopicCloud(dimensions: dimensions)
            var generator = Generator(seed: 2024)
            var alarms = 0
            for round in 0..<rounds {
                let reference = cloud.draw("none", &generator)
                let current = cloud.draw(kind, &generator)
                let result = try portfolio(
                    reference: reference, current: current, standardises: false,
                    seed: UInt64(round))
                if result.probability <= 0.05 { alarms += 1 }
            }
            let share = String(format: "%.3f", Double(alarms) / Double(rounds))
            say("| \(kind) | \(share) | \(bar) | \(rounds) |")
        }
    }
}

/// Embedding-like rows around eight topics.
private struct TopicCloud {
    let dimensions: Int
    private let centres: [[Double]]
    private let newTopic: [Double]
    private let direction: [Double]

    init(dimensions: Int) {
        self.dimensions = dimensions
        var generator = Generator(seed: 1234)
        func unit() -> [Double] {
            let raw = (0..<dimensions).map { _ in generator.normal() }
            let length = raw.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return raw.map { $0 / length }
        }
        centres = (0..<8).map { _ in unit() }
        newTopic = unit()
        direction = unit()
    }

    func draw(_ kind: String, _ generator: inout Generator, rows: Int = 300) -> Matrix {
        let usual = [0.25, 0.2, 0.15, 0.12, 0.1, 0.08, 0.06, 0.04]
        let mixed = [0.15, 0.15, 0.15, 0.15, 0.1, 0.1, 0.1, 0.1]
        let spread = 0.9 / Double(dimensions).squareRoot() * (kind == "spread" ? 1.15 : 1)
        var matrix = Matrix(rows: rows, columns: dimensions)
        for row in 0..<rows {
            var centre = centres[generator.index(shares: kind == "topic mix" ? mixed : usual)]
            if kind == "new topic" && generator.uniform() < 0.08 { centre = newTopic }
            for column in 0..<dimensions {
                var value = centre[column] + spread * generator.normal()
                if kind == "shift" { value += 0.12 * direction[column] }
                if kind == "sparse" && column < 3 { value += 0.06 }
                matrix[row, column] = value
            }
        }
        if kind == "dependence" {
            let order = generator.permutation(rows)
            let copy = matrix
            for row in 0..<rows {
                for column in dimensions / 2..<dimensions {
                    matrix[row, column] = copy[order[row], column]
                }
            }
        }
        for row in 0..<rows {
            let length = matrix.row(row).reduce(0) { $0 + $1 * $1 }.squareRoot()
            for column in 0..<dimensions { matrix[row, column] /= length }
        }
        return matrix
    }
}
