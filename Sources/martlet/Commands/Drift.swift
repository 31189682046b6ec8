// `martlet drift`: two CSV files compared, with the code that the agent runs. Exit status 1 when
// something drifted, so that a pipeline can stop on it.

import ArgumentParser
import Basics
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
            martlet drift --reference a.csv --current b.csv --text prompt --embedding prompt_embedding

            Embeddings are columns of JSON arrays, or numbered columns with "emb" or "vec" in their name
            (prompt_emb_0, prompt_emb_1, …). A text column and the embedding that bears its name are one.

            Exit status: 0 no drift, 1 drift, 2 bad input.
            """)

    @Option(help: "The CSV file of what was tested.") var reference: String
    @Option(help: "The CSV file of what is seen now.") var current: String
    @Option(help: "Columns to take as numbers, comma-separated.") var numeric = ""
    @Option(help: "Columns to take as categories.") var categorical = ""
    @Option(help: "Columns to take as texts.") var text = ""
    @Option(help: "Columns of JSON arrays, or prefixes of numbered columns, to take as embeddings.")
    var embedding = ""
    @Option(help: "Columns to leave out, such as identifiers.") var ignore = ""
    @Option(help: "Compare per value of this column, too.") var segment: String?
    @Option(help: "The chance of a false alarm of the whole look.") var level = 0.05
    @Option(help: "The seed of everything that is drawn.") var seed: UInt64 = 1
    @Option(help: "Write a report that needs no network to this HTML file.") var report: String?
    @Option(help: "The language of the report and the output: en or zh.") var language = "en"
    @Flag(help: "Print JSON, with every statistic.") var json = false

    func run() throws {
        if !(level > 0 && level < 1) { throw failure("--level must lie between 0 and 1") }
        let kinds = columnKinds(numeric: numeric, categorical: categorical, text: text)
        let vectors = Set(names(embedding))
        let before = try readTable(reference, kinds: kinds).recognisingEmbeddings(named: vectors)
        let after = try readTable(current, kinds: kinds).recognisingEmbeddings(named: vectors)
        let words = Words(language)
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
                title: "\(fileName(current)) ↔ \(fileName(reference))", reference: before,
                current: after,
                language: language, words: words.text)
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
            printForPeople(found, words)
        }
        if found.isDrifted { throw ExitCode(1) }
    }

    private func fileName(_ path: String) -> String {
        URL(fileURLWithPath: path).lastPathComponent
    }

    private func printForPeople(_ found: DriftReport, _ words: Words) {
        let rows = [
            "reference": "\(found.referenceCount)", "current": "\(found.currentCount)",
            "count": "\(found.columns.count)",
        ]
        print(words.text(Phrase("drift.report.rows", rows)))
        let ranked = found.columns.sorted { ($0.adjusted ?? 2) < ($1.adjusted ?? 2) }
        print(
            tableText(
                ranked.map { column in
                    let state =
                        column.adjusted == nil
                        ? "no_data" : column.isDrifted ? "drifted" : "steady"
                    return [
                        words.word("drift.report.\(state)"),
                        column.adjusted.map { String(format: "p %.3g", $0) } ?? "-",
                        column.isDrifted ? words.text(column.direction) : column.name,
                    ]
                }))
        let together = words.word("drift.report.together")
        if let portfolio = found.portfolio {
            let alarms = portfolio.alarms(at: found.portfolioLevel)
                .map { words.word("drift.test.\($0.rawValue)") }.joined(separator: "; ")
            let p = String(format: "%.3g", portfolio.probability)
            print("\(together): p \(p)\(alarms.isEmpty ? "" : "  (\(alarms))")")
        } else if let refusal = found.portfolioRefusal {
            print("\(together): \(words.text(refusal))")
        }
        for issue in found.dataIssues { print(words.text(issue.phrase)) }
        for (value, inner) in found.segments where !inner.drifted.isEmpty {
            let names = inner.drifted.map(\.name).joined(separator: ", ")
            print("\(words.word("drift.report.segment")) \(value): \(names)")
        }
        print(words.text(found.verdict) + String(format: "  (p %.3g)", found.probability))
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
