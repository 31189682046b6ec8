// `/api/martlet/v1/graph`: a picture of an expression with its threshold, as PNG, for notifications and for
// whoever cannot run a browser.

internal import Basics
public import Carry
internal import Keep
public import Query
internal import Reason

/// The end point of pictures.
public struct GraphAPI: Sendable {
    private let engine: Engine
    private let folder: String
    private let now: @Sendable () -> Int64
    private let limits: @Sendable () -> QueryLimits

    /// What is shown when nobody says from when.
    private static let windowMillis: Millis = 3 * 3_600_000

    /// - Parameter folder: where the files of a drawing are put.
    public init(
        engine: Engine, folder: String, now: @escaping @Sendable () -> Int64,
        limits: @escaping @Sendable () -> QueryLimits
    ) {
        self.engine = engine
        self.folder = folder
        self.now = now
        self.limits = limits
    }

    public var routes: [Route] {
        [Route(["GET"], "/api/martlet/v1/graph", .query) { draw($0) }]
    }

    private func draw(_ request: HTTPRequest) -> HTTPResponse {
        let expression = request.parameter("expr") ?? ""
        return answering(query: expression) {
            if expression.isEmpty { throw BadParameter("expr", "the expression is missing") }
            let end = try request.optionalTime("end") ?? now()
            let start = try request.optionalTime("start") ?? end - GraphAPI.windowMillis
            if start >= end { throw BadParameter("start", "must be before end") }
            var limits = limits()
            limits.isCancelled = request.isCancelled
            var picture = try Picture(
                of: expression, title: request.parameter("title"),
                over: TimeRange(from: start, through: end), engine: engine, limits: limits)
            if let width = request.parameter("width").flatMap(Int.init) {
                picture.width = min(max(width, 100), 2000)
            }
            if let height = request.parameter("height").flatMap(Int.init) {
                picture.height = min(max(height, 60), 1200)
            }
            let png = try picture.png(folder: folder)
            return HTTPResponse(
                headers: [("Content-Type", "image/png"), ("Cache-Control", "max-age=60")], body: png
            )
        }
    }
}
