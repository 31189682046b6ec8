// What the judge's tests share: the package's fixtures, and outcomes made by hand.

import Basics
import Foundation

@testable import Rehearse

/// The predictions of three real digits models on 899 requests.
struct Digits {
    struct Row {
        var id: String
        var label: String
        /// By version: v1, v2, v3.
        var said: [String: String]
    }

    let rows: [Row]

    init() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Fixtures/digits.csv")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        rows = lines.dropFirst().map { line in
            let cells = line.split(separator: ",").map(String.init)
            return Row(
                id: cells[0], label: cells[1],
                said: ["v1": cells[2], "v2": cells[3], "v3": cells[4]])
        }
    }

    /// The outcome of a row for v1 against a candidate.
    func outcome(_ index: Int, candidate: String) -> PairOutcome {
        let row = rows[index]
        var outcome = PairOutcome(
            id: row.id, time: Millis(index) * 100, slices: [Slice("label", row.label)])
        let (a, b) = (row.said["v1"] ?? "", row.said[candidate] ?? "")
        outcome.readings = [
            .difference(.errors, primary: 1, candidate: 1),
            .difference(
                .accuracy, primary: a == row.label ? 1 : 0, candidate: b == row.label ? 1 : 0),
            .difference(.agreement, primary: 1, candidate: a == b ? 1 : 0),
        ]
        outcome.classes = (a, b)
        outcome.label = row.label
        return outcome
    }
}
