// What is known of the models right now, as values that pages, the tile and decisions read while the
// next ones are being made. The room that watches writes it; nobody else does.

public import Basics
public import Reason

/// A figure of quality at one time.
public struct QualityPoint: Sendable, Hashable {
    public var time: Millis
    public var name: String
    public var value: Double
    public var low: Double?
    public var high: Double?
    /// From true labels, or estimated without them.
    public var isEstimated: Bool
    public var rows: Int

    public init(
        time: Millis, name: String, value: Double, low: Double?, high: Double?, isEstimated: Bool,
        rows: Int
    ) {
        self.time = time
        self.name = name
        self.value = value
        self.low = low
        self.high = high
        self.isEstimated = isEstimated
        self.rows = rows
    }
}

/// Latency, tokens and cost of the answers of the last window.
public struct ModelSpeed: Sendable, Equatable {
    public var rows = 0
    public var latency: [Double: Double] = [:]
    public var firstToken: [Double: Double] = [:]
    public var tokensIn: Double?
    public var tokensOut: Double?
    /// For a thousand answers, in whatever money was reported.
    public var costPerThousand: Double?

    public init() {}
}

/// One model version.
public struct ModelCard: Sendable {
    public var key: ModelVersion
    /// From the registry: `stage`, `commit`, `data_version`, `endpoint`, `service`.
    public var fields: [String: String] = [:]
    /// Nil for a version of which no answer has come.
    public var watching: ModelCase?
    public var quality: QualityReading?
    public var estimate: QualityReading?
    public var referenceQuality: QualityReading?
    public var points: [QualityPoint] = []
    public var detail = QualityDetail()
    public var speed = ModelSpeed()
    public var findings: [Finding] = []
    public var labelCount = 0

    public init(key: ModelVersion) { self.key = key }

    /// The verdict in one sentence, and how bad it is.
    public var verdict: (state: Tile.State, phrase: Phrase) {
        let name = ["model": key.model, "version": key.version]
        guard let watching, watching.rows > 0 else {
            return (.empty, Phrase("models.verdict.silent", name))
        }
        guard let whole = watching.whole else {
            return (
                .empty,
                Phrase(
                    "models.verdict.gathering",
                    name.merging([
                        "rows": "\(watching.gatheredRows)", "needed": "\(ModelReference.rowsMax)",
                    ]) { $1 })
            )
        }
        if let worst = findings.filter({ $0.end == nil }).max(by: { rank($0) < rank($1) }) {
            return (worst.severity == .critical ? .bad : .warn, worst.summary)
        }
        if whole.watch.looks.isEmpty {
            return (.empty, Phrase("models.verdict.no_look", name))
        }
        return (
            .ok,
            Phrase(
                "models.verdict.ok",
                name.merging([
                    "looks": "\(whole.watch.looks.count)", "columns": "\(whole.watched.count)",
                ]) { $1 })
        )
    }

    /// Worse answers before drift, all answers before a segment, rows that are not as they were last.
    private func rank(_ finding: Finding) -> Int {
        if finding.severity == .critical { return 4 }
        if finding.id.hasPrefix("quality/") { return 3 }
        if finding.kind != .drift { return 0 }
        return finding.labels["segment"] == nil ? 2 : 1
    }
}

/// A connected model server.
public struct ServerCard: Sendable, Equatable {
    public var model: String
    public var url: String
    /// Where its metrics were found; nil while they were not.
    public var metrics: String?
    public var kind: ServerKind?
    /// Why it was not found.
    public var fault: String?
    public var signals: [ServerSignal: Double] = [:]

    public init(model: String, url: String) {
        self.model = model
        self.url = url
    }
}

/// The newest cards.
public final class ModelBoard: Sendable {
    private struct State {
        var cards: [ModelCard] = []
        var servers: [ServerCard] = []
        var response = DriftResponsePolicy()
    }

    private let state = Lock(State())

    public init() {}

    /// All versions, sorted by model, the newest version of each first.
    public var cards: [ModelCard] { state.withLock { $0.cards } }
    public var servers: [ServerCard] { state.withLock { $0.servers } }
    /// What drift responses are decided by.
    public var response: DriftResponsePolicy { state.withLock { $0.response } }

    public func set(cards: [ModelCard]) { state.withLock { $0.cards = cards } }
    public func set(servers: [ServerCard]) { state.withLock { $0.servers = servers } }
    public func set(response: DriftResponsePolicy) {
        state.withLock { $0.response = response }
    }
}

/// What Home says of the models.
public struct ModelTile: Sendable {
    private let board: ModelBoard

    public init(board: ModelBoard) { self.board = board }

    /// The worst verdict, or how to begin.
    func tile(address: String) -> Tile {
        let cards = board.cards
        let servers = board.servers
        if cards.isEmpty && servers.isEmpty {
            let line =
                #"{"model":"chat","version":"1","id":"a1","features":{"length":42},"output":"yes"}"#
            return Tile(
                "models", .empty, Phrase("tile.models.empty"),
                command: "curl -X POST \(address)/api/martlet/v1/predictions -d '\(line)'")
        }
        let verdicts = cards.map(\.verdict)
        let facts = [
            Tile.Fact("models.versions", Double(cards.count), "count"),
            Tile.Fact(
                "models.answers", Double(cards.reduce(0) { $0 + ($1.watching?.rows ?? 0) }), "count"
            ),
        ]
        for state in [Tile.State.bad, .warn] {
            if let worst = verdicts.first(where: { $0.state == state }) {
                return Tile("models", state, worst.phrase, facts: facts)
            }
        }
        let lost = servers.filter { $0.kind == nil }.count
        if lost > 0 {
            return Tile("models", .warn, Phrase("tile.models.lost", ["count": "\(lost)"]))
        }
        let watched = verdicts.count { $0.state == .ok }
        if watched == 0 {
            return Tile("models", .ok, Phrase("tile.models.gathering"), facts: facts)
        }
        return Tile("models", .ok, Phrase("tile.models.ok", ["count": "\(watched)"]), facts: facts)
    }
}
