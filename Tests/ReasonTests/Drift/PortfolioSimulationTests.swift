// The scenarios of `reference/models.md` §2 as the project's own simulation: 300 against 300 unit vectors
// around eight topics in 64 dimensions, in a few rounds with bounds that wide. `martlet-bench drift-power`
// prints all scenarios with 400 rounds each.

import Algebra
import Testing

@testable import Reason

/// Embedding-like data with one kind of change.
private struct Cloud {
    static let dimensions = 64
    private let centres: [[Double]]
    private let newTopic: [Double]
    private let direction: [Double]

    init() {
        var generator = Generator(seed: 1234)
        func unit() -> [Double] {
            let raw = (0..<Self.dimensions).map { _ in generator.normal() }
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
        let size = Self.dimensions
        let spread = 0.9 / Double(size).squareRoot() * (kind == "spread" ? 1.15 : 1)
        var matrix = Matrix(rows: rows, columns: size)
        for row in 0..<rows {
            var centre = centres[generator.index(shares: kind == "mix" ? mixed : usual)]
            if kind == "new topic" && generator.uniform() < 0.08 { centre = newTopic }
            for column in 0..<size {
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
                for column in size / 2..<size { matrix[row, column] = copy[order[row], column] }
            }
        }
        for row in 0..<rows {
            let length = matrix.row(row).reduce(0) { $0 + $1 * $1 }.squareRoot()
            for column in 0..<size { matrix[row, column] /= length }
        }
        return matrix
    }
}

@Suite struct PortfolioSimulationTests {
    /// Scenario, the share of alarms that is the bar, whether it bounds from above, rounds in CI.
    static let scenarios: [(kind: String, bar: Double, isCeiling: Bool, rounds: Int)] = [
        ("null", 0.05, true, 6), ("shift", 0.95, false, 2), ("spread", 0.95, false, 2),
        ("sparse", 0.95, false, 2), ("dependence", 0.95, false, 2), ("mix", 0.75, false, 4),
        ("new topic", 0.45, false, 6),
    ]

    @Test(arguments: scenarios)
    func `the portfolio has its power and its level`(
        kind: String, bar: Double, isCeiling: Bool, rounds: Int
    ) throws {
        let count = rounds
        let cloud = Cloud()
        var generator = Generator(seed: 2024)
        var alarms = 0
        for round in 0..<count {
            let reference = cloud.draw("null", &generator)
            let current = cloud.draw(kind == "null" ? "null" : kind, &generator)
            let result = try portfolio(
                reference: reference, current: current, standardises: false,
                permutations: 99, seed: UInt64(round))
            if result.probability <= 0.05 { alarms += 1 }
        }
        let share = Double(alarms) / Double(count)
        // Two standard errors of slack, because the simulation is a sample, too.
        let slack = 2 * (max(bar * (1 - bar), 0.01) / Double(count)).squareRoot()
        #expect(
            isCeiling ? share <= bar + slack : share >= bar - slack,
            "seed 2024, \(kind): \(alarms) of \(count)")
    }
}
