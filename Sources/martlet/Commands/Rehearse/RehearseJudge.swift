// `martlet rehearse judge`: the verdict on pairs that are there already, from a CSV file or from the
// record of a replay, with the code that judges in the path.

import ArgumentParser
import Basics
import Bytes
import Foundation
import Rehearse

struct RehearseJudge: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "judge",
        abstract: "Judge a file of pairs: CSV, or the record of a replay.",
        discussion: """
            martlet rehearse judge pairs.csv
            martlet rehearse judge digits.csv --primary v1 --candidate v2 --label label
            martlet rehearse judge pairs.csv --slice country,plan --margin accuracy=0.005 --json
            martlet rehearse judge record.jsonl --ignore generated_at
            martlet rehearse judge record.jsonl --labels labels.csv

            Columns: primary, candidate (what each answered), label (the truth), id, and pairs of
            figures: primary_latency and candidate_latency, the same with ttft, tpot, tokens, cost,
            error (1 is a failure), score (0 to 1, more is better), format, refusal; similarity, cosine.

            Exit status: 0 promote, 1 reject, 2 bad input, 3 hold, 4 not enough data.
            """)

    @Argument(help: "A CSV file, or JSON lines written by `rehearse replay --record`.")
    var file: String
    @Option(help: "The column of the primary's answers.") var primary = "primary"
    @Option(help: "The column of the candidate's answers.") var candidate = "candidate"
    @Option(help: "The column of the true answers.") var label = "label"
    @Option(help: "Columns to slice by (CSV), or header:…, body:…, query:… (records).")
    var slice = ""
    @Option(help: "Labels that came later: CSV or JSON lines with id and label, or with scores.")
    var labels: String?
    @OptionGroup var rules: RehearseRules
    @Flag(help: "Print JSON, with every test's numbers.") var json = false

    func run() throws {
        var policy = try rules.policy()
        let (outcomes, hasAnswers) = try outcomes()
        policy.needsAnswers = hasAnswers
        var trial = Trial(policy)
        for outcome in outcomes { trial.add(outcome) }
        if let labels {
            let late = try readLabels(labels)
            let comparison = Comparison(try rules.options())
            for outcome in outcomes {
                if let late = late.late(outcome, comparison) { trial.add(late: late) }
            }
        }
        let standing = trial.standing()
        if json {
            print(String(decoding: standing.json.encoded, as: UTF8.self))
        } else {
            print(StandingPrinter().text(standing))
            let worst = standing.worst.prefix(3).map(\.id)
            if !worst.isEmpty { print("\nWorst pairs: \(worst.joined(separator: ", "))") }
        }
        if standing.verdict != .promote { throw ExitCode(standing.verdict.exitStatus) }
    }

    private func outcomes() throws -> (outcomes: [PairOutcome], hasAnswers: Bool) {
        let bytes: [UInt8]
        do { bytes = Array(try readText(file).utf8) } catch {
            throw failure("cannot read \(file): \(error)")
        }
        var options = try rules.options()
        let names = slice.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        if bytes.first == UInt8(ascii: "{") {
            options.slices = try sliceRules(names)
            return (try records(bytes, Comparison(options)), true)
        }
        var columns = PairsColumns()
        columns.primary = primary
        columns.candidate = candidate
        columns.label = label
        columns.slices = names
        do {
            let table = try PairsTable(bytes, columns: columns, options: options)
            return (table.outcomes, table.hasAnswers)
        } catch {
            throw failure("\(file): \(error)")
        }
    }

    private func readLabels(_ file: String) throws -> LateLabels {
        do {
            let labels = try LateLabels(Array(try readText(file).utf8))
            for fault in labels.faults.prefix(5) { complain("\(file), \(fault)") }
            return labels
        } catch {
            throw failure("\(file): \(error)")
        }
    }

    private func records(_ bytes: [UInt8], _ comparison: Comparison) throws -> [PairOutcome] {
        var outcomes: [PairOutcome] = []
        for (index, line) in bytes.split(separator: 0x0a).enumerated() {
            do {
                let json = try JSON(Array(line))
                guard let pair = Pair(record: json) else {
                    throw failure("\(file), line \(index + 1): not a recorded pair")
                }
                outcomes.append(
                    comparison.outcome(of: pair, meaning: json["meaning"]?.double))
            } catch let error as JSONError {
                throw failure("\(file), line \(index + 1): \(error.reason)")
            }
        }
        return outcomes
    }
}

/// Slices from options.
func sliceRules(_ names: [String]) throws -> [SliceRule] {
    try names.map { name in
        guard let rule = SliceRule(name) else {
            throw failure(
                "--slice \(name): write tenant=header:x-tenant, body:model or query:lang")
        }
        return rule
    }
}
