// Aggregations that choose elements or count values: `topk`, `bottomk`, `limitk`, `limit_ratio`,
// `count_values`. The chosen elements keep their labels; the order shows in instant queries only.

internal import Basics

extension Evaluator {
    func picked(
        _ node: Aggregation, _ frame: Frame, _ groups: [Int], _ groupCount: Int, _ column: [Double]
    ) throws(QueryError) -> Frame {
        for value in column {
            if value.isNaN { throw .execution("Parameter value is NaN") }
            // 2⁶³: from here on a Double does not fit into 64 bits.
            guard value.magnitude < 9_223_372_036_854_775_808 else {
                throw .execution(
                    "Scalar value \(numberText(value)) "
                        + (value < 0 ? "underflows int64" : "overflows int64"))
            }
        }
        var members = [[Int]](repeating: [], count: groupCount)
        for (row, group) in groups.enumerated() { members[group].append(row) }
        var result = frame
        result.values = Array(repeating: absent, count: frame.values.count)
        var order: [Int] = []
        for step in 0..<frame.width {
            let limit = Int(column[step])
            if limit < 1 { continue }
            for group in members {
                try budget.tick()
                let present = group.filter { !isAbsent(frame[$0, step]) }
                let chosen: [Int]
                if node.operation == .limitk {
                    chosen = Array(present.prefix(limit))
                } else {
                    let isTop = node.operation == .topk
                    chosen = firstByValue(frame, present, step: step, isTop, limit)
                }
                for row in chosen { result[row, step] = frame[row, step] }
                if frame.width == 1 { order += chosen }
            }
        }
        return frame.width == 1 ? result.picking(order) : result.compacted()
    }

    /// A share of the series, the same ones at every step: a series is in when its hash, spread over
    /// 0 to 1, is below the ratio (or, for a negative ratio, above its complement).
    func limited(_ node: Aggregation, _ original: Frame, _ column: [Double]) -> Frame {
        var frame = original
        let span = node.parameter?.span ?? node.span
        let offsets = frame.labels.map { labels in
            // The fingerprint's high bits differ little for like labels; one multiplication mixes them.
            let mixed = (labels.fingerprint ^ (labels.fingerprint >> 32)) &* 0x9e37_79b9_7f4a_7c15
            return Double(mixed ^ (mixed >> 29)) / Double(UInt64.max)
        }
        for step in 0..<frame.width {
            var ratio = column[step]
            if ratio.isNaN || ratio.magnitude > 1 {
                let capped = ratio.isNaN ? 0 : ratio < 0 ? -1.0 : 1.0
                warn(
                    "ratio value should be between -1 and 1, got \(numberText(ratio)), capping to"
                        + " \(numberText(capped))", span)
                ratio = capped
            }
            for row in 0..<frame.rows {
                let isIn = ratio >= 0 ? offsets[row] < ratio : offsets[row] >= 1 + ratio
                if !isIn { frame[row, step] = absent }
            }
        }
        return frame.compacted()
    }

    func countedValues(_ node: Aggregation, _ frame: Frame) throws(QueryError) -> Frame {
        let bytes = node.parameter.map { string($0) } ?? []
        guard let name = String(validating: bytes, as: UTF8.self), !name.isEmpty else {
            throw .execution("invalid label name \(quotedBytes(bytes))")
        }
        let filter = groupFilter(node)
        var result = Frame(width: frame.width)
        var known: [Labels: Int] = [:]
        for row in 0..<frame.rows {
            try budget.tick()
            let group = filter.labels(frame.labels[row])
            var last: (bits: UInt64, target: Int)?
            for step in 0..<frame.width where !isAbsent(frame[row, step]) {
                let value = frame[row, step]
                // Neighbours are mostly equal, and a text costs more than a compare.
                if last?.bits != value.bitPattern {
                    let labels = group.setting(name, numberText(value, .plain))
                    let target = known[labels] ?? result.rows
                    if target == result.rows {
                        try budget.hold(frame.width)
                        result.appendEmpty(labels)
                        known[labels] = target
                    }
                    last = (value.bitPattern, target)
                }
                guard let target = last?.target else { continue }
                let count = result[target, step]
                result[target, step] = isAbsent(count) ? 1 : count + 1
            }
        }
        return result
    }
}
