// Predictions as the table that judges take. Embeddings have no order to test along, so each becomes
// two numbers: its length, and how close it points to the centre of the reference. Speed and cost are
// left out: they have rules of their own, and a slow hour is no drift of the model.

internal import Algebra
public import Basics

/// What a table needs to know of the reference: where its embeddings point.
public struct VectorCentres: Sendable, Equatable {
    /// A direction by the title of its column.
    var directions: [String: [Float]] = [:]

    public init() {}

    /// The mean directions of a reference's embeddings.
    public init(_ reference: PredictionBlock) {
        for column in reference.columns {
            guard case .vectors(let values, let width) = column.values else { continue }
            var sum = [Float](repeating: 0, count: width)
            for row in 0..<reference.count {
                let vector = values[(row * width)..<((row + 1) * width)]
                let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
                if !(length > 0) { continue }
                for (index, value) in vector.enumerated() { sum[index] += value / length }
            }
            directions[column.title] = sum
        }
    }
}

extension PredictionColumn.Role {
    /// Whether a column of this role is watched for drift.
    var isWatched: Bool {
        switch self {
        case .feature, .output, .probability, .score, .prompt, .answer, .tokensIn, .tokensOut: true
        case .segment, .latency, .firstToken, .cost, .label: false
        }
    }
}

extension DataTable {
    /// The watched columns of predictions; of two columns of one title the fuller counts.
    public init(_ block: PredictionBlock, centres: VectorCentres = VectorCentres()) {
        var columns: [DataColumn] = []
        for column in block.columns where column.role.isWatched {
            switch column.values {
            case .numbers(let values):
                columns.append(DataColumn(name: column.title, numbers: values))
            case .categories(let codes, let names):
                columns.append(DataColumn(name: column.title, codes: codes, names: names))
            case .texts: continue
            case .vectors(let values, let width):
                columns += vectorColumns(column.title, values, width, centres)
            }
        }
        var fullest: [String: DataColumn] = [:]
        var order: [String] = []
        for column in columns {
            guard let known = fullest[column.name] else {
                fullest[column.name] = column
                order.append(column.name)
                continue
            }
            if column.missingShare < known.missingShare { fullest[column.name] = column }
        }
        self.init(order.compactMap { fullest[$0] })
    }
}

private func vectorColumns(
    _ title: String, _ values: [Float], _ width: Int, _ centres: VectorCentres
) -> [DataColumn] {
    let centre = centres.directions[title].flatMap { $0.count == width ? $0 : nil }
    let centreLength = centre.map { $0.reduce(0) { $0 + $1 * $1 }.squareRoot() } ?? 0
    var lengths: [Double] = []
    var closeness: [Double] = []
    for row in 0..<(values.count / width) {
        let vector = values[(row * width)..<((row + 1) * width)]
        let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        lengths.append(Double(length))
        guard let centre, centreLength > 0, length > 0 else {
            closeness.append(.nan)
            continue
        }
        let product = zip(vector, centre).reduce(0) { $0 + $1.0 * $1.1 }
        closeness.append(Double(product / (length * centreLength)))
    }
    return [
        DataColumn(name: title + " length", numbers: lengths),
        DataColumn(name: title + " closeness", numbers: closeness),
    ]
}

extension PredictionBlock {
    /// The segment of every row; empty where none was given.
    public var segments: [String] {
        guard let column = column(.segment), case .categories(let codes, let names) = column.values
        else { return Array(repeating: "", count: count) }
        return codes.map { $0 < 0 ? "" : names[Int($0)] }
    }

    /// The numbers of a role; empty when there are none.
    public func numbers(_ role: PredictionColumn.Role) -> [Double] {
        for column in columns where column.role == role {
            if case .numbers(let values) = column.values { return values }
        }
        return []
    }
}
