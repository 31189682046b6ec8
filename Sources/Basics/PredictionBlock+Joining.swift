// Blocks of one model version as one block: columns are matched by role, name and kind; what a block
// does not have is missing in its rows.

extension PredictionBlock {
    /// The rows of all blocks, in their order; nil when there is none.
    public static func joining(_ blocks: [PredictionBlock]) -> PredictionBlock? {
        guard let first = blocks.first else { return nil }
        if blocks.count == 1 { return first }
        var joined = PredictionBlock(key: first.key, times: [], ids: TextRun(), columns: [])
        for block in blocks {
            let rows = joined.count
            joined.times += block.times
            for row in 0..<block.count { joined.ids.append(block.ids.slice(row)) }
            for column in block.columns {
                var place = joined.columns.firstIndex { $0.isSame(column) }
                if place == nil {
                    joined.columns.append(column.emptied)
                    place = joined.columns.count - 1
                }
                guard let place else { continue }
                joined.columns[place].pad(to: rows)
                joined.columns[place].append(column)
            }
        }
        for index in joined.columns.indices { joined.columns[index].pad(to: joined.count) }
        return joined
    }

    /// Some rows, in the order given.
    public func selecting(_ rows: [Int]) -> PredictionBlock {
        var ids = TextRun()
        for row in rows { ids.append(self.ids.slice(row)) }
        return PredictionBlock(
            key: key, times: rows.map { times[$0] }, ids: ids,
            columns: columns.map { column in
                var copy = column
                switch column.values {
                case .numbers(let values): copy.values = .numbers(rows.map { values[$0] })
                case .categories(let codes, let names):
                    copy.values = .categories(codes: rows.map { codes[$0] }, names: names)
                case .texts(let texts):
                    var run = TextRun()
                    for row in rows { run.append(texts.slice(row)) }
                    copy.values = .texts(run)
                case .vectors(let values, let width):
                    copy.values = .vectors(
                        rows.flatMap { values[($0 * width)..<(($0 + 1) * width)] }, width: width)
                }
                return copy
            })
    }
}

extension PredictionColumn {
    fileprivate func isSame(_ other: PredictionColumn) -> Bool {
        if role != other.role || name != other.name { return false }
        switch (values, other.values) {
        case (.numbers, .numbers), (.categories, .categories), (.texts, .texts): return true
        case (.vectors(_, let a), .vectors(_, let b)): return a == b
        default: return false
        }
    }

    fileprivate var emptied: PredictionColumn {
        var copy = self
        switch values {
        case .numbers: copy.values = .numbers([])
        case .categories: copy.values = .categories(codes: [], names: [])
        case .texts: copy.values = .texts(TextRun())
        case .vectors(_, let width): copy.values = .vectors([], width: width)
        }
        return copy
    }

    fileprivate mutating func pad(to rows: Int) {
        let missing = rows - count
        if missing <= 0 { return }
        switch values {
        case .numbers(let old): values = .numbers(old + Array(repeating: .nan, count: missing))
        case .categories(let codes, let names):
            values = .categories(
                codes: codes + Array(repeating: -1, count: missing), names: names)
        case .texts(var run):
            for _ in 0..<missing { run.append([]) }
            values = .texts(run)
        case .vectors(let old, let width):
            values = .vectors(
                old + Array(repeating: Float.nan, count: missing * width), width: width)
        }
    }

    fileprivate mutating func append(_ other: PredictionColumn) {
        switch (values, other.values) {
        case (.numbers(let a), .numbers(let b)): values = .numbers(a + b)
        case (.categories(let a, var names), .categories(let b, let others)):
            var codes = Dictionary(
                uniqueKeysWithValues: names.enumerated().map { ($1, Int32($0)) })
            let map = others.map { name -> Int32 in
                if let code = codes[name] { return code }
                let code = Int32(names.count)
                codes[name] = code
                names.append(name)
                return code
            }
            values = .categories(codes: a + b.map { $0 < 0 ? -1 : map[Int($0)] }, names: names)
        case (.texts(var a), .texts(let b)):
            for row in 0..<b.count { a.append(b.slice(row)) }
            values = .texts(a)
        case (.vectors(let a, let width), .vectors(let b, _)):
            values = .vectors(a + b, width: width)
        default: break
        }
    }
}
