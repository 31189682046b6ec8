// `martlet kpi`: the table of figures with formula, value, n and what was left out; `--explain` opens
// one; `--definitions` shows what lead time is under the definitions that tools use.

import ArgumentParser
import Basics
import Bytes
import Foundation

struct KPICommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kpi",
        abstract: "Print the figures of delivery, with everything behind them.",
        discussion: """
            martlet kpi                                     all figures of the last 90 days
            martlet kpi --team search --from 2026-01-01T00:00:00Z
            martlet kpi --explain change_lead_time_hours    the rows behind one of them
            martlet kpi --definitions                       lead time as different tools mean it
            martlet kpi --json --data ./data                without an agent
            """)

    @OptionGroup var door: AgentDoor
    @Option(help: "Only this team.") var team: String?
    @Option(help: "Only this repository.") var repository: String?
    @Option(help: "Only this service.") var service: String?
    @Option(help: "Only this iteration, by its id.") var iteration: String?
    @Option(help: "Only this release, by its version.") var release: String?
    @Option(help: "The start of the window: seconds or RFC 3339.") var from: String?
    @Option(help: "The end of the window; now without it.") var to: String?
    @Option(help: "List the rows behind a figure.") var explain: String?
    @Flag(help: "Lead time under several definitions, side by side.") var definitions = false
    @Flag(help: "Figures without a value too.") var all = false
    @Flag(help: "Print JSON.") var json = false

    private var query: [(name: String, value: String?)] {
        [
            ("team", team), ("repository", repository), ("service", service), ("from", from),
            ("to", to), ("iteration", iteration), ("release", release),
        ]
    }

    func run() throws {
        let talk = try door.open()
        let words = Words()
        if let explain {
            let answer = try talk.ask("GET", "/api/martlet/v1/kpis/\(explain)/rows", query).data
            json ? printJSON(answer) : explainText(answer, words)
            return
        }
        let answer = try talk.ask("GET", "/api/martlet/v1/kpis", query).data
        if json { return printJSON(answer) }
        let kpis = answer["kpis"]?.items ?? []
        if kpis.isEmpty {
            print(
                "No events yet. Bring some: martlet import git .   or   martlet connect github NAME"
            )
            return
        }
        if definitions { return try definitionsText(talk) }
        table(answer, kpis, words)
    }

    private func table(_ answer: JSON, _ kpis: [JSON], _ words: Words) {
        var rows = [["FIGURE", "VALUE", "UNIT", "N", "95 % INTERVAL", "LEFT OUT", "FORMULA"]]
        var empty = 0
        for kpi in kpis {
            let hasValue = kpi["value"]?.double != nil
            if !hasValue { empty += 1 }
            if !hasValue && !all { continue }
            rows.append([
                kpi["id"]?.text ?? "", valueText(kpi["value"]), kpi["unit"]?.text ?? "",
                valueText(kpi["n"]), intervalText(kpi["interval"]), leftOut(kpi),
                hasValue ? words.text(kpi["formula"]) : words.text(kpi["reason"]),
            ])
        }
        print(tableText(rows))
        var reasons: [(String, String)] = []
        for kpi in kpis {
            for item in kpi["excluded"]?.items ?? [] {
                reasons.append(
                    (
                        kpi["id"]?.text ?? "",
                        "\(valueText(item["count"])) \(words.text(item["reason"]))"
                    ))
            }
        }
        if !reasons.isEmpty {
            print("\nLeft out:")
            for (id, reason) in reasons { print("  \(id): \(reason)") }
        }
        if let newest = answer["newest"], let start = answer["window"]?.items?.first?.double,
            newest.double ?? .infinity < start
        {
            print("The newest event is of \(timeText(newest)); --from looks further back.")
        }
        if empty > 0 && !all {
            print("\n\(empty) figures have no data yet; --all says what each of them needs.")
        }
    }

    private func leftOut(_ kpi: JSON) -> String {
        let count = (kpi["excluded"]?.items ?? []).reduce(0) { $0 + ($1["count"]?.int ?? 0) }
        let open = kpi["open"]?.int ?? 0
        return [count > 0 ? "\(count)" : nil, open > 0 ? "\(open) open" : nil]
            .compactMap { $0 }.joined(separator: ", ")
    }

    /// Lead time as four tools define it, worked out from the rows of the figures that hold the spans.
    private func definitionsText(_ talk: Talk) throws {
        let wanted = [
            ("pr_deploy_hours", "merge → release (GitLab)", true),
            ("pr_cycle_hours", "first commit → release, a request (DevLake)", true),
            ("change_lead_time_hours", "every commit → release (Four Keys, Martlet)", true),
            ("change_lead_time_hours", "mean of all commits (Pelorus)", false),
        ]
        var rows = [["DEFINITION", "MEDIAN H", "MEAN H", "P85 H", "N", "FIGURE"]]
        for (id, title, hasMedian) in wanted {
            // The whole history unless somebody asks for less: definitions are compared, not teams.
            var query = query
            query[3].value = from ?? "0"
            let answer = try talk.ask("GET", "/api/martlet/v1/kpis/\(id)/rows", query).data
            let values = (answer["rows"]?.items ?? []).compactMap { $0["value"]?.double }.sorted()
            func quantile(_ share: Double) -> String {
                guard hasMedian, let last = values.last else { return "–" }
                let place = share * Double(values.count - 1)
                let low = values[Int(place)]
                let high = Int(place) + 1 < values.count ? values[Int(place) + 1] : last
                return hoursText(low + (place - place.rounded(.down)) * (high - low))
            }
            let mean = values.isEmpty ? "–" : hoursText(values.reduce(0, +) / Double(values.count))
            rows.append([title, quantile(0.5), mean, quantile(0.85), String(values.count), id])
        }
        print("The same history under four definitions of lead time:\n")
        print(tableText(rows))
        print("\nWhat is not released yet is left out, never counted as 0.")
    }

    private func hoursText(_ hours: Double) -> String {
        numberText((hours * 10).rounded() / 10, .plain)
    }

    private func explainText(_ answer: JSON, _ words: Words) {
        let kpi = answer["kpi"] ?? .null
        print("\(kpi["id"]?.text ?? "") = \(valueText(kpi["value"])) \(kpi["unit"]?.text ?? "")")
        print("  \(words.text(kpi["formula"]))")
        if kpi["reason"]?["key"] != nil { print("  \(words.text(kpi["reason"]))") }
        for note in kpi["notes"]?.items ?? [] { print("  \(words.text(note))") }
        let rows = answer["rows"]?.items ?? []
        print("\n\(rows.count) rows:")
        print(
            tableText(
                rows.map { row in
                    [
                        "  " + timeText(row["time"]), valueText(row["value"]),
                        row["id"]?.text ?? "",
                        (row["links"]?.items ?? []).compactMap(\.text).joined(separator: " "),
                    ]
                }))
        for (name, title) in [("excluded", "left out"), ("open", "not judged yet")] {
            let list = answer[name]?.items ?? []
            if list.isEmpty { continue }
            print("\n\(list.count) \(title):")
            print(
                tableText(
                    list.map { row in
                        [
                            "  " + timeText(row["time"]), row["id"]?.text ?? "",
                            words.text(row["reason"]),
                        ]
                    }))
        }
    }
}

/// A number of an answer with at most three decimals, or a dash.
func valueText(_ json: JSON?) -> String {
    guard let value = json?.double else { return "–" }
    return numberText((value * 1000).rounded() / 1000, .plain)
}

func intervalText(_ json: JSON?) -> String {
    guard let items = json?.items, items.count == 2 else { return "" }
    return "\(valueText(items[0])) … \(valueText(items[1]))"
}

func timeText(_ json: JSON?) -> String {
    guard let seconds = json?.double else { return "" }
    return CivilTime(Millis(seconds * 1000)).rfc3339
}

func printJSON(_ json: JSON) { print(String(decoding: json.encoded, as: UTF8.self)) }
