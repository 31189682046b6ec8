// `/api/martlet/v1/decisions`: what may be decided now, one decision by name, and the answer of a
// person. `go-no-go` answers 200 when nothing that must be right is wrong or unknown, else 409, so that
// `curl --fail` stops a pipeline.

internal import Basics
internal import Bytes
public import Carry
internal import Keep
internal import Reason

/// The end points of decisions.
public struct DecisionsAPI: Sendable {
    private let desk: DecisionDesk
    private let now: @Sendable () -> Int64

    /// - Parameter now: the time of answers.
    public init(desk: DecisionDesk, now: @escaping @Sendable () -> Int64) {
        self.desk = desk
        self.now = now
    }

    public var routes: [Route] {
        [
            Route(["GET"], "/api/martlet/v1/decisions", .slow) { list($0) },
            Route(["GET"], "/api/martlet/v1/decisions/{name}", .slow) { one($0) },
            Route(["POST"], "/api/martlet/v1/decisions/{id}/answer", .slow, isWrite: true) {
                answer($0)
            },
        ]
    }

    private func list(_ request: HTTPRequest) -> HTTPResponse {
        answering {
            var rows: [DecisionRow] = []
            for (name, scope) in desk.questions {
                let decision = try desk.decision(name, scope)
                rows.append(try row(decision))
            }
            let asked = Set(rows.map(\.id))
            let past = try desk.log.newest(limit: 100, told: true)
                .filter { !asked.contains($0.id) }
            return success(capacity: 32_768) { writer in
                writer.beginObject()
                for (name, list) in [("decisions", rows), ("history", past)] {
                    writer.key(name)
                    writer.beginArray()
                    for row in list { writer.write(record(row)) }
                    writer.endArray()
                }
                write(desk.calibration, to: &writer)
                writer.endObject()
            }
        }
    }

    private func write(_ rows: [DecisionCalibration], to writer: inout JSONWriter) {
        writer.key("calibration")
        writer.beginArray()
        for row in rows {
            writer.beginObject()
            writer.field("name", row.name.rawValue)
            writer.field("promise", row.promise.rawValue)
            writer.optional("said", row.said)
            writer.key("came_true")
            writer.number(row.cameTrue)
            writer.key("of")
            writer.number(row.of)
            writer.endObject()
        }
        writer.endArray()
    }

    private func one(_ request: HTTPRequest) -> HTTPResponse {
        answering {
            let text = request.parameters["name"] ?? ""
            guard let name = name(text) else {
                // An id gives the record as it was put.
                if let row = try desk.log.decision(text) {
                    return success { $0.write(record(row)) }
                }
                return .error(
                    404, "not_found",
                    "decisions are commit, go-no-go, drift-response and next-stage; \(quoted(text)) is none"
                )
            }
            var scope = KPIScope(request)
            if name == .driftResponse {
                func part(_ key: String) -> String? {
                    request.parameter(key).flatMap { $0.isEmpty ? nil : $0 }
                }
                scope = KPIScope(service: part("model") ?? scope.service, release: part("version"))
                if !desk.knowsModel(scope) {
                    return .error(
                        404, "not_found",
                        "no such model has sent predictions; POST them to /api/martlet/v1/predictions"
                    )
                }
            }
            if name == .nextStage {
                scope = KPIScope(service: request.parameter("release") ?? scope.service)
                if !desk.knowsRelease(scope) {
                    return .error(
                        404, "not_found",
                        "no such release has reported a stage; POST it to "
                            + "/api/martlet/v1/rehearsals/NAME/stages")
                }
            }
            let decision = try desk.decision(name, scope)
            let row = try row(decision)
            var response = success(capacity: 8192) { $0.write(record(row)) }
            let isStrict = ["1", "true"].contains(request.parameter("strict") ?? "")
            switch decision.verdict {
            case .go, .take: break
            // Nothing that must be right is wrong; `strict` wants everything right.
            case .goWithConditions where !isStrict: break
            default: if name == .go || name == .nextStage { response.status = 409 }
            }
            return response
        }
    }

    private func answer(_ request: HTTPRequest) -> HTTPResponse {
        answering {
            let id = request.parameters["id"] ?? ""
            let json: JSON
            do {
                json = try JSON(request.body)
            } catch {
                return .error(400, "bad_data", "\(error)")
            }
            guard let kind = DecisionAnswer.Kind(rawValue: json["kind"]?.text ?? "") else {
                return .error(400, "bad_data", "kind must be accept or override")
            }
            let reason = json["reason"]?.text ?? ""
            if kind == .override && reason.allSatisfy(\.isWhitespace) {
                let error = DecisionError.overrideNeedsReason(id)
                return .error(400, "bad_data", "\(error)")
            }
            let time = now()
            var writer = JSONWriter()
            writer.beginObject()
            writer.field("kind", kind.rawValue)
            writer.key("time")
            writer.raw(String(time))
            writer.field("person", String((json["person"]?.text ?? "").prefix(200)))
            writer.field("choice", String((json["choice"]?.text ?? "").prefix(500)))
            writer.field("reason", String(reason.prefix(2000)))
            writer.endObject()
            let text = String(decoding: writer.bytes, as: UTF8.self)
            guard try desk.log.answer(id, time: time, json: text),
                let row = try desk.log.decision(id)
            else {
                return .error(404, "not_found", "there is no decision \(quoted(id))")
            }
            return success { $0.write(record(row)) }
        }
    }

    private func row(_ decision: Decision) throws -> DecisionRow {
        try desk.log.decision(decision.id)
            ?? DecisionRow(
                id: decision.id, name: decision.name.rawValue, subject: decision.subject,
                askedAt: decision.askedAt, json: String(decoding: decision.encoded, as: UTF8.self))
    }

    private func name(_ text: String) -> DecisionName? {
        ["go-no-go", "go_no_go"].contains(text)
            ? .go : DecisionName(rawValue: text.replacing("-", with: "_"))
    }

    /// The record with its answers and its outcome, and phrases in the form that the pages read.
    private func record(_ row: DecisionRow) -> JSON {
        guard case .object(var fields)? = try? JSON(text: row.json) else { return .null }
        fields.removeAll { $0.key == "answers" }
        fields.append(("answers", .array(row.answers.compactMap { try? JSON(text: $0) })))
        if let outcome = row.outcome.flatMap({ try? JSON(text: $0) }) {
            fields.append(("outcome", outcome))
        }
        return phrases(.object(fields))
    }

    private func phrases(_ json: JSON) -> JSON {
        switch json {
        case .array(let items): return .array(items.map(phrases))
        case .object(let fields):
            let isPhrase = fields.contains { $0.key == "key" }
            return .object(
                fields.map { name, value in
                    (isPhrase && name == "arguments" ? "args" : name, phrases(value))
                })
        default: return json
        }
    }
}
