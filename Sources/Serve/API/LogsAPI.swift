// `/api/martlet/v1/logs`: words, level, source and time in; lines, a histogram and a cursor out.

public import Basics
internal import Bytes
public import Carry
public import Keep

/// The end point behind the Logs page.
public struct LogsAPI: Sendable {
    private let logs: LogKeeper
    private let clock: Clock
    /// The names of the sources that the configuration follows.
    private let sources: @Sendable () -> [String]

    public init(logs: LogKeeper, clock: Clock, sources: @escaping @Sendable () -> [String]) {
        self.logs = logs
        self.clock = clock
        self.sources = sources
    }

    public var routes: [Route] {
        [
            Route(["GET"], "/api/martlet/v1/logs", .slow) { request in
                answering { try search(request) }
            }
        ]
    }

    private func search(_ request: HTTPRequest) throws -> HTTPResponse {
        let query = try query(request)
        let page: LogPage
        do throws(LogError) {
            page = try logs.search(query)
        } catch .badQuery(let reason) {
            throw BadParameter("query", reason)
        }
        let remarks =
            page.remarks + (page.isPartial ? ["the search stopped at its time budget"] : [])
        return success(infos: remarks, capacity: 64 << 10) { writer in
            writer.beginObject()
            writer.key("records")
            writer.beginArray()
            for record in page.records { write(record, to: &writer) }
            writer.endArray()
            writer.key("next")
            if let next = page.next { writer.string(next.description) } else { writer.null() }
            write(page.histogram, bucketMillis: query.bucketMillis, to: &writer)
            writer.key("sources")
            writer.beginArray()
            for source in sources() { writer.string(source) }
            writer.endArray()
            writer.endObject()
        }
    }

    private func query(_ request: HTTPRequest) throws -> LogQuery {
        let now = clock.now()
        let through = try request.time("end") ?? now
        let from = try request.time("start") ?? through - 3_600_000
        guard from <= through else {
            throw BadParameter("end", "end timestamp must not be before start time")
        }
        var query = LogQuery(range: TimeRange(from: from, through: through))
        query.words = request.parameter("query") ?? ""
        query.limit = min(try request.limit(), LogQuery.limitMax)
        if request.parameter("limit") == nil { query.limit = 200 }
        let levels = (request.parameter("level") ?? "").split(separator: ",").map(String.init)
        if !levels.isEmpty {
            query.levels = []
            for level in levels {
                guard let severity = Severity(name: level) else {
                    let known = Severity.allCases.map(\.name).joined(separator: ", ")
                    throw BadParameter("level", "\(quoted(level)) is none of \(known)")
                }
                query.levels?.insert(severity)
            }
        }
        if let source = request.parameter("source"), !source.isEmpty {
            query.matchers = [Matcher("source", equals: source)]
        }
        if let cursor = request.parameter("before"), !cursor.isEmpty {
            guard let parsed = LogCursor(cursor) else {
                throw BadParameter("before", "not a cursor of an earlier answer")
            }
            query.cursor = parsed
        }
        // Sixty bars: what fits over a list on a screen.
        query.bucketMillis = max(1000, niceStep((through - from) / 60))
        return query
    }

    private func write(_ record: LogRecord, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("time")
        writer.seconds(record.time)
        writer.field("severity", record.severity.name)
        writer.key("labels")
        writer.labels(record.labels)
        writer.field("body", record.body)
        writer.key("attributes")
        writer.beginObject()
        for attribute in record.attributes { writer.field(attribute.name, attribute.value) }
        writer.endObject()
        writer.endObject()
    }

    private func write(_ buckets: [LogBucket], bucketMillis: Millis, to writer: inout JSONWriter) {
        writer.key("buckets")
        writer.beginArray()
        for bucket in buckets {
            writer.beginObject()
            writer.key("time")
            writer.seconds(bucket.start)
            writer.key("counts")
            writer.beginObject()
            for (severity, count) in bucket.counts.sorted(by: { $0.key < $1.key }) {
                writer.key(severity.name)
                writer.number(count)
            }
            writer.endObject()
            writer.endObject()
        }
        writer.endArray()
        writer.key("bucket_seconds")
        writer.seconds(bucketMillis)
    }
}

/// The next step upwards that a clock face knows: 1, 2, 5, 10, 15, 30 s, 1 min, ….
func niceStep(_ millis: Millis) -> Millis {
    let steps: [Millis] = [
        1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000,
        1_800_000,
        3_600_000, 7_200_000, 21_600_000, 43_200_000, 86_400_000,
    ]
    return steps.first { $0 >= millis } ?? 604_800_000
}
