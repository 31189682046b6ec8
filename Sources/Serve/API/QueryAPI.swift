// `/api/v1/query`, `query_range` and their kin, in Prometheus' shapes. Queries run on their own
// bounded pool; the time a query waited there counts against its timeout, and a client that hangs up
// cancels it.

public import Basics
internal import Bytes
public import Carry
public import Query

/// The query end points over an engine.
public struct QueryAPI: Sendable {
    /// Warnings and infos of one answer, each; Prometheus' number.
    private static let remarksMax = 10

    private let engine: Engine
    private let clock: Clock
    private let limits: @Sendable () -> QueryLimits
    private let parser: ParserOptions

    /// - Parameter limits: what a query may use; asked for each one.
    public init(
        engine: Engine, clock: Clock, parser: ParserOptions = ParserOptions(),
        limits: @escaping @Sendable () -> QueryLimits = { QueryLimits() }
    ) {
        self.engine = engine
        self.clock = clock
        self.limits = limits
        self.parser = parser
    }

    public var routes: [Route] {
        [
            route("/api/v1/query", .query, instant),
            route("/api/v1/query_range", .query, range),
            route("/api/v1/format_query", .slow) { _, query in
                let text = try parseExpression(query, options: parser).formatted
                return success { $0.string(text) }
            },
            route("/api/v1/parse_query", .slow) { _, query in
                let tree = try parseExpression(query, options: parser)
                return success { writeTree(tree, to: &$0) }
            },
            route("/api/v1/query_exemplars", .slow, exemplars),
            route("/api/martlet/v1/explain", .query, explain),
        ]
    }

    private func route(
        _ path: String, _ pace: Route.Pace,
        _ handler: @escaping @Sendable (HTTPRequest, String) throws -> HTTPResponse
    ) -> Route {
        Route(["GET", "POST"], path, pace) { request in
            let query = request.parameter("query") ?? ""
            return answering(query: query) { try handler(request, query) }
        }
    }

    private func instant(_ request: HTTPRequest, _ query: String) throws -> HTTPResponse {
        let limit = try request.limit()
        let time = try request.optionalTime("time") ?? clock.now()
        let limits = try limits(for: request)
        _ = try parseExpression(query, options: parser)
        let answer = try engine.instant(query, time, limits)
        return respond(answer, at: time, limit, request)
    }

    private func range(_ request: HTTPRequest, _ query: String) throws -> HTTPResponse {
        let limit = try request.limit()
        let (range, step) = try steps(request)
        let limits = try limits(for: request)
        let type = try parseExpression(query, options: parser).valueType
        guard type == .scalar || type == .vector else {
            throw BadParameter(
                "query",
                "invalid expression type \"\(type.rawValue)\" for range query, must be Scalar or"
                    + " instant Vector")
        }
        let answer = try engine.range(query, range, step, limits)
        return respond(answer, at: range.through, limit, request)
    }

    /// `start`, `end` and `step`, with the words and in the order of Prometheus.
    private func steps(_ request: HTTPRequest) throws(BadParameter) -> (TimeRange, Millis) {
        guard let from = try request.time("start") else {
            throw BadParameter("start", "cannot parse \"\" to a valid timestamp")
        }
        guard let through = try request.time("end") else {
            throw BadParameter("end", "cannot parse \"\" to a valid timestamp")
        }
        guard from <= through else {
            throw BadParameter("end", "end timestamp must not be before start time")
        }
        guard let step = try request.duration("step") else {
            throw BadParameter("step", "cannot parse \"\" to a valid duration")
        }
        guard step > 0 else {
            throw BadParameter(
                "step",
                "zero or negative query resolution step widths are not accepted."
                    + " Try a positive integer")
        }
        // One point a minute for a week, or one an hour for a year, as Prometheus.
        guard (through - from) / step <= 11_000 else {
            throw BadParameter(
                reason: "exceeded maximum resolution of 11,000 points per timeseries. "
                    + "Try decreasing the query resolution (?step=XX)")
        }
        return (TimeRange(from: from, through: through), step)
    }

    /// No exemplars are kept; a query that does not parse is refused all the same.
    private func exemplars(_ request: HTTPRequest, _ query: String) throws -> HTTPResponse {
        _ = try request.optionalTime("start")
        _ = try request.optionalTime("end")
        _ = try parseExpression(query, options: parser)
        return success { writer in
            writer.beginArray()
            writer.endArray()
        }
    }

    /// What each node of a query costs: an instant query, or a range when there is a `start`.
    private func explain(_ request: HTTPRequest, _ query: String) throws -> HTTPResponse {
        var range: TimeRange
        var step: Millis = 0
        if request.parameter("start") != nil {
            (range, step) = try steps(request)
        } else {
            let time = try request.optionalTime("time") ?? clock.now()
            range = TimeRange(from: time, through: time)
        }
        let explained = try engine.explain(query, range, step, try limits(for: request))
        return success { writeExplanation(explained, to: &$0) }
    }

    private func limits(for request: HTTPRequest) throws -> QueryLimits {
        var limits = limits()
        if let timeout = try request.duration("timeout") {
            limits.timeout = min(limits.timeout, .milliseconds(timeout))
        }
        guard request.waited < limits.timeout else {
            throw QueryError.timeout(
                "query timed out in query queue: the limit is"
                    + " \(numberText(limits.timeout.seconds)) s (timeout)")
        }
        limits.timeout -= request.waited
        do {
            if let lookback = try request.duration("lookback_delta"), lookback > 0 {
                limits.lookbackMillis = lookback
            }
        } catch {
            let text = request.parameter("lookback_delta") ?? ""
            throw BadParameter(
                reason: "error parsing lookback delta duration: cannot parse \(quoted(text))"
                    + " to a valid duration")
        }
        limits.isCancelled = request.isCancelled
        return limits
    }

    private func respond(
        _ answer: QueryAnswer, at time: Millis, _ limit: Int, _ request: HTTPRequest
    ) -> HTTPResponse {
        var warnings = answer.warnings
        if answer.value.count > limit { warnings.append("results truncated due to limit") }
        let wantsStatistics = request.parameter("stats").map { !$0.isEmpty } ?? false
        return success(
            warnings: cut(warnings, "warning"), infos: cut(answer.infos, "info"),
            capacity: 1024 + answer.value.count * 128
        ) { writer in
            write(
                answer.value, at: time, to: &writer, limit: limit,
                statistics: wantsStatistics ? (answer.statistics, request.waited) : nil)
        }
    }

    private func cut(_ remarks: [String], _ kind: String) -> [String] {
        let rest = remarks.count - QueryAPI.remarksMax
        guard rest > 0 else { return remarks }
        return remarks.prefix(QueryAPI.remarksMax) + ["\(rest) more \(kind) annotations omitted"]
    }
}

extension QueryValue {
    /// Elements that a limit counts.
    var count: Int {
        switch self {
        case .scalar, .string: 1
        case .vector(let samples): samples.count
        case .matrix(let series): series.count
        }
    }
}
