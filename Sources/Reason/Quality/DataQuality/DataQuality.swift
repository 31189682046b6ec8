// Whether the rows themselves are sound, before anybody asks about drift: columns that came or went,
// types that changed, missing, unseen and out-of-range values, duplicate rows. A rise of a share is
// reported when chance does not explain it and when it is large enough to matter.

internal import Algebra
public import Basics
internal import Glibc

/// What may be wrong with a column or a table.
public enum DataIssueKind: String, Sendable, CaseIterable {
    case missingColumn = "missing_column"
    case newColumn = "new_column"
    case typeChanged = "type_changed"
    case missingValues = "missing_values"
    case unseenValues = "unseen_values"
    case outOfRange = "out_of_range"
    case duplicateRows = "duplicate_rows"
}

/// One thing that is wrong.
public struct DataIssue: Sendable, Equatable {
    public var kind: DataIssueKind
    /// Empty when it concerns whole rows.
    public var column: String
    /// Shares of the rows concerned; 0 or 1 for schema issues.
    public var referenceShare: Double
    public var currentShare: Double
    public var probability: Probability
    /// Up to five example values.
    public var examples: [String]

    /// The sentence that says it.
    public var phrase: Phrase {
        Phrase(
            "quality.data.\(kind.rawValue)",
            [
                "column": column, "before": numberText((referenceShare * 1000).rounded() / 10),
                "now": numberText((currentShare * 1000).rounded() / 10),
                "examples": examples.joined(separator: ", "),
            ])
    }
}

/// A rise of a share counts from half a percent on, however sure it is.
private let riseMin = 0.005

/// A share of surprise below which a rise counts.
private let levelMax = 0.01

/// Compares the soundness of two tables.
public func dataIssues(reference: DataTable, current: DataTable) -> [DataIssue] {
    var issues: [DataIssue] = []
    func schema(_ kind: DataIssueKind, _ column: String, _ examples: [String] = []) {
        issues.append(
            DataIssue(
                kind: kind, column: column, referenceShare: kind == .newColumn ? 0 : 1,
                currentShare: kind == .missingColumn ? 0 : 1, probability: Probability(log: -700),
                examples: examples))
    }
    for column in reference.columns {
        guard let other = current[column.name] else {
            schema(.missingColumn, column.name)
            continue
        }
        let before = column.missingShare
        let now = other.missingShare
        if let issue = risen(
            .missingValues, column.name, before, reference.rowCount, now, current.rowCount, [])
        {
            issues.append(issue)
        }
        switch (column.values, other.values) {
        case (.numbers(let a), .numbers(let b)):
            let known = a.filter { !$0.isNaN }
            guard let low = known.min(), let high = known.max() else { continue }
            let outside = b.filter { $0 < low || $0 > high }
            // Of n fresh rows without drift 2/(m+1) leave the range of m rows.
            let expected = 2 / Double(known.count + 1)
            let count = b.filter { !$0.isNaN }.count
            if count > 0, !outside.isEmpty {
                let share = Double(outside.count) / Double(count)
                let tail = Binomial.logTail(outside.count, count, expected)
                // The range itself is an estimate, which triples the spread at most.
                if tail < 3 * log(levelMax) && share >= expected + riseMin {
                    issues.append(
                        DataIssue(
                            kind: .outOfRange, column: column.name, referenceShare: 0,
                            currentShare: share, probability: Probability(log: tail),
                            examples: outside.prefix(5).map { numberText($0) }))
                }
            }
        case (.categories, .categories):
            let seen = Set(column.names)
            let unseen = other.categoryCounts.filter { !seen.contains($0.name) }
            let count = unseen.reduce(0) { $0 + $1.count }
            let total = other.categoryCounts.reduce(0) { $0 + $1.count }
            if count > 0 && total > 0 {
                issues.append(
                    DataIssue(
                        kind: .unseenValues, column: column.name, referenceShare: 0,
                        currentShare: Double(count) / Double(total),
                        probability: Probability(log: -700),
                        examples: unseen.sorted { $0.count > $1.count }.prefix(5).map(\.name)))
            }
        case (.texts, .texts): break
        case (.embeddings(let a), .embeddings(let b)) where a.dimensions == b.dimensions: break
        case (.embeddings(let a), .embeddings(let b)):
            schema(.typeChanged, column.name, ["\(a.dimensions) → \(b.dimensions) dimensions"])
        default:
            schema(.typeChanged, column.name, ["\(column.kind.rawValue) → \(other.kind.rawValue)"])
        }
    }
    for column in current.columns where reference[column.name] == nil {
        schema(.newColumn, column.name)
    }
    if let issue = risen(
        .duplicateRows, "", reference.duplicateShare, reference.rowCount, current.duplicateShare,
        current.rowCount, [])
    {
        issues.append(issue)
    }
    return issues
}

/// A share that rose by more than chance explains: a two-sample comparison of counts.
private func risen(
    _ kind: DataIssueKind, _ column: String, _ before: Double, _ m: Int, _ now: Double, _ n: Int,
    _ examples: [String]
) -> DataIssue? {
    if m == 0 || n == 0 || now < before + riseMin { return nil }
    let a = Int((before * Double(m)).rounded())
    let b = Int((now * Double(n)).rounded())
    guard
        let drift = compareCounts(
            categories: ["no", "yes"], reference: [m - a, a], current: [n - b, b])
    else { return nil }
    if drift.probability.value > levelMax { return nil }
    return DataIssue(
        kind: kind, column: column, referenceShare: before, currentShare: now,
        probability: drift.probability, examples: examples)
}
