// Answers of a block in the form in which quality is judged: which of its columns say the class, the
// number and the confidence, and the labels that came with the answers or later by id. What is the kind
// of problem is told by the columns, never asked.

internal import Algebra
public import Basics

/// Answers in the form in which quality is judged.
struct JudgedAnswers {
    enum Kind { case binary(positive: String), classes, numbers }

    var kind: Kind
    /// Predicted class or number per row; the probability of the positive or of the predicted class.
    var classes: [String?] = []
    var numbers: [Double] = []
    var scores: [Double] = []

    var isRegression: Bool {
        if case .numbers = kind { true } else { false }
    }

    /// Reads the outputs of a block; nil when it has none that can be judged.
    ///
    /// - Parameter isRegression: what more rows than these have told: predicted numbers are no classes,
    ///   also where the few labels here are all 0 or 1.
    init?(_ block: PredictionBlock, labels: [String?], isRegression: Bool = false) {
        let probabilities = block.columns.compactMap { column -> (String, [Double])? in
            guard column.role == .probability, case .numbers(let values) = column.values else {
                return nil
            }
            return (column.name, values)
        }.sorted { $0.0 < $1.0 }
        var outputs: [String?]?
        if let column = block.column(.output) {
            switch column.values {
            case .numbers(let values):
                numbers = values
                outputs = values.map { $0.isNaN ? nil : numberText($0) }
            case .categories(let codes, let names):
                outputs = codes.map { $0 < 0 ? nil : names[Int($0)] }
            default: break
            }
        }
        let known = Set(labels.compactMap { $0 })
        let score = block.numbers(.score)
        let isZeroOne = !isRegression && known.isSubset(of: ["0", "1"])
        if !probabilities.isEmpty {
            let best = (0..<block.count).map { row in
                probabilities.filter { !$0.1[row].isNaN }.max { $0.1[row] < $1.1[row] }
            }
            classes = outputs ?? best.map { $0?.0 }
            if probabilities.count == 2 {
                kind = .binary(positive: probabilities[1].0)
                scores = probabilities[1].1
            } else {
                kind = .classes
                scores = best.indices.map { row in best[row].map { $0.1[row] } ?? .nan }
            }
        } else if !score.isEmpty && isZeroOne {
            kind = .binary(positive: "1")
            scores = score
            classes = outputs ?? score.map { $0.isNaN ? nil : $0 >= 0.5 ? "1" : "0" }
        } else if let outputs,
            numbers.isEmpty || isZeroOne && Set(outputs.compactMap { $0 }).count <= 2
        {
            kind = .classes
            classes = outputs
            scores = score
        } else if !numbers.isEmpty {
            kind = .numbers
        } else {
            return nil
        }
    }
}

/// The labels of a block's rows: those that came with the answers, and over them those by id.
public func joinedLabels(_ block: PredictionBlock, _ byID: [String: String]) -> [String?] {
    var labels = [String?](repeating: nil, count: block.count)
    for column in block.columns where column.role == .label {
        switch column.values {
        case .numbers(let values):
            for (row, value) in values.enumerated() where !value.isNaN {
                labels[row] = numberText(value)
            }
        case .categories(let codes, let names):
            for (row, code) in codes.enumerated() where code >= 0 { labels[row] = names[Int(code)] }
        default: break
        }
    }
    if byID.isEmpty { return labels }
    for row in 0..<block.count {
        if let label = byID[block.ids[row]] { labels[row] = label }
    }
    return labels
}

extension LabelledPredictions {
    /// The labelled rows of a block; nil when it has no answers that can be judged.
    public init?(_ block: PredictionBlock, labels: [String?]) {
        let rows = labels.indices.filter { labels[$0] != nil }
        guard let answers = JudgedAnswers(block, labels: labels) else { return nil }
        switch answers.kind {
        case .binary(let positive):
            let kept = rows.filter { !answers.scores[$0].isNaN && answers.classes[$0] != nil }
            if kept.isEmpty { return nil }
            self = .binary(
                BinaryQuality(
                    labels: kept.map { labels[$0] == positive ? 1 : 0 },
                    scores: kept.map { answers.scores[$0] },
                    predictions: kept.map { answers.classes[$0] == positive ? 1 : 0 }))
        case .classes:
            let kept = rows.filter { answers.classes[$0] != nil }
            if kept.isEmpty { return nil }
            let names = Set(kept.flatMap { [labels[$0] ?? "", answers.classes[$0] ?? ""] }).sorted()
            let codes = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
            self = .manyClasses(
                ManyClassQuality(
                    labels: kept.map { codes[labels[$0] ?? ""] ?? 0 },
                    predictions: kept.map { codes[answers.classes[$0] ?? ""] ?? 0 },
                    scores: block.probabilities(of: names, kept), classCount: names.count),
                names: names)
        case .numbers:
            let pairs = rows.compactMap { row -> (Double, Double)? in
                guard let actual = labels[row].flatMap({ Double($0) }), actual.isFinite,
                    !answers.numbers[row].isNaN
                else { return nil }
                return (actual, answers.numbers[row])
            }
            if pairs.isEmpty { return nil }
            self = .regression(
                RegressionQuality(actual: pairs.map(\.0), predicted: pairs.map(\.1)))
        }
    }

    /// Rows that are judged.
    public var count: Int {
        switch self {
        case .binary(let quality): quality.labels.count
        case .manyClasses(let quality, _): quality.labels.count
        case .regression(let quality): quality.actual.count
        }
    }
}

extension PredictionBlock {
    /// The probabilities of classes, a column each; nil unless all are known in all of the rows.
    fileprivate func probabilities(of names: [String], _ rows: [Int]) -> Matrix? {
        let vectors = names.compactMap { name -> [Double]? in
            guard case .numbers(let values)? = column(.probability, name)?.values else {
                return nil
            }
            return values
        }
        guard vectors.count == names.count,
            vectors.allSatisfy({ vector in rows.allSatisfy { vector[$0].isFinite } })
        else { return nil }
        var matrix = Matrix(rows: rows.count, columns: names.count)
        for (column, vector) in vectors.enumerated() {
            for (row, place) in rows.enumerated() { matrix[row, column] = vector[place] }
        }
        return matrix
    }
}
