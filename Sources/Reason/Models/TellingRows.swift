// The rows that tell most of a finding. For drift: rows whose values in the moved columns are commonest
// now against the reference, as a product of ratios of the two histograms (a density ratio, as a
// classifier of then against now would learn, but one that can be read column by column). For worse
// answers: the surest wrong ones. For broken data: rows with the most values that the reference has not.
// Rows alike in all shown columns count once, so that five rows tell five things.

public import Basics
internal import Glibc

/// A row that tells of a finding.
public struct TellingRow: Sendable, Equatable {
    /// What a row has in one column.
    public struct Cell: Sendable, Equatable {
        public var column: String
        /// Empty when the value is missing.
        public var value: String
        /// How many times as common the value's bin is now as in the reference; nil without histogram.
        public var ratio: Double?
    }

    public var id: String
    public var time: Millis
    public var segment: String
    public var cells: [Cell]
    /// For drift the product of the ratios, for quality how wrong the answer is, for data the number of
    /// odd values.
    public var score: Double
    /// The true label, where it is known.
    public var label: String?
}

/// What the rows should tell.
public enum Telling: Sendable, Equatable {
    case drift, quality, data
}

/// Finds telling rows of a version.
public struct TellingRows: Sendable {
    /// Rows that are shown for a finding.
    public static let rowsMax = 5
    /// Columns that are shown of a row.
    public static let columnsMax = 8

    private let reference: ModelReference

    public init(_ reference: ModelReference) { self.reference = reference }

    /// The most telling rows of `block`, the most telling first.
    ///
    /// - Parameters:
    ///   - columns: those that moved; for quality and data they come first, if any.
    ///   - labels: the true label of every row that has one.
    public func rows(
        _ telling: Telling, of block: PredictionBlock, columns: [String], labels: [String?]
    ) -> [TellingRow] {
        let table = DataTable(block, centres: reference.centres)
        let profiles = Dictionary(
            table.columns.map { ($0.name, ColumnProfile($0)) }, uniquingKeysWith: { $1 })
        let ranked = columns + reference.watched.filter { !columns.contains($0) }
        let shown = ranked.prefix(
            telling == .drift
                ? min(max(columns.count, 4), TellingRows.columnsMax)
                : TellingRows.columnsMax
        ).compactMap { table[$0] }
        let scales = shown.map { column in
            RatioScale(
                reference: reference.profiles[column.name], current: profiles[column.name])
        }
        let scores = scores(
            telling, block, labels, shown, scales, Set(columns.isEmpty ? ranked : columns))
        let segments = block.segments
        let order = scores.indices.filter { scores[$0] > 0 }
            .sorted { (scores[$1], $0) < (scores[$0], $1) }
        let count = telling == .drift ? max(columns.count, 1) : shown.count
        return different(order, shown, scales, in: count).map { row in
            TellingRow(
                id: block.ids[row], time: block.times[row], segment: segments[row],
                cells: zip(shown, scales).map { column, scale in
                    TellingRow.Cell(
                        column: column.name, value: column.shown(row),
                        ratio: scale.ratio(column, row))
                }, score: scores[row], label: labels.isEmpty ? nil : labels[row])
        }
    }

    /// The first rows that differ in the bins of the first `count` columns; where these are too few, then
    /// those that differ in any.
    private func different(
        _ order: [Int], _ shown: [DataColumn], _ scales: [RatioScale], in count: Int
    ) -> [Int] {
        var found: [Int] = []
        for width in [min(count, shown.count), shown.count] {
            var seen = Set(found.map { places($0, shown, scales, width) })
            for row in order where found.count < TellingRows.rowsMax && !found.contains(row) {
                if seen.insert(places(row, shown, scales, width)).inserted { found.append(row) }
            }
        }
        return found.sorted { order.firstIndex(of: $0) ?? 0 < order.firstIndex(of: $1) ?? 0 }
    }

    private func places(
        _ row: Int, _ shown: [DataColumn], _ scales: [RatioScale], _ width: Int
    ) -> [Int] {
        zip(shown, scales).prefix(width).map { $1.place($0, row) }
    }

    private func scores(
        _ telling: Telling, _ block: PredictionBlock, _ labels: [String?],
        _ shown: [DataColumn], _ scales: [RatioScale], _ moved: Set<String>
    ) -> [Double] {
        let used = zip(shown, scales).filter { moved.contains($0.0.name) }
        switch telling {
        case .drift:
            return (0..<block.count).map { row in
                let product = used.reduce(1) { $0 * ($1.1.ratio($1.0, row) ?? 1) }
                // What is no commoner now than then tells nothing.
                return product > 1 ? product : 0
            }
        case .data:
            return (0..<block.count).map { row in
                used.reduce(0) { $0 + ($1.1.isOdd($1.0, row) ? 1 : 0) }
            }
        case .quality:
            return wrongness(block, labels)
        }
    }
}

/// How wrong each answer is: the confidence of a wrong class, the size of an error; 0 where the answer
/// is right or the label unknown.
private func wrongness(_ block: PredictionBlock, _ labels: [String?]) -> [Double] {
    guard labels.count == block.count, let answers = JudgedAnswers(block, labels: labels) else {
        return Array(repeating: 0, count: block.count)
    }
    return labels.indices.map { row in
        guard let label = labels[row] else { return 0 }
        switch answers.kind {
        case .numbers:
            let error = Double(label).map { abs($0 - answers.numbers[row]) } ?? 0
            return error.isFinite ? error : 0
        case .binary(let positive):
            guard let answer = answers.classes[row], answer != label else { return 0 }
            let score = answers.scores[row]
            return score.isNaN ? 0.5 : answer == positive ? score : 1 - score
        case .classes:
            guard let answer = answers.classes[row], answer != label else { return 0 }
            let score = row < answers.scores.count ? answers.scores[row] : .nan
            return score.isNaN ? 0.5 : score
        }
    }
}

extension DataColumn {
    /// A value in a few characters.
    fileprivate func shown(_ row: Int) -> String {
        if let value = numbers?[row] {
            if value.isNaN { return "" }
            let scale = value == 0 ? 1 : pow(10, 3 - log10(abs(value)).rounded(.down))
            return scale.isFinite
                ? numberText((value * scale).rounded() / scale) : numberText(value)
        }
        return text(row).map { String($0.prefix(60)) } ?? ""
    }
}
