// `/metrics`: the agent's own series, this machine's, pushed KPIs and the states of alerts, in the
// format that the client prefers; what was scraped is never exposed again, that is `/federate`.

public import Basics
public import Carry
internal import Collect
internal import Query

/// The exposition of this agent.
public struct MetricsAPI: Sendable {
    private let families: @Sendable () -> [MetricFamily]
    private let source: SeriesSource
    private let clock: Clock
    private let externalLabels: [(String, String)]

    /// How far back a federated series may have its last sample; Prometheus' lookback.
    private static let lookbackMillis: Millis = 300_000

    public init(
        families: @escaping @Sendable () -> [MetricFamily], source: SeriesSource, clock: Clock,
        externalLabels: [(String, String)] = []
    ) {
        self.families = families
        self.source = source
        self.clock = clock
        self.externalLabels = externalLabels
    }

    public var routes: [Route] {
        [
            Route(["GET"], "/metrics", .slow) { request in
                // A client that cannot choose by header (Prometheus 2) chooses by parameter.
                let asked = request.parameter("format") == "text" ? nil : request[header: "accept"]
                let format = negotiate(accept: asked)
                return HTTPResponse(
                    headers: [("Content-Type", format.contentType)],
                    body: ExpositionWriter.bytes(families(), as: format))
            },
            Route(["GET"], "/federate", .slow) { request in answering { try federate(request) } },
        ]
    }

    private func federate(_ request: HTTPRequest) throws -> HTTPResponse {
        let now = clock.now()
        var found: [Labels: (time: Millis, value: Double)] = [:]
        let selectors = request.values("match[]")
        if selectors.isEmpty { throw BadParameter("match[]", "no match[] parameter provided") }
        for selector in selectors {
            let range = TimeRange(from: now - MetricsAPI.lookbackMillis + 1, through: now)
            let selected = try source.select(try matchers(selector), range, SelectHints())
            for series in selected.series {
                guard let time = series.times.last, let value = series.values.last,
                    !Stale.isMarker(value)
                else { continue }
                found[series.labels] = (time, value)
            }
        }
        let metadata = source.metadata()
        var writer = ExpositionWriter(format: .text, capacity: found.count * 100)
        var last = ""
        for (labels, point) in found.sorted(by: {
            ($0.key.metric, $0.key) < ($1.key.metric, $1.key)
        }) {
            let name = labels.metric
            if name != last {
                writer.header(name, metadata[name] ?? MetricMetadata(kind: .unknown))
                last = name
            }
            var builder = LabelsBuilder(labels.withoutName)
            for (key, value) in externalLabels where builder[key] == nil { builder.set(key, value) }
            writer.sample(name, builder.labels(), point.value, time: point.time)
        }
        writer.end()
        return HTTPResponse(
            headers: [("Content-Type", ExpositionFormat.text.contentType)], body: writer.bytes)
    }
}
