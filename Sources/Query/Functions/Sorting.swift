// Order. It only shows in instant queries: a range query's series are sorted by their labels.

internal import Basics

extension Evaluator {
    func sorted(_ node: FunctionCall, _ steps: Steps) throws(QueryError) -> Frame {
        let frame = try vector(node.arguments[0], steps, in: node.function.rawValue)
        guard steps.count == 1 else { return frame }
        let isDescending = node.function == .sortDesc
        return frame.picking(byValue(frame, Array(0..<frame.rows), step: 0, isDescending))
    }

    /// Rows ordered by their value at a step; NaN comes last either way, equals keep their order.
    func byValue(_ frame: Frame, _ rows: [Int], step: Int, _ isDescending: Bool) -> [Int] {
        let ordered = rows.enumerated().sorted { left, right in
            let (a, b) = (frame[left.element, step], frame[right.element, step])
            if a.isNaN || b.isNaN { return a.isNaN ? b.isNaN && left.offset < right.offset : true }
            if a == b { return left.offset < right.offset }
            return isDescending ? a > b : a < b
        }
        return ordered.map(\.element)
    }

    /// The first few rows of that order, without ordering the rest.
    func firstByValue(
        _ frame: Frame, _ rows: [Int], step: Int, _ isDescending: Bool, _ limit: Int
    ) -> [Int] {
        // From some tens on, inserting costs more than sorting.
        guard limit < rows.count, limit <= 32 else {
            return Array(byValue(frame, rows, step: step, isDescending).prefix(limit))
        }
        func precedes(_ a: Double, _ b: Double) -> Bool {
            if a.isNaN || b.isNaN { return !a.isNaN && b.isNaN }
            return isDescending ? a > b : a < b
        }
        var chosen: [(row: Int, value: Double)] = []
        chosen.reserveCapacity(limit + 1)
        for row in rows {
            let value = frame[row, step]
            if chosen.count == limit, !precedes(value, chosen[limit - 1].value) { continue }
            var place = chosen.count
            while place > 0 && precedes(value, chosen[place - 1].value) { place -= 1 }
            chosen.insert((row, value), at: place)
            if chosen.count > limit { chosen.removeLast() }
        }
        return chosen.map(\.row)
    }

    func sortedByLabel(_ node: FunctionCall, _ steps: Steps) throws(QueryError) -> Frame {
        let frame = try vector(node.arguments[0], steps, in: node.function.rawValue)
        guard steps.count == 1 else { return frame }
        let names = node.arguments.dropFirst().map { String(decoding: string($0), as: UTF8.self) }
        let isDescending = node.function == .sortByLabelDesc
        let keys = frame.labels.map { labels in names.map { Array((labels[$0] ?? "").utf8) } }
        let order = (0..<frame.rows).sorted { left, right in
            for (a, b) in zip(keys[left], keys[right]) where a != b {
                return isDescending ? naturallyPrecedes(b, a) : naturallyPrecedes(a, b)
            }
            let (a, b) = (frame.labels[left], frame.labels[right])
            return isDescending ? b < a : a < b
        }
        return frame.picking(order)
    }
}

/// Natural order: runs of digits compare as numbers, everything else by byte.
func naturallyPrecedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    var (l, r) = (left[...], right[...])
    while let a = l.first, let b = r.first {
        if isDigit(a) && isDigit(b) {
            let (x, y) = (l.prefix(while: isDigit), r.prefix(while: isDigit))
            let (p, q) = (x.drop { $0 == 0x30 }, y.drop { $0 == 0x30 })
            if p.count != q.count { return p.count < q.count }
            if !p.elementsEqual(q) { return p.lexicographicallyPrecedes(q) }
            if x.count != y.count { return x.count < y.count }
            (l, r) = (l.dropFirst(x.count), r.dropFirst(y.count))
        } else if a != b {
            return a < b
        } else {
            (l, r) = (l.dropFirst(), r.dropFirst())
        }
    }
    return l.isEmpty && !r.isEmpty
}
