// What is there: `/api/v1/series`, `labels`, `label/<name>/values`, `metadata`.

public import Basics
internal import Bytes
public import Carry
internal import Query

/// The end points that list series and labels.
public struct SeriesAPI: Sendable {
    private let source: SeriesSource
    private let clock: Clock

    public init(source: SeriesSource, clock: Clock) {
        self.source = source
        self.clock = clock
    }

    public var routes: [Route] {
        [
            Route(["GET", "POST"], "/api/v1/series", .slow) { request in
                answering { try series(request) }
            },
            Route(["GET", "POST"], "/api/v1/labels", .slow) { request in
                answering { try names(request) }
            },
            Route(["GET"], "/api/v1/label/{name}/values", .slow) { request in
                answering { try values(request) }
            },
            Route(["GET"], "/api/v1/metadata", .slow) { request in
                answering { try metadata(request) }
            },
        ]
    }

    private func found(_ request: HTTPRequest, needsMatch: Bool) throws -> [Labels] {
        let selectors = request.values("match[]")
        if selectors.isEmpty && needsMatch {
            throw BadParameter(reason: "no match[] parameter provided")
        }
        var groups: [[Matcher]] = []
        for selector in selectors { groups.append(try matchers(selector)) }
        guard let range = try request.range(now: clock.now()) else { return [] }
        return try source.series(groups.isEmpty ? [[]] : groups, range)
    }

    private func series(_ request: HTTPRequest) throws -> HTTPResponse {
        let all = try found(request, needsMatch: true)
        let limit = try request.limit()
        return success(warnings: cut(all.count, limit)) { writer in
            writer.beginArray()
            for labels in all.prefix(limit) { writer.labels(labels) }
            writer.endArray()
        }
    }

    private func names(_ request: HTTPRequest) throws -> HTTPResponse {
        var names: Set<String> = []
        for labels in try found(request, needsMatch: false) {
            for label in labels { names.insert(label.name) }
        }
        return list(names, limit: try request.limit())
    }

    private func values(_ request: HTTPRequest) throws -> HTTPResponse {
        let name = unescaped(request.parameters["name"] ?? "")
        var values: Set<String> = []
        for labels in try found(request, needsMatch: false) {
            if let value = labels[name] { values.insert(value) }
        }
        return list(values, limit: try request.limit())
    }

    private func metadata(_ request: HTTPRequest) throws -> HTTPResponse {
        let wanted = request.parameter("metric")
        var limit = Int.max
        if let text = request.parameter("limit"), !text.isEmpty {
            guard let number = Int(text) else {
                throw BadParameter(reason: "limit must be a number")
            }
            if number >= 0 { limit = number }
        }
        let all = source.metadata().filter { wanted == nil || wanted == "" || $0.key == wanted }
        return success { writer in
            writer.beginObject()
            for (metric, metadata) in all.sorted(by: { $0.key < $1.key }).prefix(limit) {
                writer.key(metric)
                writer.beginArray()
                writer.beginObject()
                writer.field("type", metadata.kind.rawValue)
                writer.field("help", metadata.help)
                writer.field("unit", metadata.unit)
                writer.endObject()
                writer.endArray()
            }
            writer.endObject()
        }
    }

    private func list(_ texts: Set<String>, limit: Int) -> HTTPResponse {
        let sorted = texts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return success(warnings: cut(sorted.count, limit)) { writer in
            writer.beginArray()
            for text in sorted.prefix(limit) { writer.string(text) }
            writer.endArray()
        }
    }

    private func cut(_ count: Int, _ limit: Int) -> [String] {
        count > limit ? ["results truncated due to limit"] : []
    }
}

/// Reads a selector of `match[]`.
func matchers(_ text: String) throws -> [Matcher] {
    do {
        return try parseSelector(text)
    } catch {
        // Prometheus words this one without a place.
        if case .parse(let reason, _, _) = error,
            reason.contains("must contain at least one non-empty matcher")
        {
            throw BadParameter("match[]", "match[] must contain at least one non-empty matcher")
        }
        throw BadParameter("match[]", error.text(in: text))
    }
}

/// Undoes Grafana's `U__` escaping of names: `U__a_2e_b` is `a.b`, `__` an underscore.
func unescaped(_ name: String) -> String {
    guard name.hasPrefix("U__") else { return name }
    var text = ""
    var rest = name.dropFirst(3)
    while let first = rest.first {
        if first != "_" {
            text.append(first)
            rest = rest.dropFirst()
        } else if rest.hasPrefix("__") {
            text.append("_")
            rest = rest.dropFirst(2)
        } else {
            let hex = rest.dropFirst().prefix { $0 != "_" }
            guard let code = UInt32(hex, radix: 16), let scalar = Unicode.Scalar(code),
                rest.dropFirst(1 + hex.count).first == "_"
            else { return name }
            text.unicodeScalars.append(scalar)
            rest = rest.dropFirst(2 + hex.count)
        }
    }
    return text
}
