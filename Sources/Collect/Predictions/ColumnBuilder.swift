// Columns while lines come in. A column is known by role, name and kind; the same name with another
// kind is another column, so that a changed type is kept and can be reported instead of being bent.
// Fields mostly come in the order of the line before, so a look-up is one comparison of bytes.

internal import Basics

/// A column that grows.
struct ColumnBuilder {
    enum Kind: Equatable { case number, category, text, vector(Int) }

    let role: PredictionColumn.Role
    let name: [UInt8]
    let kind: Kind
    private var numbers: [Double] = []
    private var codes: [Int32] = []
    private var names: [String] = []
    private var places: [UInt64: Int32] = [:]
    private var texts = TextRun()
    private var floats: [Float] = []
    private(set) var count = 0

    init(role: PredictionColumn.Role, name: [UInt8], kind: Kind) {
        self.role = role
        self.name = name
        self.kind = kind
    }

    /// Fills up with missing values to a number of rows.
    mutating func pad(to rows: Int) {
        if count == rows { return }
        switch kind {
        case .number: numbers += Array(repeating: .nan, count: rows - count)
        case .category: codes += Array(repeating: -1, count: rows - count)
        case .text: for _ in count..<rows { texts.append([]) }
        case .vector(let width):
            floats += Array(repeating: .nan, count: (rows - count) * width)
        }
        count = rows
    }

    mutating func append(_ number: Double) {
        numbers.append(number)
        count += 1
    }

    mutating func append(text: some Collection<UInt8>) {
        texts.append(text)
        count += 1
    }

    mutating func append(vector: [Float]) {
        floats += vector
        count += 1
    }

    mutating func append(category: UnsafeBufferPointer<UInt8>) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in category { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        count += 1
        // Two texts of one hash go to neighbouring places.
        while let code = places[hash] {
            if names[Int(code)].utf8.elementsEqual(category) {
                codes.append(code)
                return
            }
            hash &+= 1
        }
        places[hash] = Int32(names.count)
        codes.append(Int32(names.count))
        names.append(String(decoding: category, as: UTF8.self))
    }

    /// The column, filled up to a number of rows.
    consuming func finished(_ rows: Int) -> PredictionColumn {
        pad(to: rows)
        let values: PredictionColumn.Values =
            switch kind {
            case .number: .numbers(numbers)
            case .category: .categories(codes: codes, names: names)
            case .text: .texts(texts)
            case .vector(let width): .vectors(floats, width: width)
            }
        return PredictionColumn(
            role: role, name: String(decoding: name, as: UTF8.self), values: values)
    }
}

/// The rows of one model version while lines come in.
struct BlockBuilder {
    let key: ModelVersion
    private(set) var times: [Millis] = []
    private var ids = TextRun()
    private var columns: [ColumnBuilder] = []
    /// Where the next field is expected.
    private var guess = 0

    init(_ key: ModelVersion) { self.key = key }

    mutating func begin(time: Millis, id: some Collection<UInt8>) {
        times.append(time)
        ids.append(id)
        guess = 0
    }

    /// The place of a column, made when it is new.
    ///
    /// - Returns: nil when the row has a value in it already, or there are too many columns.
    mutating func place(
        _ role: PredictionColumn.Role, _ name: UnsafeBufferPointer<UInt8>,
        _ kind: ColumnBuilder.Kind
    ) -> Int? {
        func fits(_ index: Int) -> Bool {
            columns[index].role == role && columns[index].kind == kind
                && columns[index].name.elementsEqual(name)
        }
        var found =
            guess < columns.count && fits(guess) ? guess : columns.indices.first(where: fits)
        if found == nil && columns.count < PredictionLimits.columnsMax {
            columns.append(ColumnBuilder(role: role, name: Array(name), kind: kind))
            found = columns.count - 1
        }
        guard let index = found, columns[index].count < times.count else { return nil }
        guess = index + 1
        columns[index].pad(to: times.count - 1)
        return index
    }

    mutating func append(_ index: Int, _ number: Double) { columns[index].append(number) }

    mutating func append(_ index: Int, category: UnsafeBufferPointer<UInt8>) {
        columns[index].append(category: category)
    }

    mutating func append(_ index: Int, text: some Collection<UInt8>) {
        columns[index].append(text: text)
    }

    mutating func append(_ index: Int, vector: [Float]) { columns[index].append(vector: vector) }

    consuming func finished() -> PredictionBlock {
        let rows = times.count
        return PredictionBlock(
            key: key, times: times, ids: ids, columns: columns.map { $0.finished(rows) })
    }
}
