// `/api/martlet/v1/training`: the curves of the team's own training runs and what they say, the newest
// run first. Runs come in by `POST …/uploads/training` or as events of kind `training`.

internal import Basics
internal import Bytes
public import Carry
public import Keep
internal import Reason

/// The end point of training runs.
public struct TrainingAPI: Sendable {
    private let events: EventKeeper
    /// Newest events that are read; a run of 10,000 steps with both splits fits several times.
    private static let eventsMax = 100_000
    /// Points drawn of a curve; more than a chart has pixels is noise.
    private static let pointsMax = 600

    public init(events: EventKeeper) { self.events = events }

    public var routes: [Route] {
        [Route(["GET"], "/api/martlet/v1/training", .slow) { list($0) }]
    }

    private func list(_ request: HTTPRequest) -> HTTPResponse {
        answering {
            var query = EventQuery(kinds: [.training])
            query.limit = TrainingAPI.eventsMax
            query.newestFirst = true
            let model = request.parameter("model").flatMap { $0.isEmpty ? nil : $0 }
            let limit = try request.parameter("limit") == nil ? 20 : request.limit()
            let curves = TrainingCurve.curves(of: try events.events(query)).filter {
                model == nil || $0.model == model
            }
            return success(capacity: 32_768) { writer in
                writer.beginArray()
                for curve in curves.prefix(limit) { write(curve, to: &writer) }
                writer.endArray()
            }
        }
    }

    private func write(_ curve: TrainingCurve, to writer: inout JSONWriter) {
        let verdict = TrainingVerdict(curve)
        writer.beginObject()
        for (name, text) in [
            ("name", curve.name), ("model", curve.model), ("version", curve.version),
            ("run", curve.run), ("metric", curve.metric), ("state", verdict.state.rawValue),
        ] {
            writer.field(name, text)
        }
        writer.optionalTime("newest", curve.newest)
        writer.optional("best", verdict.best?.value)
        writer.optional("bestStep", verdict.best?.step)
        writer.optional("since", verdict.since)
        writer.key("reason")
        Serve.write(verdict.reason, to: &writer)
        for (name, points) in [("training", curve.training), ("validation", curve.validation)] {
            writer.key(name)
            writer.beginArray()
            let stride = max(1, (points.count + TrainingAPI.pointsMax - 1) / TrainingAPI.pointsMax)
            for (index, point) in points.enumerated()
            where index % stride == 0 || index == points.count - 1 {
                writer.beginArray()
                writer.number(point.step)
                writer.number(point.value)
                writer.endArray()
            }
            writer.endArray()
        }
        writer.endObject()
    }
}
