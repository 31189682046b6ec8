// `martlet forecast`: how much gets done next, with the chance of it and how often such forecasts held.
// On a file it needs no agent; without one it asks what is known.

import ArgumentParser
import Basics
import Bytes
import Collect
import Foundation
import Reason

struct Forecast: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Forecast how much gets done next, and how often such forecasts held.",
        discussion: """
            martlet forecast                                from what the agent knows
            martlet forecast merges.csv --days 14           a time a line (first column)
            martlet forecast history.jsonl                  Martlet's own events, or commits
            """)

    @Argument(help: "A CSV of times, or events as JSON lines; the agent without it.")
    var file: String?
    @OptionGroup var door: AgentDoor
    @Option(help: "Days to look ahead.") var days = 14
    @Option(help: "Only this team.") var team: String?
    @Option(help: "The moment of asking: RFC 3339; now without it.") var at: String?
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        guard let file else {
            let talk = try door.open()
            let answer = try talk.ask("GET", "/api/martlet/v1/decisions/commit", [("team", team)])
                .data
            if json { return printJSON(answer) }
            let words = Words()
            print(words.text(answer["summary"]))
            print("  \(words.text(answer["recommendation"]))")
            for reason in answer["reasons"]?.items ?? [] {
                print("  • \(words.text(reason["phrase"]))")
            }
            for missing in answer["missing"]?.items ?? [] { print("  ? \(words.text(missing))") }
            return
        }
        guard days > 0, days <= 366 else { throw failure("--days must be 1 to 366") }
        let now = try at.map { text -> Millis in
            guard let time = parseRFC3339(text) else {
                throw failure("--at \(text) is not RFC 3339")
            }
            return time
        }
        let times = try times(file, until: now ?? Clock.system.now())
        // A file's own end is its present, unless somebody says otherwise.
        let present = now ?? (times.max().map { $0 + 1 } ?? 0)
        show(ThroughputForecast(times: times, days: days, now: present), count: times.count)
    }

    private func times(_ file: String, until now: Millis) throws -> [Millis] {
        let text: String
        do {
            text = try readText(file)
        } catch {
            throw failure(error.description)
        }
        if text.utf8.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") {
            if let times = mergedChanges(text) { return times }
            do {
                let reading = try readUpload(
                    .events, Array(text.utf8), context: UploadContext(time: now),
                    people: .forwarding())
                return DeliveryState(events: reading.events).mergeTimes(scope: KPIScope(team: team))
            } catch {
                throw failure("\(file): \(error)")
            }
        }
        var times: [Millis] = []
        for (index, line) in text.split(whereSeparator: \.isNewline).enumerated() {
            let cell = line.prefix { $0 != "," }.trimmingCharacters(in: .whitespaces)
            if let time = parseStamp(cell) {
                times.append(time)
            } else if index > 0 {
                throw failure("\(file), line \(index + 1): \(cell) is no time")
            }
        }
        return times
    }

    /// Merges of a bare history: a commit a line, with `committed` in seconds and the number of its
    /// `change`; nil when the first line is none.
    private func mergedChanges(_ text: String) -> [Millis]? {
        var merged: [Int: Millis] = [:]
        for (index, line) in text.split(whereSeparator: \.isNewline).enumerated() {
            guard let json = try? JSON(text: String(line)) else { continue }
            if index == 0 && (json["committed"] == nil || json["id"] != nil) { return nil }
            guard json["bot"]?.boolean != true, let change = json["change"]?.int,
                let seconds = json["committed"]?.int
            else { continue }
            merged[change] = min(merged[change] ?? .max, Millis(seconds) * 1000)
        }
        return Array(merged.values)
    }

    private func show(_ made: ThroughputForecast, count: Int) {
        switch made.answer {
        case .refused(let why):
            if json {
                print("{\"forecast\":null,\"reason\":\(quoted(why.key))}")
            } else {
                let arguments = JSON.object(why.arguments.map { ($0.key, .string($0.value)) })
                print(Words().text(.object([("key", .string(why.key)), ("args", arguments)])))
            }
        case .forecast(let forecast):
            if json { return showJSON(made, forecast) }
            func whole(_ value: Double) -> String { numberText(value.rounded(), .plain) }
            let percent = whole(forecast.level * 100)
            print("Next \(days) days, from \(count) things done so far:")
            print("  at least \(whole(forecast.sure.rounded(.down))) with a chance of 80 %")
            print("  \(whole(forecast.low)) to \(whole(forecast.high)) in \(percent) % of cases")
            print("  \(whole(forecast.expected)) expected")
            let score = made.score
            if let coverage = score.coverage, let error = score.error {
                print("  such bands held \(whole(coverage * 100)) % of \(score.n) times")
                print(
                    "  mean error \(valueText(.number(error))); repeating the last window "
                        + "\(score.errorLastWindow.map { valueText(.number($0)) } ?? "–"), plain mean "
                        + "\(score.errorPlainMean.map { valueText(.number($0)) } ?? "–")")
            }
        }
    }

    private func showJSON(_ made: ThroughputForecast, _ forecast: Reason.Forecast) {
        var writer = JSONWriter()
        writer.beginObject()
        let score = made.score
        for (name, value) in [
            ("days", Double(days)), ("expected", forecast.expected), ("low", forecast.low),
            ("high", forecast.high), ("level", forecast.level), ("sure", forecast.sure),
            ("n", Double(score.n)), ("coverage", score.coverage), ("error", score.error),
            ("error_last_window", score.errorLastWindow),
            ("error_plain_mean", score.errorPlainMean),
        ] as [(String, Double?)] {
            writer.key(name)
            if let value { writer.number(value) } else { writer.null() }
        }
        writer.endObject()
        print(String(decoding: writer.bytes, as: UTF8.self))
    }
}
