// `/api/martlet/v1/anomalies`: what the watch over series says now, and `…/changes`: "what else
// changed?" over all series of a service in a span. Findings themselves are at `…/findings`.

public import Basics
internal import Bytes
public import Carry
internal import Reason

/// The end points of the watch over series.
public struct AnomaliesAPI: Sendable {
    private let board: AnomalyBoard
    private let source: SeriesSource
    private let clock: Clock
    /// More samples than this say no more about what changed, and cost seconds.
    private static let samplesMax = 2_000_000
    private static let rowsDefault = 200

    public init(board: AnomalyBoard, source: SeriesSource, clock: Clock) {
        self.board = board
        self.source = source
        self.clock = clock
    }

    public var routes: [Route] {
        [
            Route(["GET"], "/api/martlet/v1/anomalies", .slow) { now($0) },
            Route(["GET"], "/api/martlet/v1/anomalies/changes", .slow) { changes($0) },
        ]
    }

    private func now(_ request: HTTPRequest) -> HTTPResponse {
        answering {
            let limit =
                try request.parameter("limit") == nil
                ? AnomaliesAPI.rowsDefault : request.limit()
            let service = request.parameter("service").flatMap { $0.isEmpty ? nil : $0 }
            let snapshot = board.snapshot
            let rows = (snapshot?.rows ?? []).filter { service == nil || $0.service == service }
            let ranked = rows.sorted { first, second in
                let (a, b) = (first.reading?.surprise ?? -1, second.reading?.surprise ?? -1)
                return a != b ? a > b : first.labels < second.labels
            }
            return success(capacity: 32_768) { writer in
                writer.beginObject()
                writer.optionalTime("at", snapshot?.at)
                writer.key("isWatching")
                writer.bool(snapshot != nil)
                writer.optional("refused", Double(snapshot?.refused ?? 0))
                writer.optional("learning", Double(snapshot?.learning ?? 0))
                writer.key("services")
                write(services: snapshot, to: &writer)
                writer.key("groups")
                writer.beginArray()
                for group in snapshot?.groups ?? [] where service == nil || group.service == service
                {
                    write(group, to: &writer)
                }
                writer.endArray()
                writer.optional("count", Double(rows.count))
                writer.key("series")
                writer.beginArray()
                for row in ranked.prefix(limit) { write(row, to: &writer) }
                writer.endArray()
                writer.endObject()
            }
        }
    }

    private func changes(_ request: HTTPRequest) -> HTTPResponse {
        answering {
            guard let from = try request.time("start") else {
                throw BadParameter("start", "is missing: where does the span begin?")
            }
            let to = try request.time("end") ?? clock.now()
            guard to > from else { throw BadParameter("end", "must be later than start") }
            let length = to - from
            let baseline = from - max(4 * length, 3_600_000)
            var hints = SelectHints()
            hints.samplesMax = AnomaliesAPI.samplesMax
            var found: [Labels: Series] = [:]
            for matchers in try AnomaliesAPI.matchers(request.parameter("service")) {
                let selected = try source.select(
                    matchers, TimeRange(from: min(baseline, from - 86_400_000), through: to), hints)
                for series in selected.series
                where !series.labels.metric.hasPrefix("martlet_anomaly_") {
                    found[series.labels] = series
                }
            }
            let metadata = source.metadata()
            let ranked = rankChanges(
                Array(found.values), in: TimeRange(from: from, through: to),
                since: baseline, counters: { isCounter($0, metadata[$0]) })
            let limit = try request.parameter("limit") == nil ? 50 : request.limit()
            return success(capacity: 16_384) { writer in
                writer.beginObject()
                writer.optionalTime("start", from)
                writer.optionalTime("end", to)
                writer.optionalTime("baseline", baseline)
                writer.optional("compared", Double(ranked.count))
                writer.optional("seen", Double(found.count))
                writer.key("changes")
                writer.beginArray()
                for change in ranked.prefix(limit) where change.distance > 0 {
                    write(change, to: &writer)
                }
                writer.endArray()
                writer.endObject()
            }
        }
    }

    /// The series of a service, by any label that names one; all series without a service.
    private static func matchers(_ service: String?) throws -> [[Matcher]] {
        guard let service, !service.isEmpty else {
            return [[try Matcher(Labels.metricName, .matches, ".+")]]
        }
        return ["service", "model", "team", "job"].map { [Matcher($0, equals: service)] }
    }
}

private func write(services snapshot: AnomalySnapshot?, to writer: inout JSONWriter) {
    var counts: [String: (all: Int, ready: Int, unusual: Int)] = [:]
    for row in snapshot?.rows ?? [] {
        counts[row.service, default: (0, 0, 0)].all += 1
        if row.reading?.isReady == true { counts[row.service]?.ready += 1 }
        if row.unusualSince != nil { counts[row.service]?.unusual += 1 }
    }
    writer.beginArray()
    for (service, count) in counts.sorted(by: { $0.key < $1.key }) {
        writer.beginObject()
        writer.field("service", service)
        writer.optional("series", Double(count.all))
        writer.optional("ready", Double(count.ready))
        writer.optional("unusual", Double(count.unusual))
        let episode = snapshot?.episodes.first { $0.service == service }
        writer.optionalTime("since", episode?.start)
        writer.optional("parts", Double(episode?.parts.count ?? 0))
        writer.endObject()
    }
    writer.endArray()
}

private func write(_ group: AnomalySnapshot.Group, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("service", group.service)
    writer.optional("interval", Double(group.interval) / 1000)
    writer.optional("columns", Double(group.columns))
    writer.optional("axes", Double(group.axes))
    writer.optional("moments", Double(group.moments))
    writer.optionalTime("trained", group.trainedAt)
    writer.optional("score", group.score)
    writer.optional("network", group.networkScore)
    writer.list("leading", group.leading.map { "\($0)" })
    writer.endObject()
}

private func write(_ row: AnomalySnapshot.Row, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("name", "\(row.labels)")
    writer.key("labels")
    writer.labels(row.labels)
    writer.field("service", row.service)
    writer.optional("interval", Double(row.interval) / 1000)
    writer.key("isCounter")
    writer.bool(row.isCounter)
    writer.optionalTime("time", row.time)
    writer.optional("value", row.value)
    writer.optionalTime("since", row.unusualSince)
    if let reading = row.reading {
        writer.key("isReady")
        writer.bool(reading.isReady)
        writer.optional("score", reading.score)
        writer.optional("surprise", reading.surprise)
        writer.optional("low", reading.low)
        writer.optional("high", reading.high)
        writer.optional("expected", reading.expected)
        writer.key("reason")
        write(reading.reason, to: &writer)
    } else {
        writer.key("isReady")
        writer.bool(false)
    }
    writer.endObject()
}

private func write(_ change: SeriesChange, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("name", "\(change.labels)")
    writer.key("labels")
    writer.labels(change.labels)
    writer.optional("before", change.before)
    writer.optional("during", change.during)
    writer.optional("distance", change.distance)
    writer.optional("logP", change.logProbability)
    writer.optionalTime("moved", change.movedAt)
    writer.optional("valuesBefore", Double(change.counts.before))
    writer.optional("valuesDuring", Double(change.counts.during))
    writer.endObject()
}
