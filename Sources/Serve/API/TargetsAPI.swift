// `/api/v1/targets`, in Prometheus' shape, over the scraper's statuses.

internal import Basics
internal import Bytes
public import Carry
public import Collect

/// The end point that shows scrape targets.
public struct TargetsAPI: Sendable {
    private let targets: @Sendable () -> ScrapeTargets

    public init(targets: @escaping @Sendable () -> ScrapeTargets) { self.targets = targets }

    public var routes: [Route] {
        [Route(["GET"], "/api/v1/targets", .slow) { list($0) }]
    }

    private func list(_ request: HTTPRequest) -> HTTPResponse {
        let state = request.parameter("state") ?? "any"
        let pool = request.parameter("scrapePool") ?? ""
        let all = targets()
        return success(warnings: all.faults, capacity: 16 << 10) { writer in
            writer.beginObject()
            writer.key("activeTargets")
            writer.beginArray()
            if state != "dropped" {
                for target in all.active where pool.isEmpty || target.scrapePool == pool {
                    write(target, to: &writer)
                }
            }
            writer.endArray()
            writer.key("droppedTargets")
            writer.beginArray()
            if state != "active" {
                for target in all.dropped where pool.isEmpty || target.scrapePool == pool {
                    writer.beginObject()
                    writer.key("discoveredLabels")
                    writer.labels(target.discoveredLabels)
                    writer.field("scrapePool", target.scrapePool)
                    if let reason = target.reason { writer.field("reason", reason) }
                    writer.endObject()
                }
            }
            writer.endArray()
            writer.key("droppedTargetCounts")
            writer.beginObject()
            for (name, targets) in Dictionary(grouping: all.dropped, by: \.scrapePool)
                .sorted(by: { $0.key < $1.key })
            {
                writer.key(name)
                writer.number(targets.count)
            }
            writer.endObject()
            writer.endObject()
        }
    }

    private func write(_ target: ScrapeStatus, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("discoveredLabels")
        writer.labels(target.discoveredLabels)
        writer.key("labels")
        writer.labels(target.labels)
        writer.field("scrapePool", target.scrapePool)
        writer.field("scrapeUrl", target.scrapeURL)
        writer.field("globalUrl", target.globalURL)
        writer.field("lastError", target.lastError)
        let zero = "0001-01-01T00:00:00Z"
        writer.field("lastScrape", target.lastScrape.map { CivilTime($0).rfc3339 } ?? zero)
        writer.key("lastScrapeDuration")
        writer.number(target.lastScrapeDurationSeconds)
        writer.field("health", target.health.rawValue)
        writer.field("scrapeInterval", durationText(target.intervalMillis))
        writer.field("scrapeTimeout", durationText(target.timeoutMillis))
        writer.endObject()
    }
}
