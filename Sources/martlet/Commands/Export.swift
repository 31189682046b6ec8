// `martlet export series`: samples as they are kept, a day at a time, as lines that other tools read.

import ArgumentParser
import Basics
import Bytes
import Carry
import Foundation

struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write out what is kept.",
        discussion: "martlet export series '{job=\"node\"}' --start 7d --format csv > week.csv",
        subcommands: [ExportSeries.self])
}

struct ExportSeries: ParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable { case openmetrics, csv, jsonl }

    static let configuration = CommandConfiguration(
        commandName: "series", abstract: "Samples of the series that a selector names.",
        discussion: """
            martlet export series 'up' --start 30d > up.om              # OpenMetrics
            martlet export series '{job="node"}' --start 1d --format csv
            martlet export series 'delivery_lead_time_hours' --start 365d --format jsonl

            OpenMetrics goes back in with `martlet import openmetrics`. CSV has the columns series,
            timestamp (RFC 3339), value; JSON lines are objects of labels, times (ms) and values.
            """)

    @Argument(help: "A selector, such as 'up' or '{job=\"node\"}'.") var selector: String
    @Option(help: "The start: a duration ago (7d), or RFC 3339.") var start = "1d"
    @Option(help: "The end; now without it.") var end: String?
    @Option(help: "openmetrics, csv or jsonl.") var format = Format.openmetrics
    @OptionGroup var door: AgentDoor

    /// A day at a time bounds what an answer holds.
    private static let pieceMillis: Millis = 86_400_000

    func run() throws {
        let talk = try door.open()
        let now = Clock.system.now()
        var from = try moment(start, now)
        let through = try end.map { try moment($0, now) } ?? now
        guard from <= through else { throw failure("--start lies behind --end") }
        if format == .csv { print("series,timestamp,value") }
        while from <= through {
            let last = min(from + Self.pieceMillis - 1, through)
            // A range selector is open at its left end.
            let answer = try talk.ask(
                "GET", "/api/v1/query",
                [
                    ("query", "\(selector)[\(last - from + 1)ms]"),
                    ("time", "\(Double(last) / 1000)"),
                ]
            ).data
            for series in answer["result"]?.items ?? [] { write(series) }
            from = last + 1
        }
        if format == .openmetrics { print("# EOF") }
    }

    private func write(_ series: JSON) {
        let labels = Labels(
            (series["metric"]?.fields ?? []).map { ($0.key, $0.value.text ?? "") })
        let samples = (series["values"]?.items ?? []).compactMap { pair -> (Double, String)? in
            guard let time = pair.items?.first?.double, let value = pair.items?.last?.text
            else { return nil }
            return (time, value)
        }
        switch format {
        case .openmetrics:
            let name = "\(labels)"
            for (time, value) in samples { print("\(name) \(value) \(numberText(time, .plain))") }
        case .csv:
            let name = "\"\("\(labels)".replacing("\"", with: "\"\""))\""
            for (time, value) in samples {
                print("\(name),\(CivilTime(Millis((time * 1000).rounded())).rfc3339),\(value)")
            }
        case .jsonl:
            var writer = JSONWriter()
            writer.beginObject()
            writer.key("labels")
            writer.labels(labels)
            writer.key("times")
            writer.beginArray()
            for (time, _) in samples { writer.raw(String(Millis((time * 1000).rounded()))) }
            writer.endArray()
            writer.key("values")
            writer.beginArray()
            // Texts, because JSON has no numbers that are not finite.
            for (_, value) in samples { writer.string(value) }
            writer.endArray()
            writer.endObject()
            print(String(decoding: writer.bytes, as: UTF8.self))
        }
    }

    private func moment(_ text: String, _ now: Millis) throws -> Millis {
        if let ago = parseDuration(text) { return now - ago }
        if let time = parseRFC3339(text) { return time }
        throw failure("\(text) is not a time: give 2026-11-21T03:05:00Z, or 7d for a week ago")
    }
}
