// `GET /api/martlet/v1/kpis`: every figure with its formula, how many rows, how sure, what was left out
// and why; `/kpis/{id}/rows` opens one. Without data a figure is null and says what is missing.

public import Basics
internal import Bytes
public import Carry
internal import Reason

/// The end points of the figures.
public struct KPIAPI: Sendable {
    private let board: DeliveryBoard
    private let clock: Clock
    private let windowMillis: Millis
    private let yardstick: String

    public init(board: DeliveryBoard, clock: Clock, windowMillis: Millis, yardstick: String) {
        self.board = board
        self.clock = clock
        self.windowMillis = windowMillis
        self.yardstick = yardstick
    }

    public var routes: [Route] {
        [
            Route(["GET"], "/api/martlet/v1/kpis", .slow) { table($0) },
            Route(["GET"], "/api/martlet/v1/kpis/{id}/rows", .slow) { rows($0) },
        ]
    }

    private func table(_ request: HTTPRequest) -> HTTPResponse {
        answering {
            guard let snapshot = board.snapshot, !snapshot.state.events.isEmpty else {
                return success { writer in
                    writer.beginObject()
                    writer.key("kpis")
                    writer.beginArray()
                    writer.endArray()
                    writer.key("note")
                    Serve.write(Phrase("kpi.note.no_events"), to: &writer)
                    writer.endObject()
                }
            }
            let scope = KPIScope(request)
            let window = try window(request)
            let isStandard =
                scope == KPIScope() && request.parameter("from") == nil
                && request.parameter("to") == nil
            let kpis =
                isStandard
                ? snapshot.kpis
                : snapshot.state.kpis(scope: scope, window: window, now: clock.now())
            return success(capacity: 32_768) { writer in
                writer.beginObject()
                writer.key("kpis")
                writer.beginArray()
                for kpi in kpis { write(kpi, to: &writer) }
                writer.endArray()
                writer.key("window")
                writer.beginArray()
                writer.seconds(isStandard ? snapshot.window.from : window.from)
                writer.seconds(isStandard ? snapshot.window.through : window.through)
                writer.endArray()
                writer.key("at")
                writer.seconds(snapshot.at)
                writer.optionalTime("newest", snapshot.state.events.last?.time)
                writer.key("note")
                writer.null()
                writer.endObject()
            }
        }
    }

    private func rows(_ request: HTTPRequest) -> HTTPResponse {
        answering {
            let id = request.parameters["id"] ?? ""
            guard let definition = KPIDefinition.named(id) else {
                return .error(404, "not_found", "there is no figure \(quoted(id))")
            }
            let now = clock.now()
            let state = board.snapshot?.state ?? DeliveryState(events: [])
            let kpi = definition.kpi(
                state, scope: KPIScope(request), window: try window(request), now: now)
            return success(capacity: 32_768) { writer in
                writer.beginObject()
                writer.key("kpi")
                write(kpi, to: &writer)
                writer.key("rows")
                writer.beginArray()
                for row in kpi.rows { write(row, to: &writer) }
                writer.endArray()
                for (name, list) in [("excluded", kpi.excluded), ("open", kpi.open)] {
                    writer.key(name)
                    writer.beginArray()
                    for row in list { write(row, to: &writer) }
                    writer.endArray()
                }
                writer.endObject()
            }
        }
    }

    private func window(_ request: HTTPRequest) throws(BadParameter) -> TimeRange {
        let now = clock.now()
        let through = try request.time("to") ?? now
        let from = try request.time("from") ?? through - windowMillis
        if from > through { throw BadParameter("from", "lies behind to") }
        return TimeRange(from: from, through: through)
    }

    private func write(_ kpi: KPI, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("id", kpi.id)
        writer.field("unit", kpi.unit.rawValue)
        writer.optional("value", kpi.value)
        writer.key("n")
        writer.number(kpi.n)
        writer.key("interval")
        if let interval = kpi.interval {
            writer.beginArray()
            writer.number(interval.low)
            writer.number(interval.high)
            writer.endArray()
        } else {
            writer.null()
        }
        writer.optional("p85", kpi.p85)
        writer.key("formula")
        Serve.write(kpi.formula, to: &writer)
        writer.key("reason")
        if let missing = kpi.missing { Serve.write(missing, to: &writer) } else { writer.null() }
        writer.key("notes")
        writer.beginArray()
        for note in kpi.notes { Serve.write(note, to: &writer) }
        writer.endArray()
        writer.key("excluded")
        writer.counts(kpi.excluded.map(\.reason))
        writer.key("open")
        writer.number(kpi.open.count)
        writeYardstick(kpi, to: &writer)
        writer.field("series", "delivery_\(kpi.id)")
        writer.key("scope")
        writer.beginObject()
        for (name, value) in kpi.scope.labels { writer.field(name, value) }
        writer.endObject()
        writer.endObject()
    }

    private func writeYardstick(_ kpi: KPI, to writer: inout JSONWriter) {
        writer.key("yardstick")
        guard let found = Yardstick.named(yardstick), let text = found.text(kpi.id) else {
            writer.null()
            return
        }
        writer.beginObject()
        writer.field("name", found.name)
        writer.key("year")
        writer.number(found.year)
        writer.field("source", found.source)
        writer.field("limits", text)
        writer.key("level")
        if let level = found.level(kpi.id, kpi.value) {
            writer.string(level)
        } else {
            writer.null()
        }
        writer.endObject()
    }

    private func write(_ row: KPIEvidence, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("id", row.id)
        writer.key("time")
        writer.seconds(row.at)
        writer.key("value")
        writer.number(row.value)
        writer.key("of")
        writer.number(row.of)
        writer.place(row.place)
        writer.key("links")
        writer.beginArray()
        for link in row.links { writer.string(link) }
        writer.endArray()
        writer.endObject()
    }

    private func write(_ row: KPIExclusion, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("id", row.id)
        writer.key("time")
        writer.seconds(row.at)
        writer.place(row.place)
        writer.key("reason")
        Serve.write(row.reason, to: &writer)
        writer.endObject()
    }
}
