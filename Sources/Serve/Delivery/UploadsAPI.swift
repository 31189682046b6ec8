// What builds and people send without a webhook: files (`uploads/{kind}`), events, and feedback of
// users. Everything goes through the same reader as a file imported by hand, and is on the disk when
// the answer says how much of it was new.

public import Basics
internal import Bytes
public import Carry
public import Collect
public import Keep

/// The end points of uploads, events and feedback.
public struct UploadsAPI: Sendable {
    private let people: @Sendable () -> PeopleBook
    private let events: EventKeeper
    private let clock: Clock
    private let registry: Registry
    /// Readings are cheap, but a stream of feedback should not name users: they get pseudonyms.
    private let arrived: @Sendable () -> Void

    /// - Parameter arrived: called when events were kept.
    public init(
        people: @escaping @Sendable () -> PeopleBook, events: EventKeeper, clock: Clock,
        registry: Registry, arrived: @escaping @Sendable () -> Void
    ) {
        self.people = people
        self.events = events
        self.clock = clock
        self.registry = registry
        self.arrived = arrived
    }

    public var routes: [Route] {
        func route(_ path: String, _ take: @escaping HTTPHandler) -> Route {
            Route(
                ["POST", "PUT"], "/api/martlet/v1/\(path)", .slow,
                bodyBytesMax: Limits.bodyBytesMax,
                isWrite: true, handler: take)
        }
        return [
            route("uploads/{kind}") { upload($0) },
            route("events") { takeEvents($0) },
            route("feedback") { feedback($0) },
        ]
    }

    private func upload(_ request: HTTPRequest) -> HTTPResponse {
        let name = request.parameters["kind"] ?? ""
        guard let kind = UploadKind(rawValue: name) else {
            let all = UploadKind.allCases.map(\.rawValue).joined(separator: ", ")
            return .error(404, "not_found", "uploads are \(all); there is no \(quoted(name))")
        }
        return keep(kind, request, source: "upload")
    }

    /// One event, an array of them, or one a line.
    private func takeEvents(_ request: HTTPRequest) -> HTTPResponse {
        answering {
            let body = try plainBody(request)
            // An import says that it is one, so that importing again finds its own events.
            let source = request.parameter("source") == "git" ? "git" : "api"
            guard body.first(where: { $0 > 0x20 }) == UInt8(ascii: "[") else {
                return keep(.events, request, body: oneLine(body), source: source)
            }
            do {
                let lines = (try JSON(body).items ?? []).map(\.encoded)
                return keep(
                    .events, request, body: Array(lines.joined(separator: [0x0a])), source: source)
            } catch {
                return .error(400, "bad_data", "\(error)")
            }
        }
    }

    /// A document spread over lines is one event; lines of documents stay as they are.
    private func oneLine(_ body: [UInt8]) -> [UInt8] {
        guard let json = try? JSON(body), json.fields != nil else { return body }
        return json.encoded
    }

    /// A score, a thumb, a tag or a comment of a user.
    private func feedback(_ request: HTTPRequest) -> HTTPResponse {
        answering {
            let body = try plainBody(request)
            let json: JSON
            do {
                json = try JSON(body)
            } catch {
                return .error(400, "bad_data", "\(error)")
            }
            let now = clock.now()
            var lines: [[UInt8]] = []
            for (index, item) in (json.items ?? [json]).enumerated() {
                let reading = FeedbackReading(item, now: now)
                if let fault = reading.fault {
                    return .error(400, "bad_data", "feedback \(index + 1): \(fault)")
                }
                lines.append(reading.event.encoded)
            }
            return keep(
                .events, request, body: Array(lines.joined(separator: [0x0a])), source: "api")
        }
    }

    private func plainBody(_ request: HTTPRequest) throws -> [UInt8] {
        guard request[header: "content-encoding"] == "gzip" else { return request.body }
        do {
            return try gunzip(request.body, bytesMax: Limits.bodyBytesMax)
        } catch {
            throw BadParameter("body", "\(error)")
        }
    }

    private func keep(
        _ kind: UploadKind, _ request: HTTPRequest, body given: [UInt8]? = nil, source: String
    ) -> HTTPResponse {
        answering {
            var context = UploadContext(time: try request.time("time") ?? clock.now())
            context.source = source
            context.team = request.parameter("team") ?? ""
            context.repository = request.parameter("repository") ?? ""
            context.service = request.parameter("service") ?? ""
            context.sha = request.parameter("sha")
            context.build = request.parameter("build")
            context.model = request.parameter("model")
            context.version = request.parameter("version")
            context.run = request.parameter("run")
            let body = try given ?? plainBody(request)
            let reading: NormalisedDelivery
            do throws(DeliveryError) {
                reading = try readUpload(kind, body, context: context, people: people())
            } catch {
                count("martlet_ingest_rejected_total", source, reason: error.reason)
                return .error(400, "bad_data", "\(kind.rawValue): \(error.detail)")
            }
            let outcome = try events.append(reading.events)
            count("martlet_ingest_accepted_total", source, reason: nil)
            if outcome.added > 0 { arrived() }
            return success { writer in
                writer.beginObject()
                writer.key("added")
                writer.number(outcome.added)
                writer.key("known")
                writer.number(outcome.known)
                writer.key("ignored")
                writer.beginObject()
                for (name, count) in reading.ignored.sorted(by: { $0.key < $1.key }) {
                    writer.key(name)
                    writer.number(count)
                }
                writer.endObject()
                writer.key("faults")
                writer.beginArray()
                // Twenty show what is wrong; the rest is of the same kind.
                for fault in reading.faults.prefix(20) { writer.string(fault) }
                writer.endArray()
                writer.endObject()
            }
        }
    }

    private func count(_ name: String, _ source: String, reason: String?) {
        let help =
            reason == nil
            ? "Deliveries that were verified and kept." : "Deliveries that were refused."
        let labels = [("source", source)] + (reason.map { [("reason", $0)] } ?? [])
        registry.counter(name, help, Labels(labels)).add()
    }
}
