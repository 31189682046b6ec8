// `/api/martlet/v1/rehearsals`: all of them, one with its worst pairs, the override of a failure by a
// person with a reason, stopping and resuming, and labels that come later.

internal import Basics
internal import Bytes
public import Carry
internal import Keep
internal import Rehearse

/// The end points of rehearsals.
public struct RehearsalsAPI: Sendable {
    private let desk: RehearsalDesk
    private static let base = "/api/martlet/v1/rehearsals"

    public init(_ desk: RehearsalDesk) { self.desk = desk }

    public var routes: [Route] {
        let one = RehearsalsAPI.base + "/{name}"
        return [
            Route(["GET"], RehearsalsAPI.base, .slow) { _ in list() },
            Route(["GET"], one, .slow) { show($0) },
            Route(["POST"], one + "/override", .slow, isWrite: true) { override($0) },
            Route(["POST"], one + "/stop", .slow, isWrite: true) { stop($0, true) },
            Route(["POST"], one + "/resume", .slow, isWrite: true) { stop($0, false) },
            Route(["POST"], one + "/labels", .slow, bodyBytesMax: 8 << 20, isWrite: true) {
                label($0)
            },
        ]
    }

    private func list() -> HTTPResponse {
        success(capacity: 16_384) { writer in
            writer.beginArray()
            for view in desk.views() { write(view, slices: 5, to: &writer) {} }
            writer.endArray()
        }
    }

    private func show(_ request: HTTPRequest) -> HTTPResponse {
        answering {
            guard let view = view(request) else { return missing(request) }
            var worst: [String: [KeptPair]] = [:]
            for candidate in view.candidates {
                worst[candidate.name] = try desk.keeper.worst(of: candidate.owner, limit: 10)
            }
            return success(capacity: 65_536) { writer in
                write(view, slices: 20, to: &writer, pairs: { worst[$0] ?? [] }) {}
            }
        }
    }

    private func override(_ request: HTTPRequest) -> HTTPResponse {
        changing(request) { view, candidate, json in
            let reason = String((json["reason"]?.text ?? "").prefix(2000))
            let person = String((json["person"]?.text ?? "").prefix(200))
            if reason.allSatisfy(\.isWhitespace) {
                return .error(400, "bad_data", "an override needs a reason")
            }
            guard desk.override(view.name, candidate, person, reason) else {
                return .error(
                    409, "conflict", "\(quoted(candidate)) has no failure that could be overridden")
            }
            return success { $0.bool(true) }
        }
    }

    private func stop(_ request: HTTPRequest, _ isStopped: Bool) -> HTTPResponse {
        changing(request) { view, candidate, _ in
            guard desk.setStopped(view.name, candidate, isStopped) else {
                return .error(503, "unavailable", "the rehearsal did not answer; try again")
            }
            return success { $0.bool(true) }
        }
    }

    private func changing(
        _ request: HTTPRequest, _ body: (RehearsalView, String, JSON) -> HTTPResponse
    ) -> HTTPResponse {
        guard let view = view(request) else { return missing(request) }
        let json: JSON
        do {
            json = request.body.isEmpty ? .object([]) : try JSON(request.body)
        } catch {
            return .error(400, "bad_data", "\(error)")
        }
        // With one candidate there is nothing to name.
        let only = view.candidates.count == 1 ? view.candidates.first?.name : nil
        let name = json["candidate"]?.text ?? only ?? ""
        guard view.candidates.contains(where: { $0.name == name }) else {
            let known = view.candidates.map(\.name).joined(separator: ", ")
            return .error(400, "bad_data", "candidate must be one of \(known)")
        }
        return body(view, name, json)
    }

    /// Takes `[{"id":…,"label":…}]`, or one of these, or JSON lines.
    private func label(_ request: HTTPRequest) -> HTTPResponse {
        guard let view = view(request) else { return missing(request) }
        var labels: [(id: String, label: String)] = []
        do {
            for item in try items(request.body) {
                let text = item["label"].flatMap {
                    $0.text ?? $0.double.map { numberText($0, .plain) }
                }
                guard let id = item["id"]?.text, let text else {
                    return .error(
                        400, "bad_data", "item \(labels.count + 1) has no id or no label")
                }
                labels.append((id, text))
            }
        } catch {
            return .error(400, "bad_data", "\(error)")
        }
        let found = desk.label(view.name, labels) ?? 0
        return success { writer in
            writer.beginObject()
            writer.key("taken")
            writer.number(labels.count)
            writer.key("pairs")
            writer.number(found)
            writer.endObject()
        }
    }

    private func items(_ body: [UInt8]) throws(JSONError) -> [JSON] {
        do throws(JSONError) {
            let json = try JSON(body)
            return json.items ?? [json]
        } catch {
            let lines = body.split(separator: 0x0A)
            if lines.count < 2 { throw error }
            var items: [JSON] = []
            for line in lines { items.append(try JSON(Array(line))) }
            return items
        }
    }

    private func view(_ request: HTTPRequest) -> RehearsalView? {
        desk.views().first { $0.name == request.parameters["name"] }
    }

    private func missing(_ request: HTTPRequest) -> HTTPResponse {
        let name = quoted(request.parameters["name"] ?? "")
        return .error(
            404, "not_found", "no rehearsal \(name) runs; see rehearsals: in the configuration")
    }
}
