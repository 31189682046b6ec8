// `/api/v1/query` and `/api/v1/query_range`, in Prometheus' shapes. Queries run on the worker pool;
// a client that hangs up cancels its query.

public import Basics
internal import Bytes
public import Carry
public import Query

/// The query end points over an engine.
public struct QueryAPI: Sendable {
    private let engine: Engine
    private let clock: Clock
    private let limits: QueryLimits

    public init(engine: Engine, clock: Clock, limits: QueryLimits = QueryLimits()) {
        self.engine = engine
        self.clock = clock
        self.limits = limits
    }

    public var routes: [Route] {
        [
            Route(["GET", "POST"], "/api/v1/query", .slow) { request in
                answering { try instant(request) }
            },
            Route(["GET", "POST"], "/api/v1/query_range", .slow) { request in
                answering { try range(request) }
            },
        ]
    }

    private func instant(_ request: HTTPRequest) throws -> HTTPResponse {
        let time = try request.time("time") ?? clock.now()
        let query = request.parameter("query") ?? ""
        let answer = try engine.instant(query, time, try limits(for: request))
        return success(warnings: answer.warnings, infos: answer.infos) { writer in
            write(answer.value, at: time, to: &writer, limit: (try? request.limit()) ?? .max)
        }
    }

    private func range(_ request: HTTPRequest) throws -> HTTPResponse {
        guard let from = try request.time("start") else {
            throw BadParameter("start", "cannot parse \"\" to a valid timestamp")
        }
        guard let through = try request.time("end") else {
            throw BadParameter("end", "cannot parse \"\" to a valid timestamp")
        }
        guard let step = try request.duration("step") else {
            throw BadParameter("step", "cannot parse \"\" to a valid duration")
        }
        guard from <= through else {
            throw BadParameter("end", "end timestamp must not be before start time")
        }
        guard step > 0 else {
            throw BadParameter(
                "step",
                "zero or negative query resolution step widths are not accepted. Try a positive integer"
            )
        }
        guard (through - from) / step <= 11_000 else {
            throw BadParameter(
                "step",
                "exceeded maximum resolution of 11,000 points per timeseries. "
                    + "Try decreasing the query resolution (?step=XX)")
        }
        let answer = try engine.range(
            request.parameter("query") ?? "", TimeRange(from: from, through: through), step,
            try limits(for: request))
        return success(warnings: answer.warnings, infos: answer.infos, capacity: 64 << 10) {
            writer in
            write(answer.value, at: through, to: &writer, limit: (try? request.limit()) ?? .max)
        }
    }

    private func limits(for request: HTTPRequest) throws -> QueryLimits {
        var limits = self.limits
        if let timeout = try request.duration("timeout") {
            limits.timeout = min(limits.timeout, .milliseconds(timeout))
        }
        if let lookback = try request.duration("lookback_delta"), lookback > 0 {
            limits.lookbackMillis = lookback
        }
        limits.isCancelled = request.isCancelled
        return limits
    }
}

/// Writes a query's value as `{"resultType":…,"result":…}`.
func write(_ value: QueryValue, at time: Millis, to writer: inout JSONWriter, limit: Int = .max) {
    writer.beginObject()
    switch value {
    case .scalar(let number):
        writer.field("resultType", "scalar")
        writer.key("result")
        writePoint(time, numberText(number, .api), to: &writer)
    case .string(let text):
        writer.field("resultType", "string")
        writer.key("result")
        writePoint(time, text, to: &writer)
    case .vector(let samples):
        writer.field("resultType", "vector")
        writer.key("result")
        writer.beginArray()
        for sample in samples.prefix(limit) {
            writer.beginObject()
            writer.key("metric")
            writer.labels(sample.labels)
            writer.key("value")
            writePoint(sample.time, numberText(sample.value, .api), to: &writer)
            writer.endObject()
        }
        writer.endArray()
    case .matrix(let series):
        writer.field("resultType", "matrix")
        writer.key("result")
        writer.beginArray()
        for one in series.prefix(limit) { writeSeries(one, to: &writer) }
        writer.endArray()
    }
    writer.endObject()
}

private func writeSeries(_ series: Series, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("metric")
    writer.labels(series.labels)
    writer.key("values")
    writer.beginArray()
    for index in series.times.indices {
        writePoint(series.times[index], numberText(series.values[index], .api), to: &writer)
    }
    writer.endArray()
    writer.endObject()
}

private func writePoint(_ time: Millis, _ text: String, to writer: inout JSONWriter) {
    writer.beginArray()
    writer.seconds(time)
    writer.string(text)
    writer.endArray()
}
