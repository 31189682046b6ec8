// `/api/martlet/v1/models/examples?finding=ID`: the rows that tell most of a finding, read anew from the
// kept predictions, so that they are there as long as these are. Prompts and answers stand beside a row
// only where the configuration keeps them, and then as they are kept: masked.

internal import Basics
internal import Bytes
public import Carry
public import Keep
internal import Reason

/// The end point of example rows.
public struct TellingRowsAPI: Sendable {
    /// Rows of a finding that are read; the first after its begin.
    private static let rowsMax = 3000

    private let board: ModelBoard
    private let findings: FindingLog
    private let keeper: PredictionKeeper
    /// Whether a model's texts may be shown: what was kept once may be forbidden now.
    private let keepsTexts: @Sendable (_ model: String) -> Bool

    public init(
        board: ModelBoard, findings: FindingLog, keeper: PredictionKeeper,
        keepsTexts: @escaping @Sendable (String) -> Bool
    ) {
        self.board = board
        self.findings = findings
        self.keeper = keeper
        self.keepsTexts = keepsTexts
    }

    public var routes: [Route] {
        [
            Route(["GET"], "/api/martlet/v1/models/examples", .slow) { request in
                answering { try examples(request) }
            }
        ]
    }

    private func examples(_ request: HTTPRequest) throws -> HTTPResponse {
        guard let id = request.parameter("finding"), !id.isEmpty else {
            throw BadParameter("finding", "must be given: the id of a finding of a model")
        }
        guard let finding = try findings.finding(id),
            let telling = telling(finding), let model = finding.labels["model"],
            let version = finding.labels["version"]
        else { throw BadParameter("finding", "no finding of a model has this id") }
        let card = board.cards.first { $0.key.model == model && $0.key.version == version }
        let segment = finding.labels["segment"] ?? ""
        guard let watching = card?.watching,
            let scope = watching.scopes.first(where: { $0.segment == segment })
        else { return answer([], nil) }
        let range = TimeRange(from: finding.start, through: finding.end ?? .max)
        let blocks = try keeper.predictions(
            model, version: version, range: range, rowsMax: TellingRowsAPI.rowsMax,
            // Worse answers are sought where labels are newest, drift where it began.
            isNewest: telling == .quality)
        guard var block = PredictionBlock.joining(blocks) else { return answer([], nil) }
        if !segment.isEmpty {
            let segments = block.segments
            block = block.selecting(segments.indices.filter { segments[$0] == segment })
        }
        let labels = joinedLabels(
            block, try keeper.labels(model, arrivedSince: finding.start))
        let columns = moved(finding, in: scope)
        let rows = TellingRows(scope.reference).rows(
            telling, of: block, columns: columns, labels: labels)
        return answer(rows, keepsTexts(model) ? block : nil)
    }

    private func telling(_ finding: Finding) -> Telling? {
        switch finding.id.split(separator: "/").first {
        case "drift": .drift
        case "quality": .quality
        case "data": .data
        default: nil
        }
    }

    /// The columns that a finding names, those of its evidence first.
    private func moved(_ finding: Finding, in scope: ModelScope) -> [String] {
        let named = finding.evidence.compactMap { $0.arguments["column"] }
        var seen: Set<String> = []
        return named.filter { scope.watched.contains($0) && seen.insert($0).inserted }
    }

    private func answer(_ rows: [TellingRow], _ block: PredictionBlock?) -> HTTPResponse {
        success(capacity: 8192) { writer in
            writer.beginArray()
            for row in rows {
                writer.beginObject()
                writer.field("id", row.id)
                writer.key("time")
                writer.seconds(row.time)
                writer.field("segment", row.segment)
                writer.key("score")
                writer.number(row.score)
                if let label = row.label { writer.field("label", label) }
                writer.key("cells")
                writer.beginArray()
                for cell in row.cells {
                    writer.beginObject()
                    writer.field("column", cell.column)
                    writer.field("value", cell.value)
                    writer.key("ratio")
                    if let ratio = cell.ratio { writer.number(ratio) } else { writer.null() }
                    writer.endObject()
                }
                writer.endArray()
                if let block, let place = place(of: row, in: block) {
                    for role in [PredictionColumn.Role.prompt, .answer] {
                        if let text = block.text(role, place) { writer.field("\(role)", text) }
                    }
                }
                writer.endObject()
            }
            writer.endArray()
        }
    }

    private func place(of row: TellingRow, in block: PredictionBlock) -> Int? {
        block.times.indices.first { block.times[$0] == row.time && block.ids[$0] == row.id }
    }
}

extension PredictionBlock {
    /// The kept text of a row, shortened; nil when texts are not kept.
    fileprivate func text(_ role: PredictionColumn.Role, _ row: Int) -> String? {
        for column in columns where column.role == role {
            if case .texts(let texts) = column.values, !texts[row].isEmpty {
                return String(texts[row].prefix(400))
            }
        }
        return nil
    }
}
