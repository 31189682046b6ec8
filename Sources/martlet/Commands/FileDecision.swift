// The drift response from two CSV files, with the code that the agent runs: drift of all columns, quality
// by labels where the current file has some, else estimated, and what to do.

import Basics
import Bytes
import Foundation
import Reason

/// A decision about files.
struct FileDecision {
    let reference: String
    let current: String
    let model: String
    let version: String

    /// The decision as the end points give it.
    func decided() throws -> JSON {
        let before = try readTable(reference).recognisingEmbeddings()
        let after = try readTable(current).recognisingEmbeddings()
        let known = PredictionsColumns(before)
        let asked = PredictionsColumns(after)
        var options = DriftOptions()
        // Labels come late and are the yardstick of quality, not traffic.
        options.ignored = Set([known.label, asked.label].compactMap { $0 })
        let report = compareTables(reference: before, current: after, options: options)
        let outputs = Set(
            [known.score, known.prediction].compactMap { $0 } + known.classScores)
        let now = Clock.system.now()
        var evidence = ModelEvidence(
            model: model, version: version, from: now, through: now, count: after.rowCount)
        let judged = try? judgePredictions(before, columns: known)
        evidence.take(
            report, outputs: outputs, reference: judged,
            measured: try? judgePredictions(after, columns: asked),
            estimated: try? estimatePredictions(
                after, from: before, columns: asked, referenceColumns: known))
        let decision = DriftResponse.decide(evidence, now: now)
        guard let json = try? JSON(decision.encoded) else { return .null }
        return spoken(json)
    }

    /// Phrases carry `args` in what pages and this command read.
    private func spoken(_ json: JSON) -> JSON {
        switch json {
        case .array(let items): return .array(items.map(spoken))
        case .object(let fields):
            let isPhrase = fields.contains { $0.key == "key" }
            return .object(
                fields.map {
                    ($0.key == "arguments" && isPhrase ? "args" : $0.key, spoken($0.value))
                }
            )
        default: return json
        }
    }
}
