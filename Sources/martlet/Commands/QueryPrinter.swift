// A query's value for people (columns), for spreadsheets (CSV) and for programs (JSON lines as the
// API prints them).

import Basics
import Bytes
import Query

/// Lays out the value of a query.
struct QueryPrinter {
    var isJSON: Bool
    var isCSV: Bool

    func text(_ value: QueryValue) -> String {
        let rows = rows(value)
        if isJSON { return json(rows) }
        if isCSV { return csv(rows) }
        if rows.isEmpty { return "no data\n" }
        let width = rows.map { $0.series.count }.max() ?? 0
        var lines = ""
        var last: String?
        for row in rows {
            let series = row.series == last ? "" : row.series
            last = row.series
            let padding = String(repeating: " ", count: max(0, width - series.count))
            lines += "\(series)\(padding)  \(CivilTime(row.time).rfc3339)  \(row.value)\n"
        }
        return lines
    }

    private struct Row {
        var series: String
        var labels: Labels
        var time: Millis
        var value: String
    }

    private func rows(_ value: QueryValue) -> [Row] {
        switch value {
        case .scalar(let number):
            return [Row(series: "scalar", labels: .empty, time: 0, value: numberText(number))]
        case .string(let text): return [Row(series: "string", labels: .empty, time: 0, value: text)]
        case .vector(let samples):
            return samples.map {
                Row(
                    series: "\($0.labels)", labels: $0.labels, time: $0.time,
                    value: numberText($0.value))
            }
        case .matrix(let series):
            return series.flatMap { one in
                one.times.indices.map { index in
                    Row(
                        series: "\(one.labels)", labels: one.labels, time: one.times[index],
                        value: numberText(one.values[index]))
                }
            }
        }
    }

    private func csv(_ rows: [Row]) -> String {
        var text = "series,time,value\n"
        for row in rows {
            let series = row.series.replacing("\"", with: "\"\"")
            text += "\"\(series)\",\(CivilTime(row.time).rfc3339),\(row.value)\n"
        }
        return text
    }

    private func json(_ rows: [Row]) -> String {
        var writer = JSONWriter()
        writer.beginArray()
        for row in rows {
            writer.beginObject()
            writer.key("metric")
            writer.labels(row.labels)
            writer.key("time")
            writer.seconds(row.time)
            writer.field("value", row.value)
            writer.endObject()
        }
        writer.endArray()
        return String(decoding: writer.bytes, as: UTF8.self) + "\n"
    }
}
