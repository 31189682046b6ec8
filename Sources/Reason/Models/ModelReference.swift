// What a model version is held against: a data set that the configuration names, or, without one, the
// first full week or the first 2,000 answers, whichever is complete first; the page says which. A
// reference that was gathered is kept as rows, because figures on labelled rows need them.

public import Basics

/// Where a reference comes from.
public enum ReferenceOrigin: Sendable, Equatable {
    case file(String)
    /// The first answers of the version itself.
    case firstAnswers(from: Millis, through: Millis)

    /// The sentence for the page.
    public func phrase(rows: Int) -> Phrase {
        switch self {
        case .file(let path):
            Phrase("models.reference.file", ["file": path, "rows": "\(rows)"])
        case .firstAnswers(let from, let through):
            Phrase(
                "models.reference.first",
                [
                    "rows": "\(rows)", "from": CivilTime(from).dateText,
                    "through": CivilTime(through).dateText,
                ])
        }
    }
}

/// A complete reference of one segment (or of all rows).
public struct ModelReference: Sendable {
    /// Answers after which a gathered reference is complete.
    public static let rowsMax = 2000
    /// After a week it is complete with fewer, but not with less than this.
    public static let rowsMin = 200
    public static let weekMillis: Millis = 7 * 86_400_000
    /// Rows that comparisons with rows (not with profiles) take.
    static let tableRowsMax = 5000

    public let origin: ReferenceOrigin
    public let block: PredictionBlock
    public let centres: VectorCentres
    public let table: DataTable
    public let profiles: [String: ColumnProfile]
    public var rows: Int { block.count }

    public init(_ block: PredictionBlock, origin: ReferenceOrigin) {
        self.origin = origin
        self.block = block
        centres = VectorCentres(block)
        let whole = DataTable(block, centres: centres)
        profiles = Dictionary(
            whole.columns.map { ($0.name, ColumnProfile($0)) }, uniquingKeysWith: { $1 })
        table = whole.rowCount > ModelReference.tableRowsMax ? thinned(whole) : whole
    }

    /// The columns that can be watched: not those in which nearly every value is its own.
    public var watched: [String] {
        table.columns.filter { column in
            if case .categories = column.values {
                return column.categoryCounts.count * 2 < max(table.rowCount, 1)
            }
            return column.missingShare < 1
        }.map(\.name)
    }

    /// The rows of one segment; nil when there are too few of them.
    public func segment(_ name: String) -> ModelReference? {
        let segments = block.segments
        let rows = segments.indices.filter { segments[$0] == name }
        if rows.count < ModelReference.rowsMin / 2 { return nil }
        return ModelReference(block.selecting(rows), origin: origin)
    }

    /// Whether gathered rows are a reference now.
    public static func isComplete(rows: Int, since: Millis, now: Millis) -> Bool {
        rows >= rowsMax || rows >= rowsMin && now - since >= weekMillis
    }
}

/// Every n-th row.
private func thinned(_ table: DataTable) -> DataTable {
    let step = Double(table.rowCount) / Double(ModelReference.tableRowsMax)
    return table.selecting((0..<ModelReference.tableRowsMax).map { Int(Double($0) * step) })
}
