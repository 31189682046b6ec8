// A column of embeddings: one vector a row, all of one length, single precision. From JSON arrays in a
// text column, or from numeric columns that share a prefix with "emb" or "vec" in it and are numbered
// (`prompt_emb_0 … prompt_emb_383`).

internal import Algebra
internal import Bytes

/// Vectors of one length, row after row.
public struct Embeddings: Sendable, Equatable {
    public let dimensions: Int
    /// `dimensions` floats a row; zeros where the vector is missing.
    public var values: [Float]
    public var isPresent: [Bool]

    public init(dimensions: Int, values: [Float], isPresent: [Bool]) {
        precondition(values.count == dimensions * isPresent.count, "a vector a row")
        self.dimensions = dimensions
        self.values = values
        self.isPresent = isPresent
    }

    /// Takes vectors; one of another length than the first, or with a value that is no number, is
    /// missing.
    public init(_ rows: [[Float]?]) {
        dimensions = rows.lazy.compactMap { $0?.count }.first { $0 > 0 } ?? 0
        values = []
        isPresent = []
        values.reserveCapacity(rows.count * dimensions)
        for row in rows {
            let isSound = row.map { $0.count == dimensions && $0.allSatisfy(\.isFinite) } ?? false
            isPresent.append(isSound && dimensions > 0)
            values += isSound ? row ?? [] : Array(repeating: 0, count: dimensions)
        }
    }

    public var count: Int { isPresent.count }

    /// The vectors that are there as rows, and which rows those are.
    func matrix() -> (rows: Matrix, places: [Int]) {
        let places = isPresent.indices.filter { isPresent[$0] }
        var cells: [Double] = []
        cells.reserveCapacity(places.count * dimensions)
        for place in places {
            cells += values[place * dimensions..<(place + 1) * dimensions].lazy.map { Double($0) }
        }
        return (Matrix(rows: places.count, columns: dimensions, values: cells), places)
    }

    func selecting(_ rows: [Int]) -> Embeddings {
        var picked: [Float] = []
        picked.reserveCapacity(rows.count * dimensions)
        for row in rows { picked += values[row * dimensions..<(row + 1) * dimensions] }
        return Embeddings(
            dimensions: dimensions, values: picked, isPresent: rows.map { isPresent[$0] })
    }
}

extension DataTable {
    /// The table with its embeddings recognised.
    ///
    /// `named` forces columns of JSON arrays and prefixes of numbered columns to be embeddings.
    public func recognisingEmbeddings(named: Set<String> = []) -> DataTable {
        var table = DataTable(columns.map { $0.parsedAsVectors(isForced: named.contains($0.name)) })
        for (prefix, parts) in table.numberedColumns(named) {
            let vectors = parts.compactMap { table[$0]?.numbers }
            let rows = table.rowCount
            var values = [Float](repeating: 0, count: rows * parts.count)
            var isPresent = [Bool](repeating: true, count: rows)
            for (column, vector) in vectors.enumerated() {
                for row in 0..<rows {
                    if vector[row].isFinite {
                        values[row * parts.count + column] = Float(vector[row])
                    } else {
                        isPresent[row] = false
                    }
                }
            }
            let gone = Set(parts)
            table.columns.removeAll { gone.contains($0.name) }
            table.columns.append(
                DataColumn(
                    name: prefix,
                    embeddings: Embeddings(
                        dimensions: parts.count, values: values, isPresent: isPresent)))
        }
        return table
    }

    /// Numbered numeric columns by their prefix, in the order of their numbers, which run without a gap.
    private func numberedColumns(_ named: Set<String>) -> [(prefix: String, parts: [String])] {
        var found: [String: [(number: Int, name: String)]] = [:]
        for column in columns where column.numbers != nil {
            let digits = column.name.reversed().prefix { $0.isASCII && $0.isNumber }
            guard !digits.isEmpty, let number = Int(String(digits.reversed())) else { continue }
            var prefix = column.name.dropLast(digits.count)
            while let last = prefix.last, "_.-".contains(last) { prefix = prefix.dropLast() }
            found[String(prefix), default: []].append((number, column.name))
        }
        return found.sorted { $0.key < $1.key }.compactMap { prefix, parts in
            let lowered = prefix.lowercased()
            let isNamed = lowered.contains("emb") || lowered.contains("vec")
            guard named.contains(prefix) || isNamed, parts.count >= 2 else { return nil }
            let sorted = parts.sorted { $0.number < $1.number }
            let isWhole = zip(sorted, sorted.dropFirst()).allSatisfy { $1.number == $0.number + 1 }
            return isWhole && sorted[0].number <= 1 ? (prefix, sorted.map(\.name)) : nil
        }
    }
}

extension DataColumn {
    /// The column as embeddings when nearly all its texts are arrays of numbers of one length.
    fileprivate func parsedAsVectors(isForced: Bool) -> DataColumn {
        if numbers != nil || kind == .embedding { return self }
        let known = (0..<count).lazy.compactMap { self.text($0) }
        // One look at the first value spares parsing ordinary texts.
        guard let first = known.first, first.utf8.first == UInt8(ascii: "["),
            first.utf8.last == UInt8(ascii: "]")
        else { return self }
        let rows = (0..<count).map { row in self.text(row).flatMap(Self.vector) }
        let vectors = Embeddings(rows)
        let given = (0..<count).count { self.text($0) != nil }
        let sound = vectors.isPresent.count { $0 }
        // One broken row in twenty is a row to miss; more is another kind of column.
        let isVector = vectors.dimensions >= 2 && 20 * sound >= 19 * given
        return isVector || isForced ? DataColumn(name: name, embeddings: vectors) : self
    }

    /// `[0.1, -2e-3, …]` as floats; nil when it is anything else.
    private static func vector(_ text: String) -> [Float]? {
        guard let items = (try? JSON(text: text))?.items else { return nil }
        var values: [Float] = []
        values.reserveCapacity(items.count)
        for item in items {
            guard let value = item.double else { return nil }
            values.append(Float(value))
        }
        return values
    }
}
