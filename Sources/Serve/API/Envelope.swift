// The envelope of every JSON answer, as Prometheus has it: status, data, and remarks beside them.
// Errors of lower rooms get their status code and type here and nowhere else.

internal import Basics
internal import Bytes
internal import Carry
internal import Query

/// A successful answer; `body` writes the value of `data`.
func success(
    warnings: [String] = [], infos: [String] = [], capacity: Int = 1024,
    _ body: (inout JSONWriter) -> Void
) -> HTTPResponse {
    var writer = JSONWriter(capacity: capacity)
    writer.beginObject()
    writer.field("status", "success")
    writer.key("data")
    body(&writer)
    for (name, remarks) in [("warnings", warnings), ("infos", infos)] where !remarks.isEmpty {
        writer.key(name)
        writer.beginArray()
        for remark in remarks { writer.string(remark) }
        writer.endArray()
    }
    writer.endObject()
    return .json(writer.bytes)
}

/// A parameter that cannot be used.
struct BadParameter: Error {
    var reason: String

    init(_ name: String, _ reason: String) {
        self.reason = "invalid parameter \(quoted(name)): \(reason)"
    }

    /// A complaint that names no single parameter.
    init(reason: String) { self.reason = reason }
}

/// Runs a handler and words what it throws.
///
/// - Parameter query: the query whose faults are placed by line and column.
func answering(query: String = "", _ body: () throws -> HTTPResponse) -> HTTPResponse {
    do {
        return try body()
    } catch let error as BadParameter {
        return .error(400, "bad_data", error.reason)
    } catch let error as QueryError {
        return response(for: error, query)
    } catch let error as SourceError {
        return .error(500, "internal", error.reason)
    } catch let error as PatternError {
        return .error(400, "bad_data", error.description)
    } catch {
        return .error(500, "internal", "\(error)")
    }
}

private func response(for error: QueryError, _ query: String) -> HTTPResponse {
    switch error {
    case .parse(_, let from, let through):
        // Prometheus words the position inside the text; ours adds it as numbers for the page.
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("status", "error")
        writer.field("errorType", "bad_data")
        writer.field("error", "invalid parameter \"query\": \(error.text(in: query))")
        writer.key("position")
        writer.beginObject()
        writer.key("from")
        writer.number(from)
        writer.key("through")
        writer.number(through)
        writer.endObject()
        writer.endObject()
        return .json(writer.bytes, status: 400)
    case .execution(let reason): return .error(422, "execution", reason)
    case .timeout(let reason): return .error(503, "timeout", reason)
    // Prometheus answers what nginx logs when nobody waits for the answer.
    case .cancelled: return .error(499, "canceled", error.text(in: query))
    case .source(let reason): return .error(500, "internal", reason)
    }
}
