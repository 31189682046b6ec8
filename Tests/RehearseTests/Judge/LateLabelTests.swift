// Labels and opinions that come after the answers.

import Foundation
import Testing

@testable import Rehearse

@Suite struct LateLabelTests {
    @Test func `labels that come later give the verdict that they would have given at once`() throws
    {
        let digits = try Digits()
        let lines = digits.rows.map { #"{"id":"\#($0.id)","label":\#($0.label)}"# }
        let labels = try LateLabels(Array(lines.joined(separator: "\n").utf8))
        var trial = Trial()
        var outcomes: [PairOutcome] = []
        for index in digits.rows.indices {
            var outcome = digits.outcome(index, candidate: "v2")
            outcome.readings.removeAll { $0.metric == .accuracy }
            outcome.slices = []
            outcome.label = nil
            outcomes.append(outcome)
            trial.add(outcome)
        }
        #expect(trial.standing().verdict == .hold)
        for outcome in outcomes {
            if let late = labels.late(outcome, Comparison()) { trial.add(late: late) }
        }
        let standing = trial.standing()
        #expect(standing.verdict == .reject && standing.failure?.slice == Slice("label", "8"))
        #expect(standing.pairs == 899)
    }

    @Test func `scores of both answers are feedback`() throws {
        let text = """
            {"id":"a","primary_score":0.5,"candidate_score":1}
            {"id":"b"}
            nonsense
            """
        let labels = try LateLabels(Array(text.utf8))
        #expect(labels.faults.map(\.line) == [2, 3])
        let late = labels.late(PairOutcome(id: "a", time: 0), Comparison())
        #expect(late?[.feedback]?.gain == 0.5)
        #expect(labels.late(PairOutcome(id: "b", time: 0), Comparison()) == nil)
    }

    @Test func `a table of labels needs its two columns`() throws {
        let labels = try LateLabels(Array("id,label\n001,8\n".utf8))
        #expect(labels.labels == ["001": "8"])
        #expect(throws: PairsTableError.self) { try LateLabels(Array("id,truth\n1,2\n".utf8)) }
    }
}
