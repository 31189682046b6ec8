// `/api/v2`: Alertmanager's API, in its shapes, its order of fields and its words for errors, so that
// `amtool` and whatever else speaks it works against Martlet.

internal import Basics
internal import Bytes
public import Carry
internal import Reason
public import Send

/// The end points of Alertmanager's API.
public struct AlertmanagerAPI: Sendable {
    let notifier: Notifier
    let now: @Sendable () -> Int64
    private let version: String
    private let started: Int64

    /// - Parameters:
    ///   - now: wall time.
    ///   - started: when the agent started.
    public init(
        notifier: Notifier, version: String, started: Int64, now: @escaping @Sendable () -> Int64
    ) {
        self.notifier = notifier
        self.version = version
        self.started = started
        self.now = now
    }

    public var routes: [Route] {
        let alertsBytesMax = 16 << 20
        return [
            Route(["GET"], "/api/v2/status", .slow) { _ in status() },
            Route(["GET"], "/api/v2/receivers", .slow) { _ in receivers() },
            Route(["GET"], "/api/v2/alerts", .slow) { alerts($0) },
            Route(
                ["POST"], "/api/v2/alerts", .slow, bodyBytesMax: alertsBytesMax, isWrite: true
            ) { take($0) },
            Route(["GET"], "/api/v2/alerts/groups", .slow) { groups($0) },
        ] + silenceRoutes
    }

    private func status() -> HTTPResponse {
        var writer = JSONWriter(capacity: 2048)
        writer.beginObject()
        writer.key("cluster")
        writer.beginObject()
        writer.key("peers")
        writer.beginArray()
        writer.endArray()
        writer.field("status", "disabled")
        writer.endObject()
        writer.key("config")
        writer.beginObject()
        writer.field("original", notifier.plan.alertmanagerText)
        writer.endObject()
        writer.field("uptime", CivilTime(started).rfc3339)
        writer.key("versionInfo")
        writer.beginObject()
        for name in ["branch", "buildDate", "buildUser", "goVersion", "revision"] {
            writer.field(name, "")
        }
        writer.field("version", version)
        writer.endObject()
        writer.endObject()
        return .json(writer.bytes)
    }

    private func receivers() -> HTTPResponse {
        var writer = JSONWriter()
        write(notifier.receivers.map(\.name), to: &writer)
        return .json(writer.bytes)
    }

    private func alerts(_ request: HTTPRequest) -> HTTPResponse {
        do throws(BadRequest) {
            let filter = try AlertFilter(request)
            var writer = JSONWriter(capacity: 8192)
            writer.beginArray()
            for view in notifier.alertViews where filter.takes(view) { write(view, to: &writer) }
            writer.endArray()
            return .json(writer.bytes)
        } catch {
            return error.response
        }
    }

    private func groups(_ request: HTTPRequest) -> HTTPResponse {
        do throws(BadRequest) {
            let filter = try AlertFilter(request)
            var writer = JSONWriter(capacity: 8192)
            writer.beginArray()
            for group in notifier.groupViews where filter.takes(receivers: [group.receiver]) {
                let alerts = group.alerts.filter(filter.takes)
                if alerts.isEmpty { continue }
                writer.beginObject()
                writer.key("alerts")
                writer.beginArray()
                for view in alerts { write(view, to: &writer) }
                writer.endArray()
                writer.key("labels")
                writer.labels(group.labels)
                writer.key("receiver")
                writer.beginObject()
                writer.field("name", group.receiver)
                writer.endObject()
                writer.endObject()
            }
            writer.endArray()
            return .json(writer.bytes)
        } catch {
            return error.response
        }
    }

    private func write(_ names: [String], to writer: inout JSONWriter) {
        writer.beginArray()
        for name in names {
            writer.beginObject()
            writer.field("name", name)
            writer.endObject()
        }
        writer.endArray()
    }

    func write(_ view: AlertView, to writer: inout JSONWriter) {
        let alert = view.alert
        writer.beginObject()
        writer.key("annotations")
        writer.labels(alert.annotations)
        writer.field("endsAt", CivilTime(alert.endsAt).rfc3339)
        writer.field("fingerprint", alert.labels.fingerprintText)
        writer.key("receivers")
        write(view.receivers, to: &writer)
        writer.field("startsAt", CivilTime(alert.startsAt).rfc3339)
        writer.key("status")
        writer.beginObject()
        writer.list("inhibitedBy", view.inhibitedBy)
        writer.list("silencedBy", view.silencedBy)
        writer.field("state", view.isSuppressed ? "suppressed" : "active")
        writer.endObject()
        writer.field("updatedAt", CivilTime(view.updatedAt).rfc3339)
        if !alert.generatorURL.isEmpty { writer.field("generatorURL", alert.generatorURL) }
        writer.key("labels")
        writer.labels(alert.labels)
        writer.endObject()
    }

    // MARK: - Taking alerts

    private func take(_ request: HTTPRequest) -> HTTPResponse {
        guard let items = (try? JSON(request.body))?.items else {
            return HTTPResponse.code(
                400, 400, "parsing alerts body from \"\" failed, because it is no JSON list")
        }
        let now = now()
        var reports: [KnownAlert] = []
        var faults: [String] = []
        for item in items {
            do throws(BadRequest) {
                reports.append(try report(item, now))
            } catch {
                faults.append(error.text)
            }
        }
        // What is good is taken, also beside what is not.
        if !reports.isEmpty { notifier.submit(reports: reports) }
        return faults.isEmpty ? empty : BadRequest(text: faults.joined(separator: "; ")).response
    }

    private func report(_ item: JSON, _ now: Int64) throws(BadRequest) -> KnownAlert {
        let labels = Labels((item["labels"]?.fields ?? []).map { ($0.key, $0.value.text ?? "") })
        let notes = Labels(
            (item["annotations"]?.fields ?? []).map { ($0.key, $0.value.text ?? "") })
        if labels.isEmpty { throw BadRequest(text: "at least one label pair required") }
        var (starts, ends) = (try time(item, "startsAt"), try time(item, "endsAt"))
        let timesOut = ends == nil
        starts = starts ?? ends ?? now
        ends = ends ?? now + notifier.plan.resolveTimeoutMillis
        guard let starts, let ends, starts <= ends else {
            throw BadRequest(text: "start time must be before end time")
        }
        let alert = Alert(
            labels: labels, annotations: notes, startsAt: starts, endsAt: ends,
            generatorURL: item["generatorURL"]?.text ?? "")
        return KnownAlert(alert: alert, updatedAt: now, timesOut: timesOut)
    }

    /// A time; nil when it is missing or Go's zero.
    private func time(_ item: JSON, _ name: String) throws(BadRequest) -> Millis? {
        guard let text = item[name]?.text, !text.isEmpty else { return nil }
        guard let time = parseRFC3339(text) else {
            throw BadRequest(text: "\(name): \(quoted(text)) is no time in RFC 3339")
        }
        return time <= -62_135_596_800_000 ? nil : time
    }
}

/// Alertmanager's answers to what it does not take: a JSON text, or a code with a message.
struct BadRequest: Error {
    var text: String
    var status = 400

    var response: HTTPResponse {
        var writer = JSONWriter()
        writer.string(text)
        return .json(writer.bytes + [0x0a], status: status)
    }
}

let empty = HTTPResponse(status: 200, headers: [("Content-Type", "application/json")])

extension HTTPResponse {
    /// `{"code":…,"message":…}`.
    static func code(_ status: Int, _ code: Int, _ message: String) -> HTTPResponse {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("code")
        writer.number(code)
        writer.field("message", message)
        writer.endObject()
        return .json(writer.bytes, status: status)
    }
}

/// Which alerts somebody wants to see.
struct AlertFilter {
    private let matchers: [Matcher]
    private let receiver: Pattern?
    private let hidesActive: Bool
    private let hidesSilenced: Bool
    private let hidesInhibited: Bool

    init(_ request: HTTPRequest) throws(BadRequest) {
        matchers = try AlertFilter.matchers(request)
        do {
            let text = request.parameter("receiver") ?? ""
            receiver = text.isEmpty ? nil : try Pattern(text, anchored: true)
        } catch {
            throw BadRequest(text: "\(error)")
        }
        func isOff(_ name: String) -> Bool { request.parameter(name) == "false" }
        hidesActive = isOff("active")
        hidesSilenced = isOff("silenced")
        hidesInhibited = isOff("inhibited")
    }

    static func matchers(_ request: HTTPRequest) throws(BadRequest) -> [Matcher] {
        var matchers: [Matcher] = []
        for text in request.values("filter") {
            do throws(MatcherFault) {
                matchers.append(try parseMatcher(text))
            } catch {
                throw BadRequest(text: error.reason)
            }
        }
        return matchers
    }

    func takes(_ view: AlertView) -> Bool {
        if hidesActive && !view.isSuppressed { return false }
        if hidesSilenced && !view.silencedBy.isEmpty { return false }
        if hidesInhibited && !view.inhibitedBy.isEmpty { return false }
        return takes(receivers: view.receivers) && matchers.fit(view.alert.labels)
    }

    func takes(receivers: [String]) -> Bool {
        guard let receiver else { return true }
        return receivers.contains { name in
            do { return try receiver.matches(name) } catch { return false }
        }
    }
}
