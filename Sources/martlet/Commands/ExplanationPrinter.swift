// What a query's nodes cost: a tree for people, with the time of a node and of those below it, or
// JSON for programs.

import Bytes
import Foundation
import Query

/// Lays out an explained query.
struct ExplanationPrinter {
    var isJSON: Bool

    func text(_ root: Explanation) -> String {
        if isJSON {
            var writer = JSONWriter()
            write(root, to: &writer)
            return String(decoding: writer.bytes, as: UTF8.self) + "\n"
        }
        var lines = "    total       self    series      values  node\n"
        add(root, 0, to: &lines)
        return lines
    }

    private func add(_ node: Explanation, _ level: Int, to lines: inout String) {
        let below = node.children.reduce(0) { $0 + $1.nanoseconds }
        let total = Double(node.nanoseconds) / 1e6
        let own = Double(max(0, node.nanoseconds - below)) / 1e6
        lines += String(
            format: "%6.2f ms  %6.2f ms  %8d  %10d  ", total, own, node.seriesCount, node.cellCount)
        lines += String(repeating: "  ", count: level) + node.text + "\n"
        for child in node.children { add(child, level + 1, to: &lines) }
    }

    private func write(_ node: Explanation, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("node", node.text)
        for (name, count) in [("series", node.seriesCount), ("cells", node.cellCount)] {
            writer.key(name)
            writer.number(count)
        }
        writer.key("millis")
        writer.number(Double(node.nanoseconds) / 1e6)
        writer.key("children")
        writer.beginArray()
        for child in node.children { write(child, to: &writer) }
        writer.endArray()
        writer.endObject()
    }
}
