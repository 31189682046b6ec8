// `martlet drift`: two CSV files compared, with the code that the agent runs. Exit status 1 when
// something drifted, so that a pipeline can stop on it.

import ArgumentParser
import Bytes
import Foundation
import Reason

struct Drift: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare two CSV files: which columns have moved, and how sure that is.",
        discussion: """
            martlet drift --reference january.csv --current today.csv
            martlet drift --reference january.csv --current today.csv --report drift.html
            martlet drift --reference a.csv --current b.csv --categorical zip,plan --segment country --json

            Exit status: 0 no drift, 1 drift, 2 bad input.
            """)

    @Option(help: "The CSV file of what was tested.") var reference: String
    @Option(help: "The CSV file of what is seen now.") var current: String
    @Option(help: "Columns to take as numbers, comma-separated.") var numeric = ""
    @Option(help: "Columns to take as categories.") var categorical = ""
    @Option(help: "Columns to take as texts.") var text = ""
    @Option(help: "Columns to leave out, such as identifiers.") var ignore = ""
    @Option(help: "Compare per value of this column, too.") var segment: String?
    @Option(help: "The share of false alarms allowed among the alarms.") var level = 0.05
    @Option(help: "The seed of everything that is drawn.") var seed: UInt64 = 1
    @Option(help: "Write a report that needs no network to this HTML file.") var report: String?
    @Flag(help: "Print JSON, with every statistic.") var json = false

    func run() throws {
        if !(level > 0 && level < 1) { throw failure("--level must lie between 0 and 1") }
        let kinds = columnKinds(numeric: numeric, categorical: categorical, text: text)
        let before = try readTable(reference, kinds: kinds)
        // A column keeps the kind that the reference has, unless the values forbid it.
        let after = try readTable(current, kinds: kinds)
        var options = DriftOptions()
        options.level = level
        options.segment = segment
        options.ignored = Set(names(ignore))
        options.seed = seed
        if let segment, before[segment] == nil || after[segment] == nil {
            throw failure("no column \"\(segment)\" in both files; --segment names one")
        }
        let found = compareTables(reference: before, current: after, options: options)
        if let report {
            let page = found.html(
                title: "Drift: \(current) against \(reference)", reference: before, current: after)
            do {
                try Data(page.utf8).write(to: URL(fileURLWithPath: report), options: .atomic)
            } catch {
                throw failure("cannot write \(report): \(error.localizedDescription)")
            }
        }
        if json {
            print(
                String(
                    decoding: found.json(reference: before, current: after).encoded, as: UTF8.self))
        } else {
            printForPeople(found)
        }
        if found.isDrifted { throw ExitCode(1) }
    }

    private func printForPeople(_ found: DriftReport) {
        print("\(found.referenceCount) reference rows, \(found.currentCount) current rows")
        for column in found.columns.sorted(by: { ($0.adjusted ?? 2) < ($1.adjusted ?? 2) }) {
            let verdict =
                column.adjusted == nil ? "no data" : column.isDrifted ? "drifted" : "steady "
            let p = column.adjusted.map { String(format: "%.3g", $0) } ?? "-"
            let phrase = column.direction
            let facts = phrase.arguments.filter { $0.key != "column" }.sorted { $0.key < $1.key }
                .map { "\($0.key) \($0.value)" }.joined(separator: ", ")
            let kind = phrase.key.split(separator: ".").last.map(String.init) ?? ""
            let what = column.isDrifted ? "  \(kind) (\(facts))" : ""
            print("\(verdict)  p \(p)  \(column.name)\(what)")
        }
        if let portfolio = found.portfolio {
            let alarms = portfolio.alarms().map(\.rawValue).joined(separator: ", ")
            let p = String(format: "%.3g", portfolio.probability)
            print("all numeric columns together: p \(p)\(alarms.isEmpty ? "" : "  (\(alarms))")")
        } else if let refusal = found.portfolioRefusal {
            print("all numeric columns together: not judged, \(refusal)")
        }
        for issue in found.dataIssues {
            let now = String(format: "%.1f %%", 100 * issue.currentShare)
            print("data: \(issue.kind.rawValue) \(issue.column) \(now)")
        }
        for (value, inner) in found.segments where inner.isDrifted {
            let names = inner.drifted.map(\.name).joined(separator: ", ")
            print("segment \(value): drifted: \(names)")
        }
        print(found.isDrifted ? "verdict: drift" : "verdict: no drift")
    }
}

/// The kinds that options force on columns.
func columnKinds(numeric: String, categorical: String, text: String) -> [String: CSVKind] {
    var kinds: [String: CSVKind] = [:]
    for name in names(numeric) { kinds[name] = .numeric }
    for name in names(categorical) { kinds[name] = .categorical }
    for name in names(text) { kinds[name] = .text }
    return kinds
}

private func names(_ list: String) -> [String] {
    list.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
}

/// Reads a CSV file, or ends the command with what is wrong with it.
func readTable(_ file: String, kinds: [String: CSVKind] = [:]) throws -> DataTable {
    guard let data = FileManager.default.contents(atPath: file) else {
        throw failure("cannot read \(file)")
    }
    do {
        return DataTable(try CSVTable([UInt8](data), kinds: kinds))
    } catch {
        throw failure("\(file): \(error)")
    }
}
