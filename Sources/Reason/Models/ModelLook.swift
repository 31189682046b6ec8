// One look: a window of answers against the reference, column by column. A look is small enough to be
// kept for years; the running evidence is made of the looks alone, so an agent that starts again has
// it back by taking them once more.

public import Basics
public import Bytes
internal import Glibc

/// What a look found in one column.
public struct ColumnLook: Sendable, Equatable {
    public var name: String
    public var kind: ColumnKind
    /// The Kolmogorov-Smirnov distance, less what the sketches may err; nil without values.
    public var distance: Double?
    /// Rows with a value.
    public var rows: Int
    /// The p-value of this look alone, for the page; the verdict comes from all looks together.
    public var probability: Double?
    /// Wasserstein over the reference's spread, or the total variation of categories.
    public var effect: Double?
    public var missingShare: Double
    /// What happened; nil when nothing did.
    public var direction: Phrase?
}

/// A window of answers against the reference.
public struct ModelLook: Sendable, Equatable {
    public var from: Millis
    public var through: Millis
    public var rows: Int
    public var referenceRows: Int
    public var columns: [ColumnLook]
    /// What is wrong with the rows themselves.
    public var issues: [Phrase]

    /// Looks at a window: its profiles, and the first of its rows for what needs rows.
    public init(
        window: ModelWindow, reference: ModelReference, watched: [String]
    ) {
        from = window.from
        through = window.through
        rows = window.rows
        referenceRows = reference.rows
        var options = DriftOptions()
        options.hasPortfolio = false
        let report = compareTables(
            reference: reference.table, current: window.table, options: options)
        issues = report.dataIssues.filter { issue in
            issue.column.isEmpty || watched.contains(issue.column) || issue.kind == .newColumn
        }.map(\.phrase)
        columns = report.columns.filter { watched.contains($0.name) }.map { column in
            let profile = window.profiles[column.name]
            let distance = profile.flatMap { profile in
                reference.profiles[column.name].flatMap { profile.distance(from: $0) }
            }
            var effect: Double?
            if case .numeric(let drift) = column.comparison {
                effect = drift.wassersteinRelative.value
            }
            if case .categorical(let drift) = column.comparison { effect = drift.totalVariation }
            return ColumnLook(
                name: column.name, kind: column.kind, distance: distance,
                rows: (profile?.count ?? 0) - (profile?.missing ?? 0),
                probability: column.comparison.probability?.value,
                effect: effect.flatMap { $0.isFinite ? $0 : nil },
                missingShare: profile?.missingShare ?? 0, direction: column.direction)
        }
    }

    /// The look as compact JSON.
    public var json: JSON {
        .object([
            ("from", .number(Int(from))), ("through", .number(Int(through))),
            ("rows", .number(rows)), ("reference_rows", .number(referenceRows)),
            ("columns", .array(columns.map(\.json))),
            ("issues", .array(issues.map { phraseJSON($0) })),
        ])
    }

    /// The look that ``json`` wrote; nil when it is none.
    public init?(_ json: JSON) {
        guard let from = json["from"]?.int, let through = json["through"]?.int,
            let rows = json["rows"]?.int, let referenceRows = json["reference_rows"]?.int
        else { return nil }
        self.from = Millis(from)
        self.through = Millis(through)
        self.rows = rows
        self.referenceRows = referenceRows
        columns = (json["columns"]?.items ?? []).compactMap { ColumnLook($0) }
        issues = (json["issues"]?.items ?? []).compactMap { phrase($0) }
    }
}

extension ColumnLook {
    public var json: JSON {
        func number(_ value: Double?) -> JSON { value.map { .number($0) } ?? .null }
        return .object([
            ("name", .string(name)), ("kind", .string(kind.rawValue)),
            ("distance", number(distance)), ("rows", .number(rows)), ("p", number(probability)),
            ("effect", number(effect)), ("missing", .number(missingShare)),
            ("direction", direction.map { phraseJSON($0) } ?? .null),
        ])
    }

    init?(_ json: JSON) {
        guard let name = json["name"]?.text, let rows = json["rows"]?.int,
            let kind = json["kind"]?.text.flatMap({ ColumnKind(rawValue: $0) })
        else { return nil }
        self.init(
            name: name, kind: kind, distance: json["distance"]?.double, rows: rows,
            probability: json["p"]?.double, effect: json["effect"]?.double,
            missingShare: json["missing"]?.double ?? 0,
            direction: json["direction"].flatMap { phrase($0) })
    }
}

func phraseJSON(_ phrase: Phrase) -> JSON {
    .object([
        ("key", .string(phrase.key)),
        (
            "args",
            .object(
                phrase.arguments.sorted { $0.key < $1.key }.map { ($0.key, JSON.string($0.value)) })
        ),
    ])
}

func phrase(_ json: JSON) -> Phrase? {
    guard let key = json["key"]?.text else { return nil }
    let fields = json["args"]?.fields ?? []
    return Phrase(
        key, Dictionary(fields.map { ($0.key, $0.value.text ?? "") }, uniquingKeysWith: { $1 }))
}
