// `POST /api/martlet/v1/predictions` and `/labels`: an object per line, gzip if the sender likes. 200
// means that all of it is on the disk; a line that is wrong is named with its number and costs only
// itself.

internal import Basics
internal import Bytes
public import Carry
internal import Collect
internal import Keep

/// The end points that take predictions and labels.
public struct PredictionsAPI: Sendable {
    private let door: PredictionDoor

    public init(door: PredictionDoor) { self.door = door }

    public var routes: [Route] {
        [
            Route(
                ["POST"], "/api/martlet/v1/predictions", .slow, bodyBytesMax: Limits.bodyBytesMax,
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
                ["POST"], "/api/martlet/v1/labels", .slow, bodyBytesMax: Limits.bodyBytesMax,
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
