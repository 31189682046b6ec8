// A CSV file as predictions: columns with the usual names are output, label, score, probabilities,
// segment and so on; all others are features. What a file calls its columns is what pages call them.

public import Basics
public import Bytes

extension PredictionBlock {
    private static let usual: [(role: PredictionColumn.Role, names: [String])] = [
        (.label, ["label", "y", "y_true", "target", "actual", "truth"]),
        (.output, ["output", "prediction", "predicted", "y_pred"]),
        (.score, ["score", "p", "y_pred_proba", "y_score", "prob"]), (.segment, ["segment"]),
        (.latency, ["latency"]), (.firstToken, ["ttft"]), (.tokensIn, ["tokens_in"]),
        (.tokensOut, ["tokens_out"]), (.cost, ["cost"]), (.prompt, ["prompt"]),
        (.answer, ["answer", "response"]),
    ]

    /// The rows of a table; all carry one time.
    public init(_ csv: CSVTable, key: ModelVersion, time: Millis) {
        var taken: Set<PredictionColumn.Role> = []
        let columns = csv.columns.compactMap { column -> PredictionColumn? in
            var role = PredictionColumn.Role.feature
            var name = column.name
            for prefix in ["probability.", "proba_", "p_"] where name.hasPrefix(prefix) {
                role = .probability
                name = String(name.dropFirst(prefix.count))
            }
            if role == .feature,
                let known = PredictionBlock.usual.first(where: { $0.names.contains(name) }),
                taken.insert(known.role).inserted
            {
                role = known.role
                name = ""
            }
            if ["id", "time", "model", "version"].contains(name) { return nil }
            return PredictionColumn(
                role: role, name: name, values: values(column, isNamed: role == .segment))
        }
        self.init(
            key: key, times: Array(repeating: time, count: csv.rowCount),
            ids: TextRun(Array(repeating: "", count: csv.rowCount)), columns: columns)
    }
}

/// The values of a column; those of names are names even where all of them are numbers.
private func values(_ column: CSVColumn, isNamed: Bool) -> PredictionColumn.Values {
    switch column.values {
    case .numbers(let values):
        if !isNamed { return .numbers(values) }
        let texts = values.map { $0.isNaN ? nil : numberText($0) }
        let names = Set(texts.compactMap { $0 }).sorted()
        let codes = texts.map { text in Int32(text.flatMap { names.firstIndex(of: $0) } ?? -1) }
        return .categories(codes: codes, names: names)
    case .categories(let codes, let names): return .categories(codes: codes, names: names)
    case .texts(let texts): return .texts(TextRun(texts.map { $0 ?? "" }))
    }
}
