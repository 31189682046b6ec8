// Silences through Alertmanager's API, and what a silence would hold back, which Alertmanager leaves to
// its page and Martlet answers at `/api/martlet/v1/silences/preview`.

internal import Basics
internal import Bytes
internal import Carry
internal import Send

extension AlertmanagerAPI {
    var silenceRoutes: [Route] {
        [
            Route(["GET"], "/api/v2/silences", .slow) { silences($0) },
            Route(["POST"], "/api/v2/silences", .slow, isWrite: true) { set($0) },
            Route(["GET"], "/api/v2/silence/{id}", .slow) { request in
                withSilence(request) { one($0) }
            },
            Route(["DELETE"], "/api/v2/silence/{id}", .slow, isWrite: true) { request in
                withSilence(request) { expire($0) }
            },
            Route(["GET", "POST"], "/api/martlet/v1/silences/preview", .slow) { preview($0) },
        ]
    }

    private func silences(_ request: HTTPRequest) -> HTTPResponse {
        do throws(BadRequest) {
            let matchers = try AlertFilter.matchers(request)
            var writer = JSONWriter(capacity: 4096)
            writer.beginArray()
            for silence in notifier.silences where fits(silence, matchers) {
                write(silence, to: &writer)
            }
            writer.endArray()
            return .json(writer.bytes)
        } catch {
            return error.response
        }
    }

    private func fits(_ silence: Silence, _ matchers: [Matcher]) -> Bool {
        let values = Labels(silence.matchers.map { ($0.name, $0.value) })
        return matchers.fit(values)
    }

    private func withSilence(
        _ request: HTTPRequest, _ body: (String) -> HTTPResponse
    ) -> HTTPResponse {
        let id = request.parameters["id"] ?? ""
        let parts = id.split(separator: "-", omittingEmptySubsequences: false)
        let isID =
            parts.map(\.count) == [8, 4, 4, 4, 12]
            && parts.joined().utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
            }
        if isID { return body(id) }
        return .code(422, 601, "silenceID in path must be of type uuid: \(quoted(id))")
    }

    private func one(_ id: String) -> HTTPResponse {
        guard let silence = notifier.silence(id) else { return HTTPResponse(status: 404) }
        var writer = JSONWriter()
        write(silence, to: &writer)
        return .json(writer.bytes)
    }

    private func expire(_ id: String) -> HTTPResponse {
        do throws(SilenceError) {
            try notifier.expireSilence(id)
            return empty
        } catch .notFound {
            return HTTPResponse(status: 404)
        } catch {
            return BadRequest(text: error.description, status: 500).response
        }
    }

    private func set(_ request: HTTPRequest) -> HTTPResponse {
        guard let json = try? JSON(request.body), json.fields != nil else {
            return .code(
                400, 400, "parsing silence body from \"\" failed, because it is no JSON object")
        }
        if json["matchers"]?.items?.isEmpty ?? true {
            return .code(422, 612, "matchers in body should have at least 1 items")
        }
        do throws(BadRequest) {
            let silence = try silence(json)
            let id: String
            do throws(SilenceError) {
                id = try notifier.set(silence)
            } catch .notFound {
                throw BadRequest(text: "silence not found", status: 404)
            } catch {
                throw BadRequest(text: error.description)
            }
            var writer = JSONWriter()
            writer.beginObject()
            writer.field("silenceID", id)
            writer.endObject()
            return .json(writer.bytes)
        } catch {
            return error.response
        }
    }

    private func silence(_ json: JSON) throws(BadRequest) -> Silence {
        func time(_ name: String) throws(BadRequest) -> Millis {
            guard let time = json[name]?.text.flatMap(parseRFC3339) else {
                throw BadRequest(text: "\(name) in body must be a time in RFC 3339")
            }
            return time
        }
        let (starts, ends) = (try time("startsAt"), try time("endsAt"))
        if starts >= ends {
            throw BadRequest(text: "Failed to create silence: start time must be before end time")
        }
        if ends < now() {
            throw BadRequest(text: "Failed to create silence: end time can't be in the past")
        }
        return Silence(
            id: json["id"]?.text ?? "", matchers: try matchers(json), startsAt: starts,
            endsAt: ends, createdBy: json["createdBy"]?.text ?? "",
            comment: json["comment"]?.text ?? "")
    }

    private func matchers(_ json: JSON) throws(BadRequest) -> [Matcher] {
        var matchers: [Matcher] = []
        for item in json["matchers"]?.items ?? [] {
            let isRegex = item["isRegex"]?.boolean ?? false
            let isEqual = item["isEqual"]?.boolean ?? true
            let operation: Matcher.Operation =
                isRegex ? (isEqual ? .matches : .matchesNot) : isEqual ? .equal : .notEqual
            guard let name = item["name"]?.text, !name.isEmpty else {
                throw BadRequest(text: "silence invalid: a matcher needs a name")
            }
            do {
                matchers.append(try Matcher(name, operation, item["value"]?.text ?? ""))
            } catch {
                throw BadRequest(text: "silence invalid: \(error)")
            }
        }
        return matchers
    }

    private func write(_ silence: Silence, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("id", silence.id)
        writer.key("status")
        writer.beginObject()
        writer.field("state", silence.state(at: now()).rawValue)
        writer.endObject()
        writer.field("updatedAt", CivilTime(silence.updatedAt).rfc3339)
        writer.field("comment", silence.comment)
        writer.field("createdBy", silence.createdBy)
        writer.field("endsAt", CivilTime(silence.endsAt).rfc3339)
        writer.key("matchers")
        writer.beginArray()
        for matcher in silence.matchers { write(matcher, to: &writer) }
        writer.endArray()
        writer.field("startsAt", CivilTime(silence.startsAt).rfc3339)
        writer.endObject()
    }

    private func write(_ matcher: Matcher, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("isEqual")
        writer.bool(matcher.operation == .equal || matcher.operation == .matches)
        writer.key("isRegex")
        writer.bool(matcher.operation == .matches || matcher.operation == .matchesNot)
        writer.field("name", matcher.name)
        writer.field("value", matcher.value)
        writer.endObject()
    }

    // MARK: - Preview

    private func preview(_ request: HTTPRequest) -> HTTPResponse {
        do throws(BadRequest) {
            var found: [Matcher] = try AlertFilter.matchers(request)
            if let json = try? JSON(request.body) { found += try matchers(json) }
            let views = found.isEmpty ? [] : notifier.matching(found)
            return success(capacity: 4096) { writer in
                writer.beginObject()
                writer.key("alerts")
                writer.beginArray()
                for view in views { write(view, to: &writer) }
                writer.endArray()
                writer.endObject()
            }
        } catch {
            return .error(400, "bad_data", error.text)
        }
    }
}
