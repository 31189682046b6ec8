// What the System page shows: how much is kept and where, which limits bit, and which metrics and
// labels bring the series (`/api/v1/status/tsdb`, as in Prometheus).

internal import Basics
internal import Bytes
public import Carry
public import Keep

/// The end points about the agent's own stores.
public struct StatusAPI: Sendable {
    /// One figure with its unit, as the page lists it.
    public struct Limit: Sendable {
        public var name: String
        public var value: Double
        public var refused: Double

        public init(name: String, value: Double, refused: Double) {
            self.name = name
            self.value = value
            self.refused = refused
        }
    }

    private let version: String
    private let started: Int64
    private let now: @Sendable () -> Int64
    private let series: SeriesKeeper
    private let logs: LogKeeper
    private let answers: @Sendable () -> [(name: String, value: Int)]
    private let limits: @Sendable () -> [Limit]
    private let retention: String
    private let lastReload: @Sendable () -> (isSuccess: Bool, time: Int64)

    /// - Parameter answers: what kept answers of models take.
    public init(
        version: String, retention: String,
        lastReload: @escaping @Sendable () -> (isSuccess: Bool, time: Int64), started: Int64,
        now: @escaping @Sendable () -> Int64, series: SeriesKeeper,
        logs: LogKeeper,
        answers: @escaping @Sendable () -> [(name: String, value: Int)] = { [] },
        limits: @escaping @Sendable () -> [Limit]
    ) {
        self.version = version
        self.started = started
        self.now = now
        self.series = series
        self.logs = logs
        self.answers = answers
        self.limits = limits
        self.retention = retention
        self.lastReload = lastReload
    }

    public var routes: [Route] {
        [
            Route(["GET"], "/api/martlet/v1/status", .slow) { _ in status() },
            Route(["GET"], "/api/v1/status/tsdb", .slow) { tsdb($0) },
            Route(["GET"], "/api/v1/status/runtimeinfo", .slow) { _ in runtime() },
        ]
    }

    /// Prometheus' runtime information, as far as it means something here: what is Go's own is left
    /// out, and clients take missing fields as unknown.
    private func runtime() -> HTTPResponse {
        let stats = series.stats
        return success { writer in
            writer.beginObject()
            writer.field("startTime", CivilTime(started).rfc3339)
            writer.field("serverTime", CivilTime(now()).rfc3339)
            writer.key("timeSeriesCount")
            writer.number(stats.series)
            writer.key("chunkCount")
            writer.number(stats.headChunks)
            writer.key("reloadConfigSuccess")
            writer.bool(lastReload().isSuccess)
            writer.field("lastConfigTime", CivilTime(lastReload().time).rfc3339)
            writer.field("storageRetention", retention)
            writer.endObject()
        }
    }

    private func status() -> HTTPResponse {
        let stats = series.stats
        return success { writer in
            writer.beginObject()
            writer.field("version", version)
            writer.key("uptime")
            writer.seconds(now() - started)
            writer.key("store")
            writer.beginObject()
            for (name, value) in [
                ("series", stats.series), ("samples", stats.headSamples + stats.blockSamples),
                ("journalBytes", stats.journalBytes), ("blockBytes", stats.blockBytes),
                ("archiveBytes", stats.archiveBytes),
                ("logBytes", logs.stats.bytes),
            ] {
                writer.key(name)
                writer.number(value)
            }
            writer.key("oldest")
            if let oldest = stats.oldestTime { writer.seconds(oldest) } else { writer.null() }
            writer.endObject()
            writer.key("predictions")
            writer.beginObject()
            for (name, value) in answers() {
                writer.key(name)
                writer.number(value)
            }
            writer.endObject()
            writer.key("limits")
            writer.beginArray()
            for limit in limits() {
                writer.beginObject()
                writer.field("name", limit.name)
                writer.key("value")
                writer.number(limit.value)
                writer.key("refused")
                writer.number(limit.refused)
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
        }
    }

    private func tsdb(_ request: HTTPRequest) -> HTTPResponse {
        let limit = request.parameter("limit").flatMap(Int.init) ?? 10
        let status = series.tsdbStatus(limit: limit)
        let stats = series.stats
        return success { writer in
            writer.beginObject()
            writer.key("headStats")
            writer.beginObject()
            for (name, value) in [
                ("numSeries", stats.series), ("numLabelPairs", status.labelPairs),
                ("chunkCount", stats.headChunks),
            ] {
                writer.key(name)
                writer.number(value)
            }
            for (name, time) in [("minTime", stats.oldestTime), ("maxTime", stats.newestTime)] {
                writer.key(name)
                writer.number(Int(time ?? 0))
            }
            writer.endObject()
            for (name, entries) in [
                ("seriesCountByMetricName", status.seriesCountByMetricName),
                ("labelValueCountByLabelName", status.labelValueCountByLabelName),
                ("memoryInBytesByLabelName", status.memoryInBytesByLabelName),
                ("seriesCountByLabelValuePair", status.seriesCountByLabelValuePair),
                // Prometheus has no such limit; these two are Martlet's.
                ("seriesRefusedByTarget", status.seriesRefusedByTarget),
                ("seriesRefusedByMetricName", status.seriesRefusedByMetricName),
            ] {
                writer.key(name)
                writer.beginArray()
                for entry in entries {
                    writer.beginObject()
                    writer.field("name", entry.name)
                    writer.key("value")
                    writer.number(entry.value)
                    writer.endObject()
                }
                writer.endArray()
            }
            writer.endObject()
        }
    }
}
