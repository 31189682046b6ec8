// Judges of groups of series beside plain z-scores, where the answer is known: simulated services with
// labelled incidents. Average precision over all moments, and per kind of incident the chance that an
// odd moment scores above a quiet one (ROC). And the axes of a long series' windows, by the clock.

import Algebra
import Basics
import Foundation
import Reason

enum GroupBench {
    private static let judges = [
        "largest z-score", "mean squared z-score", "PCA", "autoencoder", "PCA and autoencoder",
    ]

    static func run(rounds: Int) throws {
        let kinds = SimulatedService.Incident.allCases
        var precision = [Double](repeating: 0, count: judges.count)
        var areas = Array(
            repeating: [Double](repeating: 0, count: kinds.count), count: judges.count)
        let services = rounds > 1 ? 8 : 2
        for seed in 0..<services {
            let service = SimulatedService(seed: UInt64(100 + seed))
            let test = Array(service.firstTest..<service.rows.rows)
            let labels = test.map { service.labels[$0] }
            for (judge, scores) in try scores(service, test).enumerated() {
                precision[judge] +=
                    averagePrecision(scores, labels.map { $0 != nil }) / Double(services)
                for (place, kind) in kinds.enumerated() {
                    let kept = labels.indices.filter { labels[$0] == nil || labels[$0] == kind }
                    areas[judge][place] +=
                        area(kept.map { scores[$0] }, kept.map { labels[$0] == kind })
                        / Double(services)
                }
            }
        }
        let names = kinds.map(\.rawValue).joined(separator: " | ")
        print("| judge | average precision | \(names) |")
        print("|---|---:|" + kinds.map { _ in "---:|" }.joined())
        for (judge, name) in judges.enumerated() {
            let cells = areas[judge].map { String(format: "%.3f", $0) }.joined(separator: " | ")
            print("| \(name) | \(String(format: "%.3f", precision[judge])) | \(cells) |")
        }
        print("")
        print("| what | figure | how it was measured |")
        print("|---|---:|---|")
        let row = try windows(rounds: rounds)
        print("| \(row.what) | \(row.figure) | \(row.how) |")
    }

    private static func scores(_ service: SimulatedService, _ test: [Int]) throws -> [[Double]] {
        let learned = service.rows.selecting(rows: Array(0..<service.firstTest))
        let rows = service.rows.selecting(rows: test)
        let scale = Standardiser(learned)
        let standard = scale(rows)
        let largest = (0..<rows.rows).map { standard.row($0).reduce(0) { max($0, abs($1)) } }
        guard let axes = try GroupModel(learned), let network = try Autoencoder(learned) else {
            return []
        }
        let first = axes(rows).map(\.surprise)
        let second = network(rows).map(\.surprise)
        return [
            largest, standard.squaredLengths, first, second, zip(first, second).map { $0 + $1 },
        ]
    }

    /// 100,000 points, windows of 288: axes, errors and T² of every window.
    private static func windows(rounds: Int) throws -> Row {
        var generator = Generator(seed: 15)
        let count = 100_000
        var series: [Double] = []
        for index in 0..<count {
            let phase = 2 * Double.pi * Double(index % 288) / 288
            series.append(10 + 3 * sin(phase) + sin(7 * phase) + 0.5 * generator.normal())
        }
        var times: [Double] = []
        var axes = 0
        for _ in 0..<max(rounds, 1) {
            times.append(
                try seconds {
                    let model = try WindowAxes(series, width: 288)
                    axes = model.axes.rows
                    _ = model.errors(series)
                })
        }
        let median = times.sorted()[times.count / 2]
        return Row(
            what: "principal axes of windows", figure: String(format: "%.2f s", median),
            how: "100,000 points, window 288, \(axes) axes, errors and T² of every window")
    }
}

/// The area under the precision-recall steps.
func averagePrecision(_ scores: [Double], _ labels: [Bool]) -> Double {
    let order = scores.indices.sorted { scores[$0] > scores[$1] }
    let total = labels.count { $0 }
    var hits = 0
    var sum = 0.0
    for (place, index) in order.enumerated() where labels[index] {
        hits += 1
        sum += Double(hits) / Double(place + 1)
    }
    return total == 0 ? 0 : sum / Double(total)
}

/// The chance that a labelled row scores above another; ties count half.
func area(_ scores: [Double], _ labels: [Bool]) -> Double {
    let ranks = midRanks(scores)
    let positive = Double(labels.count { $0 })
    let negative = Double(labels.count) - positive
    let sum = zip(ranks, labels).reduce(0) { $1.1 ? $0 + $1.0 : $0 }
    return positive * negative == 0
        ? 0 : (sum - positive * (positive + 1) / 2) / (positive * negative)
}
