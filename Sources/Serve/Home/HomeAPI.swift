// `/api/martlet/v1/home`: asks the engine a handful of questions and puts the answers on tiles. Rooms
// that have nothing to show yet say so, with the command that changes it.

public import Basics
internal import Bytes
public import Carry
public import Query

/// What the home page needs to know of the agent.
public struct HomeFacts: Sendable {
    public var version: String
    public var address: String
    public var hostname: String
    public var isSimulated: Bool
    public var started: Millis

    public init(
        version: String, address: String, hostname: String, isSimulated: Bool, started: Millis
    ) {
        self.version = version
        self.address = address
        self.hostname = hostname
        self.isSimulated = isSimulated
        self.started = started
    }
}

/// The end point behind Home.
public struct HomeAPI: Sendable {
    private let facts: HomeFacts
    private let engine: Engine
    private let clock: Clock
    private let alerts: @Sendable () -> AlertCounts
    private let logSources: @Sendable () -> Int
    /// Whether the chart library is there; without it the pages show tables.
    private let hasCharts: @Sendable () -> Bool
    /// Tiles of delivery and decisions; nil says how to begin.
    private let delivery: DeliveryTiles?
    /// The tile of models; nil says how to begin.
    private let models: ModelTile?
    private let rehearsals: @Sendable () -> Tile

    public init(
        facts: HomeFacts, engine: Engine, clock: Clock,
        alerts: @escaping @Sendable () -> AlertCounts, logSources: @escaping @Sendable () -> Int,
        hasCharts: @escaping @Sendable () -> Bool, delivery: DeliveryTiles? = nil,
        models: ModelTile? = nil, rehearsals: @escaping @Sendable () -> Tile = { rehearsalTile([]) }
    ) {
        self.models = models
        self.rehearsals = rehearsals
        self.delivery = delivery
        self.hasCharts = hasCharts
        self.facts = facts
        self.engine = engine
        self.clock = clock
        self.alerts = alerts
        self.logSources = logSources
    }

    public var routes: [Route] {
        [Route(["GET"], "/api/martlet/v1/home", .slow) { home($0) }]
    }

    private func home(_ request: HTTPRequest) -> HTTPResponse {
        let now = clock.now()
        let counts = alerts()
        return success { writer in
            writer.beginObject()
            writer.key("simulated")
            writer.bool(facts.isSimulated)
            writer.field("version", facts.version)
            writer.field("address", facts.address)
            writer.field("hostname", facts.hostname)
            writer.key("started")
            writer.seconds(facts.started)
            writer.key("receivers")
            writer.number(counts.receivers)
            writer.field("language", language(request[header: "accept-language"]))
            writer.key("charts")
            writer.bool(hasCharts())
            writer.key("sentence")
            write(homeSentence(counts, started: facts.started, now: now), to: &writer)
            writer.key("firing")
            writer.number(counts.firing)
            writer.key("pending")
            writer.number(counts.pending)
            writer.key("tiles")
            write(tiles(counts, now), to: &writer)
            writer.endObject()
        }
    }

    private func tiles(_ counts: AlertCounts, _ now: Millis) -> [Tile] {
        [
            delivery?.decisions()
                ?? Tile("decisions", .empty, Phrase("tile.decisions.empty"), command: nil),
            delivery?.delivery(now: now)
                ?? Tile("delivery", .empty, Phrase("tile.delivery.empty"), command: pushCommand),
            models?.tile(address: facts.address)
                ?? Tile("models", .empty, Phrase("tile.models.empty"), command: nil),
            rehearsals(),
            alertTile(counts), hostTile(now), logTile(now),
        ]
    }

    private var pushCommand: String {
        "curl -X POST \(facts.address)/api/martlet/v1/kpis "
            + "-d '{\"name\":\"release_success_ratio\",\"labels\":{\"team\":\"search\"},\"value\":0.98}'"
    }

    private func alertTile(_ counts: AlertCounts) -> Tile {
        if counts.rules == 0 {
            return Tile(
                "alerts", .empty, Phrase("tile.alerts.empty"),
                command: "martlet check config --print")
        }
        let command =
            counts.receivers == 0 ? "martlet run --webhook http://127.0.0.1:8080/alerts" : nil
        var facts = [Tile.Fact("alerts.firing", Double(counts.firing), "count")]
        if counts.pending > 0 {
            facts.append(Tile.Fact("alerts.pending", Double(counts.pending), "count"))
        }
        let (state, key, count): (Tile.State, String, Int) =
            counts.firing > 0
            ? (.bad, "tile.alerts.firing", counts.firing)
            : counts.broken > 0
                ? (.warn, "tile.alerts.broken", counts.broken)
                : counts.pending > 0
                    ? (.warn, "tile.alerts.pending", counts.pending)
                    : (counts.receivers == 0 ? .warn : .ok, "tile.alerts.ok", 0)
        let arguments = ["count": String(count), "rules": String(counts.rules)]
        return Tile("alerts", state, Phrase(key, arguments), facts: facts, command: command)
    }

    private func hostTile(_ now: Millis) -> Tile {
        let questions = [
            (
                "host.cpu", "100 * (1 - avg(rate(node_cpu_seconds_total{mode=\"idle\"}[1m])))",
                "percent"
            ),
            (
                "host.memory",
                "100 * (1 - max(node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes))",
                "percent"
            ),
            (
                "host.disk",
                // As df has it: what is used, of what is used or can be.
                "max(100 * (1 - node_filesystem_avail_bytes{fstype!~\"squashfs|iso9660|tmpfs\"}"
                    + " / (node_filesystem_avail_bytes + node_filesystem_size_bytes"
                    + " - node_filesystem_free_bytes)))", "percent"
            ),
            ("host.load", "max(node_load1)", "number"),
        ]
        let facts = questions.compactMap { key, query, unit in
            value(query, now).map { Tile.Fact(key, $0, unit) }
        }
        if facts.isEmpty { return Tile("host", .empty, Phrase("tile.host.empty")) }
        let known = Dictionary(uniqueKeysWithValues: facts.map { ($0.key, $0.value) })
        let isFull = (known["host.disk"] ?? 0) > 90
        let isBusy = (known["host.cpu"] ?? 0) > 90 || (known["host.memory"] ?? 0) > 90
        let key = isFull ? "tile.host.full" : isBusy ? "tile.host.busy" : "tile.host.ok"
        return Tile(
            "host", isFull || isBusy ? .warn : .ok, Phrase(key, ["hostname": self.facts.hostname]),
            facts: facts)
    }

    private func logTile(_ now: Millis) -> Tile {
        if logSources() == 0 {
            return Tile(
                "logs", .empty, Phrase("tile.logs.empty"),
                command: "martlet init && $EDITOR martlet.yml   # logs")
        }
        let lines = value("sum(increase(martlet_log_lines_total[1h]))", now)?.rounded() ?? 0
        let errors =
            value("sum(increase(martlet_log_lines_total{level=~\"error|fatal\"}[1h]))", now)?
            .rounded() ?? 0
        if lines == 0 { return Tile("logs", .ok, Phrase("tile.logs.quiet")) }
        let facts = [
            Tile.Fact("logs.lines", lines, "count"), Tile.Fact("logs.errors", errors, "count"),
        ]
        let count = errors > 0 ? errors : lines
        return Tile(
            "logs", .ok,
            Phrase(
                errors > 0 ? "tile.logs.errors" : "tile.logs.ok",
                ["count": numberText(count, .plain)]),
            facts: facts)
    }

    /// The single finite number that a query yields, or nil.
    private func value(_ query: String, _ now: Millis) -> Double? {
        var limits = QueryLimits()
        limits.timeout = .seconds(5)
        guard let answer = try? engine.instant(query, now, limits) else { return nil }
        switch answer.value {
        case .scalar(let number): return number.isFinite ? number : nil
        case .vector(let samples):
            return samples.first.flatMap { $0.value.isFinite ? $0.value : nil }
        default: return nil
        }
    }
}

/// `zh` or `en`, whichever an Accept-Language header prefers.
func language(_ header: String?) -> String {
    var best = ("en", 0.0)
    for part in (header ?? "").split(separator: ",") {
        let pieces = part.split(separator: ";").map { $0.filter { $0 != " " } }
        guard let tag = pieces.first?.lowercased() else { continue }
        let name = tag.hasPrefix("zh") ? "zh" : (tag.hasPrefix("en") || tag == "*" ? "en" : nil)
        let weight = pieces.dropFirst().first { $0.hasPrefix("q=") }.flatMap {
            Double($0.dropFirst(2))
        }
        if let name, (weight ?? 1) > best.1 { best = (name, weight ?? 1) }
    }
    return best.0
}
