// Blocks of predictions and of labels as bytes: columns, each in the form that compresses best, the
// whole gzipped. Doubles are split into planes of their eight bytes, because the upper bytes of one
// column are alike; those that a float holds exactly take four. A block that does not decode costs
// itself; what it says about its own sizes is never trusted.

internal import Basics
internal import Bytes

/// Why bytes are no block.
struct BlockDamage: Error {}

/// Bytes that a decompressed block may have: a body's limit with its columns spread out.
private let blockBytesMax = 256 << 20

/// A block of predictions as bytes.
func encoded(_ block: PredictionBlock) -> [UInt8] {
    var bytes: [UInt8] = [1]
    appendVarint(UInt64(block.count), to: &bytes)
    append(times: block.times, to: &bytes)
    append(block.ids, to: &bytes)
    appendVarint(UInt64(block.columns.count), to: &bytes)
    for column in block.columns {
        bytes.append(column.role.rawValue)
        append(column.name, to: &bytes)
        switch column.values {
        case .numbers(let values): append(values, to: &bytes)
        case .categories(let codes, let names):
            bytes.append(3)
            append(TextRun(names), to: &bytes)
            // One more than the code, so that a missing value is the small number 0.
            for code in codes { appendVarint(UInt64(code + 1), to: &bytes) }
        case .texts(let texts):
            bytes.append(4)
            append(texts, to: &bytes)
        case .vectors(let values, let width):
            bytes.append(5)
            appendVarint(UInt64(width), to: &bytes)
            append(planes: values.map(\.bitPattern), to: &bytes)
        }
    }
    return gzip(bytes)
}

/// The block that ``encoded(_:)`` wrote.
func decodedPredictions(_ packed: [UInt8], key: ModelVersion) throws -> PredictionBlock {
    var reader = BlockReader(try gunzip(packed, bytesMax: blockBytesMax))
    guard try reader.byte() == 1 else { throw BlockDamage() }
    let count = try reader.number()
    let times = try reader.times(count)
    let ids = try reader.texts(count)
    var columns: [PredictionColumn] = []
    for _ in 0..<(try reader.number()) {
        guard let role = PredictionColumn.Role(rawValue: try reader.byte()) else {
            throw BlockDamage()
        }
        let name = try reader.text()
        columns.append(
            PredictionColumn(role: role, name: name, values: try reader.values(count)))
    }
    return PredictionBlock(key: key, times: times, ids: ids, columns: columns)
}

/// A block of labels as bytes.
func encoded(_ block: LabelBlock) -> [UInt8] {
    var bytes: [UInt8] = [1]
    appendVarint(UInt64(block.count), to: &bytes)
    append(times: block.times, to: &bytes)
    append(block.ids, to: &bytes)
    append(block.labels, to: &bytes)
    return gzip(bytes)
}

/// The block that ``encoded(_:)`` wrote.
func decodedLabels(_ packed: [UInt8], model: String) throws -> LabelBlock {
    var reader = BlockReader(try gunzip(packed, bytesMax: blockBytesMax))
    guard try reader.byte() == 1 else { throw BlockDamage() }
    let count = try reader.number()
    return LabelBlock(
        model: model, times: try reader.times(count), ids: try reader.texts(count),
        labels: try reader.texts(count))
}

private func append(times: [Millis], to bytes: inout [UInt8]) {
    var before: Millis = 0
    for time in times {
        appendZigzag(time &- before, to: &bytes)
        before = time
    }
}

private func append(_ text: String, to bytes: inout [UInt8]) {
    appendVarint(UInt64(text.utf8.count), to: &bytes)
    bytes += text.utf8
}

private func append(_ texts: TextRun, to bytes: inout [UInt8]) {
    appendVarint(UInt64(texts.count), to: &bytes)
    var before: Int32 = 0
    for end in texts.ends {
        appendVarint(UInt64(end - before), to: &bytes)
        before = end
    }
    bytes += texts.bytes
}

private func append(_ values: [Double], to bytes: inout [UInt8]) {
    let isExact = values.allSatisfy { $0.isNaN || Double(Float($0)) == $0 }
    bytes.append(isExact ? 1 : 2)
    if isExact {
        append(
            planes: values.map { $0.isNaN ? Float.nan.bitPattern : Float($0).bitPattern },
            to: &bytes)
    } else {
        append(planes: values.map(\.bitPattern), to: &bytes)
    }
}

/// All first bytes, then all second ones, and so on.
private func append<Word: FixedWidthInteger>(planes words: [Word], to bytes: inout [UInt8]) {
    let width = Word.bitWidth / 8
    let start = bytes.count
    let count = words.count
    bytes += Array(repeating: 0, count: count * width)
    bytes.withUnsafeMutableBufferPointer { target in
        for plane in 0..<width {
            let offset = start + plane * count
            for index in 0..<count {
                target[offset + index] = UInt8(truncatingIfNeeded: words[index] >> Word(8 * plane))
            }
        }
    }
}

/// Reads a decompressed block.
private struct BlockReader {
    private let bytes: [UInt8]
    private var at = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func byte() throws -> UInt8 {
        guard at < bytes.count else { throw BlockDamage() }
        at += 1
        return bytes[at - 1]
    }

    private mutating func varint() throws -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while shift < 64 {
            let byte = try byte()
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw BlockDamage()
    }

    /// A size; never more than there are bytes, for each thing that is counted takes at least one.
    mutating func number() throws -> Int {
        guard let number = Int(exactly: try varint()), number <= bytes.count else {
            throw BlockDamage()
        }
        return number
    }

    mutating func times(_ count: Int) throws -> [Millis] {
        var before: Millis = 0
        return try (0..<count).map { _ in
            let raw = try varint()
            before &+= Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
            return before
        }
    }

    mutating func text() throws -> String {
        let length = try number()
        guard at + length <= bytes.count else { throw BlockDamage() }
        defer { at += length }
        return String(decoding: bytes[at..<(at + length)], as: UTF8.self)
    }

    mutating func texts(_ count: Int? = nil) throws -> TextRun {
        let found = try number()
        if let count, found != count { throw BlockDamage() }
        var end = 0
        let ends = try (0..<found).map { _ in
            end += try number()
            guard end <= bytes.count else { throw BlockDamage() }
            return Int32(end)
        }
        guard at + end <= bytes.count,
            let run = TextRun(bytes: Array(bytes[at..<(at + end)]), ends: ends)
        else { throw BlockDamage() }
        at += end
        return run
    }

    mutating func values(_ count: Int) throws -> PredictionColumn.Values {
        switch try byte() {
        case 1:
            let words: [UInt32] = try planes(count)
            return .numbers(words.map { Double(Float(bitPattern: $0)) })
        case 2:
            let words: [UInt64] = try planes(count)
            return .numbers(words.map { Double(bitPattern: $0) })
        case 3:
            let names = try texts()
            let codes = try (0..<count).map { _ in
                let code = try number()
                guard code <= names.count else { throw BlockDamage() }
                return Int32(code) - 1
            }
            return .categories(codes: codes, names: (0..<names.count).map { names[$0] })
        case 4: return .texts(try texts(count))
        case 5:
            let width = try number()
            let (total, isTooMuch) = width.multipliedReportingOverflow(by: count)
            if isTooMuch || width == 0 { throw BlockDamage() }
            let words: [UInt32] = try planes(total)
            return .vectors(words.map { Float(bitPattern: $0) }, width: width)
        default: throw BlockDamage()
        }
    }

    private mutating func planes<Word: FixedWidthInteger>(_ count: Int) throws -> [Word] {
        let width = Word.bitWidth / 8
        guard count <= (bytes.count - at) / width else { throw BlockDamage() }
        var words = [Word](repeating: 0, count: count)
        for plane in 0..<width {
            let start = at + plane * count
            for index in 0..<count {
                words[index] |= Word(truncatingIfNeeded: bytes[start + index]) << Word(8 * plane)
            }
        }
        at += count * width
        return words
    }
}
