// `/api/martlet/v1/models`: all versions and servers, or with `model=` (and `version=`) one version with
// everything its page shows; a POST registers versions. `/api/martlet/v1/drift`: the running verdict of
// one version and segment, column by column, with the looks it came from.

public import Basics
internal import Bytes
public import Carry
public import Keep
internal import Reason

/// The end points of models.
public struct ModelsAPI: Sendable {
    private let board: ModelBoard
    private let log: ModelLog
    private let findings: FindingLog
    private let deliveries: DeliveryBoard
    private let clock: Clock

    public init(
        board: ModelBoard, log: ModelLog, findings: FindingLog, deliveries: DeliveryBoard,
        clock: Clock
    ) {
        self.board = board
        self.log = log
        self.findings = findings
        self.deliveries = deliveries
        self.clock = clock
    }

    public var routes: [Route] {
        [
            Route(["GET"], "/api/martlet/v1/models", .slow) { request in
                answering {
                    guard let card = try card(request) else { return list() }
                    return success(capacity: 64 << 10) { page(card, to: &$0) }
                }
            },
            Route(
                ["POST"], "/api/martlet/v1/models", .slow, bodyBytesMax: 1 << 20, isWrite: true
            ) { request in answering { try register(request) } },
            Route(["GET"], "/api/martlet/v1/drift", .slow) { request in
                answering { try drift(request) }
            },
        ]
    }

    /// The version that was asked for; nil when none was.
    private func card(_ request: HTTPRequest) throws(BadParameter) -> ModelCard? {
        guard let model = request.parameter("model"), !model.isEmpty else { return nil }
        let version = request.parameter("version") ?? ""
        let all = board.cards.filter { $0.key.model == model }
        let found =
            version.isEmpty
            ? all.first(where: { $0.watching != nil }) ?? all.first
            : all.first { $0.key.version == version }
        if let found { return found }
        let known = Set(board.cards.map(\.key.model)).sorted().prefix(20).joined(separator: ", ")
        throw BadParameter(
            version.isEmpty ? "model" : "version",
            "no such model is known here; known are: \(known.isEmpty ? "none" : known)")
    }

    private func list() -> HTTPResponse {
        success(capacity: 8192) { writer in
            writer.beginObject()
            writer.key("models")
            writer.beginArray()
            for card in board.cards {
                writer.beginObject()
                head(card, to: &writer)
                writer.endObject()
            }
            writer.endArray()
            writer.key("servers")
            writer.beginArray()
            for server in board.servers { write(server, to: &writer) }
            writer.endArray()
            writer.endObject()
        }
    }

    /// Takes one version or a list of them.
    private func register(_ request: HTTPRequest) throws -> HTTPResponse {
        let json: JSON
        do {
            json = try JSON(request.body)
        } catch {
            throw BadParameter(reason: "\(error)")
        }
        let now = clock.now()
        let entries = try (json.items ?? [json]).enumerated().map {
            (index, item) throws(BadParameter) -> ModelEntry in
            guard let fields = item.fields else {
                throw BadParameter(reason: "item \(index): must be an object")
            }
            var kept: [String: String] = [:]
            for (name, value) in fields where !["model", "version"].contains(name) {
                guard ModelsAPI.fields.contains(name), let text = value.text,
                    text.utf8.count <= 1024
                else {
                    throw BadParameter(
                        reason: "item \(index): \(name): must be a text, and one of "
                            + ModelsAPI.fields.joined(separator: ", "))
                }
                kept[name] = text
            }
            guard let model = item["model"]?.text, !model.isEmpty, model.utf8.count <= 256,
                let version = item["version"]?.text, !version.isEmpty, version.utf8.count <= 256
            else {
                throw BadParameter(reason: "item \(index): model and version must be texts")
            }
            return ModelEntry(key: ModelVersion(model, version), fields: kept, time: now)
        }
        if entries.isEmpty { throw BadParameter(reason: "no version was given") }
        try log.register(entries)
        return success { writer in
            writer.beginObject()
            writer.key("registered")
            writer.number(entries.count)
            writer.endObject()
        }
    }

    /// What may be said of a version.
    private static let fields = [
        "stage", "commit", "data_version", "endpoint", "service", "reference", "note",
    ]

    private func drift(_ request: HTTPRequest) throws -> HTTPResponse {
        guard let card = try card(request) else {
            throw BadParameter("model", "must be given")
        }
        let segment = request.parameter("segment") ?? ""
        let scope = card.watching?.scopes.first { $0.segment == segment }
        return success(capacity: 32 << 10) { writer in
            writer.beginObject()
            head(card, to: &writer)
            writer.field("segment", segment)
            writer.key("columns")
            writer.beginArray()
            if let scope { for name in scope.watched { write(name, scope, to: &writer) } }
            writer.endArray()
            writer.key("looks")
            writer.beginArray()
            for look in scope?.watch.looks.suffix(200) ?? [] {
                writer.write(look.json)
            }
            writer.endArray()
            writer.endObject()
        }
    }

    /// Everything that a page shows.
    private func page(_ card: ModelCard, to writer: inout JSONWriter) {
        writer.beginObject()
        head(card, to: &writer)
        writer.key("versions")
        writer.beginArray()
        for other in board.cards where other.key.model == card.key.model {
            writer.beginObject()
            writer.field("version", other.key.version)
            writer.field("state", other.verdict.state.rawValue)
            writer.endObject()
        }
        writer.endArray()
        if let scope = card.watching?.whole {
            writer.key("columns")
            writer.beginArray()
            for name in scope.watched { write(name, scope, to: &writer) }
            writer.endArray()
            if let look = scope.watch.looks.last {
                writer.key("window")
                writer.beginObject()
                writer.key("from")
                writer.seconds(look.from)
                writer.key("through")
                writer.seconds(look.through)
                writer.key("rows")
                writer.number(look.rows)
                writer.endObject()
                writer.key("issues")
                writer.beginArray()
                for issue in look.issues { write(issue, to: &writer) }
                writer.endArray()
            }
        }
        writer.key("segments")
        writer.beginArray()
        for scope in card.watching?.scopes.dropFirst() ?? [] {
            writer.beginObject()
            writer.field("segment", scope.segment)
            writer.key("reference_rows")
            writer.number(scope.reference.rows)
            writer.key("looks")
            writer.number(scope.watch.looks.count)
            writer.key("drifted")
            writer.beginArray()
            for column in scope.watch.drifted { writer.string(column.name) }
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
        writeQuality(card, to: &writer)
        write(card.speed, to: &writer)
        writer.key("findings")
        writer.beginArray()
        let past = (try? findings.newest(limit: 500)) ?? []
        let own = past.filter {
            $0.labels["model"] == card.key.model && $0.labels["version"] == card.key.version
        }
        for finding in own.prefix(20) { write(finding, to: &writer) }
        writer.endArray()
        writeReleases(card, to: &writer)
        writeFeedback(
            ModelFeedback(
                deliveries.snapshot?.state.feedback ?? [], of: card.key.model,
                service: card.service), to: &writer)
        writer.key("server")
        if let server = board.servers.first(where: { $0.model == card.key.model }) {
            write(server, to: &writer)
        } else {
            writer.null()
        }
        writer.endObject()
    }

    private func writeReleases(_ card: ModelCard, to writer: inout JSONWriter) {
        let deployments = (deliveries.snapshot?.state.productionDeployments ?? [])
            .filter { $0.place.service == card.service && $0.isDeployed }
        writer.field("service", card.service)
        writer.key("releases")
        writer.beginArray()
        for deployment in deployments.suffix(50) {
            writer.beginObject()
            writer.key("time")
            writer.seconds(deployment.finished)
            writer.field("version", deployment.version)
            writer.field("id", deployment.id)
            writer.endObject()
        }
        writer.endArray()
    }
}
