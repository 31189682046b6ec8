// Pairs that were made elsewhere, as a table: a row a request, the sides' answers and figures in
// columns. What a column is follows from its name; unknown ones may be named as slices and are otherwise
// let be. The judge is the same as in the path.

internal import Basics
internal import Bytes

/// Which columns hold what.
public struct PairsColumns: Sendable {
    public var primary = "primary"
    public var candidate = "candidate"
    public var label = "label"
    public var id = "id"
    public var slices: [String] = []

    public init() {}
}

/// Why a table cannot be judged.
public struct PairsTableError: Error, Equatable, CustomStringConvertible {
    public var description: String
}

/// A table of pairs.
public struct PairsTable: Sendable {
    public let outcomes: [PairOutcome]
    /// False when there are only figures, such as latencies.
    public let hasAnswers: Bool

    /// Figures of both sides: `primary_NAME` and `candidate_NAME`.
    private static let ratios: [(String, Metric)] = [
        ("latency", .latency), ("ttft", .ttft), ("tpot", .tpot), ("tokens", .tokens),
        ("cost", .cost), ("length", .length),
    ]
    /// 1 is bad for the first, good for the others.
    private static let shares: [(String, Metric, isBad: Bool)] = [
        ("error", .errors, true), ("score", .feedback, false), ("format", .format, false),
        ("refusal", .refusal, true),
    ]

    /// Reads a CSV file.
    public init(
        _ bytes: [UInt8], columns: PairsColumns, options: ComparisonOptions
    ) throws(PairsTableError) {
        let kinds = [columns.id: CSVKind.text]
        let table: CSVTable
        do { table = try CSVTable(bytes, kinds: kinds) } catch {
            throw PairsTableError(description: error.description)
        }
        let cells = Cells(table)
        let comparison = Comparison(options)
        for name in columns.slices where table[name] == nil {
            throw PairsTableError(
                description: "no column \"\(name)\" to slice by; there are "
                    + table.columns.map(\.name).joined(separator: ", "))
        }
        let hasAnswers = table[columns.primary] != nil && table[columns.candidate] != nil
        self.hasAnswers =
            hasAnswers || table["similarity"] != nil || table["cosine"] != nil
            || table["primary_score"] != nil
        let figures = (Self.ratios.map(\.0) + Self.shares.map(\.0)).filter {
            table["primary_\($0)"] != nil && table["candidate_\($0)"] != nil
        }
        let hasNearness = table["similarity"] != nil || table["cosine"] != nil
        guard hasAnswers || !figures.isEmpty || hasNearness else {
            throw PairsTableError(
                description: "nothing to judge: columns \"\(columns.primary)\" and "
                    + "\"\(columns.candidate)\" are needed (name yours with --primary and "
                    + "--candidate), or pairs such as primary_latency and candidate_latency")
        }
        outcomes = (0..<table.rowCount).map { row in
            var outcome = PairOutcome(
                id: cells.text(columns.id, row) ?? "row-\(row + 1)", time: Millis(row))
            outcome.slices = columns.slices.compactMap { name in
                cells.text(name, row).map { Slice(name, $0) }
            }
            if hasAnswers { cells.judgeAnswers(columns, row, comparison, &outcome) }
            for (name, metric) in Self.ratios {
                if let a = cells.number("primary_\(name)", row),
                    let b = cells.number("candidate_\(name)", row),
                    let reading = Reading.ratio(metric, primary: a, candidate: b)
                {
                    outcome.readings.append(reading)
                }
            }
            for (name, metric, isBad) in Self.shares {
                if let a = cells.number("primary_\(name)", row),
                    let b = cells.number("candidate_\(name)", row)
                {
                    outcome.readings.append(
                        .difference(
                            metric, primary: isBad ? 1 - a : a, candidate: isBad ? 1 - b : b))
                }
            }
            for (name, metric) in [("similarity", Metric.similarity), ("cosine", .cosine)] {
                if let score = cells.number(name, row) {
                    outcome.readings.append(.nearness(metric, score))
                }
            }
            outcome.badness = outcome.readings.reduce(0) { $0 + max(-$1.gain, 0) }
            return outcome
        }
    }
}

/// The cells of a table by name and row.
private struct Cells {
    private let columns: [String: CSVColumn.Values]

    init(_ table: CSVTable) {
        columns = Dictionary(uniqueKeysWithValues: table.columns.map { ($0.name, $0.values) })
    }

    func number(_ name: String, _ row: Int) -> Double? {
        guard case .numbers(let values) = columns[name], values[row].isFinite else { return nil }
        return values[row]
    }

    func text(_ name: String, _ row: Int) -> String? {
        switch columns[name] {
        case .numbers(let values):
            guard values[row].isFinite else { return nil }
            return Int(exactly: values[row]).map(String.init) ?? "\(values[row])"
        case .categories(let codes, let names):
            return codes[row] < 0 ? nil : names[Int(codes[row])]
        case .texts(let texts): return texts[row]
        case nil: return nil
        }
    }

    /// Fractions are numbers, everything else is a class.
    private func isNumeric(_ name: String) -> Bool {
        guard case .numbers(let values) = columns[name] else { return false }
        return values.contains { $0.isFinite && $0 != $0.rounded() }
    }

    func judgeAnswers(
        _ named: PairsColumns, _ row: Int, _ comparison: Comparison,
        _ outcome: inout PairOutcome
    ) {
        let label = text(named.label, row)
        outcome.label = label
        if isNumeric(named.primary) || isNumeric(named.candidate) {
            guard let a = number(named.primary, row), let b = number(named.candidate, row) else {
                return
            }
            outcome.numbers = (a, b)
            let options = comparison.options
            let reach = options.absoluteTolerance + options.relativeTolerance * abs(a)
            outcome.readings.append(
                .difference(.agreement, primary: 1, candidate: abs(a - b) <= reach ? 1 : 0))
        } else {
            guard let a = text(named.primary, row), let b = text(named.candidate, row) else {
                return
            }
            outcome.classes = (a, b)
            outcome.readings.append(
                .difference(.agreement, primary: 1, candidate: a == b ? 1 : 0))
        }
        if let label { comparison.join(label, to: &outcome) }
    }
}
