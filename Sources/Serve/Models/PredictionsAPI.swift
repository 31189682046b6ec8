// `POST /api/martlet/v1/predictions` and `/labels`: an object per line, gzip if the sender likes. 200
// means that all of it is on the disk; a line that is wrong is named with its number and costs only
// itself. `GET /api/martlet/v1/predictions?model=` gives rows back, for looking at and for export.

public import Basics
internal import Bytes
public import Carry
internal import Collect
public import Keep

/// The end points that take predictions and labels.
public struct PredictionsAPI: Sendable {
    private let door: PredictionDoor
    private let keeper: PredictionKeeper
    private let clock: Clock

    public init(door: PredictionDoor, keeper: PredictionKeeper, clock: Clock) {
        self.door = door
        self.keeper = keeper
        self.clock = clock
    }

    public var routes: [Route] {
        [
            Route(["GET"], "/api/martlet/v1/predictions", .slow) { request in
                answering { try rows(request) }
            },
            Route(
                ["POST"], "/api/martlet/v1/predictions", .intake, bodyBytesMax: Limits.bodyBytesMax,
                isWrite: true
            ) { request in
                taking(request) { (body) throws(RecordError) in
                    let standing = request.query.first { $0.name == "model" }.map { model in
                        ModelVersion(
                            model.value,
                            request.query.first { $0.name == "version" }?.value ?? "1")
                    }
                    let reading = try door.predictions(body, standing: standing)
                    return (reading.accepted, reading.refused, reading.faults)
                }
            },
            Route(
                ["POST"], "/api/martlet/v1/labels", .intake, bodyBytesMax: Limits.bodyBytesMax,
                isWrite: true
            ) { request in
                taking(request) { (body) throws(RecordError) in
                    let model = request.query.first { $0.name == "model" }?.value
                    let reading = try door.labels(body, standing: model)
                    return (reading.accepted, reading.refused, reading.faults)
                }
            },
        ]
    }

    private func rows(_ request: HTTPRequest) throws -> HTTPResponse {
        guard let model = request.parameter("model"), !model.isEmpty else {
            throw BadParameter("model", "must be given")
        }
        let through = try request.time("end") ?? clock.now() + Limits.aheadMillisMax
        let from = try request.time("start") ?? through - 86_400_000
        guard from <= through else {
            throw BadParameter("end", "end timestamp must not be before start time")
        }
        let most = min(try request.limit(), PredictionsAPI.rowsMax)
        let limit = request.parameter("limit") == nil ? 100 : most
        let blocks = try keeper.predictions(
            model, version: request.parameter("version"),
            range: TimeRange(from: from, through: through), rowsMax: limit)
        return success(capacity: 64 << 10) { writer in
            writer.beginArray()
            var left = limit
            for block in blocks {
                for row in 0..<min(block.count, left) { write(block, row, to: &writer) }
                left -= min(block.count, left)
            }
            writer.endArray()
        }
    }

    /// Rows of one answer: about 20 MB with forty columns.
    private static let rowsMax = 20_000

    private func taking(
        _ request: HTTPRequest,
        _ take: ([UInt8]) throws(RecordError) -> (Int, Int, [PredictionFault])
    ) -> HTTPResponse {
        var body = request.body
        if request[header: "content-encoding"] == "gzip" {
            do {
                body = try gunzip(body, bytesMax: 4 * Limits.bodyBytesMax)
            } catch {
                return .error(400, "bad_data", "\(error)")
            }
        }
        do throws(RecordError) {
            let (accepted, refused, faults) = try take(body)
            if refused > 0 {
                let shown = faults.map(\.description).joined(separator: "; ")
                let more = refused > faults.count ? "; and \(refused - faults.count) more" : ""
                return .error(
                    400, "bad_data", "\(accepted) lines kept, \(refused) refused: \(shown)\(more)")
            }
            if accepted == 0 {
                return .error(400, "bad_data", "the body is empty; send one JSON object a line")
            }
            return success { writer in
                writer.beginObject()
                writer.key("accepted")
                writer.number(accepted)
                writer.endObject()
            }
        } catch {
            return .error(503, "unavailable", error.description)
        }
    }
}
