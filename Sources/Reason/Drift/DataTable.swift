// Rows as columns, the form in which judges take data: numbers (NaN is missing), categories as codes
// (−1 is missing), texts, embeddings. CSV files, kept predictions and test data all become this.

internal import Algebra
public import Bytes

/// The kind of a column.
public enum ColumnKind: String, Sendable { case numeric, categorical, text, embedding }

/// A column with its values.
public struct DataColumn: Sendable {
    /// The values, by kind.
    public enum Values: Sendable {
        case numbers([Double])
        case categories([Int32])
        case texts([String?])
        case embeddings(Embeddings)
    }

    public var name: String
    public var values: Values
    /// What the codes of categories stand for.
    public var names: [String]

    public init(name: String, numbers: [Double]) {
        self.name = name
        values = .numbers(numbers)
        names = []
    }

    public init(name: String, texts: [String?]) {
        self.name = name
        values = .texts(texts)
        names = []
    }

    public init(name: String, embeddings: Embeddings) {
        self.name = name
        values = .embeddings(embeddings)
        names = []
    }

    public init(name: String, codes: [Int32], names: [String]) {
        self.name = name
        values = .categories(codes)
        self.names = names
    }

    /// Categories by their names.
    public init(name: String, categories: [String?]) {
        var codes: [String: Int32] = [:]
        var names: [String] = []
        var rows: [Int32] = []
        for value in categories {
            guard let value else {
                rows.append(-1)
                continue
            }
            if let code = codes[value] {
                rows.append(code)
            } else {
                let code = Int32(names.count)
                codes[value] = code
                names.append(value)
                rows.append(code)
            }
        }
        self.init(name: name, codes: rows, names: names)
    }

    public var kind: ColumnKind {
        switch values {
        case .numbers: .numeric
        case .categories: .categorical
        case .texts: .text
        case .embeddings: .embedding
        }
    }

    public var count: Int {
        switch values {
        case .numbers(let values): values.count
        case .categories(let codes): codes.count
        case .texts(let texts): texts.count
        case .embeddings(let vectors): vectors.count
        }
    }

    public var missingShare: Double {
        if count == 0 { return 0 }
        let missing =
            switch values {
            case .numbers(let values): values.reduce(0) { $1.isNaN ? $0 + 1 : $0 }
            case .categories(let codes): codes.reduce(0) { $1 < 0 ? $0 + 1 : $0 }
            case .texts(let texts): texts.reduce(0) { $1 == nil ? $0 + 1 : $0 }
            case .embeddings(let vectors): vectors.isPresent.reduce(0) { $1 ? $0 : $0 + 1 }
            }
        return Double(missing) / Double(count)
    }

    /// The vectors; nil when this is no column of embeddings.
    public var embeddings: Embeddings? {
        if case .embeddings(let vectors) = values { return vectors }
        return nil
    }

    /// The numbers; nil when this is no numeric column.
    public var numbers: [Double]? {
        if case .numbers(let values) = values { return values }
        return nil
    }

    /// How often every category comes; empty for other kinds.
    public var categoryCounts: [(name: String, count: Int)] {
        guard case .categories(let codes) = values else { return [] }
        var counts = [Int](repeating: 0, count: names.count)
        for code in codes where code >= 0 { counts[Int(code)] += 1 }
        return zip(names, counts).filter { $0.1 > 0 }.map { ($0, $1) }
    }

    /// A value as a text; nil when missing, and for embeddings, which nobody reads.
    public func text(_ row: Int) -> String? {
        switch values {
        case .numbers(let values): values[row].isNaN ? nil : "\(values[row])"
        case .categories(let codes): codes[row] < 0 ? nil : names[Int(codes[row])]
        case .texts(let texts): texts[row]
        case .embeddings: nil
        }
    }

    /// Some rows, in the order given.
    func selecting(_ rows: [Int]) -> DataColumn {
        var copy = self
        switch values {
        case .numbers(let values): copy.values = .numbers(rows.map { values[$0] })
        case .categories(let codes): copy.values = .categories(rows.map { codes[$0] })
        case .texts(let texts): copy.values = .texts(rows.map { texts[$0] })
        case .embeddings(let vectors): copy.values = .embeddings(vectors.selecting(rows))
        }
        return copy
    }
}

/// Columns of equal length.
public struct DataTable: Sendable {
    public var columns: [DataColumn]

    public init(_ columns: [DataColumn] = []) { self.columns = columns }

    /// The table of a CSV file, with the kinds that its reader found.
    public init(_ csv: CSVTable) {
        columns = csv.columns.map { column in
            switch column.values {
            case .numbers(let values): DataColumn(name: column.name, numbers: values)
            case .categories(let codes, let names):
                DataColumn(name: column.name, codes: codes, names: names)
            case .texts(let texts): DataColumn(name: column.name, texts: texts)
            }
        }
    }

    public var rowCount: Int { columns.first?.count ?? 0 }

    public subscript(name: String) -> DataColumn? { columns.first { $0.name == name } }

    /// Some rows, in the order given.
    public func selecting(_ rows: [Int]) -> DataTable {
        DataTable(columns.map { $0.selecting(rows) })
    }

    /// Rows that repeat an earlier row, as a share.
    ///
    /// Two rows are taken as equal when 64-bit hashes of all their values are.
    public var duplicateShare: Double {
        if rowCount == 0 { return 0 }
        var hashes = [UInt64](repeating: 0x9e37_79b9_7f4a_7c15, count: rowCount)
        func mix(_ row: Int, _ bits: UInt64) {
            var value = (hashes[row] ^ bits) &* 0xbf58_476d_1ce4_e5b9
            value ^= value >> 29
            hashes[row] = value &* 0x94d0_49bb_1331_11eb
        }
        for column in columns {
            switch column.values {
            case .numbers(let values):
                for (row, value) in values.enumerated() { mix(row, value.bitPattern) }
            case .categories(let codes):
                for (row, code) in codes.enumerated() { mix(row, UInt64(bitPattern: Int64(code))) }
            case .texts(let texts):
                for (row, text) in texts.enumerated() {
                    mix(row, UInt64(bitPattern: Int64(text?.hashValue ?? 0)))
                }
            case .embeddings(let vectors):
                // A few of the numbers tell vectors apart.
                for row in vectors.isPresent.indices {
                    let start = row * vectors.dimensions
                    for offset in 0..<min(vectors.dimensions, 4) {
                        mix(row, UInt64(vectors.values[start + offset].bitPattern))
                    }
                }
            }
        }
        return Double(rowCount - Set(hashes).count) / Double(rowCount)
    }

    /// The numeric columns of these names as rows without missing values, and which rows those are.
    func matrix(_ names: [String]) -> (rows: Matrix, places: [Int]) {
        let vectors = names.compactMap { self[$0]?.numbers }
        let complete = (0..<rowCount).filter { row in vectors.allSatisfy { $0[row].isFinite } }
        var result = Matrix(rows: complete.count, columns: vectors.count)
        for (column, vector) in vectors.enumerated() {
            for (row, place) in complete.enumerated() { result[row, column] = vector[place] }
        }
        return (result, complete)
    }
}
