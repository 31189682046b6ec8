// `GET /api/martlet/v1/models/{name}/profiles`: what the answers of a span came down to, column by
// column, with the distances from the reference (or from an earlier span) and the quality that labels
// gave, also where the rows are long gone.

public import Basics
internal import Bytes
public import Carry
internal import Keep
internal import Reason

/// The end point of profiles.
public struct ProfilesAPI: Sendable {
    /// Spans of one answer: a year of days.
    private static let spansMax = 400

    private let shelf: ProfileShelf
    private let board: ModelBoard
    private let clock: Clock

    public init(shelf: ProfileShelf, board: ModelBoard, clock: Clock) {
        self.shelf = shelf
        self.board = board
        self.clock = clock
    }

    public var routes: [Route] {
        [
            Route(["GET"], "/api/martlet/v1/models/{name}/profiles", .slow) { request in
                answering { try profiles(request) }
            }
        ]
    }

    private func profiles(_ request: HTTPRequest) throws -> HTTPResponse {
        let model = request.parameters["name"] ?? ""
        let cards = board.cards.filter { $0.key.model == model }
        let given = request.parameter("version") ?? ""
        let version =
            given.isEmpty
            ? (cards.first { $0.watching != nil } ?? cards.first)?.key.version : given
        let segment = request.parameter("segment") ?? ""
        let column = request.parameter("column")
        guard let step = ProfileStep(rawValue: request.parameter("by") ?? "day") else {
            let all = ProfileStep.allCases.map(\.rawValue).joined(separator: ", ")
            throw BadParameter("by", "must be one of \(all)")
        }
        let range = try range(request, "from", "to", days: 30)
        let against = try against(request)
        let readings = try shelf.read(
            model, version: version, segment: segment,
            [(range, step)] + (against.map { [($0, .all)] } ?? []))
        let reading = readings.first ?? ProfileReading()
        if reading.spans.isEmpty && cards.isEmpty {
            throw BadParameter(
                reason: "no answers of model \(quoted(model)) were kept in that time")
        }
        let baseline =
            against == nil
            ? reference(cards.first { $0.key.version == version }, segment)
            : readings.last?.spans.first.map(ProfileBaseline.init)
        return success(capacity: 256 << 10) { writer in
            writer.beginObject()
            writer.field("model", model)
            writer.key("version")
            if let version { writer.string(version) } else { writer.null() }
            writer.field("segment", segment)
            writer.field("by", step.rawValue)
            writer.key("partial")
            writer.bool(reading.isPartial)
            writer.key("segments")
            writer.beginArray()
            for name in reading.segments.sorted() { writer.string(name) }
            writer.endArray()
            writer.key("against")
            if let baseline { write(baseline, to: &writer) } else { writer.null() }
            writer.key("spans")
            writer.beginArray()
            for span in reading.spans.suffix(ProfilesAPI.spansMax) {
                write(span, baseline, column, to: &writer)
            }
            writer.endArray()
            writer.endObject()
        }
    }

    private func range(
        _ request: HTTPRequest, _ from: String, _ to: String, days: Int64
    ) throws(BadParameter) -> TimeRange {
        let day: Millis = 86_400_000
        let through = try request.time(to) ?? clock.now() + Limits.aheadMillisMax
        let start = try request.time(from) ?? through - days * day
        guard start <= through else { throw BadParameter(to, "must not be before \(quoted(from))") }
        // A day belongs to a range that begins within it.
        return TimeRange(from: start.flooredDivision(by: day) * day, through: through)
    }

    /// The range that spans are held against; nil when none was named.
    private func against(_ request: HTTPRequest) throws(BadParameter) -> TimeRange? {
        if request.parameter("against_from") == nil && request.parameter("against_to") == nil {
            return nil
        }
        return try range(request, "against_from", "against_to", days: 7)
    }

    /// The version's reference, which spans are held against when no range was named.
    private func reference(_ card: ModelCard?, _ segment: String) -> ProfileBaseline? {
        let scope = card?.watching?.scopes.first { $0.segment == segment }
        guard let reference = scope?.reference else { return nil }
        return ProfileBaseline(
            profiles: reference.profiles, name: "reference", rows: reference.rows)
    }
}
