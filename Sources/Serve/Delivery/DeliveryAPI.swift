// `/api/martlet/v1/delivery/…`: iterations, releases, flow, and what a thing is connected with. Each
// answer is worked out from the newest snapshot for the scope that the request names.

public import Basics
internal import Bytes
public import Carry
internal import Reason

/// The end points of the delivery page.
public struct DeliveryAPI: Sendable {
    private let board: DeliveryBoard
    private let clock: Clock
    private let windowMillis: Millis

    public init(board: DeliveryBoard, clock: Clock, windowMillis: Millis) {
        self.board = board
        self.clock = clock
        self.windowMillis = windowMillis
    }

    public var routes: [Route] {
        func route(
            _ name: String,
            _ write: @escaping @Sendable (DeliveryQuestion, inout JSONWriter) -> Void
        ) -> Route {
            Route(["GET"], "/api/martlet/v1/delivery/\(name)", .slow) { request in
                let question = DeliveryQuestion(
                    state: board.snapshot?.state ?? DeliveryState(events: []),
                    scope: KPIScope(request), request: request, now: clock.now(),
                    windowMillis: windowMillis)
                return success(capacity: 16_384) { writer in
                    writer.beginObject()
                    write(question, &writer)
                    writer.endObject()
                }
            }
        }
        return [
            route("iterations") { $0.iterations(&$1) },
            route("releases") { $0.releases(&$1) },
            route("watches") { $0.watches(&$1) },
            route("flow") { $0.flow(&$1) },
            route("traceability") { $0.traceability(&$1) },
        ]
    }
}

/// One request against one state.
struct DeliveryQuestion {
    let state: DeliveryState
    let scope: KPIScope
    let request: HTTPRequest
    let now: Millis
    let windowMillis: Millis

    func iterations(_ writer: inout JSONWriter) {
        let reports = state.iterationReports(now: now).filter { scope.holds($0.place) }
        writer.key("iterations")
        writer.beginArray()
        for report in reports.reversed() { write(report, &writer) }
        writer.endArray()
        writer.key("velocity")
        if let velocity = state.velocity(scope: scope, now: now) {
            writer.beginObject()
            writer.optional("mean", velocity.mean)
            writer.optional("deviation", velocity.deviation)
            writer.optional("low", velocity.low)
            writer.optional("high", velocity.high)
            writer.key("n")
            writer.number(velocity.values.count)
            writer.endObject()
        } else {
            writer.null()
        }
    }

    private func write(_ report: IterationReport, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("id", report.id)
        writer.field("name", report.name)
        writer.place(report.place)
        writer.optionalTime("started", report.started)
        writer.optionalTime("planned_end", report.plannedEnd)
        writer.optionalTime("closed", report.closed)
        writer.field("unit", report.usesPoints ? "points" : "items")
        for (name, amount) in [
            ("committed", report.committed), ("added", report.added), ("removed", report.removed),
            ("completed", report.completed),
            ("completed_of_committed", report.completedOfCommitted),
            ("carried_over", report.carriedOver),
        ] { writer.optional(name, amount.amount) }
        writer.optional("reestimated", report.reestimated)
        writer.optional("completion_rate", report.completionRate)
        writer.optional("capacity_accuracy", report.capacityAccuracy)
        writer.list("committed_items", report.committedItems)
        writer.list("added_items", report.addedItems)
        writer.list("removed_items", report.removedItems)
        writer.list("completed_items", report.completedItems)
        writer.list("carried_over_items", report.carriedOverItems)
        writer.key("burn_up")
        writer.beginArray()
        for point in state.burnUp(report.id, now: now) {
            writer.beginObject()
            writer.optionalTime("time", point.time)
            writer.optional("scope", point.scope)
            writer.optional("done", point.done)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }

    func flow(_ writer: inout JSONWriter) {
        let window = TimeRange(from: now - windowMillis, through: now)
        writer.key("stages")
        writer.beginArray()
        for load in state.stageLoads(scope: scope, window: window) {
            writer.beginObject()
            writer.field("stage", load.stage)
            writer.key("count")
            writer.number(load.count)
            writer.optional("limit", load.countMax.map(Double.init))
            writer.optional("time_share", load.timeShare)
            writer.key("breached")
            writer.bool(load.isBreached)
            writer.endObject()
        }
        writer.endArray()
        writer.key("bottleneck")
        if let load = state.bottleneck(scope: scope, window: window) {
            writer.string(load.stage)
        } else {
            writer.null()
        }
        writer.key("ageing")
        writer.beginArray()
        for item in state.ageing(scope: scope, now: now) {
            writer.beginObject()
            writer.field("id", item.key)
            writer.field("stage", item.stage)
            writer.key("age_seconds")
            writer.seconds(item.ageMillis)
            writer.key("over")
            writer.number(item.over)
            writer.endObject()
        }
        writer.endArray()
        writer.key("workloads")
        writer.beginArray()
        for load in state.workloads(scope: scope, now: now) {
            writer.beginObject()
            writer.field("who", load.pseudonym)
            writer.key("items")
            writer.number(load.openItems)
            writer.optional("points", load.openPoints)
            writer.key("reviews")
            writer.number(load.openReviews)
            writer.endObject()
        }
        writer.endArray()
        writer.key("cumulative")
        writer.beginArray()
        for day in state.cumulativeFlow(window, scope: scope) {
            writer.beginObject()
            writer.optionalTime("day", day.day)
            writer.key("counts")
            writer.beginObject()
            for (stage, count) in day.counts.sorted(by: { $0.key < $1.key }) {
                writer.key(stage)
                writer.number(count)
            }
            writer.endObject()
            writer.endObject()
        }
        writer.endArray()
    }

    /// Around `kind=release&id=v1.2.0`, three steps wide unless `steps` says otherwise.
    func traceability(_ writer: inout JSONWriter) {
        let kind = LineageNode.Kind(rawValue: request.parameter("kind") ?? "release") ?? .release
        let id = request.parameter("id") ?? ""
        let steps = min(6, max(1, request.parameter("steps").flatMap(Int.init) ?? 3))
        let lineage = state.lineage
        let near = id.isEmpty ? [] : lineage.around(LineageNode(kind, id), steps: steps)
        writer.key("nodes")
        writer.beginArray()
        // More than 500 are no page.
        for (node, distance) in near.prefix(500) {
            writer.beginObject()
            writer.field("kind", node.kind.rawValue)
            writer.field("id", node.id)
            writer.key("distance")
            writer.number(distance)
            writer.list(
                "links",
                (lineage.edges[node] ?? []).sorted().prefix(50).map {
                    "\($0.kind.rawValue)/\($0.id)"
                })
            writer.endObject()
        }
        writer.endArray()
    }
}
