// The table of everything the agent serves, room by room; the pages come last, because their pattern
// takes whatever is left.

import Basics
import Bytes
import Carry
import Collect
import Keep
import Reason
import Serve

extension Agent {
    /// Paths that the page itself routes.
    private static let pages = [
        "/decisions", "/delivery", "/models", "/rehearsals", "/alerts", "/logs", "/explore",
        "/host", "/servers", "/anomalies",
        "/dashboards", "/system", "/help", "/graph",
    ]

    var routes: [Route] {
        let management = ManagementAPI(
            version: martletVersion, flags: flags, notReady: { nil },
            reload: { [self] in blocking { await self.reload() } },
            configuration: { [self] in current.text })
        let library = options.charts ?? "/usr/share/javascript/dygraphs"
        let home = HomeAPI(
            facts: HomeFacts(
                version: martletVersion, address: current.publicURL, hostname: hostName(),
                isSimulated: options.isSimulated, started: started),
            engine: engine, clock: clock, alerts: { [self] in alertCounts },
            logSources: { [self] in current.logs.count },
            hasCharts: { isFile(library + "/dygraph.min.js") },
            delivery: DeliveryTiles(board: delivery.board, desk: delivery.desk),
            models: ModelTile(board: models.board),
            rehearsals: { [self] in rehearsalTile(rehearsals.views) })
        let metrics = MetricsAPI(
            families: { [self] in exposed }, source: stores.source, clock: clock,
            externalLabels: current.externalLabels.map { ($0.key, $0.value) })
        let files = StaticFiles(
            folder: share + "/dashboards/web",
            library: library, pages: Agent.pages)
        return management.routes
            + QueryAPI(engine: engine, clock: clock, parser: parserOptions) { [self] in
                current.queryLimits
            }.routes
            + SeriesAPI(source: stores.source, clock: clock).routes
            + CompletionAPI(source: stores.source, clock: clock, parser: parserOptions).routes
            + PushAPI(
                intake: stores.intake, clock: clock, lateMillis: current.storage.headWindowMillis,
                registry: registry
            ).routes
            + RemoteWriteAPI(intake: stores.intake, registry: registry).routes
            + BackupAPI { [self] in try stores.backUp(to: $0, time: clock.now()) }.routes
            + AdminAPI(intake: stores.intake, clock: clock) { [self] groups, range in
                let deletion = try stores.series.delete(groups, in: range)
                remark("deleted \(deletion.samples) samples of \(deletion.series) series")
            }.routes
            + TargetsAPI(targets: { [self] in scraper.targets }).routes
            + StatusAPI(
                version: martletVersion,
                retention: durationText(current.storage.retentionMillis),
                lastReload: { [self] in lastReload }, started: started, now: clock.now,
                series: stores.series, logs: stores.logs,
                answers: { [self] in stores.answers }, limits: { [self] in limits }
            ).routes
            + RulesAPI(snapshots: { [self] in ruler.snapshots }).routes
            + LogsAPI(
                logs: stores.logs, clock: clock, sources: { [self] in current.logs.map(\.source) }
            ).routes
            + FindingsAPI(log: stores.records.findings).routes
            + alerting.routes { [self] in current.queryLimits }
            + anomalies.routes + delivery.routes + models.routes + rehearsals.routes + gray.routes
            + home.routes
            + metrics.routes + files.routes
    }

    private var flags: [(String, String)] {
        let configuration = current
        return [
            ("config.file", configuration.file ?? ""),
            ("storage.tsdb.path", configuration.data),
            ("storage.tsdb.retention.time", durationText(configuration.storage.retentionMillis)),
            ("web.listen-address", "\(configuration.listen)"),
            ("web.external-url", configuration.publicURL),
            ("query.max-samples", String(configuration.query.samplesMax)),
            ("query.timeout", durationText(configuration.query.timeoutMillis)),
            ("query.lookback-delta", durationText(configuration.query.lookbackMillis)),
            ("query.max-concurrency", String(configuration.query.concurrency)),
            (
                "enable-feature",
                configuration.query.experimentalFunctions ? Feature.experimentalFunctions : ""
            ),
        ]
    }

    /// The limits in force and how often each refused something.
    private var limits: [StatusAPI.Limit] {
        var refused: [String: Double] = [:]
        for family in registry.families() where family.name == "martlet_limit_refusals" {
            for sample in family.samples {
                refused[sample.labels["limit"] ?? "", default: 0] += sample.value
            }
        }
        let configuration = current
        return [
            ("series", Double(configuration.storage.seriesMax)),
            ("query_samples", Double(configuration.query.samplesMax)),
            ("query_concurrency", Double(configuration.query.concurrency)),
            ("body_bytes", Double(Limits.bodyBytesMax)),
            ("waiting_requests", Double(Limits.waitingRequestsMax)),
            ("connections", Double(Limits.connectionsMax)),
            ("log_line_bytes", Double(Limits.lineBytesMax)),
        ].map { StatusAPI.Limit(name: $0.0, value: $0.1, refused: refused[$0.0] ?? 0) }
    }

    /// What `/metrics` shows: own series, this machine's, KPIs and alerts.
    private var exposed: [MetricFamily] {
        (registry.families() + board.all + process.families()).sorted { $0.name < $1.name }
    }

    var alertCounts: AlertCounts {
        let rules = ruler.snapshots.flatMap(\.rules)
        let alerts = rules.flatMap(\.alerts)
        let firing = alerts.count { $0.state == .firing }
        let resolved = alerts.compactMap(\.resolvedAt).max()
        return AlertCounts(
            firing: firing, pending: alerts.count { $0.state == .pending },
            receivers: current.receiverNames.count, rules: rules.count,
            broken: rules.count { $0.health == .err },
            quietSince: firing > 0 ? nil : max(started, resolved ?? 0))
    }
}
