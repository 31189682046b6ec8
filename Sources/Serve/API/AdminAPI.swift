// What changes the store as a whole: `POST /api/v1/admin/tsdb/delete_series` as in Prometheus (and
// `clean_tombstones`, which has nothing to do: deletion is done when it is answered), and
// `POST /api/martlet/v1/import/openmetrics`, a history in one body.

public import Basics
internal import Bytes
public import Carry
internal import Collect
internal import Query

/// The end points of deletion and import.
public struct AdminAPI: Sendable {
    private let intake: Intake
    private let clock: Clock
    private let delete: @Sendable ([[Matcher]], TimeRange) throws -> Void

    /// - Parameter delete: deletes the series that satisfy all matchers of any group.
    public init(
        intake: Intake, clock: Clock,
        delete: @escaping @Sendable ([[Matcher]], TimeRange) throws -> Void
    ) {
        self.intake = intake
        self.clock = clock
        self.delete = delete
    }

    public var routes: [Route] {
        [
            Route(["POST", "PUT"], "/api/v1/admin/tsdb/delete_series", .slow, isWrite: true) {
                request in answering { try deleteSeries(request) }
            },
            Route(["POST", "PUT"], "/api/v1/admin/tsdb/clean_tombstones", .quick, isWrite: true) {
                _ in HTTPResponse(status: 204)
            },
            Route(
                ["POST"], "/api/martlet/v1/import/openmetrics", .slow,
                bodyBytesMax: Limits.bodyBytesMax, isWrite: true
            ) { request in answering { try importHistory(request) } },
        ]
    }

    private func deleteSeries(_ request: HTTPRequest) throws -> HTTPResponse {
        let selectors = request.values("match[]")
        if selectors.isEmpty { throw BadParameter(reason: "no match[] parameter provided") }
        let groups = try selectors.map { try matchers($0) }
        guard let range = try request.range(now: clock.now()) else {
            throw BadParameter("end", "end lies before start")
        }
        try delete(groups, range)
        return HTTPResponse(status: 204)
    }

    private func importHistory(_ request: HTTPRequest) throws -> HTTPResponse {
        var body = request.body
        if request[header: "content-encoding"] == "gzip" {
            do throws(GzipError) {
                body = try gunzip(body, bytesMax: Limits.remoteWriteBytesMax)
            } catch {
                throw BadParameter(reason: "\(error)")
            }
        }
        var history: DatedExposition
        do throws(ExpositionError) {
            history = try DatedExposition(body, openMetrics: request.parameter("format") != "text")
        } catch {
            throw BadParameter(reason: "\(error)")
        }
        let outcome: AppendOutcome
        do throws(IntakeError) {
            outcome = try history.deliver(to: intake)
        } catch {
            return .error(503, "unavailable", error.reason)
        }
        return success { writer in
            writer.beginObject()
            writer.key("series")
            writer.number(history.series.count)
            writer.key("accepted")
            writer.number(outcome.accepted)
            writer.key("refused")
            writer.beginObject()
            for (reason, count) in outcome.refused.sorted(by: { $0.key.rawValue < $1.key.rawValue })
            {
                writer.key(reason.rawValue)
                writer.number(count)
            }
            writer.endObject()
            writer.key("fault_count")
            writer.number(history.faultCount)
            writer.key("faults")
            writer.beginArray()
            for fault in history.faults { writer.string(fault) }
            writer.endArray()
            writer.endObject()
        }
    }
}
