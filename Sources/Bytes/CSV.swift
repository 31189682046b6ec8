// CSV as RFC 4180 has it: quoted fields with doubled quotes and line breaks inside, CRLF or LF, a byte
// order mark, one header line. Column types are found from all values and may be overridden. Values go
// straight into columns: numbers are never strings, repeated texts are kept once.
// A row of the wrong length is an error with its line: shifted columns would look like drift.

internal import Basics
internal import Glibc

/// Why a CSV file could not be read.
public struct CSVError: Error, Equatable, CustomStringConvertible {
    public var line: Int
    public var reason: String

    public init(line: Int, reason: String) {
        self.line = line
        self.reason = reason
    }

    public var description: String { "CSV, line \(line): \(reason)" }
}

/// What a column holds.
public enum CSVKind: String, Sendable, CaseIterable { case numeric, categorical, text }

/// A column with its values.
public struct CSVColumn: Sendable {
    /// The values by kind; missing is NaN, −1 and nil.
    public enum Values: Sendable {
        case numbers([Double])
        case categories(codes: [Int32], names: [String])
        case texts([String?])
    }

    public var name: String
    public var values: Values
}

/// A CSV file by columns.
public struct CSVTable: Sendable {
    public let columns: [CSVColumn]
    public let rowCount: Int

    /// Reads a file.
    ///
    /// `kinds` overrides what is found, by column name; a name that the header lacks is left alone.
    /// A field that does not parse in a column forced to be numeric is missing.
    public init(_ bytes: [UInt8], kinds: [String: CSVKind] = [:]) throws(CSVError) {
        var fields = CSVFields(bytes)
        let header = try fields.row()
        guard let header, !(header.count == 1 && header[0].isEmpty) else {
            throw CSVError(line: 1, reason: "the file is empty; a header line is needed")
        }
        let names = header.map { String(decoding: bytes.csvText($0), as: UTF8.self) }
        var seen = Set<String>()
        for name in names where !seen.insert(name).inserted {
            throw CSVError(line: 1, reason: "column \"\(name)\" comes twice; names must differ")
        }
        var building = names.map { CSVColumnBuilder(kind: kinds[$0]) }
        var count = 0
        while let row = try fields.row() {
            // An empty line of a file with several columns is a slip at the end, not a row.
            if row.count == 1 && row[0].isEmpty && names.count > 1 { continue }
            if row.count != names.count {
                throw CSVError(
                    line: fields.rowLine,
                    reason: "\(row.count) fields where the header has \(names.count)")
            }
            for index in building.indices { building[index].append(row[index], bytes) }
            count += 1
        }
        columns = zip(names, building).map { CSVColumn(name: $0, values: $1.finished(bytes)) }
        rowCount = count
    }

    public subscript(name: String) -> CSVColumn? { columns.first { $0.name == name } }
}

/// A field's place in the file.
struct CSVField {
    var start: Int
    var end: Int
    /// Holds doubled quotes that must become single.
    var isEscaped: Bool
    var isEmpty: Bool { start == end }
}

extension [UInt8] {
    /// The bytes of a field, doubled quotes made single.
    func csvText(_ field: CSVField) -> ArraySlice<UInt8> {
        let raw = self[field.start..<field.end]
        if !field.isEscaped { return raw }
        var kept: [UInt8] = []
        var index = raw.startIndex
        while index < raw.endIndex {
            kept.append(raw[index])
            index += raw[index] == 0x22 ? 2 : 1
        }
        return kept[...]
    }
}

/// Splits bytes into rows of fields.
private struct CSVFields {
    private let bytes: [UInt8]
    private var at = 0
    private var line = 1
    /// The line on which the latest row began.
    private(set) var rowLine = 1

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { at = 3 }
    }

    mutating func row() throws(CSVError) -> [CSVField]? {
        if at >= bytes.count { return nil }
        rowLine = line
        var fields: [CSVField] = []
        while true {
            if at < bytes.count && bytes[at] == 0x22 {
                fields.append(try quoted())
            } else {
                let start = at
                while at < bytes.count && bytes[at] != 0x2c && bytes[at] != 0x0a { at += 1 }
                var end = at
                if end > start && bytes[end - 1] == 0x0d && (at == bytes.count || bytes[at] == 0x0a)
                {
                    end -= 1
                }
                fields.append(CSVField(start: start, end: end, isEscaped: false))
            }
            if at < bytes.count && bytes[at] == 0x2c {
                at += 1
                continue
            }
            if at < bytes.count {
                at += 1
                line += 1
            }
            return fields
        }
    }

    private mutating func quoted() throws(CSVError) -> CSVField {
        let opened = line
        at += 1
        let start = at
        var isEscaped = false
        while at < bytes.count {
            if bytes[at] == 0x22 {
                if at + 1 < bytes.count && bytes[at + 1] == 0x22 {
                    isEscaped = true
                    at += 2
                    continue
                }
                let field = CSVField(start: start, end: at, isEscaped: isEscaped)
                at += 1
                if at < bytes.count && bytes[at] == 0x0d { at += 1 }
                if at < bytes.count && bytes[at] != 0x2c && bytes[at] != 0x0a {
                    throw CSVError(
                        line: line,
                        reason: "text after a closing quote; double the quotes inside fields")
                }
                return field
            }
            if bytes[at] == 0x0a { line += 1 }
            at += 1
        }
        throw CSVError(line: opened, reason: "a quote is opened and never closed")
    }
}
