// The comparison of two tables: every column by its kind (a text with the embedding that accompanies it
// as one), Benjamini-Hochberg over the columns, the portfolio over the numeric ones, the same per segment.

internal import Algebra
internal import Basics
internal import Dispatch

/// Compares two tables.
public func compareTables(
    reference: DataTable, current: DataTable, options: DriftOptions = DriftOptions()
) -> DriftReport {
    var report = comparedColumns(reference, current, options)
    if options.hasPortfolio { report.addPortfolio(reference, current, options) }
    report.judge(options)
    if let segment = options.segment {
        report.addSegments(segment, reference, current, options)
    }
    return report
}

/// The columns' comparisons, not corrected yet.
private func comparedColumns(
    _ reference: DataTable, _ current: DataTable, _ options: DriftOptions
) -> DriftReport {
    let companions = textCompanions(reference, current, options)
    let absorbed = Set(companions.values)
    let names = reference.columns.map(\.name).filter {
        current[$0] != nil && !options.ignored.contains($0) && $0 != options.segment
            && !absorbed.contains($0)
    }
    let pairs = names.compactMap { name in
        reference[name].flatMap { first in current[name].map { (first, $0) } }
    }
    let comparisons = Lock<[ColumnComparison]>(Array(repeating: .noData, count: pairs.count))
    DispatchQueue.concurrentPerform(iterations: pairs.count) { index in
        let (first, second) = pairs[index]
        var found = compareColumns(first, second, options)
        if case .text(let drift) = found, let name = companions[first.name],
            let before = reference[name]?.embeddings, let after = current[name]?.embeddings
        {
            found = .text(
                drift.joined(
                    with: compareEmbeddings(
                        reference: before, current: after, permutations: options.permutations,
                        seed: options.seed)))
        }
        comparisons.withLock { $0[index] = found }
    }
    return DriftReport(
        referenceCount: reference.rowCount, currentCount: current.rowCount,
        columns: zip(pairs, comparisons.withLock { $0 }).map { pair, comparison in
            ColumnDrift(
                name: pair.0.name, kind: pair.0.kind, comparison: comparison, adjusted: nil,
                isDrifted: false, classifierShare: nil, reconstructionShare: nil)
        },
        portfolio: nil, portfolioColumns: [], portfolioRefusal: nil, examples: [],
        dataIssues: options.checksData
            ? Reason.dataIssues(reference: reference, current: current) : [], segments: [],
        columnsLevel: options.level, portfolioLevel: 0)
}

/// For every text column the embedding column that accompanies it: `prompt` and `prompt_embedding`.
private func textCompanions(
    _ reference: DataTable, _ current: DataTable, _ options: DriftOptions
) -> [String: String] {
    var found: [String: String] = [:]
    for text in reference.columns where text.kind == .text && !options.ignored.contains(text.name) {
        let companion = reference.columns.first { column in
            column.kind == .embedding && current[column.name]?.kind == .embedding
                && !options.ignored.contains(column.name) && column.name.hasPrefix(text.name)
                && ["_", ".", "-"].contains(column.name.dropFirst(text.name.count).prefix(1))
        }
        if let companion { found[text.name] = companion.name }
    }
    return found
}

private func compareColumns(
    _ reference: DataColumn, _ current: DataColumn, _ options: DriftOptions
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
            current: names.map { counts[$0]?.1 ?? 0 }, seed: options.seed
        ).map { .categorical($0) } ?? .noData
    case (.texts(let a), .texts(let b)):
        return compareTexts(reference: a, current: b).map { .text($0) } ?? .noData
    case (.embeddings(let a), .embeddings(let b)):
        if a.dimensions != b.dimensions && a.dimensions > 0 && b.dimensions > 0 {
            return .kindsDiffer
        }
        return compareEmbeddings(
            reference: a, current: b, permutations: options.permutations, seed: options.seed
        ).map { .embedding($0) } ?? .noData
    default: return .kindsDiffer
    }
}

extension DriftReport {
    /// Divides the level and corrects the columns for their number.
    fileprivate mutating func judge(_ options: DriftOptions) {
        let judged = columns.indices.filter { columns[$0].comparison.probability != nil }
        let share = portfolio == nil ? 1 : judged.isEmpty ? 0 : options.columnsShare
        columnsLevel = options.level * share
        portfolioLevel = portfolio == nil ? 0 : options.level - columnsLevel
        let adjusted = Correction.benjaminiHochberg(
            judged.map { columns[$0].comparison.probability?.value ?? 1 })
        for (index, value) in zip(judged, adjusted) {
            columns[index].adjusted = value
            columns[index].isDrifted = value <= columnsLevel
        }
        let surest = columns.filter(\.isDrifted).min { ($0.adjusted ?? 1) < ($1.adjusted ?? 1) }
        // Rows that show the surest drift of vectors say more than those of the numbers.
        switch surest?.comparison {
        case .embedding(let drift): examples = drift.examples
        case .text(let drift): examples = drift.embedding?.examples ?? examples
        default: break
        }
    }

    fileprivate mutating func addPortfolio(
        _ reference: DataTable, _ current: DataTable, _ options: DriftOptions
    ) {
        let names = columns.filter {
            if case .numeric = $0.comparison { return true }
            return false
        }.map(\.name)
        // One numeric column is its own portfolio.
        if names.count < 2 {
            portfolioRefusal = Phrase("drift.portfolio.few_columns")
            return
        }
        let first = reference.matrix(names, most: portfolioRowsMax, seed: options.seed &+ 21)
        let second = current.matrix(names, most: portfolioRowsMax, seed: options.seed &+ 22)
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
            examples = witnessRows(result, referenceRows: first.rows.rows, places: second.places)
        } catch {
            portfolioRefusal = error.phrase
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
        inner.checksData = false
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
                    comparedColumns(
                        reference.selecting(first), current.selecting(second), inner)
                ))
        }
        correctSegments(options.level)
    }

    /// One correction over the columns of all segments: fifty segments are fifty looks in one.
    private mutating func correctSegments(_ level: Double) {
        var places: [(segment: Int, column: Int)] = []
        var values: [Double] = []
        for (index, segment) in segments.enumerated() {
            for (column, drift) in segment.report.columns.enumerated() {
                guard let probability = drift.comparison.probability else { continue }
                places.append((index, column))
                values.append(probability.value)
            }
        }
        for (place, value) in zip(places, Correction.benjaminiHochberg(values)) {
            segments[place.segment].report.columns[place.column].adjusted = value
            segments[place.segment].report.columns[place.column].isDrifted = value <= level
        }
    }
}

/// The most rows on each side that the portfolio over numeric columns takes; more are sampled: twenty
/// thousand see a shift of 3 % of a deviation, and more would cost memory, not blindness.
private let portfolioRowsMax = 20_000

extension DataTable {
    /// The numeric columns of these names as rows without missing values, at most so many, sampled.
    fileprivate func matrix(
        _ names: [String], most: Int, seed: UInt64
    ) -> (rows: Matrix, places: [Int]) {
        let whole = matrix(names)
        if whole.places.count <= most { return whole }
        let kept = sampledRows(whole.places.count, most, seed: seed)
        return (whole.rows.selecting(rows: kept), kept.map { whole.places[$0] })
    }
}

extension PortfolioError {
    /// The refusal as a sentence of the pages.
    var phrase: Phrase {
        switch self {
        case .tooFewRows(let needed, let reference, let current):
            Phrase(
                "drift.portfolio.few_rows",
                [
                    "needed": "\(needed)", "reference": "\(reference)", "current": "\(current)",
                ])
        case .noColumns: Phrase("drift.portfolio.few_columns")
        case .algebra(let error): Phrase("drift.portfolio.numbers", ["reason": error.description])
        }
    }
}
