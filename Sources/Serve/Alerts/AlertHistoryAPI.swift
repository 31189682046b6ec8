// What happened: `/api/martlet/v1/alerts/history` (changes of state), `/alerts/deliveries` (who was told
// what, when, with which answer), and `/alerts/lessons` (what an alert turned out to be, and what helped).

internal import Basics
internal import Bytes
public import Carry
public import Keep

/// The end points of the history of alerts.
public struct AlertHistoryAPI: Sendable {
    private let history: AlertHistory
    private let lessons: Lessons
    private let now: @Sendable () -> Int64
    private let lessonsChanged: @Sendable () -> Void

    private static let rowsMax = 1000
    private static let textCharactersMax = 2000

    /// - Parameter lessonsChanged: called after a lesson came or went.
    public init(
        history: AlertHistory, lessons: Lessons, now: @escaping @Sendable () -> Int64,
        lessonsChanged: @escaping @Sendable () -> Void
    ) {
        self.history = history
        self.lessons = lessons
        self.now = now
        self.lessonsChanged = lessonsChanged
    }

    public var routes: [Route] {
        let base = "/api/martlet/v1/alerts"
        return [
            Route(["GET"], base + "/history", .slow) { transitions($0) },
            Route(["GET"], base + "/deliveries", .slow) { deliveries($0) },
            Route(["GET"], base + "/lessons", .slow) { list($0) },
            Route(["POST"], base + "/lessons", .slow, isWrite: true) { add($0) },
            Route(["DELETE"], base + "/lessons/{id}", .slow, isWrite: true) { remove($0) },
        ]
    }

    private func page(_ request: HTTPRequest) throws -> (before: Int64, limit: Int) {
        let before = request.parameter("before").flatMap(Int64.init) ?? .max
        let limit = try request.limit()
        return (before, limit == .max ? 100 : min(limit, Self.rowsMax))
    }

    private func transitions(_ request: HTTPRequest) -> HTTPResponse {
        answering {
            let page = try page(request)
            let rows = try history.transitions(
                alert: request.parameter("alert"), before: page.before, limit: page.limit)
            return success(capacity: 16_384) { writer in
                writer.beginArray()
                for row in rows {
                    writer.beginObject()
                    writer.key("id")
                    writer.raw(String(row.id))
                    writer.key("time")
                    writer.seconds(row.at)
                    writer.field("alert", row.alert)
                    writer.field("state", row.state)
                    writer.optional("value", row.value.isFinite ? row.value : nil)
                    writer.key("labels")
                    writer.labels(row.labels)
                    writer.endObject()
                }
                writer.endArray()
            }
        }
    }

    private func deliveries(_ request: HTTPRequest) -> HTTPResponse {
        answering {
            let page = try page(request)
            let rows = try history.attempts(before: page.before, limit: page.limit)
            return success(capacity: 16_384) { writer in
                writer.beginArray()
                for row in rows {
                    writer.beginObject()
                    writer.key("id")
                    writer.raw(String(row.id))
                    writer.key("time")
                    writer.seconds(row.at)
                    writer.field("receiver", row.target)
                    writer.field("group", row.groupKey)
                    writer.key("message")
                    writer.raw(String(row.message))
                    writer.key("attempt")
                    writer.number(row.number)
                    writer.field("outcome", row.outcome)
                    writer.field("answer", row.answer)
                    writer.key("seconds")
                    writer.number(row.seconds)
                    writer.endObject()
                }
                writer.endArray()
            }
        }
    }

    // MARK: - Lessons

    private func list(_ request: HTTPRequest) -> HTTPResponse {
        answering {
            let rows = try lessons.all(alert: request.parameter("alert"), limit: Self.rowsMax)
            return success(capacity: 8192) { writer in
                writer.beginArray()
                for row in rows { write(row, to: &writer) }
                writer.endArray()
            }
        }
    }

    private func add(_ request: HTTPRequest) -> HTTPResponse {
        answering {
            let json: JSON
            do {
                json = try JSON(request.body)
            } catch {
                return .error(400, "bad_data", "\(error)")
            }
            func text(_ name: String) -> String {
                String((json[name]?.text ?? "").prefix(Self.textCharactersMax))
            }
            for name in ["alert", "cause", "measure"] where text(name).allSatisfy(\.isWhitespace) {
                return .error(
                    400, "bad_data", "\(name) is missing: an alert's name, its cause, what helped")
            }
            let labels = Labels(
                (json["labels"]?.fields ?? []).map { ($0.key, $0.value.text ?? "") })
            var row = LessonRow(
                at: now(), alert: text("alert"), labels: labels, author: text("author"),
                cause: text("cause"), measure: text("measure"))
            row.id = try lessons.add(row)
            lessonsChanged()
            return success { write(row, to: &$0) }
        }
    }

    private func remove(_ request: HTTPRequest) -> HTTPResponse {
        answering {
            guard let id = Int64(request.parameters["id"] ?? "") else {
                return .error(404, "not_found", "a lesson's id is a number")
            }
            try lessons.remove(id)
            lessonsChanged()
            return success { $0.null() }
        }
    }

    private func write(_ row: LessonRow, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("id")
        writer.raw(String(row.id))
        writer.key("time")
        writer.seconds(row.at)
        writer.field("alert", row.alert)
        writer.key("labels")
        writer.labels(row.labels)
        writer.field("author", row.author)
        writer.field("cause", row.cause)
        writer.field("measure", row.measure)
        writer.endObject()
    }
}
