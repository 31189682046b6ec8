// One look: two tables, every column compared, Benjamini-Hochberg over the columns, the portfolio over the
// numeric ones, the same per segment, and the explanation: which columns, in which direction, which rows.

internal import Algebra
public import Basics
internal import Dispatch
internal import Glibc

/// How a look is done.
public struct DriftOptions: Sendable {
    /// The share of false alarms among the alarms of a look that is allowed.
    public var level = 0.05
    /// A column whose values define segments; compared value by value.
    public var segment: String?
    /// Columns that are not compared, such as identifiers.
    public var ignored: Set<String> = []
    public var permutations = 200
    public var seed: UInt64 = 1
    /// Whether the portfolio runs.
    public var hasPortfolio = true
    /// Whether data quality is looked at, too.
    public var checksData = true

    public init() {}
}

/// What a column's comparison found.
public enum ColumnComparison: Sendable {
    case numeric(NumericDrift)
    case categorical(CategoricalDrift)
    case text(TextDrift)
    /// No value on one side: no verdict.
    case noData
    /// The kinds differ; data quality reports it.
    case kindsDiffer

    /// The p-value that decides; nil without a verdict.
    public var probability: Probability? {
        switch self {
        case .numeric(let drift): drift.probability
        case .categorical(let drift): drift.probability
        case .text(let drift): drift.probability
        case .noData, .kindsDiffer: nil
        }
    }
}

/// A column in a look.
public struct ColumnDrift: Sendable {
    public var name: String
    public var kind: ColumnKind
    public var comparison: ColumnComparison
    /// After Benjamini-Hochberg over the columns of the look; nil without a verdict.
    public var adjusted: Double?
    public var isDrifted: Bool
    /// The share of the classifier's weights and of the reconstruction error, when in the portfolio.
    public var classifierShare: Double?
    public var reconstructionShare: Double?

    /// What happened, as a sentence key: `drift.direction.up`, `.down`, `.wider`, `.narrower`, `.shape`,
    /// `.new_category`, `.shares`, `.text`.
    public var direction: Phrase {
        switch comparison {
        case .numeric(let drift):
            let spread = max(drift.referenceDeviation, 1e-300)
            let shift = (drift.currentMean - drift.referenceMean) / spread
            let ratio = drift.currentDeviation / spread
            let arguments = [
                "column": name, "shift": numberText((shift * 100).rounded() / 100),
                "ratio": numberText((ratio * 100).rounded() / 100),
            ]
            // A change of the spread is named when it outweighs the change of the mean.
            if abs(log(max(ratio, 1e-9))) > 1.5 * abs(shift) {
                return Phrase(
                    ratio > 1 ? "drift.direction.wider" : "drift.direction.narrower", arguments)
            }
            if abs(shift) < 0.02 { return Phrase("drift.direction.shape", arguments) }
            return Phrase(shift > 0 ? "drift.direction.up" : "drift.direction.down", arguments)
        case .categorical(let drift):
            if let new = drift.newCategories.first {
                return Phrase("drift.direction.new_category", ["column": name, "category": new])
            }
            let m = Double(drift.referenceTotal)
            let n = Double(drift.currentTotal)
            let moves = drift.categories.indices.map {
                Double(drift.currentCounts[$0]) / n - Double(drift.referenceCounts[$0]) / m
            }
            let most = moves.indices.max { abs(moves[$0]) < abs(moves[$1]) } ?? 0
            return Phrase(
                "drift.direction.shares",
                [
                    "column": name, "category": drift.categories[most],
                    "points": numberText((moves[most] * 1000).rounded() / 10),
                ])
        case .text(let drift):
            let all =
                drift.numeric.map { ($0.name, $0.drift.probability.log) }
                + drift.categorical.map { ($0.name, $0.drift.probability.log) }
            let most = all.min { $0.1 < $1.1 }?.0 ?? ""
            return Phrase("drift.direction.text", ["column": name, "descriptor": most])
        case .noData, .kindsDiffer: return Phrase("drift.direction.none", ["column": name])
        }
    }
}

/// A row that shows the drift: its place in the current table and its witness value.
public struct ExampleRow: Sendable, Equatable {
    public var row: Int
    /// How much more the row looks like the current sample than like the reference.
    public var witness: Double
}

/// A look at two tables.
public struct DriftReport: Sendable {
    public var referenceCount: Int
    public var currentCount: Int
    public var columns: [ColumnDrift]
    public var portfolio: PortfolioResult?
    /// The names of the portfolio's columns.
    public var portfolioColumns: [String]
    /// Why there is no portfolio, when there is none.
    public var portfolioRefusal: String?
    public var examples: [ExampleRow]
    public var dataIssues: [DataIssue]
    /// The same look per value of the segment column.
    public var segments: [(value: String, report: DriftReport)]

    /// The verdict: columns drifted, or the portfolio alarms.
    public var isDrifted: Bool {
        columns.contains { $0.isDrifted } || (portfolio?.probability ?? 1) <= 0.05
    }

    /// Drifted columns, the surest first.
    public var drifted: [ColumnDrift] {
        columns.filter(\.isDrifted).sorted { ($0.adjusted ?? 1) < ($1.adjusted ?? 1) }
    }
}

/// Compares two tables.
public func compareTables(
    reference: DataTable, current: DataTable, options: DriftOptions = DriftOptions()
) -> DriftReport {
    let names = reference.columns.map(\.name)
        .filter { current[$0] != nil && !options.ignored.contains($0) && $0 != options.segment }
    let pairs = names.compactMap { name in
        reference[name].flatMap { first in current[name].map { (first, $0) } }
    }
    let comparisons = Lock<[ColumnComparison]>(Array(repeating: .noData, count: pairs.count))
    DispatchQueue.concurrentPerform(iterations: pairs.count) { index in
        let found = compareColumns(pairs[index].0, pairs[index].1, seed: options.seed)
        comparisons.withLock { $0[index] = found }
    }
    var columns = zip(pairs, comparisons.withLock { $0 }).map { pair, comparison in
        ColumnDrift(
            name: pair.0.name, kind: pair.0.kind, comparison: comparison, adjusted: nil,
            isDrifted: false, classifierShare: nil, reconstructionShare: nil)
    }
    let judged = columns.indices.filter { columns[$0].comparison.probability != nil }
    let adjusted = Correction.benjaminiHochberg(
        judged.map { columns[$0].comparison.probability?.value ?? 1 })
    for (index, value) in zip(judged, adjusted) {
        columns[index].adjusted = value
        columns[index].isDrifted = value <= options.level
    }
    var report = DriftReport(
        referenceCount: reference.rowCount, currentCount: current.rowCount, columns: columns,
        portfolio: nil, portfolioColumns: [], portfolioRefusal: nil, examples: [],
        dataIssues: options.checksData
            ? Reason.dataIssues(reference: reference, current: current) : [], segments: [])
    if options.hasPortfolio { report.addPortfolio(reference, current, options) }
    if let segment = options.segment {
        report.addSegments(segment, reference, current, options)
    }
    return report
}

private func compareColumns(
    _ reference: DataColumn, _ current: DataColumn, seed: UInt64
) -> ColumnComparison {
    switch (reference.values, current.values) {
    case (.numbers(let a), .numbers(let b)):
        // Infinite values have no distance; they count as missing here and are left to data quality.
        return compareNumbers(
            reference: a.filter(\.isFinite), current: b.filter(\.isFinite)
        ).map { .numeric($0) } ?? .noData
    case (.categories, .categories):
        var counts: [String: (Int, Int)] = [:]
        for (name, count) in reference.categoryCounts { counts[name, default: (0, 0)].0 = count }
        for (name, count) in current.categoryCounts { counts[name, default: (0, 0)].1 = count }
        let names = counts.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return compareCounts(
            categories: names, reference: names.map { counts[$0]?.0 ?? 0 },
            current: names.map { counts[$0]?.1 ?? 0 }, seed: seed
        ).map { .categorical($0) } ?? .noData
    case (.texts(let a), .texts(let b)):
        return compareTexts(reference: a, current: b).map { .text($0) } ?? .noData
    default: return .kindsDiffer
    }
}

extension DriftReport {
    fileprivate mutating func addPortfolio(
        _ reference: DataTable, _ current: DataTable, _ options: DriftOptions
    ) {
        let names = columns.filter {
            if case .numeric = $0.comparison { return true }
            return false
        }.map(\.name)
        // One numeric column is its own portfolio.
        if names.count < 2 {
            portfolioRefusal = "fewer than two numeric columns"
            return
        }
        let first = reference.matrix(names)
        let second = current.matrix(names)
        do {
            let result = try Reason.portfolio(
                reference: first.rows, current: second.rows, standardises: true,
                permutations: options.permutations, seed: options.seed)
            portfolio = result
            portfolioColumns = names
            for (place, name) in names.enumerated() {
                guard let index = columns.firstIndex(where: { $0.name == name }) else { continue }
                columns[index].classifierShare = result.classifier.columnShares[place]
                columns[index].reconstructionShare = result.reconstruction.columnShares[place]
            }
            // Rows of the kernel test are all rows unless it sampled.
            let m = min(first.rows.rows, kernelRowsMax)
            if second.rows.rows <= kernelRowsMax {
                let witness = result.kernel.witness.dropFirst(m)
                examples = zip(second.places, witness).map {
                    ExampleRow(row: $0, witness: Double($1))
                }.sorted { $0.witness > $1.witness }.prefix(5).map { $0 }
            }
        } catch {
            portfolioRefusal = error.description
        }
    }

    fileprivate mutating func addSegments(
        _ segment: String, _ reference: DataTable, _ current: DataTable, _ options: DriftOptions
    ) {
        guard let before = reference[segment], let after = current[segment] else { return }
        var inner = options
        inner.segment = nil
        inner.ignored.insert(segment)
        inner.hasPortfolio = false
        let values = Set((0..<before.count).compactMap { before.text($0) })
            .intersection((0..<after.count).compactMap { after.text($0) })
        // More segments than this are identifiers, not segments.
        let segmentsMax = 50
        for value in values.sorted().prefix(segmentsMax) {
            let first = (0..<before.count).filter { before.text($0) == value }
            let second = (0..<after.count).filter { after.text($0) == value }
            if min(first.count, second.count) < portfolioRowsMin { continue }
            segments.append(
                (
                    value,
                    compareTables(
                        reference: reference.selecting(first), current: current.selecting(second),
                        options: inner)
                ))
        }
    }
}
