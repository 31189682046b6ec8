// `martlet replay rules`: what rules would have done over the history of an agent, or of any server with
// Prometheus' API. The samples that the rules look at are fetched once, and the rules run here.

import ArgumentParser
import Basics
import Bytes
import Carry
import Keep
import Query
import Reason

struct ReplayGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Run rules over history.",
        subcommands: [ReplayRules.self])
}

struct ReplayRules: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "Say what rules would have fired, when, and for how long.",
        discussion: """
            martlet replay rules alerts/host.yml --from 7d
            martlet replay rules new.yml --from 2026-11-20T00:00:00Z --to 2026-11-21T00:00:00Z --json
            martlet replay rules new.yml --from 1d --url http://prometheus.example:9090
            """)

    @Argument(help: "The rule files.") var files: [String]
    @Option(help: "The beginning: seconds, RFC 3339, or a duration ago (7d).") var from = "1d"
    @Option(help: "The end; now without it.") var to: String?
    @Option(help: "The interval of groups that name none.") var interval = "1m"
    @Option(help: "The server with the history.") var url = "http://127.0.0.1:9797"
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let now = Clock.system.now()
        let range = TimeRange(
            from: try parseMoment(from, now: now), through: try parseMoment(to, now: now))
        guard range.from < range.through else { throw failure("--from lies behind --to") }
        guard let step = parseDuration(interval), step > 0 else {
            throw failure("--interval \(interval) is not a duration such as 1m")
        }
        let loaded = RuleFile.load(files, folder: ".", files: .system, check: checkExpression)
        for problem in loaded.problems { remark("\(problem)") }
        if loaded.problems.contains(where: { $0.level == .error }) { throw ExitCode(1) }
        let history = try fetch(loaded.groups, range)
        let replay: RuleReplay
        do {
            replay = try RuleReplay(loaded.groups, over: range, intervalMillis: step) { written in
                .local(source: .merging([written, history]))
            }
        } catch {
            throw failure(error.reason)
        }
        print(json ? jsonText(replay) : text(replay, range), terminator: "")
    }

    /// Fetches every series that the rules select, as far back as they look.
    private func fetch(_ groups: [RuleGroup], _ range: TimeRange) throws -> SeriesSource {
        let store = BenchStore()
        let remote = Engine.remote(url: url, fetch: .curl())
        var asked: Set<String> = []
        for rule in groups.flatMap(\.rules) {
            do {
                let expression = try parseExpression(rule.expression)
                let reach = expression.reachMillis + 300_000
                for matchers in expression.selectors {
                    let selector = "{\(matchers.map(\.description).joined(separator: ","))}"
                    let span = range.through - range.from + reach
                    let query = "\(selector)[\(durationText(span))]"
                    guard asked.insert(query).inserted else { continue }
                    let answer = try remote.instant(query, range.through, QueryLimits())
                    guard case .matrix(let all) = answer.value else { continue }
                    for series in all where series.labels.metric != "ALERTS" {
                        for (time, value) in zip(series.times, series.values) {
                            store.append(series.labels, time, value)
                        }
                    }
                }
            } catch {
                throw failure("\(rule.name): \(error.text(in: rule.expression))")
            }
        }
        return store.source
    }

    private func text(_ replay: RuleReplay, _ range: TimeRange) -> String {
        var lines: [String] = []
        if !replay.episodes.isEmpty {
            let rows = replay.episodes.map { episode in
                [
                    CivilTime(episode.from).rfc3339, span(episode, range), episode.alert,
                    numberText(episode.firstValue), episode.labels.description,
                ]
            }
            lines.append(tableText([["from", "for", "alert", "value", "labels"]] + rows))
        }
        for fault in replay.faults { lines.append("failed  \(fault.rule): \(fault.reason)") }
        lines.append(
            "\(replay.episodes.count) alerts would have fired, \(replay.passedCount) were pending and "
                + "passed; \(replay.stepCount) evaluations of groups")
        return lines.joined(separator: "\n") + "\n"
    }

    private func span(_ episode: RuleReplay.Episode, _ range: TimeRange) -> String {
        guard let to = episode.to else {
            return durationText(range.through - episode.from) + ", still"
        }
        return durationText(to - episode.from)
    }

    private func jsonText(_ replay: RuleReplay) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("alerts")
        writer.beginArray()
        for episode in replay.episodes {
            writer.beginObject()
            writer.field("alert", episode.alert)
            writer.key("labels")
            writer.labels(episode.labels)
            writer.key("from")
            writer.seconds(episode.from)
            writer.key("to")
            if let to = episode.to { writer.seconds(to) } else { writer.null() }
            writer.key("value")
            writer.number(episode.firstValue)
            writer.endObject()
        }
        writer.endArray()
        writer.key("passed")
        writer.number(replay.passedCount)
        writer.key("evaluations")
        writer.number(replay.stepCount)
        writer.key("failures")
        writer.beginArray()
        for fault in replay.faults {
            writer.beginObject()
            writer.field("rule", fault.rule)
            writer.field("reason", fault.reason)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self) + "\n"
    }
}

extension Expression {
    /// How far before its own time an evaluation may look.
    fileprivate var reachMillis: Millis {
        let below = children.map(\.reachMillis).max() ?? 0
        return switch self {
        case .vector(let node): max(0, node.shift.offsetMillis)
        case .range(let node): below + node.rangeMillis
        case .subquery(let node): below + node.rangeMillis + max(0, node.shift.offsetMillis)
        default: below
        }
    }
}
