// `martlet query`: PromQL against a running agent, or against any server with Prometheus' API.

import ArgumentParser
import Basics
import Bytes
import Carry
import Foundation
import Query

struct Query: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask a running agent in PromQL.",
        discussion: """
            martlet query 'up'
            martlet query 'sum by (mode) (rate(node_cpu_seconds_total[5m]))'
            martlet query 'node_load1' --start 1h --step 1m          # the last hour
            martlet query 'up' --url http://prometheus.example:9090 --json
            martlet query 'sum(rate(x_total[5m]))' --explain         # what each node cost
            """)

    @Argument(help: "The expression.") var expression: String
    @Option(help: "The moment of an instant query: seconds, RFC 3339, or a duration ago.")
    var time: String?
    @Option(help: "The start of a range: seconds, RFC 3339, or a duration ago (1h).")
    var start: String?
    @Option(help: "The end of a range; now without it.") var end: String?
    @Option(help: "The step of a range: 15s, 1m.") var step: String?
    @Option(help: "The server to ask.") var url = "http://127.0.0.1:9797"
    @Option(help: "A file with a bearer token.") var tokenFile: String?
    @Flag(help: "Print JSON.") var json = false
    @Flag(help: "Print CSV.") var csv = false
    @Flag(help: "Print what each node of the query cost, instead of its answer.") var explain =
        false

    func run() throws {
        var headers: [(name: String, value: String)] = []
        if let tokenFile {
            guard let token = try? readText(tokenFile).trimmed else {
                throw failure("cannot read the token in \(tokenFile)")
            }
            headers = [("Authorization", "Bearer \(token)")]
        }
        let engine = Engine.remote(url: url, headers: headers, fetch: .curl())
        let now = Clock.system.now()
        do {
            if explain { return try printExplanation(engine, now) }
            let answer = try ask(engine, now)
            for remarkText in answer.warnings + answer.infos { remark("note: \(remarkText)") }
            print(QueryPrinter(isJSON: json, isCSV: csv).text(answer.value), terminator: "")
        } catch let error as QueryError {
            throw failure(words(error))
        }
    }

    private func printExplanation(_ engine: Engine, _ now: Millis) throws {
        var range = TimeRange(
            from: try parseMoment(time, now: now), through: try parseMoment(time, now: now))
        var stepMillis: Millis = 0
        if let asked = try steps(now) { (range, stepMillis) = asked }
        let explained = try engine.explain(expression, range, stepMillis, QueryLimits())
        print(ExplanationPrinter(isJSON: json).text(explained), terminator: "")
    }

    private func ask(_ engine: Engine, _ now: Millis) throws -> QueryAnswer {
        guard let (range, stepMillis) = try steps(now) else {
            return try engine.instant(expression, try parseMoment(time, now: now), QueryLimits())
        }
        return try engine.range(expression, range, stepMillis, QueryLimits())
    }

    /// The range that was asked for; nil for an instant query.
    private func steps(_ now: Millis) throws -> (TimeRange, Millis)? {
        guard let start else { return nil }
        let from = try parseMoment(start, now: now)
        let through = try parseMoment(end, now: now)
        guard from <= through else { throw failure("--start lies behind --end") }
        // About 60 rows when nobody says otherwise: one screen.
        let standard = max(1000, (through - from) / 60 / 1000 * 1000)
        let stepMillis = try step.map { text in
            guard let millis = parseDuration(text), millis > 0 else {
                throw failure("--step \(text) is not a duration such as 15s")
            }
            return millis
        }
        return (TimeRange(from: from, through: through), stepMillis ?? standard)
    }

    private func words(_ error: QueryError) -> String {
        switch error {
        case .parse(let reason, let from, _):
            return "\(reason)\n  \(expression)\n  \(String(repeating: " ", count: from))^"
        case .execution(let reason), .timeout(let reason), .source(let reason): return reason
        case .cancelled: return "the query was cancelled"
        }
    }
}
