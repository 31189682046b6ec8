// A series in a CSV file, row by row. A row that cannot be read keeps its place (a gap), so that the
// scores line up with the file; it is reported with its line and what is wrong with it.

import Basics
import Collect
import Foundation

/// Why a file holds no series.
struct SeriesFileError: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

/// The rows of a file with `timestamp` and `value`.
struct SeriesFile {
    struct Row {
        var timeText: Substring
        var valueText: Substring
        /// Nil when the time cannot be read.
        var time: Millis?
        /// NaN when the value is missing or cannot be read.
        var value: Double
    }

    private(set) var rows: [Row] = []
    /// A sentence a row that cannot be read.
    private(set) var problems: [String] = []

    init(_ bytes: [UInt8], name: String) throws(SeriesFileError) {
        var text = String(decoding: bytes, as: UTF8.self)[...]
        if text.hasPrefix("\u{feff}") { text = text.dropFirst() }
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        let header = lines.first.map(Self.cells) ?? []
        guard let timeColumn = header.firstIndex(of: "timestamp"),
            let valueColumn = header.firstIndex(of: "value")
        else {
            throw SeriesFileError(
                "\(name): the header must name the columns timestamp and value; it is "
                    + "\"\(lines.first ?? "")\"")
        }
        rows.reserveCapacity(lines.count)
        for (index, line) in lines.enumerated().dropFirst() where !line.isEmpty {
            let cells = Self.cells(line)
            let place = "\(name), line \(index + 1)"
            guard cells.count == header.count else {
                problems.append(
                    "\(place): \(cells.count) fields where the header has \(header.count)")
                rows.append(Row(timeText: "", valueText: "", time: nil, value: .nan))
                continue
            }
            let time = cells[timeColumn]
            let value = cells[valueColumn]
            var row = Row(
                timeText: time, valueText: value, time: parseStamp(String(time)), value: .nan)
            if row.time == nil { problems.append("\(place): \"\(time)\" is no time") }
            if let number = Double(value) {
                row.value = number
            } else if !value.isEmpty {
                problems.append("\(place): \"\(value)\" is no number")
            }
            rows.append(row)
        }
        if !rows.isEmpty && rows.allSatisfy({ $0.time == nil }) {
            throw SeriesFileError(problems.first ?? "\(name): no row can be read")
        }
    }

    private static func cells(_ line: Substring) -> [Substring] {
        line.split(separator: ",", omittingEmptySubsequences: false).map { cell in
            var cell = cell[...]
            while cell.first == " " || cell.first == "\"" { cell = cell.dropFirst() }
            while cell.last == " " || cell.last == "\"" || cell.last == "\r" {
                cell = cell.dropLast()
            }
            return cell
        }
    }
}
