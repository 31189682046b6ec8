// `martlet detect`: a score for every row of a series in a CSV file, from the model that the agent runs
// and with its defaults. Strictly causal: the score of a row knows the rows up to it and no other, so
// that a history is judged as it would have been while it happened.

import ArgumentParser
import Basics
import Collect
import Foundation
import Reason

struct Detect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Score each row of a series by what came before it.",
        discussion: """
            martlet detect cpu.csv                        timestamp,value,anomaly_score
            martlet detect cpu.csv --output scored.csv
            martlet detect cpu.csv --explain              with the band and what moved
            martlet detect cpu.csv --alarms               only the rows that are alarms

            The file has a header with `timestamp` and `value`. Times are RFC 3339, \
            `2026-11-26 18:00:00` (UTC) or seconds since the epoch. A score of 0.975 or more is an \
            alarm of the series; the agent notifies fewer, within its budget.
            """)

    @Argument(help: "The CSV file; - for standard input.") var file: String
    @Option(help: "Write here instead of standard output.") var output: String?
    @Flag(help: "Add expected, low, high and the reason.") var explain = false
    @Flag(help: "Only the rows that are alarms.") var alarms = false

    func run() throws {
        let rows: SeriesFile
        do {
            rows = try SeriesFile(text(), name: file)
        } catch {
            throw failure(error.description)
        }
        var page = "timestamp,value,anomaly_score\(explain ? ",expected,low,high,reason" : "")\n"
        page.reserveCapacity(rows.rows.count * 60)
        let words = explain ? Words() : nil
        var model = SeriesModel(seed: 1)
        let level = 1 - pow(10, -model.options.alarmEvidence)
        var progress = Progress(of: rows.rows.count, what: "rows scored")
        for (index, row) in rows.rows.enumerated() {
            progress.step(index)
            // A row without a time is reported below; it keeps its place and says nothing.
            let reading = row.time.map { model.observe(time: $0, value: row.value) }
            let score = reading?.score ?? 0
            if alarms && score < level { continue }
            page += "\(row.timeText),\(row.valueText),\(score)"
            if let words { page += explanation(reading, words) }
            page += "\n"
        }
        progress.finish()
        for problem in rows.problems.prefix(10) { remark(problem) }
        if rows.problems.count > 10 {
            remark("\(file): \(rows.problems.count - 10) more rows cannot be read")
        }
        try write(page)
        if rows.rows.count < model.options.warmUp {
            remark("\(file): \(rows.rows.count) rows are too few to judge; 60 are needed")
        }
    }

    private func text() throws(SeriesFileError) -> [UInt8] {
        if file == "-" { return [UInt8](FileHandle.standardInput.readDataToEndOfFile()) }
        guard let data = FileManager.default.contents(atPath: file) else {
            throw SeriesFileError("cannot read \(file)")
        }
        return [UInt8](data)
    }

    private func explanation(_ reading: AnomalyReading?, _ words: Words) -> String {
        guard let reading else { return ",,,," }
        guard let template = words.template(reading.reason.key) else {
            return ",\(reading.expected),\(reading.low),\(reading.high),\(reading.reason.key)"
        }
        let sentence = reading.reason.worded(template).replacing("\"", with: "\"\"")
        return ",\(reading.expected),\(reading.low),\(reading.high),\"\(sentence)\""
    }

    private func write(_ page: String) throws {
        guard let output else {
            FileHandle.standardOutput.write(Data(page.utf8))
            return
        }
        do {
            try Data(page.utf8).write(to: URL(fileURLWithPath: output), options: .atomic)
        } catch {
            throw failure("cannot write \(output): \(error.localizedDescription)")
        }
    }
}

/// How far a slow command has come: a line on a terminal, every second from the second on.
struct Progress {
    private let total: Int
    private let what: String
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let began = Clock.system.monotonic()
    private var shown: Int64 = 0

    init(of total: Int, what: String) {
        self.total = total
        self.what = what
    }

    mutating func step(_ done: Int) {
        guard isTerminal, done % 4096 == 0 else { return }
        let now = Clock.system.monotonic()
        guard now - began > 2_000_000_000, now - began - shown > 1_000_000_000 else { return }
        shown = now - began
        FileHandle.standardError.write(Data("\r\(done) of \(total) \(what)".utf8))
    }

    func finish() {
        if shown > 0 { FileHandle.standardError.write(Data("\r\u{1b}[K".utf8)) }
    }
}
