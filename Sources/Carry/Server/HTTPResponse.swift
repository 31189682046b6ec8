// One answer. Errors have one shape everywhere: Prometheus' JSON envelope.

internal import Bytes

/// An answer with its body in memory.
public struct HTTPResponse: Sendable {
    public var status: Int
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]

    public init(
        status: Int = 200, headers: [(name: String, value: String)] = [], body: [UInt8] = []
    ) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A text.
    public static func text(_ text: String, status: Int = 200) -> HTTPResponse {
        HTTPResponse(
            status: status, headers: [("Content-Type", "text/plain; charset=utf-8")],
            body: Array(text.utf8))
    }

    /// A JSON document.
    public static func json(_ bytes: [UInt8], status: Int = 200) -> HTTPResponse {
        HTTPResponse(status: status, headers: [("Content-Type", "application/json")], body: bytes)
    }

    /// `{"status":"error","errorType":…,"error":…}`.
    public static func error(_ status: Int, _ type: String, _ reason: String) -> HTTPResponse {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("status", "error")
        writer.field("errorType", type)
        writer.field("error", reason)
        writer.endObject()
        return json(writer.bytes, status: status)
    }

    /// Adds a header.
    public func header(_ name: String, _ value: String) -> HTTPResponse {
        var copy = self
        copy.headers.append((name, value))
        return copy
    }
}
