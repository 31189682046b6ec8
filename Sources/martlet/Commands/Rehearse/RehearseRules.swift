// What is asked of a candidate, as options: the same words as in the configuration's `rehearsals:`.

import ArgumentParser
import Bytes
import Rehearse

/// Options of how answers are compared and judged.
struct RehearseRules: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The loss of a metric that is still accepted: accuracy=0.01, latency=0.2.",
            valueName: "metric=loss"))
    var margin: [String] = []
    @Option(
        help: ArgumentHelp(
            "The least mean score: cosine=0.95, similarity=0.8.", valueName: "metric=score"))
    var floor: [String] = []
    @Option(help: "A metric that is shown and does not decide.") var watch: [String] = []
    @Option(help: "A metric that decides.") var gate: [String] = []
    @Option(help: "The chance of a wrong reject, and of a wrong promote, over all looks.")
    var level = 0.05
    @Option(help: "No verdict before so many pairs.") var minPairs = 50
    @Option(
        help: ArgumentHelp(
            "Differences here never count: id, meta.*, rows[*].time.", valueName: "path"))
    var ignore: [String] = []
    @Option(help: "Numbers are the same within this share of the primary's.")
    var tolerance = 1e-6
    @Option(
        help: "Seconds added to both sides' times before they are compared: what nobody notices.")
    var ballast = 0.02
    @Option(help: "Where the class or the number stands in an answer: result.label.")
    var answer: String?

    func policy() throws -> Policy {
        guard level > 0, level < 1 else { throw failure("--level must lie between 0 and 1") }
        var policy = Policy()
        policy.level = level
        policy.pairsMin = max(minPairs, 1)
        policy.unnoticedSeconds = ballast
        for (metric, value) in try pairs(margin, "--margin") {
            policy.rules[metric]?.margin = value
        }
        for (metric, value) in try pairs(floor, "--floor") {
            policy.rules[metric]?.floor = value
            policy.rules[metric]?.isGate = true
        }
        for name in watch { policy.rules[try metric(name)]?.isGate = false }
        for name in gate { policy.rules[try metric(name)]?.isGate = true }
        return policy
    }

    func options() throws -> ComparisonOptions {
        var options = ComparisonOptions()
        options.relativeTolerance = tolerance
        options.ballastSeconds = ballast
        options.ignoredPaths = try ignore.map(path)
        options.answerPath = try answer.map(path)
        return options
    }

    private func path(_ text: String) throws -> JSONPath {
        guard let path = JSONPath(text) else {
            throw failure("\"\(text)\" is no path; write it as choices[0].message.content")
        }
        return path
    }

    private func metric(_ name: String) throws -> Metric {
        guard let metric = Metric(rawValue: name) else {
            let known = Metric.allCases.map(\.rawValue).joined(separator: ", ")
            throw failure("no metric \"\(name)\"; there are \(known)")
        }
        return metric
    }

    private func pairs(_ texts: [String], _ option: String) throws -> [(Metric, Double)] {
        try texts.map { text in
            let parts = text.split(separator: "=").map(String.init)
            guard parts.count == 2, let value = Double(parts[1]), value >= 0 else {
                throw failure("\(option) \(text): write it as accuracy=0.01")
            }
            return (try metric(parts[0]), value)
        }
    }
}

extension Verdict {
    /// The exit status of a command that ends with this verdict.
    var exitStatus: Int32 {
        switch self {
        case .promote: 0
        case .reject: 1
        case .hold: 3
        case .notEnoughData: 4
        }
    }
}
