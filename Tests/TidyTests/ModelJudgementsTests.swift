// Which series of models are measured and which are judgements: anomalies are sought in the first only, since
// a judge of judges would tell everything twice. The names are read from the source, so that whoever adds a
// family says here which it is.

import Foundation
import Testing

private let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

@Suite struct ModelJudgementsTests {
    @Test func `anomalies are sought in what models do, not in what judges say of them`() throws {
        let file = root.appending(path: "Sources/martlet/Models/ModelFamilies.swift")
        let text = try String(contentsOf: file, encoding: .utf8)
        let pattern = try #require(text.firstMatch(of: /modelJudgements = "([^"]+)"/)).1
        let judgement = try Regex(String(pattern))
        let names = Set(text.matches(of: /"martlet_model_([a-z_]+)"/).map { String($0.1) })
        let judged = try names.filter { try judgement.wholeMatch(in: $0) != nil }
        #expect(
            judged == [
                "data_broken", "drift_distance", "drift_effect", "drift_probability",
                "drifted_columns", "findings", "quality_high", "quality_low", "quality_worse",
                "segment_worse",
            ])
        #expect(
            names.subtracting(judged) == [
                "cost_per_thousand", "first_token_seconds", "latency_seconds", "missing_ratio",
                "quality", "segment_quality", "tokens",
            ])
    }
}
