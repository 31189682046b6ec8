// CSV (RFC 4180) from bytes: quotes, doubled quotes, line breaks inside them. A row is what it is;
// how many columns it should have is the caller's question.

internal import Basics

struct CSVReader {
    /// Columns of a row: a JTL has 17.
    static let columnsMax = 1000

    private let bytes: [UInt8]
    private let separator: UInt8
    private var offset = 0

    init(_ bytes: [UInt8], separator: UInt8 = 0x2c) {
        self.bytes = bytes
        self.separator = separator
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { offset = 3 }
    }

    /// The next row, empty lines passed over; nil at the end.
    mutating func next() -> [String]? {
        while offset < bytes.count, bytes[offset] == 0x0a || bytes[offset] == 0x0d { offset += 1 }
        if offset >= bytes.count { return nil }
        var row: [String] = []
        var cell: [UInt8] = []
        var isQuoted = false
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            if isQuoted {
                if byte != 0x22 {
                    cell.append(byte)
                } else if offset < bytes.count, bytes[offset] == 0x22 {
                    cell.append(0x22)
                    offset += 1
                } else {
                    isQuoted = false
                }
            } else if byte == 0x22 && cell.isEmpty {
                isQuoted = true
            } else if byte == separator && row.count < CSVReader.columnsMax {
                row.append(String(decoding: cell, as: UTF8.self))
                cell.removeAll(keepingCapacity: true)
            } else if byte == 0x0a {
                break
            } else if byte != 0x0d {
                cell.append(byte)
            }
        }
        row.append(String(decoding: cell, as: UTF8.self))
        return row
    }
}
