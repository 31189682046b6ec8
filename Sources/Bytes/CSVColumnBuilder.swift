// Collects the values of one CSV column and decides what they are: numbers as long as every value that
// is there parses as one; else texts when they are long or hardly repeat, else categories.

internal import Glibc

/// A column while the file is read.
struct CSVColumnBuilder {
    private let kind: CSVKind?
    private var numbers: [Double] = []
    private var isNumeric = true
    /// Places of all fields until the column is known not to need them.
    private var fields: [CSVField] = []
    private var lengths = 0
    private var filled = 0

    init(kind: CSVKind?) { self.kind = kind }

    mutating func append(_ field: CSVField, _ bytes: [UInt8]) {
        fields.append(field)
        let isMissing = Self.isMissing(field, bytes)
        if !isMissing {
            filled += 1
            lengths += field.end - field.start
        }
        if kind == .categorical || kind == .text { return }
        if kind == nil && !isNumeric { return }
        if isMissing {
            numbers.append(.nan)
        } else if let value = Self.number(field, bytes) {
            numbers.append(value)
        } else if kind == .numeric {
            numbers.append(.nan)
        } else {
            isNumeric = false
            numbers = []
        }
    }

    func finished(_ bytes: [UInt8]) -> CSVColumn.Values {
        if kind == .numeric || (kind == nil && isNumeric) { return .numbers(numbers) }
        if kind == .text { return .texts(texts(bytes)) }
        let (codes, names) = categories(bytes)
        // Long values, or many that hardly repeat, are texts: prompts, answers, comments.
        let isLong = filled > 0 && lengths > 60 * filled
        let isVaried = names.count > 50 && 2 * names.count > filled
        if kind == nil && (isLong || isVaried) { return .texts(texts(bytes)) }
        return .categories(codes: codes, names: names)
    }

    private func texts(_ bytes: [UInt8]) -> [String?] {
        fields.map { field in
            field.isEmpty ? nil : String(decoding: bytes.csvText(field), as: UTF8.self)
        }
    }

    private func categories(_ bytes: [UInt8]) -> ([Int32], [String]) {
        var known: [ArraySlice<UInt8>: Int32] = [:]
        var names: [String] = []
        let codes = fields.map { field -> Int32 in
            if Self.isMissing(field, bytes) { return -1 }
            let text = bytes.csvText(field)
            if let code = known[text] { return code }
            let code = Int32(names.count)
            known[text] = code
            names.append(String(decoding: text, as: UTF8.self))
            return code
        }
        return (codes, names)
    }

    private static let missing: Set<[UInt8]> = Set(
        ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "NONE"].map { Array($0.utf8) })

    private static func isMissing(_ field: CSVField, _ bytes: [UInt8]) -> Bool {
        let length = field.end - field.start
        if length == 0 { return true }
        return length <= 4 && missing.contains(Array(bytes[field.start..<field.end]))
    }

    private static func number(_ field: CSVField, _ bytes: [UInt8]) -> Double? {
        let length = field.end - field.start
        // The longest double that prints has 24 characters; strtod would also read hexadecimal.
        if length > 40 || field.isEscaped { return nil }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: length + 1) { buffer in
            for index in 0..<length {
                let byte = bytes[field.start + index]
                let isAllowed =
                    byte >= 0x30 && byte <= 0x39 || byte == 0x2b || byte == 0x2d || byte == 0x2e
                    || byte == 0x65 || byte == 0x45
                if !isAllowed { return infinity(bytes[field.start..<field.end]) }
                buffer[index] = CChar(byte)
            }
            buffer[length] = 0
            guard let start = UnsafePointer(buffer.baseAddress) else { return nil }
            var end: UnsafeMutablePointer<CChar>?
            let value = strtod(start, &end)
            return end.map { UnsafePointer($0) - start } == length ? value : nil
        }
    }

    private static func infinity(_ text: ArraySlice<UInt8>) -> Double? {
        switch String(decoding: text, as: UTF8.self).lowercased() {
        case "inf", "+inf", "infinity": .infinity
        case "-inf", "-infinity": -.infinity
        default: nil
        }
    }
}
