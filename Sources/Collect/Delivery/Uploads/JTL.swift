// JMeter's results, CSV with or without a header, or XML: one event a label, with counts, error share
// and percentiles (nearest rank). A transaction controller is a label of its own and says so, because
// its children are counted too; in XML children stand inside their parent and are left out.

internal import Basics

extension Upload {
    private struct Label {
        var elapsed: [Double] = []
        var errors = 0
        var first: Millis?
        var last: Millis?
        var isTransaction = false

        mutating func take(_ millis: Double, isGood: Bool, at time: Millis?) {
            elapsed.append(millis)
            if !isGood { errors += 1 }
            guard let time else { return }
            first = min(first ?? time, time)
            last = max(last ?? time, time + Millis(millis))
        }
    }

    mutating func loadTest() throws(DeliveryError) {
        let first = bytes.first { $0 > 0x20 && $0 != 0xef && $0 != 0xbb && $0 != 0xbf }
        let labels = first == 0x3c ? try jtlXML() : try jtlCSV()
        if labels.isEmpty { throw DeliveryError("not_jtl", "no sample could be read") }
        for (index, entry) in labels.sorted(by: { $0.key < $1.key }).enumerated() {
            let (name, label) = entry
            let sorted = label.elapsed.sorted()
            func rank(_ share: Double) -> Double {
                let index = Int((share * Double(sorted.count)).rounded(.up)) - 1
                return sorted[min(max(index, 0), sorted.count - 1)]
            }
            let span = label.first.flatMap { first in label.last.map { Double($0 - first) } }
            add(
                .testRun, "load/\(index)", at: label.last,
                [
                    "suite": .text("load"), "label": .text(String(name.prefix(200))),
                    "samples": .number(Double(sorted.count)),
                    "errorShare": .number(Double(label.errors) / Double(sorted.count)),
                    "p50Millis": .number(rank(0.5)), "p95Millis": .number(rank(0.95)),
                    "p99Millis": .number(rank(0.99)), "durationMillis": .maybe(span),
                    "isTransaction": label.isTransaction ? .bool(true) : nil,
                ])
        }
    }

    private mutating func jtlXML() throws(DeliveryError) -> [String: Label] {
        var reader = try XMLReader(bytes)
        var labels: [String: Label] = [:]
        while let token = try reader.next() {
            guard case .start(let name, let attributes, let depth) = token else { continue }
            if depth == 1 && name != "testResults" {
                throw DeliveryError("not_jtl", "the root is <\(name.prefix(40))>, not testResults")
            }
            guard depth == 2, name == "sample" || name == "httpSample" else { continue }
            guard let millis = attributes["t"].flatMap(Double.init), millis >= 0, millis < 1e12
            else {
                ignore("jtl.bad_sample")
                continue
            }
            labels[attributes["lb"] ?? "", default: Label()].take(
                millis, isGood: attributes["s"] == "true", at: attributes["ts"].flatMap(parseStamp))
        }
        return labels
    }

    private mutating func jtlCSV() throws(DeliveryError) -> [String: Label] {
        let firstLine = bytes.prefix { $0 != 0x0a }
        let separators: [UInt8] = [0x2c, 0x3b, 0x09]
        let separator = separators.max { left, right in
            firstLine.count { $0 == left } < firstLine.count { $0 == right }
        }
        var reader = CSVReader(bytes, separator: separator ?? 0x2c)
        guard var row = reader.next() else { return [:] }
        // Without a header the columns are those of JMeter's defaults.
        var columns = [
            "timeStamp", "elapsed", "label", "responseCode", "responseMessage",
            "threadName", "dataType", "success",
        ]
        var isHeader = false
        if row.contains("elapsed") && row.contains("label") {
            columns = row
            isHeader = true
        } else if row.count < columns.count || parseStamp(row[0]) == nil || Double(row[1]) == nil {
            throw DeliveryError(
                "not_jtl", "the first line is neither a header nor a sample of JMeter")
        }
        func column(_ name: String) -> Int? { columns.firstIndex(of: name) }
        guard let elapsed = column("elapsed"), let label = column("label") else { return [:] }
        let (time, success) = (column("timeStamp"), column("success"))
        let message = column("responseMessage")
        var labels: [String: Label] = [:]
        if isHeader { row = reader.next() ?? [] }
        while !row.isEmpty {
            defer { row = reader.next() ?? [] }
            guard row.count > max(elapsed, label), let millis = Double(row[elapsed]), millis >= 0,
                millis < 1e12
            else {
                ignore("jtl.bad_sample")
                continue
            }
            func cell(_ index: Int?) -> String? { index.flatMap { $0 < row.count ? row[$0] : nil } }
            let stamp = cell(time).flatMap { parseStamp($0.replacing("/", with: "-")) }
            if stamp == nil { ignore("jtl.bad_time") }
            var entry = labels[row[label]] ?? Label()
            entry.take(millis, isGood: cell(success)?.lowercased() != "false", at: stamp)
            if cell(message)?.hasPrefix("Number of samples in transaction") == true {
                entry.isTransaction = true
            }
            labels[row[label]] = entry
        }
        return labels
    }
}
