// One kept prediction as JSON, in the shape in which it came.

internal import Basics
internal import Bytes

/// Writes a row of a block.
func write(_ block: PredictionBlock, _ row: Int, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("version", block.key.version)
    writer.field("id", block.ids[row])
    writer.key("time")
    writer.seconds(block.times[row])
    for group in [PredictionColumn.Role.feature, .probability] {
        let columns = block.columns.filter { $0.role == group }
        if columns.isEmpty { continue }
        writer.key(group == .feature ? "features" : "probabilities")
        writer.beginObject()
        for column in columns where !column.isMissing(row) {
            writer.key(column.name)
            write(column, row, to: &writer)
        }
        writer.endObject()
    }
    for column in block.columns
    where column.role != .feature && column.role != .probability && !column.isMissing(row) {
        writer.key(column.title)
        write(column, row, to: &writer)
    }
    writer.endObject()
}

private func write(_ column: PredictionColumn, _ row: Int, to writer: inout JSONWriter) {
    switch column.values {
    case .numbers(let values): writer.number(values[row])
    case .categories(let codes, let names): writer.string(names[Int(codes[row])])
    case .texts(let texts): writer.string(texts[row])
    case .vectors(let values, let width):
        writer.beginArray()
        for value in values[(row * width)..<((row + 1) * width)] { writer.number(Double(value)) }
        writer.endArray()
    }
}

extension PredictionColumn {
    fileprivate func isMissing(_ row: Int) -> Bool {
        switch values {
        case .numbers(let values): values[row].isNaN
        case .categories(let codes, _): codes[row] < 0
        case .texts(let texts): texts.slice(row).isEmpty
        case .vectors(let values, let width): values[row * width].isNaN
        }
    }
}
